//! Completion: what a shell may put in the place of the word at the cursor.
//!
//! The scripts of `completions` call the program with the variable [`VARIABLE`], and with the words of the command line.
//! It then answers, writes no log, and is silent about everything that goes wrong.

mod bash_line;
mod values;

use std::env;
use std::ffi::OsString;

use clap_complete::CompletionCandidate;
use clap_complete::engine::complete;

use crate::output::pour;
use bash_line::{BashLine, reply};
use values::completing;

/// The variable that asks for candidates. Its value is the name of a shell.
const VARIABLE: &str = "BACKUP_MANAGER_COMPLETE";

/// Answers a shell that asks for candidates, and returns whether one did.
///
/// zsh and fish pass the words up to the cursor, and get a line `value TAB description` for each candidate. bash passes the
/// line up to the cursor and the part that it would replace, and gets what to put there.
pub(crate) fn answer() -> bool {
    let Some(shell) = env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else { return false };
    let words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let lines = match shell.to_str() {
        Some("bash") => for_bash(&words),
        Some("fish") => described(without_quotes(words)),
        _ => described(words),
    };
    let _ = pour(|output| lines.iter().try_for_each(|line| writeln!(output, "{line}")));
    true
}

/// fish passes the word at the cursor as it is typed.
fn without_quotes(mut words: Vec<OsString>) -> Vec<OsString> {
    if let Some(last) = words.last_mut()
        && let Some(typed) = last.to_str()
    {
        *last = BashLine::split(typed).words.pop().unwrap_or_default().into();
    }
    words
}

fn described(words: Vec<OsString>) -> Vec<String> {
    candidates(words).iter().map(line).collect()
}

fn line(candidate: &CompletionCandidate) -> String {
    let value = candidate.get_value().to_string_lossy();
    let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    match help.lines().next() {
        Some(help) => format!("{value}\t{help}"),
        None => value.into_owned(),
    }
}

fn for_bash(words: &[OsString]) -> Vec<String> {
    let [line, replaced] = words else { return Vec::new() };
    let (Some(line), Some(replaced)) = (line.to_str(), replaced.to_str()) else { return Vec::new() };
    let line = BashLine::split(line);
    let words = line.words.iter().map(OsString::from).collect();
    let candidates = candidates(words);
    let values = candidates.iter().filter_map(|candidate| candidate.get_value().to_str());
    values.map(|value| reply(&line, replaced, value)).collect()
}

/// Returns the candidates for the last of the words. The first one is the program.
fn candidates(mut words: Vec<OsString>) -> Vec<CompletionCandidate> {
    let Some(last) = words.len().checked_sub(1).filter(|last| *last > 0) else { return Vec::new() };
    let tilde = expand_tilde(&mut words[last]);
    let is_empty = words[last].is_empty();
    let mut program = completing(&words);
    let found = complete(&mut program, words, last, env::current_dir().ok().as_deref());
    let mut found = found.unwrap_or_default();
    if is_empty && found.iter().any(|candidate| !is_option(candidate)) {
        found.retain(|candidate| !is_option(candidate));
    }
    match tilde {
        Some(home) => found.into_iter().map(|candidate| with_tilde(candidate, &home)).collect(),
        None => found,
    }
}

fn is_option(candidate: &CompletionCandidate) -> bool {
    candidate.get_value().as_encoded_bytes().starts_with(b"-")
}

/// Puts the home of the user in the place of `~`, which the shell hasn't expanded yet, and returns it.
fn expand_tilde(word: &mut OsString) -> Option<String> {
    let expanded = values::without_tilde(word)?;
    *word = expanded;
    env::var("HOME").ok()
}

fn with_tilde(candidate: CompletionCandidate, home: &str) -> CompletionCandidate {
    let value = candidate.get_value().to_str().and_then(|value| value.strip_prefix(home));
    match value {
        Some(rest) => CompletionCandidate::new(format!("~{rest}")).help(candidate.get_help().cloned()),
        None => candidate,
    }
}
