//! Configuration warnings: what is allowed in a configuration, but most likely not meant.

mod encryption;
mod warning;

pub use warning::{ConfigSurroundings, ConfigWarning, ConfigWarningKind};

use std::path::{Path, PathBuf};

use self::encryption::of_encryption;
use self::warning::warning;
use crate::model::command::{Command, CommandObstacle};
use crate::model::config::{Config, FileProblem};
use crate::model::hook::{Hook, HookPhase};
use crate::model::notice::{Address, Channel, NotifyTarget};
use crate::text::near;

/// Returns the likely mistakes in a configuration, table by table.
#[must_use]
pub fn config_warnings(config: &Config, around: &ConfigSurroundings<'_>) -> Vec<ConfigWarning> {
    let commands = config.commands.iter().filter_map(|(name, source)| of_source(name, &source.run, around));
    let hooks = config.hooks.iter().flat_map(|(name, hook)| of_hook(name, hook, around));
    let encryption =
        config.encryption.iter().flat_map(|(name, table)| of_encryption(name, table, config, around));
    let notify = config.notify.iter().flat_map(|target| of_target(target, around));
    let line = |warning: ConfigWarning| ConfigWarning { line: config.line_of(&warning.key), ..warning };
    commands.chain(hooks).chain(encryption).chain(notify).map(line).collect()
}

/// Returns the mistake in a command whose output is backed up. It runs in the folders of the schedules that name it.
fn of_source(name: &str, run: &Command, around: &ConfigSurroundings<'_>) -> Option<ConfigWarning> {
    let users = around.entries.iter().filter(|entry| entry.options().command() == Some(name));
    let dirs: Vec<PathBuf> = match is_below_dir(run) {
        true => users.map(|entry| entry.source_under(around.home)).collect(),
        false => vec![around.home.to_owned()],
    };
    // A folder that doesn't exist is a mistake of its schedule.
    let mut obstacles = dirs.iter().filter_map(|dir| (around.obstacle)(run, dir));
    let obstacle = obstacles.find(|obstacle| *obstacle != CommandObstacle::NoDir)?;
    Some(of_command(format!("commands.{name}.run"), run, obstacle))
}

/// Returns whether the program is looked for from the working folder on.
fn is_below_dir(command: &Command) -> bool {
    let program = command.program_name();
    program.contains('/') && !program.starts_with('/')
}

fn of_command(key: String, command: &Command, obstacle: CommandObstacle) -> ConfigWarning {
    warning(key, command.program_name(), ConfigWarningKind::Command(obstacle))
}

fn of_hook(name: &str, hook: &Hook, around: &ConfigSurroundings<'_>) -> Vec<ConfigWarning> {
    let table = format!("hooks.{name}");
    let commands: Vec<_> =
        HookPhase::ALL.into_iter().filter_map(|phase| Some((phase.key(), hook.command(phase)?))).collect();
    if commands.is_empty() {
        return vec![warning(table, "", ConfigWarningKind::EmptyHook)];
    }
    let dir = hook.dir.as_ref().map_or_else(|| around.home.to_owned(), |dir| around.home.join(dir));
    let mut found = Vec::new();
    for (key, command) in commands {
        match (around.obstacle)(command, &dir) {
            Some(CommandObstacle::NoDir) => {
                let kind = ConfigWarningKind::Command(CommandObstacle::NoDir);
                return vec![warning(format!("{table}.dir"), &dir.to_string_lossy(), kind)];
            }
            Some(obstacle) => found.push(of_command(format!("{table}.{key}"), command, obstacle)),
            None => {}
        }
    }
    found
}

fn of_target(target: &NotifyTarget, around: &ConfigSurroundings<'_>) -> Vec<ConfigWarning> {
    let table = format!("notify.{}", target.name);
    let names = target.backups.iter().filter_map(|name| of_name(format!("{table}.backups"), name, around));
    let files = files(target).into_iter().filter_map(|(key, file)| {
        // What is relative is a credential, which only the service has. Certificates are no secret.
        let problem = file.is_absolute().then(|| (around.file_problem)(file)).flatten()?;
        let counts = key != CA_FILE || problem != FileProblem::OpenToAll;
        let key = format!("{table}.{key}");
        counts.then(|| warning(key, &file.to_string_lossy(), ConfigWarningKind::File(problem)))
    });
    let mut found: Vec<_> = names.chain(files).collect();
    match &target.channel {
        Channel::Command { command } => {
            let obstacle = (around.obstacle)(command, Path::new("/"));
            found.extend(obstacle.map(|obstacle| of_command(format!("{table}.run"), command, obstacle)));
        }
        Channel::Healthchecks { urls, .. } => {
            found.extend(urls.keys().filter_map(|name| of_name(format!("{table}.urls"), name, around)));
        }
        _ => {}
    }
    found
}

