//! Sender: sends notices on all channels.

use backup_core::model::notice::{Channel, Notice, NotifyTarget, Unsent};
use backup_core::ports::Notifier;

use crate::machine::host_name;
use crate::ntfy::Topic;
use crate::{email, healthchecks, ntfy, webhook};

/// Sends notices from this machine.
#[derive(Debug, Clone)]
pub struct Sender {
    host: String,
}

impl Sender {
    /// Returns a sender that calls this machine by its host name.
    #[must_use]
    pub fn new() -> Self {
        Self::of_host(host_name())
    }

    /// Returns a sender that calls this machine so.
    #[must_use]
    pub fn of_host(host: impl Into<String>) -> Self {
        Self { host: host.into() }
    }
}

impl Default for Sender {
    fn default() -> Self {
        Self::new()
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
            _ => Err(crate::secret_file::local("this version can't use the channel")),
        }
    }
}
