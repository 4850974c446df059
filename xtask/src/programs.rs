//! The two programs of the product, built as users get them.

use std::path::PathBuf;

use cargo_metadata::Message;

use crate::command::Call;
use crate::failure::{Failure, Outcome};
use crate::out;

/// Where the built programs are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Programs {
    pub(crate) manager: PathBuf,
    pub(crate) service: PathBuf,
}

/// Builds both programs in release, and takes from cargo's own words where it put them.
pub(crate) fn build_release() -> Outcome<Programs> {
    build("build --release -p backup-cli -p backup-daemon")
}

/// Builds both programs as tests do.
pub(crate) fn build_debug() -> Outcome<Programs> {
    build("build -p backup-cli -p backup-daemon")
}

fn build(line: &str) -> Outcome<Programs> {
    let build = Call::cargo(line);
    out::say(&format!("$ {}", build.line()));
    let messages = build.args(["--message-format", "json-render-diagnostics"]).listen()?;
    Ok(Programs { manager: find(&messages, "backup_manager")?, service: find(&messages, "backup_service")? })
}

/// Builds the tests of the core's use cases in debug, and returns their program.
pub(crate) fn build_use_cases() -> Outcome<PathBuf> {
    let build = Call::cargo("test --no-run -p backup-core --test use_cases");
    let messages = build.args(["--message-format", "json-render-diagnostics"]).listen()?;
    find(&messages, "use_cases")
}

fn find(messages: &str, name: &str) -> Outcome<PathBuf> {
    let executable = |message| match message {
        Ok(Message::CompilerArtifact(artifact)) if artifact.target.name == name => artifact.executable,
        _ => None,
    };
    let found = Message::parse_stream(messages.as_bytes()).find_map(executable);
    found.map(Into::into).ok_or_else(|| Failure::new(format!("the build made no program {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, executable: &str) -> String {
        let target =
            format!(r#"{{"name":"{name}","kind":["bin"],"crate_types":["bin"],"src_path":"/s/main.rs"}}"#);
        let profile = r#"{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false}"#;
        let head = r#"{"reason":"compiler-artifact","package_id":"p","manifest_path":"/m""#;
        let tail = format!(r#""filenames":[],"executable":{executable},"fresh":true}}"#);
        format!("{head},\"target\":{target},\"profile\":{profile},\"features\":[],{tail}\n")
    }

    #[test]
    fn a_program_is_where_cargo_says() {
        let library = artifact("backup_manager", "null");
        let messages =
            format!("{library}not json\n{}", artifact("backup_manager", "\"/t/release/backup_manager\""));
        assert_eq!(find(&messages, "backup_manager"), Ok("/t/release/backup_manager".into()));
        let failure = find(&messages, "backup_service").unwrap_err();
        assert_eq!(failure.message, "the build made no program backup_service");
    }
}
