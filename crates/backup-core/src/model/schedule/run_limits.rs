//! Run limits: what the options say about how a run yields, and how fast it reads.

use crate::model::schedule::byte_rate::ByteRate;
use crate::model::schedule::options::Options;
use crate::model::schedule::priority::Priority;
use crate::model::schedule::schedule_option::ScheduleOption;

impl Options {
    /// Returns how much a run yields to other programs. The default is not at all.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.each().fold(Priority::default(), |priority, option| match option {
            ScheduleOption::Nice(niceness) => Priority { niceness: *niceness, ..priority },
            ScheduleOption::Ionice(io) => Priority { io: *io, ..priority },
            _ => priority,
        })
    }

    /// Returns how fast the source is read at most. `None` means as fast as it can.
    #[must_use]
    pub fn max_rate(&self) -> Option<ByteRate> {
        self.each().fold(None, |rate, option| match option {
            ScheduleOption::MaxRate(rate) => *rate,
            _ => rate,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schedule::priority::IoPriority;

    fn options(text: &str) -> Options {
        Options::parse(text.split(';')).unwrap()
    }

    #[test]
    fn what_a_schedule_says_replaces_a_default() {
        let defaults = options("nice=10;ionice=idle;max-rate=50M");
        let all = Priority { niceness: 10, io: Some(IoPriority::Idle) };
        assert_eq!((defaults.priority(), defaults.max_rate()), (all, ByteRate::parse("50M")));
        let own = options("nice=0;ionice=no;max-rate=no").with_defaults(&defaults);
        assert_eq!((own.priority(), own.max_rate()), (Priority::default(), None));
        let own = options("ionice=best-effort:7").with_defaults(&defaults);
        assert_eq!(own.priority(), Priority { niceness: 10, io: Some(IoPriority::BestEffort(7)) });
        assert_eq!(own.max_rate(), ByteRate::parse("50M"));
    }
}