fn of_name(key: String, name: &str, around: &ConfigSurroundings<'_>) -> Option<ConfigWarning> {
    let known = around.entries.iter().map(|entry| entry.name().as_str());
    if known.clone().any(|known| known == name) {
        return None;
    }
    let near = near(name, known).map(str::to_owned);
    Some(warning(key, name, ConfigWarningKind::NoSuchBackup { near }))
}

const CA_FILE: &str = "ca_file";

/// Returns the files that a target needs, each with its key.
fn files(target: &NotifyTarget) -> Vec<(&'static str, &Path)> {
    let (address, token_file, login) = match &target.channel {
        Channel::Healthchecks { address, .. } => (address.as_ref(), None, None),
        Channel::Ntfy { address, token_file, login, .. } => {
            (Some(address), token_file.as_deref(), login.as_ref())
        }
        Channel::Webhook { address, token_file } => (Some(address), token_file.as_deref(), None),
        Channel::Email(email) => (None, None, email.login.as_ref()),
        Channel::Command { .. } => (None, None, None),
    };
    let address = address.and_then(|address| match address {
        Address::File(file) => Some(("url_file", file.as_path())),
        Address::Url(_) => None,
    });
    let token = token_file.map(|file| ("token_file", file));
    let password = login.map(|(_, file)| ("password_file", file.as_path()));
    let certificates = target.ca_file.as_deref().map(|file| (CA_FILE, file));
    [address, token, password, certificates].into_iter().flatten().collect()
}

#[cfg(all(test, feature = "toml"))]
mod tests {
    use super::*;
    use crate::model::config::ConfigReading;
    use crate::model::schedule::ScheduleEntry;

    fn found(text: &str, schedules: &[&str]) -> Vec<String> {
        let config = ConfigReading::from_toml(text).into_config().expect("the text is right");
        let entries: Vec<ScheduleEntry> =
            schedules.iter().map(|text| text.parse().expect("it is right")).collect();
        let obstacle = |command: &Command, dir: &Path| match command.program_name() {
            _ if dir.ends_with("gone") => Some(CommandObstacle::NoDir),
            "gone" | "./gone" => Some(CommandObstacle::NoProgram),
            "text" => Some(CommandObstacle::NotExecutable),
            _ => None,
        };
        let file_problem = |file: &Path| match file.file_name()?.to_str()? {
            "gone" => Some(FileProblem::Missing),
            "open" => Some(FileProblem::OpenToAll),
            "empty" => Some(FileProblem::Empty),
            "closed" => Some(FileProblem::Unreadable),
            _ => None,
        };
        let around = ConfigSurroundings {
            home: Path::new("/home"),
            entries: &entries.iter().collect::<Vec<_>>(),
            obstacle: &obstacle,
            file_problem: &file_problem,
        };
        let shown = |warning: ConfigWarning| {
            let ConfigWarning { key, line, value, kind } = warning;
            format!("{} {key} {value} {kind:?}", line.map_or("-".to_owned(), |line| line.to_string()))
        };
        config_warnings(&config, &around).into_iter().map(shown).collect()
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(found(text, &["docs;16:07;docs", "app;16:08;app;command=db"]), expected, "{text}");
    }

    #[test]
    fn what_is_right_has_no_warnings() {
        check("# nothing\n", &[]);
        check("[commands.db]\nrun = \"gone\"\n[hooks.h]\nbefore = [\"stop\"]\n", &[]);
        check(
            "[notify.n]\nto = \"ntfy\"\nurl = \"https://ntfy.sh/a\"\ntoken_file = \"/etc/t\"\nbackups = [\"docs\"]\n",
            &[],
        );
    }

    #[test]
    fn a_command_needs_its_program() {
        let run = |program: &str| format!("[commands.db]\nrun = [\"{program}\"]\n");
        let missing = "2 commands.db.run gone Command(NoProgram)";
        check(&run("gone"), &[missing]);
        check(&run("text"), &["2 commands.db.run text Command(NotExecutable)"]);
        assert_eq!(found(&run("gone"), &[]), [missing], "nobody uses it");
        check(&run("./gone"), &["2 commands.db.run ./gone Command(NoProgram)"]);
        assert_eq!(found(&run("./gone"), &[]), [""; 0], "nobody knows where it would run");
        assert_eq!(found(&run("./gone"), &["/x/gone;16:07;a;command=db"]), [""; 0], "the schedule is wrong");
    }

