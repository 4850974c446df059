//! strace: which system calls a run makes, and what is done to one of them.
//!
//! strace counts each kind of call for each thread by itself, and the first thread that comes to the number is hit. So
//! one count over all threads would miss the calls of a thread that another is ahead of; [`View`]s make up for that.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Which calls are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum View {
    /// Those of the main thread.
    Main,
    /// Those of all threads, each counted alone.
    Threads,
    /// Those of all threads that are about these files.
    Files(Vec<PathBuf>),
}

impl View {
    /// Returns the arguments that make strace see it so.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        match self {
            Self::Main => Vec::new(),
            Self::Threads => vec!["-f".into()],
            Self::Files(files) => {
                let files = files.iter().flat_map(|file| ["-P".into(), file.clone().into_os_string()]);
                ["-f".into()].into_iter().chain(files).collect()
            }
        }
    }
}

/// One call in a log that strace wrote with `-f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The thread that made it.
    pub(crate) thread: u32,
    /// Its name.
    pub(crate) name: String,
    /// The line, and what was added to it when it was resumed.
    pub(crate) text: String,
}

/// Returns the calls of a log, in the order in which they began.
pub(crate) fn calls(log: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for line in log.lines() {
        let Some((thread, text)) = line.split_once(' ') else { continue };
        let (Ok(thread), text) = (thread.parse(), text.trim_start()) else { continue };
        if text.starts_with("<...") {
            let begun = calls.iter_mut().rev().find(|call| call.thread == thread);
            begun.into_iter().for_each(|call| call.text.push_str(text));
        } else if let Some((name, _)) = text.split_once('(')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            calls.push(Call { thread, name: name.to_owned(), text: text.to_owned() });
        }
    }
    calls
}

/// Returns how often each call was made by the thread that made it most.
pub(crate) fn counts<'a>(calls: impl Iterator<Item = &'a Call>) -> BTreeMap<String, usize> {
    let mut by_thread: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    calls.for_each(|call| *by_thread.entry((&call.name, call.thread)).or_default() += 1);
    let mut most: BTreeMap<String, usize> = BTreeMap::new();
    for ((name, _), count) in by_thread {
        let known = most.entry(name.to_owned()).or_default();
        *known = count.max(*known);
    }
    most
}

/// Says why strace can't be used here, if it can't.
pub(crate) fn absence() -> Option<String> {
    let mut probe = Command::new("strace");
    probe
        .args(["-f", "-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match probe.status() {
        Ok(status) if status.success() => None,
        Ok(_) => Some("strace may not trace here".to_owned()),
        Err(error) => Some(format!("strace can't be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "7 execve(\"p\", [\"p\"], 0x7 /* 3 vars */) = 0
7 openat(3, \"a\" <unfinished ...>
8 openat(3, \"b\", 0) = 4
7 <... openat resumed>) = -1 EIO (Input/output error) (INJECTED)
8 openat(3, \"c\", 0) = 4
8 --- SIGCHLD {si_signo=SIGCHLD} ---
8 +++ exited with 0 +++
7 exit_group(0) = ?
";

    #[test]
    fn reads_calls_and_counts_them_by_thread() {
        let calls = calls(LOG);
        let names: Vec<_> = calls.iter().map(|call| (call.thread, call.name.as_str())).collect();
        assert_eq!(names, [(7, "execve"), (7, "openat"), (8, "openat"), (8, "openat"), (7, "exit_group")]);
        assert!(calls[1].text.ends_with("= -1 EIO (Input/output error) (INJECTED)"), "{}", calls[1].text);
        let expected = [("execve", 1), ("exit_group", 1), ("openat", 2)];
        assert_eq!(counts(calls.iter()), expected.map(|(name, count)| (name.to_owned(), count)).into());
    }
}
