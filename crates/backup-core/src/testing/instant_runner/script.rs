//! What happens to the service of a runner, and when.

use chrono::{DateTime, Utc};

use super::InstantRunner;
use super::step::Step;
use crate::ports::Wake;

impl<'a> InstantRunner<'a> {
    /// Returns the same runner, whose service must go once the clock reads `at`: its home is lost.
    #[must_use]
    pub fn losing_home_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        Self { home_lost_at: Some(at.into()), ..self }
    }

    /// Returns the same runner, with one more step: once the clock reads `at`, somebody asks for a look.
    ///
    /// Steps happen in the order in which they were given, each when the clock reads its moment or later.
    #[must_use]
    pub fn reload_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        self.step(at, Step::Wake(Wake::Reload))
    }

    /// Returns the same runner, with one more step: somebody asks the service to finish and leave.
    #[must_use]
    pub fn stop_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        self.step(at, Step::Wake(Wake::Stop))
    }

    /// Returns the same runner, with one more step: somebody asks the service to leave at once.
    #[must_use]
    pub fn stop_now_at(self, at: impl Into<DateTime<Utc>>) -> Self {
        self.step(at, Step::Wake(Wake::StopNow))
    }

    /// Returns the same runner, with one more step: something happens that the service isn't told of. The schedules
    /// are edited, say, or the clock or its zone is changed. The wait then ends early. A clock that is set makes no
    /// job shorter or longer.
    #[must_use]
    pub fn act_at(self, at: impl Into<DateTime<Utc>>, act: impl FnOnce() + 'a) -> Self {
        self.step(at, Step::Act(Box::new(act)))
    }

    fn step(self, at: impl Into<DateTime<Utc>>, step: Step<'a>) -> Self {
        self.script.borrow_mut().push_back((at.into(), step));
        self
    }
}
