//! Sender: sends notices on all channels.

use std::sync::Arc;

use backup_core::model::notice::{Channel, Notice, NotifyTarget, Unsent};
use backup_core::ports::{Commands, Notifier};

use crate::machine::host_name;
use crate::ntfy::Topic;
use crate::{command, email, healthchecks, ntfy, webhook};

/// Sends notices from this machine.
#[derive(Clone)]
pub struct Sender {
    host: String,
    commands: Arc<dyn Commands>,
}

impl Sender {
    /// Returns a sender that calls this machine by its host name, and runs commands so.
    #[must_use]
    pub fn new(commands: impl Commands + 'static) -> Self {
        Self::of_host(host_name(), commands)
    }

    /// Returns a sender that calls this machine by another name.
    #[must_use]
    pub fn of_host(host: impl Into<String>, commands: impl Commands + 'static) -> Self {
        Self { host: host.into(), commands: Arc::new(commands) }
    }
}

impl Notifier for Sender {
    fn send(&self, target: &NotifyTarget, notice: &Notice) -> Result<(), Unsent> {
        let host = &self.host;
        match &target.channel {
            Channel::Healthchecks { address, urls } => {
                healthchecks::ping(target, (address.as_ref(), urls), notice, host)
            }
            Channel::Ntfy { address, token_file, login, priority, tags } => {
                let (token_file, login) = (token_file.as_deref(), login.as_ref());
                let topic = Topic { address, token_file, login, priority: *priority, tags };
                ntfy::publish(target, &topic, notice, host)
            }
            Channel::Webhook { address, token_file } => {
                webhook::call(target, (address, token_file.as_deref()), notice, host)
            }
            Channel::Email(email) => email::send(target, email, notice, host),
            Channel::Command { command } => command::run(target, (command, &*self.commands), notice, host),
            _ => Err(crate::secret_file::local("this version can't use the channel")),
        }
    }
}
