//! Reads the schedules and the history, and reports what can't be read.

use crate::model::error::PortError;
use crate::model::event::{Ability, Event};
use crate::service::Service;
use crate::service::outages::Outage;

impl Service<'_> {
    /// Reads the schedules, if they may have changed, and what is new in the history.
    ///
    /// Returns whether the schedules have changed, or `None` if something can't be read.
    pub(super) fn read_ports(&mut self) -> Option<bool> {
        let unwritten = self.history.settle().map_or(Ok(()), Err);
        self.follow(Ability::WriteHistory, unwritten);
        let zone = self.ports.clock.check_zone().map_err(PortError::from);
        self.follow(Ability::ReadZone, zone);
        let is_other_book = self.schedules.refresh(self.ports.schedules);
        let is_other_book = self.follow(Ability::ReadSchedules, is_other_book)?;
        let history = self.history.refresh();
        self.follow(Ability::ReadHistory, history)?;
        Some(is_other_book)
    }

    /// Returns what worked. Reports once when it stops working, and once when it works again.
    pub(super) fn follow<T>(&mut self, ability: Ability, result: Result<T, PortError>) -> Option<T> {
        match result {
            Ok(value) => {
                if self.outages.end(&Outage::Without(ability)) {
                    self.journal(&Event::Recovered(ability));
                }
                Some(value)
            }
            Err(cause) => {
                if self.outages.begin(Outage::Without(ability)) {
                    self.journal(&Event::Outage { ability, cause });
                }
                None
            }
        }
    }
}