    #[test]
    fn a_hook_needs_a_command_its_programs_and_its_folder() {
        check("[hooks.h]\n", &["- hooks.h  EmptyHook"]);
        check("[hooks.h]\ntimeout = \"1h\"\n", &["- hooks.h  EmptyHook"]);
        check(
            "[hooks.h]\nbefore = [\"gone\"]\nfinally = [\"text\"]\nafter_success = [\"ok\"]\n",
            &["2 hooks.h.before gone Command(NoProgram)", "3 hooks.h.finally text Command(NotExecutable)"],
        );
        check(
            "[hooks.h]\ndir = \"gone\"\nbefore = \"a\"\nfinally = \"b\"\n",
            &["2 hooks.h.dir /home/gone Command(NoDir)"],
        );
    }

    #[test]
    fn an_encryption_needs_its_files_and_drills_an_identity() {
        let by_key = "[encryption.e]\nrecipients = [\"age1x\"]\n";
        check(by_key, &[]);
        check(
            "[encryption.e]\npassphrase_file = \"/gone\"\n",
            &["2 encryption.e.passphrase_file /gone File(Missing)"],
        );
        check(
            "[encryption.e]\npassphrase_file = \"/open\"\n",
            &["2 encryption.e.passphrase_file /open File(OpenToAll)"],
        );
        check("[encryption.e]\npassphrase_file = \"gone\"\n", &[]);
        check(&format!("{by_key}identity = \"/gone\"\n"), &["3 encryption.e.identity /gone File(Missing)"]);
        let drilled =
            ["a;16:07;a;encrypt=e;drill=daily", "b;16:07;b;encrypt=e;drill=no", "c;16:07;c;drill=daily"];
        assert_eq!(found(by_key, &drilled), ["- encryption.e a NoIdentityForDrills"]);
        assert_eq!(found(&format!("{by_key}identity = \"/key\"\n"), &drilled), [""; 0]);
        let by_default = format!("[defaults]\ndrill = \"weekly\"\nencrypt = \"e\"\n{by_key}");
        assert_eq!(
            found(&by_default, &["a;16:07;a", "b;16:07;b;encrypt=no"]),
            ["- encryption.e a NoIdentityForDrills"]
        );
        let phrase = "[encryption.e]\npassphrase_file = \"/p\"\nidentity = \"/key\"\n";
        assert_eq!(found(phrase, &drilled), ["- encryption.e a NoIdentityForDrills"]);
    }

    #[test]
    fn a_target_needs_backups_and_files() {
        let of = |rest: &str| format!("[notify.n]\nto = \"ntfy\"\n{rest}\n");
        let with_url = |rest: &str| of(&format!("url = \"https://ntfy.sh/a\"\n{rest}"));
        check(
            &with_url("backups = [\"dosc\", \"other\", \"docs\"]"),
            &[
                "4 notify.n.backups dosc NoSuchBackup { near: Some(\"docs\") }",
                "4 notify.n.backups other NoSuchBackup { near: None }",
            ],
        );
        check(&with_url("token_file = \"/gone\""), &["4 notify.n.token_file /gone File(Missing)"]);
        check(&with_url("token_file = \"/open\""), &["4 notify.n.token_file /open File(OpenToAll)"]);
        check(&with_url("token_file = \"gone\""), &[]);
        check(
            &with_url("user = \"a\"\npassword_file = \"/closed\""),
            &["5 notify.n.password_file /closed File(Unreadable)"],
        );
        check(&of("url_file = \"/empty\""), &["3 notify.n.url_file /empty File(Empty)"]);
        check(&with_url("ca_file = \"/open\""), &[]);
        check(&with_url("ca_file = \"/gone\""), &["4 notify.n.ca_file /gone File(Missing)"]);
        check(
            "[notify.n]\nto = \"command\"\nrun = [\"gone\"]\n",
            &["3 notify.n.run gone Command(NoProgram)"],
        );
        check(
            "[notify.n]\nto = \"healthchecks\"\nurls = { dosc = \"https://hc-ping.com/1\" }\n",
            &["3 notify.n.urls dosc NoSuchBackup { near: Some(\"docs\") }"],
        );
    }
}
