//! Explain: why did a run happen, or why not?

mod ahead;
mod by_hand;
mod case;
mod catch_up;
mod delay;
mod evidence;
mod explanation;
mod other_time;
mod planned;
mod prose;

pub use case::explain;
pub use evidence::{Evidence, ExplainedSchedule, ScheduleState};
pub use explanation::{Delay, Explanation, Interruption, Reason};
