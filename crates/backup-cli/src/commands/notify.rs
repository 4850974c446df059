//! `notify`: shows who is notified when a backup fails, and tries it.

use backup_core::manager::TargetState;
use backup_core::model::notice::{Notice, NotifyTarget, Unsent};
use backup_core::text::{near, printable};
use clap::{Args, Subcommand};

use crate::command_error::CommandError;
use crate::context::Context;
use crate::exit;
use crate::output::{complain, print, print_line};
use crate::render::{self, json};

/// Show who is told when a backup fails, or try it
#[derive(Debug, Args)]
#[command(after_help = "Example: backup_manager notify list
         Who is told what, and whether that works.\n\n\
         Example: backup_manager notify test office
         Sends one message now.")]
pub(crate) struct NotifyArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show who is told, and whether that works; no secrets are shown
    List(ListArgs),
    /// Send one message now, and say whether it arrived
    Test(TestArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// The name behind `notify.` in the configuration
    #[arg(value_name = "NAME")]
    target: String,
}

impl NotifyArgs {
    pub(super) fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        match &self.what {
            What::List(arguments) => arguments.run(context),
            What::Test(arguments) => arguments.run(context),
        }
    }
}

impl ListArgs {
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let targets = context.manager().notify_targets()?;
        if self.json {
            let now = context.ports().clock.now();
            return Ok(print(json::array(targets.iter().map(|target| json::notify_target(target, now)))));
        }
        if targets.is_empty() {
            complain(NOBODY);
        }
        Ok(print(targets.iter().flat_map(render::notify_target)))
    }
}

const NOBODY: &str = "nobody is told: backup_manager.toml has no table [notify.NAME]; docs/notifications.md shows how to \
     write one";

impl TestArgs {
    fn run(&self, context: Context<'_>) -> Result<u8, CommandError> {
        let targets = context.manager().notify_targets()?;
        let Some(TargetState { target, .. }) = targets.iter().find(|one| one.target.name == self.target)
        else {
            return Err(unknown(&self.target, &targets));
        };
        let notice = context.manager().test_notice(target);
        send(target, &notice).map_err(|unsent| failed(&self.target, &unsent))?;
        context.manager().log_test(&self.target, &notice);
        let shown = printable(target.channel.destination().as_bytes());
        Ok(print_line(&format!("Sent a test to {}: {} ({shown})", self.target, target.channel.word())))
    }
}

#[cfg(feature = "notify")]
fn send(target: &NotifyTarget, notice: &Notice) -> Result<(), Unsent> {
    use backup_core::ports::Notifier;
    use backup_fs::SystemCommands;

    backup_notify::Sender::new(SystemCommands).send(target, notice)
}

#[cfg(not(feature = "notify"))]
fn send(_: &NotifyTarget, _: &Notice) -> Result<(), Unsent> {
    let reason = "backup_manager was built without notifications";
    Err(Unsent::new(backup_core::model::notice::UnsentKind::Local, "this machine", reason))
}

fn failed(name: &str, unsent: &Unsent) -> CommandError {
    let message = format!("can't notify {name}: {unsent}");
    CommandError { message, detail: None, hint: None, code: exit::FAILED, is_unlogged: true }
}

fn unknown(name: &str, targets: &[TargetState]) -> CommandError {
    let known: Vec<&str> = targets.iter().map(|one| one.target.name.as_str()).collect();
    let message = format!("backup_manager.toml has no table [notify.{}]", printable(name.as_bytes()));
    let hint = match near(name, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None if known.is_empty() => NOBODY.to_owned(),
        None => format!("the names are {}", known.join(", ")),
    };
    CommandError { message, detail: None, hint: Some(hint), code: exit::WRONG_USAGE, is_unlogged: true }
}
