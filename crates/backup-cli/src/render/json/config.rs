//! The configuration.

use backup_core::model::config::{Config, Setting};
use backup_core::model::error::Error;
use serde_json::{Value, json};

use crate::error_message::message;
use crate::hint::hint;
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

/// Returns an object for each fault of a configuration that can't be used.
pub(crate) fn config_faults(error: &Error) -> Vec<Value> {
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
