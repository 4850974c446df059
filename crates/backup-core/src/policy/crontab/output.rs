//! A command that prints a dump into a file: its output can be backed up.

use std::collections::HashSet;

use super::command::is_dated;
use super::schedule::{CrontabSchedule, free_name};
use super::shell::{Joint, Word, output_file, parts, words};
use super::table::{CrontabWay, WayTable, table_name};
use crate::model::command::Command;
use crate::text::has_control;

/// Programs that print the contents of a database.
const DUMPERS: [&str; 7] =
    ["pg_dump", "pg_dumpall", "mysqldump", "mariadb-dump", "sqlite3", "mongodump", "slapcat"];

/// Programs that compress what they read, with the ending of their files.
const COMPRESSORS: [(&str, &str); 5] =
    [("gzip", ".gz"), ("pigz", ".gz"), ("bzip2", ".bz2"), ("xz", ".xz"), ("zstd", ".zst")];

/// Returns the way over for a command that dumps a database into a file, compressed or not.
pub(super) fn way(time: &str, command: &str, names: &mut HashSet<String>) -> Option<CrontabWay> {
    let parts = parts(command)?;
    let (dump, compressor) = match &parts[..] {
        [(dump, None)] => (dump, None),
        [(dump, Some(Joint::Pipe)), (pipe, None)] => (dump, Some((pipe, compressor(pipe)?))),
        _ => return None,
    };
    let run = words(dump)?;
    if !run.iter().any(is_dumper) {
        return None;
    }
    let file = output_file(compressor.map_or(dump, |(pipe, _)| pipe))?;
    // The output of the dump itself goes into the pipe.
    if compressor.is_some() && output_file(dump).is_some() {
        return None;
    }
    Some(CrontabWay::Output(derived(time, &run, &file, compressor.map(|(_, compressor)| compressor), names)))
}

fn is_dumper(word: &Word) -> bool {
    word.text.rsplit('/').next().is_some_and(|name| DUMPERS.contains(&name))
}

/// Returns the program that a part of a command compresses with, and the ending of its files.
fn compressor(part: &str) -> Option<(&'static str, &'static str)> {
    let words = words(part)?;
    let (program, options) = words.split_first()?;
    let name = program.text.rsplit('/').next()?;
    let known = COMPRESSORS.into_iter().find(|(known, _)| *known == name)?;
    options.iter().all(|option| option.text.starts_with('-')).then_some(known)
}

/// Returns the table and the schedule, if the line says enough: what a shell fills in, and the folder of a relative file, are
/// not known here.
fn derived(
    time: &str,
    run: &[Word],
    file: &Word,
    compressor: Option<(&'static str, &'static str)>,
    names: &mut HashSet<String>,
) -> Option<(WayTable, CrontabSchedule)> {
    let is_plain = run.iter().all(|word| !word.is_filled_in && !has_control(&word.text));
    let has_variable = run.first().is_none_or(|program| program.text.contains('='));
    if !is_plain || has_variable || needs_folder(run) {
        return None;
    }
    let run = Command::program(run.iter().map(|word| word.text.clone()).collect())?;
    let (folder, file_name) = file.text.split_at_checked(folder_end(&file.text)?)?;
    let source = if folder.is_empty() { "/" } else { folder };
    if source.contains(['$', '`', '*', '?', '[', ';', '~']) || has_control(source) {
        return None;
    }
    let (first, ending) = split_name(&file_name[1..], compressor);
    let base = table_name(&first).unwrap_or_else(|| "dump".to_owned());
    let name = free_name(&base, names);
    let file_name = Some(format!("{base}{ending}"));
    let table = WayTable { name: name.clone(), commands: vec![("run", run)], file: file_name };
    let options =
        [format!("command={name}")].into_iter().chain(compressor.map(|_| "compress=zstd".to_owned()));
    let other = compressor.map(|(program, _)| program).filter(|program| *program != "zstd");
    let schedule = CrontabSchedule {
        source: source.to_owned(),
        time: time.to_owned(),
        name,
        options: options.collect(),
        is_dated: is_dated(file),
        compressor: other,
    };
    Some((table, schedule))
}

/// Returns whether a command may name a file relative to the folder in which cron runs it.
fn needs_folder(run: &[Word]) -> bool {
    let is_relative = |word: &Word| word.text.contains('/') && !word.text.starts_with(['/', '-']);
    let is_sqlite = run.first().is_some_and(|program| program.text.ends_with("sqlite3"));
    let names_file = |word: &Word| !word.text.starts_with(['/', '-', '.']);
    run.iter().any(is_relative) || (is_sqlite && run.iter().skip(1).take(1).any(names_file))
}

/// Returns where the folder of an absolute path ends. Slashes of what a shell fills in don't count.
fn folder_end(path: &str) -> Option<usize> {
    let fixed = path.split(['$', '`']).next().unwrap_or_default();
    path.starts_with('/').then(|| fixed.rfind('/')).flatten()
}

/// Returns the name of a dump, without a date and endings, and its ending.
fn split_name(file_name: &str, compressor: Option<(&str, &str)>) -> (String, String) {
    let bare = compressor.and_then(|(_, ending)| file_name.strip_suffix(ending)).unwrap_or(file_name);
    let fixed = bare.split(['$', '`']).next().unwrap_or_default();
    let first = fixed.split('.').next().unwrap_or_default().to_owned();
    let ending = bare.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    let is_plain = !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (first, if is_plain { format!(".{ending}") } else { String::new() })
}
