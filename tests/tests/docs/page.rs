//! A page of Markdown, and the commands in it.

use std::fs;
use std::path::{Path, PathBuf};

/// A page and its commands, in order.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) path: PathBuf,
    pub(crate) commands: Vec<Command>,
}

/// A command, and what the page says that it prints.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// The line of the page, from 1 on.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) output: Vec<String>,
}

impl Page {
    /// Reads a page.
    ///
    /// # Panics
    /// When it can't be read, or a block doesn't begin with a command or doesn't end.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let commands = commands(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        Self { path: path.to_owned(), commands }
    }
}

/// Where a line of a page is.
enum Place {
    Prose,
    /// In a block, which is run or isn't.
    Block {
        is_run: bool,
    },
}

/// Returns the commands of a page.
///
/// # Errors
/// A block that does not begin with a command, or does not end.
pub(crate) fn commands(text: &str) -> Result<Vec<Command>, String> {
    let mut commands: Vec<Command> = Vec::new();
    let mut place = Place::Prose;
    let mut indent = 0;
    for (line, text) in (1..).zip(text.lines()) {
        let fence = text.trim_start().strip_prefix("```");
        match (&place, fence) {
            (Place::Prose, None) | (Place::Block { is_run: false }, None) => {}
            (Place::Prose, Some(language)) => {
                place = Place::Block { is_run: language == "console" };
                indent = text.len() - text.trim_start().len();
                // What stands before the first command of a block belongs to no command.
                commands.extend((language == "console").then(Command::default));
            }
            (Place::Block { .. }, Some(_)) => place = Place::Prose,
            (Place::Block { is_run: true }, None) => {
                add(&mut commands, line, text.get(indent..).unwrap_or(""))?;
            }
        }
    }
    match place {
        Place::Prose => Ok(commands.into_iter().filter(|command| command.line > 0).collect()),
        Place::Block { .. } => Err("the last block doesn't end".to_owned()),
    }
}

fn add(commands: &mut Vec<Command>, line: usize, text: &str) -> Result<(), String> {
    if let Some(text) = text.strip_prefix("$ ") {
        commands.push(Command { line, text: text.to_owned(), output: Vec::new() });
        return Ok(());
    }
    let last = commands.last_mut().filter(|command| command.line > 0);
    let last =
        last.ok_or_else(|| format!("line {line}: a block of the console begins with a command, behind $"))?;
    match text.strip_prefix("> ") {
        Some(more) if last.output.is_empty() => last.text += &format!("\n{more}"),
        _ => last.output.push(text.to_owned()),
    }
    Ok(())
}

#[test]
fn the_blocks_of_the_console_are_found() {
    let page = "a\n```sh\n$ no\n```\n```console\n$ one\nsaid\n$ two\n> more\n```\n  ```console\n  $ three\n   x\n  ```\n\
                ```console,ignore\n$ no\n```\n";
    let command = |line, text: &str, output: &[&str]| Command {
        line,
        text: text.to_owned(),
        output: output.iter().map(|&line| line.to_owned()).collect(),
    };
    let wanted = [command(6, "one", &["said"]), command(8, "two\nmore", &[]), command(12, "three", &[" x"])];
    assert_eq!(commands(page), Ok(wanted.into()));
}

#[test]
fn a_block_that_is_not_one_is_an_error() {
    assert!(commands("```console\nsaid\n```\n").is_err());
    assert!(commands("```console\n$ one\n```\n```console\nsaid\n```\n").is_err());
    assert!(commands("```console\n$ one\n").is_err());
}
