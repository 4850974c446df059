//! The page of a command: what clap knows of it, and what all pages have.

use clap::Command;
use clap_mangen::Man;

use super::Page;
use super::document::{plain, rows, section};
use super::exit_status::exit_status;
use super::roff::{entry, escaped, example, heading, lines};

const FILES: &str = include_str!("../../../docs/files.md");

/// What the pages are of.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) day: String,
    pub(super) version: String,
}

impl Source {
    /// Returns the first line of a page.
    pub(super) fn title(&self, name: &str, section: u8) -> String {
        format!(".TH \"{}\" {section} \"{}\" \"Backup Manager {}\"\n", escaped(name), self.day, self.version)
    }
}

/// Returns the page of a command that was built.
pub(super) fn page(command: &Command, section: u8, source: &Source) -> Page {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let help = Help::of(command);
    let man = Man::new(command.clone().after_help(""));
    let mut text = source.title(&name, section);
    text += &rendered(|out| man.render_name_section(out));
    text += &rendered(|out| man.render_synopsis_section(out));
    text += &rendered(|out| man.render_description_section(out));
    text += &help.notes.iter().map(|note| format!(".PP\n{}", lines(&escaped(note)))).collect::<String>();
    text += &rendered(|out| man.render_options_section(out));
    text += &commands(command);
    if !help.examples.is_empty() {
        text += &heading("Examples");
        text += &help.examples.concat();
    }
    text += &exit_status((name != command.get_name()).then(|| first_word(command)));
    text += &environment();
    text += &files(section == 8 || name == command.get_name());
    text += &see_also(command, &name);
    Page { name: format!("{name}.{section}"), text }
}

/// Returns the word that the documentation has for a command: `import` for `import tars`.
fn first_word(command: &Command) -> &str {
    let name = command.get_display_name().unwrap_or_default();
    name.split('-').nth(1).unwrap_or_default()
}

fn rendered(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    render(&mut text).expect("memory takes everything");
    String::from_utf8_lossy(&text).into_owned()
}

/// What stands below the options in a help text.
#[derive(Debug, Default)]
struct Help {
    notes: Vec<String>,
    examples: Vec<String>,
}

impl Help {
    fn of(command: &Command) -> Self {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let mut help = Self::default();
        for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
            match block.strip_prefix("Example: ") {
                Some(example) => help.examples.push(with_meaning(example)),
                // They are a section of their own.
                None if block.starts_with("Exit codes: ") => {}
                None => help.notes.push(block.to_owned()),
            }
        }
        help
    }
}

/// Returns an example: a command, and below it what it is for.
fn with_meaning(block: &str) -> String {
    let (command, meaning) = block.split_once('\n').unwrap_or((block, ""));
    let meaning: Vec<&str> = meaning.lines().map(str::trim).collect();
    let meaning = lines(&escaped(&meaning.join("\n")));
    if meaning.is_empty() { example(command) } else { format!("{}.PP\n{meaning}", example(command)) }
}

fn commands(command: &Command) -> String {
    let shown: Vec<_> = command.get_subcommands().filter(|part| is_ours(command, part)).collect();
    if shown.is_empty() {
        return String::new();
    }
    let about = |part: &Command| part.get_about().map(ToString::to_string).unwrap_or_default();
    let entries = shown.iter().map(|part| {
        let page = part.get_display_name().unwrap_or(part.get_name());
        format!(".TP\n.BR {} (1)\n{}", escaped(page), lines(&escaped(&about(part))))
    });
    heading("Commands") + &entries.collect::<String>()
}

fn is_ours(command: &Command, part: &Command) -> bool {
    !part.is_hide_set() && (part.get_name() != "help" || command.get_name() == "backup_manager")
}

fn environment() -> String {
    let rows = rows(section(FILES, "Environment variables"));
    let entries = rows.iter().map(|row| entry(&plain(row[0]), &plain(row[1])));
    heading("Environment") + &entries.collect::<String>()
}

fn files(all: bool) -> String {
    let text = if all {
        let rows = rows(section(FILES, "What is in a home"));
        rows.iter().map(|row| entry(&plain(row[0]), &plain(row[1]))).collect()
    } else {
        "The files of a home are in\n.BR backup_manager (1).\n".to_owned()
    };
    heading("Files") + &text
}

fn see_also(command: &Command, name: &str) -> String {
    let pages = [
        ("backup_manager", 1),
        ("backup_schedules.txt", 5),
        ("backup_manager.toml", 5),
        ("backup_service", 8),
    ];
    let others = pages.iter().filter(|(page, _)| *page != name && *page != command.get_name());
    let others: Vec<_> = others.map(|(page, section)| format!(".BR {page} ({section})")).collect();
    heading("See also") + &others.join(",\n") + "\n"
}
