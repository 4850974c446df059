//! Running other programs: says what it runs, and fails with a message that names it.

use std::borrow::Cow;
use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use crate::failure::{Failure, Outcome};
use crate::out;

/// One call of one program, as a value that can be shown before it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    program: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    dir: Option<PathBuf>,
}

/// What a program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Call {
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), env: Vec::new(), dir: None }
    }

    /// Returns a call of the cargo that runs this xtask, at the root of the repository.
    pub(crate) fn cargo(args: &str) -> Self {
        let cargo = env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
        Self::new(cargo).args(args.split(' ')).in_dir(crate::repo::root())
    }

    pub(crate) fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    pub(crate) fn in_dir(self, dir: impl Into<PathBuf>) -> Self {
        Self { dir: Some(dir.into()), ..self }
    }

    /// Returns the call as one would type it, the program by its name alone.
    pub(crate) fn line(&self) -> String {
        let env = self.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
        let name = self.program.file_name().map_or(Cow::from(""), |name| name.to_string_lossy());
        let args = self.args.iter().map(|arg| quoted(arg).into_owned());
        env.chain([name.into_owned()]).chain(args).collect::<Vec<_>>().join(" ")
    }

    /// Returns the program and its arguments, for a program that runs another.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        [self.program.display().to_string()].into_iter().chain(self.args.iter().cloned())
    }

    /// Runs the program with our own stdout and stderr, after saying the line.
    pub(crate) fn run(&self) -> Outcome {
        let status = self.watch()?;
        self.require(status.success(), &status.to_string())
    }

    /// Runs the program with our own stdout and stderr, after saying the line, and returns how it ended.
    pub(crate) fn watch(&self) -> Outcome<ExitStatus> {
        out::say(&format!("$ {}", self.line()));
        self.command().stdin(Stdio::null()).status().map_err(self.not_started())
    }

    /// Returns what the program wrote to stdout, while its progress on stderr is seen as it comes.
    pub(crate) fn listen(&self) -> Outcome<String> {
        let mut command = self.command();
        let output =
            command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(self.not_started())?;
        self.require(output.status.success(), &output.status.to_string())?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs the program and returns all it wrote, whatever its exit status.
    pub(crate) fn ask(&self) -> Outcome<Answer> {
        let output = self.command().stdin(Stdio::null()).output().map_err(self.not_started())?;
        Ok(Answer {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Returns what the program wrote to stdout, or fails with what it wrote to stderr.
    pub(crate) fn read(&self) -> Outcome<String> {
        let answer = self.ask()?;
        self.require(answer.status.success(), &format!("{}: {}", answer.status, answer.stderr.trim()))?;
        Ok(answer.stdout)
    }

    /// Fails, naming the call, unless `fine`.
    pub(crate) fn require(&self, fine: bool, otherwise: &str) -> Outcome {
        if fine { Ok(()) } else { Err(Failure::new(format!("`{}` failed: {otherwise}", self.line()))) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        command
    }

    fn not_started(&self) -> impl FnOnce(io::Error) -> Failure {
        Failure::doing(format!("start `{}`", self.line()))
    }
}

/// Quotes one word as a shell wants it, and only when it has to.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into();
    }
    if word.contains(['"', '$', '`', '\\', '!']) {
        return format!("'{}'", word.replace('\'', r"'\''")).into();
    }
    format!("\"{word}\"").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_quoted(word: &str, expected: &str) {
        assert_eq!(quoted(word), expected);
    }

    #[test]
    fn words_are_quoted_only_when_a_shell_would_misread_them() {
        check_quoted("--home", "--home");
        check_quoted("/tmp/a-b/c.d", "/tmp/a-b/c.d");
        check_quoted("", "\"\"");
        check_quoted("test;16:07;backup_test", "\"test;16:07;backup_test\"");
        check_quoted("it's", "\"it's\"");
        check_quoted("a $HOME", "'a $HOME'");
        check_quoted("a$'b", r"'a$'\''b'");
    }

    #[test]
    fn a_call_is_shown_as_one_would_type_it() {
        let call = Call::new("/opt/bin/cargo").args(["doc", "a b"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(call.line(), "RUSTDOCFLAGS=\"-D warnings\" cargo doc \"a b\"");
    }

    #[test]
    fn a_failing_program_is_reported_with_its_status_and_its_output() {
        let call = Call::new("sh").args(["-c", "echo no luck >&2; exit 7"]);
        let failure = call.read().unwrap_err();
        assert!(failure.message.starts_with("`sh -c "), "{failure:?}");
        assert!(failure.message.ends_with("exit status: 7: no luck"), "{failure:?}");
    }

    #[test]
    fn a_missing_program_is_reported() {
        let failure = Call::new("/nowhere/at-all").ask().unwrap_err();
        assert!(failure.message.starts_with("can't start `at-all`: "), "{failure:?}");
    }

    #[test]
    fn what_a_program_wrote_is_read() {
        assert_eq!(
            Call::new("sh").args(["-c", "echo $WORD"]).env("WORD", "hello").read().unwrap(),
            "hello\n"
        );
    }
}
