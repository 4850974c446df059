//! Why a run did or didn't happen: a pure function of the schedule, the history, and now.

mod ahead;
mod case;
mod catch_up;
mod delay;
mod explanation;
mod prose;

pub use case::{Known, Presence, Subject, explain};
pub use explanation::{Delay, Explanation, Interruption, Oddity, Reason};
