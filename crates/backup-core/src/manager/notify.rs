//! Notify: who is notified about backups, and whether that works.

use crate::manager::Manager;
use crate::model::error::Error;
use crate::model::event::Event;
use crate::model::notice::{Channel, Notice, NoticeKind, NotifyTarget, Trouble};
use crate::policy::notice_retry::is_lasting;
use crate::time::Moment;

/// Somebody who is notified, and whether that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetState {
    /// Who is notified, and how.
    pub target: NotifyTarget,
    /// How many notices wait to be sent.
    pub waiting: usize,
    /// Why nothing can be sent, if that is so.
    pub trouble: Option<Trouble>,
}

impl TargetState {
    /// Returns whether somebody must look after it: notices were given up, or none has arrived for an hour.
    #[must_use]
    pub fn is_failing(&self, now: Moment) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| is_lasting(trouble, now))
    }
}

impl Manager<'_> {
    /// Returns who is notified about backups.
    ///
    /// # Errors
    /// [`Error::WrongConfig`], or any failure to read the configuration or what was told.
    pub fn notify_targets(&self) -> Result<Vec<TargetState>, Error> {
        let config = self.config()?;
        let book = self.ports.notices.load()?;
        let state = |target: NotifyTarget| {
            let waiting = book.outbox.iter().filter(|pending| pending.target == target.name).count();
            let trouble = book.troubles.get(&target.name).cloned();
            TargetState { target, waiting, trouble }
        };
        Ok(config.notify.into_iter().map(state).collect())
    }

    /// Returns a notice that tries whether a target can be told.
    #[must_use]
    pub fn test_notice(&self, target: &NotifyTarget) -> Notice {
        let own = match &target.channel {
            Channel::Healthchecks { urls, .. } => urls.keys().next().cloned(),
            _ => None,
        };
        let name = own.or_else(|| self.first_backup_of(target)).unwrap_or_else(|| "test".to_owned());
        Notice::new(NoticeKind::Test, name, self.ports.clock.now())
    }

    /// Notes that a test arrived.
    pub fn log_test(&self, target: &str, notice: &Notice) {
        let (target, name) = (target.to_owned(), notice.name.clone());
        let event = Event::Notified { target, kind: notice.kind, name };
        self.ports.journal.record(self.ports.clock.now(), &event);
    }

    fn first_backup_of(&self, target: &NotifyTarget) -> Option<String> {
        let book = self.ports.schedules.load().ok()?;
        let names = book.entries().map(|entry| entry.name().to_string()).collect::<Vec<_>>();
        names.into_iter().find(|name| target.concerns(name))
    }
}
