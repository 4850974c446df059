//! Puts the ports of a program together.

use std::error::Error;
use std::fmt;
use std::path::Path;

use super::{
    Archiver, BackupStore, Clock, Commands, ConfigStore, Journal, NoCommands, NoConfig, NoNotices,
    NoticeStore, OwnRules, Ports, Rules, RunHistory, ScheduleStore,
};

/// Puts the ports of a program together; see [`Ports::builder`].
#[derive(Clone, Copy)]
#[must_use]
pub struct PortsBuilder<'a> {
    clock: Option<&'a dyn Clock>,
    schedules: Option<&'a dyn ScheduleStore>,
    archiver: Option<&'a dyn Archiver>,
    backups: Option<&'a dyn BackupStore>,
    history: Option<&'a dyn RunHistory>,
    journal: Option<&'a dyn Journal>,
    config: &'a dyn ConfigStore,
    rules: &'a dyn Rules,
    notices: &'a dyn NoticeStore,
    commands: &'a dyn Commands,
    home: &'a Path,
}

/// A port was not set before [`PortsBuilder::build`]. Its text names the method that sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingPort(&'static str);

impl fmt::Display for MissingPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the port `{}` is not set", self.0)
    }
}

impl Error for MissingPort {}

impl<'a> Ports<'a> {
    /// Begins to put the ports together. `home` is the folder that relative sources are relative to.
    ///
    /// ```
    /// use std::path::Path;
    ///
    /// use backup_core::ports::Ports;
    /// use backup_core::testing::{ManualClock, at};
    ///
    /// let clock = ManualClock::utc(at("2026-03-10 09:30"));
    /// let missing = Ports::builder(Path::new("/srv")).clock(&clock).build().err();
    /// assert_eq!(missing.expect("only the clock is set").to_string(), "the port `schedules` is not set");
    /// ```
    pub fn builder(home: &'a Path) -> PortsBuilder<'a> {
        PortsBuilder {
            clock: None,
            schedules: None,
            archiver: None,
            backups: None,
            history: None,
            journal: None,
            config: &NoConfig,
            rules: &OwnRules,
            notices: &NoNotices,
            commands: &NoCommands,
            home,
        }
    }
}

impl<'a> PortsBuilder<'a> {
    /// Sets what tells the time.
    pub fn clock(self, clock: &'a dyn Clock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Sets what keeps the schedules.
    pub fn schedules(self, schedules: &'a dyn ScheduleStore) -> Self {
        Self { schedules: Some(schedules), ..self }
    }

    /// Sets what makes archives.
    pub fn archiver(self, archiver: &'a dyn Archiver) -> Self {
        Self { archiver: Some(archiver), ..self }
    }

    /// Sets what holds the finished backups.
    pub fn backups(self, backups: &'a dyn BackupStore) -> Self {
        Self { backups: Some(backups), ..self }
    }

    /// Sets what remembers every run.
    pub fn history(self, history: &'a dyn RunHistory) -> Self {
        Self { history: Some(history), ..self }
    }

    /// Sets what records events for people.
    pub fn journal(self, journal: &'a dyn Journal) -> Self {
        Self { journal: Some(journal), ..self }
    }

    /// Sets what keeps the configuration. The default is [`NoConfig`].
    pub fn config(self, config: &'a dyn ConfigStore) -> Self {
        Self { config, ..self }
    }

    /// Sets what says when each schedule runs. The default is [`OwnRules`].
    pub fn rules(self, rules: &'a dyn Rules) -> Self {
        Self { rules, ..self }
    }

    /// Sets what keeps what was told to whom. The default is [`NoNotices`].
    pub fn notices(self, notices: &'a dyn NoticeStore) -> Self {
        Self { notices, ..self }
    }

    /// Sets what runs other programs. The default is [`NoCommands`], which refuses.
    pub fn commands(self, commands: &'a dyn Commands) -> Self {
        Self { commands, ..self }
    }

    /// Returns the ports.
    ///
    /// # Errors
    /// The first port that was not set.
    pub fn build(self) -> Result<Ports<'a>, MissingPort> {
        Ok(Ports {
            clock: self.clock.ok_or(MissingPort("clock"))?,
            schedules: self.schedules.ok_or(MissingPort("schedules"))?,
            archiver: self.archiver.ok_or(MissingPort("archiver"))?,
            backups: self.backups.ok_or(MissingPort("backups"))?,
            history: self.history.ok_or(MissingPort("history"))?,
            journal: self.journal.ok_or(MissingPort("journal"))?,
            config: self.config,
            rules: self.rules,
            notices: self.notices,
            commands: self.commands,
            home: self.home,
        })
    }
}
