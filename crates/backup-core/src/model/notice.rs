//! Notices: messages about backups, and to whom they are sent.

mod book;
mod channel;
#[cfg(feature = "json")]
mod json;
mod kind;
mod message;
mod secret;
mod unsent;

pub use book::{NoticeBook, Pending, Told, Trouble};
pub use channel::{Address, Channel, EmailSettings, NotifyTarget, SmtpSecurity};
#[cfg(feature = "json")]
pub use json::NoticeBookError;
pub use kind::NoticeKind;
pub use message::{Notice, run_id};
pub use secret::Secret;
pub use unsent::{Unsent, UnsentKind};
