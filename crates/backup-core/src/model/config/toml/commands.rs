//! `[commands.NAME]`: commands whose output is backed up.

use toml::de::{DeTable, DeValue};

use crate::model::command::Command;
use crate::model::config::command_source::CommandSource;
use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::toml::reader::{Head, Keys, Reader, Table};
use crate::model::config::toml::value::{command, period, text, unknown_key};
use crate::time::Period;

pub(super) const TABLE: Table =
    Table { name: "commands", head: "commands.NAME", has: |_| false, keys: Keys::Named(read) };

const KEYS: [&str; 3] = [RUN, FILE, TIMEOUT];
const RUN: &str = "run";
const FILE: &str = "file";
const TIMEOUT: &str = "timeout";

/// The longest time that a command may be given.
const LONGEST: Period = Period::hours(7 * 24);

/// The settings of one table so far.
#[derive(Default)]
struct Draft {
    run: Option<Command>,
    file: Option<String>,
    timeout: Option<Period>,
}

fn read(reader: &mut Reader<'_>, head: &Head<'_>, keys: &DeTable<'_>) {
    let mut draft = Draft::default();
    reader.keys(head.full, keys, |_, key, value| draft.set(key, value));
    let Some(run) = draft.run else { return reader.require(head, keys, RUN) };
    let file = draft.file.unwrap_or_else(|| head.name.to_owned());
    let timeout = draft.timeout.unwrap_or(CommandSource::TIMEOUT);
    reader.config().commands.insert(head.name.to_owned(), CommandSource { run, file, timeout });
}

impl Draft {
    fn set(&mut self, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
        match key {
            RUN => self.run = Some(command(value)?),
            FILE => self.file = Some(file_name(value)?),
            TIMEOUT => self.timeout = Some(period(value, LONGEST)?),
            _ => return Err(unknown_key(key, &KEYS)),
        }
        Ok(())
    }
}

/// Reads the name of a file, without a folder.
fn file_name(value: &DeValue<'_>) -> Result<String, ConfigFaultKind> {
    let allowed = || ConfigFaultKind::Value("the name of a file without /, such as \"dump.sql\"".to_owned());
    let name = text(value, "dump.sql")?;
    let is_name = !name.contains('/') && name != "." && name != ".." && name.len() <= 255;
    if is_name { Ok(name) } else { Err(allowed()) }
}
