//! The configuration: what is in force, and what is wrong.

use backup_core::model::config::{Config, ConfigFault, Setting};
use backup_core::model::error::Error;
use backup_core::text::printable;

use crate::error_message::message;
use crate::render::columns::width;

/// What the file is called.
pub(super) const FILE: &str = "backup_manager.toml";

/// Returns what is in force, table by table, with where it comes from.
pub(crate) fn config(config: &Config) -> Vec<String> {
    let settings = config.settings();
    let texts: Vec<_> = settings.iter().map(text).collect();
    let widest = texts.iter().map(|text| width(text)).max().unwrap_or_default();
    let mut lines = vec!["[defaults] (options that every schedule has unless it says otherwise)".to_owned()];
    if settings.iter().all(|setting| setting.table != "defaults") {
        lines.push("  none".to_owned());
    }
    let mut table = "defaults";
    for (setting, text) in settings.iter().zip(&texts) {
        if setting.table != table {
            table = &setting.table;
            lines.push(format!("[{}]", printable(table.as_bytes())));
        }
        lines.push(format!("  {text:<widest$}  {}", origin(setting)));
    }
    lines
}

fn text(setting: &Setting) -> String {
    printable(format!("{}={}", setting.key, setting.value).as_bytes())
}

fn origin(setting: &Setting) -> String {
    match setting.line {
        Some(line) => format!("{FILE}, line {line}"),
        None if setting.is_built_in => "built in".to_owned(),
        None => FILE.to_owned(),
    }
}

/// Returns the faults of a configuration that can't be used.
pub(crate) fn faults(error: &Error) -> &[ConfigFault] {
    match error {
        Error::WrongConfig(faults) => faults,
        _ => &[],
    }
}

/// Returns what follows if the configuration can't be used.
pub(crate) fn config_problem(error: &Error, service_runs: bool) -> String {
    format!("{}; {}", message(error), what_follows(service_runs))
}

/// Returns what the service does while the configuration is wrong.
pub(super) fn what_follows(service_runs: bool) -> &'static str {
    if service_runs {
        "backup_service goes on with the settings that it read before"
    } else {
        "backup_service can't start until that is right"
    }
}
