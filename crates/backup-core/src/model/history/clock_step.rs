//! How far a clock may be set back.

use chrono::TimeDelta;

/// A clock set back by no more than this is a correction, and what ran before it counts. Set back further, the clock
/// was wrong before, and what it claims to have run in the future settles nothing.
pub const LARGEST_STEP_BACK: TimeDelta = TimeDelta::hours(24);
