//! Tells people how their backups are: adapters for healthchecks.io, ntfy, webhooks, e-mail and commands.

mod command;
mod email;
mod healthchecks;
mod http;
mod machine;
mod message;
mod ntfy;
mod secret_file;
mod sender;
mod webhook;

pub use sender::Sender;
