//! Channel: the way in which notices reach somebody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::model::command::Command as Program;
use crate::model::notice::kind::NoticeKind;
use crate::model::notice::secret::Secret;
use crate::time::Period;

/// Somebody who is notified, as the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyTarget {
    /// Its name in the configuration.
    pub name: String,
    /// The kinds that it is notified of.
    pub on: BTreeSet<NoticeKind>,
    /// The names of the backups that it is notified about. Empty: all of them.
    pub backups: BTreeSet<String>,
    /// How long sending one notice may take.
    pub timeout: Period,
    /// The file with the certificates that are trusted, in the place of those that are built in.
    pub ca_file: Option<PathBuf>,
    /// The way to it.
    pub channel: Channel,
}

/// The way in which notices reach a target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Channel {
    /// A monitor of runs that speaks the pinging interface of healthchecks.io.
    Healthchecks {
        /// The address for backups without one of their own. `{name}` in it stands for the name of the backup.
        address: Option<Address>,
        /// The addresses of single backups, by name.
        urls: BTreeMap<String, Secret>,
    },
    /// A topic of an ntfy server.
    Ntfy {
        /// The URL of the topic.
        address: Address,
        /// The file with an access token.
        token_file: Option<PathBuf>,
        /// The user, and the file with the password.
        login: Option<(String, PathBuf)>,
        /// The priority of problems from 1 to 5, if it isn't the one that fits the kind.
        priority: Option<u8>,
        /// More tags.
        tags: Vec<String>,
    },
    /// An HTTP server that takes a JSON document.
    Webhook {
        /// The URL.
        address: Address,
        /// The file with a bearer token.
        token_file: Option<PathBuf>,
    },
    /// A mail server.
    Email(EmailSettings),
    /// A command on this machine.
    Command {
        /// The command. It gets the notice as JSON on its standard input.
        command: Program,
    },
}

/// A URL, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// It is in the configuration.
    Url(Secret),
    /// It is in a file.
    File(PathBuf),
}

/// How e-mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailSettings {
    /// The host of the server.
    pub host: String,
    /// The port, if it isn't the usual one for the security.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// The user, and the file with the password.
    pub login: Option<(String, PathBuf)>,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Encrypted after the greeting. A server that doesn't offer this is refused.
    StartTls,
    /// Encrypted from the first byte.
    Tls,
    /// Not encrypted.
    None,
}

impl SmtpSecurity {
    /// Each way with its word.
    pub const WORDS: [(&str, Self); 3] =
        [("starttls", Self::StartTls), ("tls", Self::Tls), ("none", Self::None)];

    /// Returns the usual port.
    #[must_use]
    pub fn usual_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

impl NotifyTarget {
    /// How long sending one notice may take unless something else is set.
    pub const TIMEOUT: Period = Period::seconds(30);

    /// Returns the problems that are reported when they begin and when they are over. A monitor of runs hears of each run instead.
    #[must_use]
    pub fn problems(&self) -> BTreeSet<NoticeKind> {
        let follows = self.follows_runs();
        let problems = self.on.iter().copied().filter(|kind| kind.is_problem());
        problems.filter(|kind| !follows || *kind == NoticeKind::Overdue).collect()
    }

    /// Returns whether the target is notified about the backups of this name.
    #[must_use]
    pub fn concerns(&self, backup: &str) -> bool {
        let has_address = match &self.channel {
            Channel::Healthchecks { address, urls } => address.is_some() || urls.contains_key(backup),
            _ => true,
        };
        has_address && (self.backups.is_empty() || self.backups.contains(backup))
    }

    /// Returns whether the target follows each run, and not only problems: it notices by itself that one is missing.
    #[must_use]
    pub fn follows_runs(&self) -> bool {
        matches!(self.channel, Channel::Healthchecks { .. })
    }
}

impl Channel {
    /// The words for the channels.
    pub const WORDS: [&str; 5] = ["healthchecks", "ntfy", "webhook", "email", "command"];

    /// Returns the word for the channel.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Healthchecks { .. } => "healthchecks",
            Self::Ntfy { .. } => "ntfy",
            Self::Webhook { .. } => "webhook",
            Self::Email(_) => "email",
            Self::Command { .. } => "command",
        }
    }

    /// Returns the kinds that a target is notified of unless it says otherwise: all problems and their ends. A monitor hears how each
    /// run ended instead: it notices by itself that one is missing.
    #[must_use]
    pub fn usual_kinds(&self) -> BTreeSet<NoticeKind> {
        use NoticeKind::{Failure, Incomplete, Overdue, Recovered, Success};
        match self {
            Self::Healthchecks { .. } => [Failure, Incomplete, Success].into(),
            _ => [Failure, Incomplete, Overdue, Recovered].into(),
        }
    }

    /// Returns where notices go, without secrets: a masked URL, a mail server, a program.
    #[must_use]
    pub fn destination(&self) -> String {
        match self {
            Self::Healthchecks { address: Some(address), .. }
            | Self::Ntfy { address, .. }
            | Self::Webhook { address, .. } => address.shown(),
            Self::Healthchecks { urls, .. } => {
                urls.values().next().map(Secret::to_string).unwrap_or_default()
            }
            Self::Email(email) => {
                let port = email.port.unwrap_or(email.security.usual_port());
                format!("{} by {}:{port}", email.to.join(", "), email.host)
            }
            Self::Command { command } => command.to_string(),
        }
    }
}

impl Address {
    /// Returns the address without its secret.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Url(url) => url.to_string(),
            Self::File(file) => format!("the URL in {}", file.display()),
        }
    }
}
