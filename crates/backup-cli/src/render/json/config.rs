//! The configuration.

use backup_core::model::command::CommandObstacle;
use backup_core::model::config::{Config, FileProblem, Setting};
use backup_core::model::error::Error;
use backup_core::policy::config_warnings::{ConfigWarning, ConfigWarningKind};
use serde_json::{Value, json};

use crate::error_message::message;
use crate::hint::hint;
use crate::render::checked_config::{CheckedConfig, config_sentence};
use crate::render::config::faults;

const FILE: &str = "backup_manager.toml";

/// Returns what is in force, with where it comes from.
pub(crate) fn config(config: &Config, exists: bool) -> Value {
    let settings: Vec<_> = config.settings().iter().map(setting).collect();
    json!({ "file": FILE, "exists": exists, "settings": settings })
}

fn setting(setting: &Setting) -> Value {
    json!({
        "table": setting.table,
        "key": setting.key,
        "value": setting.value,
        "line": setting.line,
        "built_in": setting.is_built_in,
    })
}

/// Returns an object for each fault and each warning.
pub(crate) fn checked_config(checked: &CheckedConfig) -> Vec<Value> {
    let faults = checked.read.as_ref().err().map(config_faults).unwrap_or_default();
    faults.into_iter().chain(checked.warnings.iter().map(config_warning)).collect()
}

fn config_warning(warning: &ConfigWarning) -> Value {
    let near = match &warning.kind {
        ConfigWarningKind::NoSuchBackup { near } => near.as_deref(),
        _ => None,
    };
    json!({
        "file": FILE,
        "line": warning.line,
        "key": warning.key,
        "warning": config_sentence(warning),
        "kind": kind(&warning.kind),
        "value": Some(&warning.value).filter(|value| !value.is_empty()),
        "suggestion": near,
    })
}

fn kind(kind: &ConfigWarningKind) -> &'static str {
    match kind {
        ConfigWarningKind::NoSuchBackup { .. } => "no-such-backup",
        ConfigWarningKind::NoIdentityForDrills => "no-identity-for-drills",
        ConfigWarningKind::EmptyHook => "empty-hook",
        ConfigWarningKind::Command(CommandObstacle::NoDir) => "no-folder",
        ConfigWarningKind::Command(CommandObstacle::NoProgram) => "no-program",
        ConfigWarningKind::Command(CommandObstacle::NotExecutable) => "not-executable",
        ConfigWarningKind::File(FileProblem::Missing) => "file-missing",
        ConfigWarningKind::File(FileProblem::Unreadable) => "file-unreadable",
        ConfigWarningKind::File(FileProblem::Empty) => "file-empty",
        ConfigWarningKind::File(FileProblem::OpenToAll) => "file-open-to-all",
    }
}

/// Returns an object for each fault of a configuration that can't be used.
fn config_faults(error: &Error) -> Vec<Value> {
    let object = |line: Option<usize>, key: Option<&str>, text: String| json!({ "file": FILE, "line": line, "key": key, "error": text, "hint": hint(error) });
    let faults = faults(error);
    if faults.is_empty() {
        return vec![object(None, None, message(error))];
    }
    let fault = |fault: &backup_core::model::config::ConfigFault| {
        let line = Some(fault.line).filter(|line| *line > 0);
        object(line, fault.key.as_deref(), fault.kind.to_string())
    };
    faults.iter().map(fault).collect()
}
