//! What the end-to-end tests work with: the programs, homes of their own, and a look at the processes.
//!
//! Nothing here sleeps for luck: a test waits for a condition, until a deadline that only a hung program reaches.

mod eventually;
mod finished;
mod home;
mod messages;
mod mounts;
mod odd_fuse;
mod paused;
mod process;
mod programs;
mod redact;
mod terminal;
mod wall_clock;
mod web_hook;

pub use eventually::{PATIENCE, eventually, wait_for};
pub use finished::Finished;
pub use home::Home;
pub use messages::messages;
pub use mounts::{with_disk, with_mounts};
pub use odd_fuse::{NO_FUSE, odd_fuse};
pub use paused::Paused;
pub use process::{Process, has_reaper};
pub use programs::Programs;
pub use rustix::process::Signal;
pub use terminal::Terminal;
pub use wall_clock::WallClock;
pub use web_hook::{Answer, WebHook};

/// The programs on the page for embedders, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embedding.md")]
struct Embedding;
