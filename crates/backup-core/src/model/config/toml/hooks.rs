//! `[hooks.NAME]`: commands that run before and after a backup.

use toml::de::{DeTable, DeValue};

use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::toml::reader::{Head, Keys, Reader, Table};
use crate::model::config::toml::value::{command, period, text, unknown_key};
use crate::model::hook::Hook;
use crate::time::Period;

pub(super) const TABLE: Table =
    Table { name: "hooks", head: "hooks.NAME", has: |_| false, keys: Keys::Named(read) };

const KEYS: [&str; 6] = [BEFORE, FINALLY, AFTER_SUCCESS, AFTER_FAILURE, TIMEOUT, DIR];
const BEFORE: &str = "before";
const FINALLY: &str = "finally";
const AFTER_SUCCESS: &str = "after_success";
const AFTER_FAILURE: &str = "after_failure";
const TIMEOUT: &str = "timeout";
const DIR: &str = "dir";

/// The longest time that a command may be given.
const LONGEST: Period = Period::hours(7 * 24);

fn read(reader: &mut Reader<'_>, head: &Head<'_>, keys: &DeTable<'_>) {
    let mut hook = Hook::default();
    reader.keys(head.full, keys, |_, key, value| set(&mut hook, key, value));
    reader.config().hooks.insert(head.name.to_owned(), hook);
}

fn set(hook: &mut Hook, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
    match key {
        BEFORE => hook.before = Some(command(value)?),
        FINALLY => hook.finally = Some(command(value)?),
        AFTER_SUCCESS => hook.after_success = Some(command(value)?),
        AFTER_FAILURE => hook.after_failure = Some(command(value)?),
        TIMEOUT => hook.timeout = period(value, LONGEST)?,
        DIR => hook.dir = Some(text(value, "/srv/db")?),
        _ => return Err(unknown_key(key, &KEYS)),
    }
    Ok(())
}
