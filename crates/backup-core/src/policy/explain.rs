//! Explain: why did a run happen, or why not?

mod ahead;
mod case;
mod catch_up;
mod delay;
mod explanation;
mod prose;

pub use case::{Evidence, ExplainedSchedule, ScheduleState, explain};
pub use explanation::{ClockChange, Delay, Explanation, Interruption, Reason};
