//! Reads the configuration, the schedules and the history, and reports what can't be read.

use crate::model::error::PortError;
use crate::model::event::{Ability, Event};
use crate::service::Service;
use crate::service::configuration::Refreshed;
use crate::service::outages::Outage;

impl Service<'_> {
    /// Reads the configuration and the schedules, if they may have changed, and what is new in the history.
    ///
    /// Returns whether the configuration or the schedules have changed, or `None` if something can't be read.
    pub(super) fn read_ports(&mut self) -> Option<bool> {
        let unwritten = self.history.settle().map_or(Ok(()), Err);
        self.follow(Ability::WriteHistory, unwritten);
        let zone = self.ports.clock.check_zone().map_err(PortError::from);
        self.follow(Ability::ReadZone, zone);
        let is_other_config = self.read_config();
        let is_other_book = self.schedules.refresh(self.ports.schedules);
        let is_other_book = self.follow(Ability::ReadSchedules, is_other_book)?;
        let history = self.history.refresh();
        self.follow(Ability::ReadHistory, history)?;
        // What has changed is taken in by the next pass that can read all.
        let is_other_config = is_other_config?;
        Some(is_other_book || is_other_config)
    }

    /// Reads the configuration if it may have changed, and reports what is new about it.
    ///
    /// Returns whether another one is in force, or `None` if none is yet.
    fn read_config(&mut self) -> Option<bool> {
        let Refreshed { is_other, events } = self.config.refresh(&self.ports);
        events.iter().for_each(|event| self.journal(event));
        self.config.is_in_force().then_some(is_other)
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
