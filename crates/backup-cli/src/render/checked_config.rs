//! What is wrong in the configuration, or most likely not meant.

use backup_core::model::command::CommandObstacle;
use backup_core::model::config::{Config, FileProblem};
use backup_core::model::error::Error;
use backup_core::policy::config_warnings::{ConfigWarning, ConfigWarningKind};
use backup_core::text::printable;

use super::config::{FILE, what_follows};
use crate::error_message::message;

/// A configuration that exists, and what `check` found.
pub(crate) struct CheckedConfig {
    /// What it says, or what is wrong with it.
    pub(crate) read: Result<Config, Error>,
    /// What is most likely not meant.
    pub(crate) warnings: Vec<ConfigWarning>,
    /// Whether a service runs.
    pub(crate) service_runs: bool,
}

/// Returns each fault and each warning, and at the end how much is set or wrong.
pub(crate) fn checked_config(checked: &CheckedConfig) -> Vec<String> {
    match &checked.read {
        Ok(config) => {
            let settings = config.settings().iter().filter(|setting| !setting.is_built_in).count();
            let warnings = checked.warnings.len();
            let counts =
                [Some(counted(settings, "setting")), (warnings > 0).then(|| counted(warnings, "warning"))];
            let end = format!("{FILE}: {}", counts.into_iter().flatten().collect::<Vec<_>>().join(", "));
            let encryption = config.encryption.keys().map(|name| {
                format!("{FILE}: [encryption.{name}] counts for new archives; those that exist stay as they were made")
            });
            checked.warnings.iter().map(line).chain(encryption).chain([end]).collect()
        }
        Err(error) => {
            let follows = what_follows(checked.service_runs);
            let Error::WrongConfig(faults) = error else {
                return vec![format!("{FILE}: {}; {follows}", message(error))];
            };
            let lines = faults.iter().map(|fault| format!("{FILE}, {fault}"));
            lines.chain([format!("{FILE}: {}; {follows}", counted(faults.len(), "error"))]).collect()
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn line(warning: &ConfigWarning) -> String {
    let line = warning.line.map(|line| format!(", line {line}")).unwrap_or_default();
    format!("{FILE}{line}: warning: {}: {}", printable(warning.key.as_bytes()), config_sentence(warning))
}

/// Returns what is the matter, and what was most likely meant.
pub(crate) fn config_sentence(warning: &ConfigWarning) -> String {
    let value = printable(warning.value.as_bytes());
    match &warning.kind {
        ConfigWarningKind::NoSuchBackup { near } => {
            let near = near.as_ref().map(|near| format!("; did you mean {}?", printable(near.as_bytes())));
            format!("no schedule has the name {value}{}", near.unwrap_or_default())
        }
        ConfigWarningKind::NoIdentityForDrills => format!(
            "the service can't drill {value}: no identity opens its archives here; drill it by hand, with --identity FILE"
        ),
        ConfigWarningKind::EmptyHook => "it has no command, so it does nothing".to_owned(),
        ConfigWarningKind::Command(CommandObstacle::NoDir) => format!("the folder {value} does not exist"),
        ConfigWarningKind::Command(CommandObstacle::NoProgram) => format!("there is no program {value}"),
        ConfigWarningKind::Command(CommandObstacle::NotExecutable) => {
            format!("{value} can't be executed; make it executable, as `chmod +x` does")
        }
        ConfigWarningKind::File(FileProblem::Missing) => format!("there is no file {value}"),
        ConfigWarningKind::File(FileProblem::Unreadable) => format!("this user can't read {value}"),
        ConfigWarningKind::File(FileProblem::Empty) => format!("{value} is empty"),
        ConfigWarningKind::File(FileProblem::OpenToAll) => {
            format!("every user can read {value}; keep others out, as `chmod 600` does")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_warning_has_its_sentence() {
        let near = |near: Option<&str>| ConfigWarningKind::NoSuchBackup { near: near.map(str::to_owned) };
        let cases = [
            (near(Some("docs")), "no schedule has the name x; did you mean docs?"),
            (near(None), "no schedule has the name x"),
            (ConfigWarningKind::EmptyHook, "it has no command, so it does nothing"),
            (ConfigWarningKind::Command(CommandObstacle::NoDir), "the folder x does not exist"),
            (ConfigWarningKind::Command(CommandObstacle::NoProgram), "there is no program x"),
            (
                ConfigWarningKind::Command(CommandObstacle::NotExecutable),
                "x can't be executed; make it executable, as `chmod +x` does",
            ),
            (ConfigWarningKind::File(FileProblem::Missing), "there is no file x"),
            (ConfigWarningKind::File(FileProblem::Unreadable), "this user can't read x"),
            (ConfigWarningKind::File(FileProblem::Empty), "x is empty"),
            (
                ConfigWarningKind::File(FileProblem::OpenToAll),
                "every user can read x; keep others out, as `chmod 600` does",
            ),
        ];
        for (kind, expected) in cases {
            let (key, value) = ("hooks.h".to_owned(), "x".to_owned());
            let line = Some(3);
            let warning = ConfigWarning { key, line, value, kind };
            let shown = checked_config(&CheckedConfig {
                read: Ok(Config::default()),
                warnings: vec![warning],
                service_runs: false,
            });
            let first = format!("backup_manager.toml, line 3: warning: hooks.h: {expected}");
            assert_eq!(shown, [&first, "backup_manager.toml: 0 settings, 1 warning"]);
        }
    }
}
