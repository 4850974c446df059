//! The configuration that is in force. What replaces it is another one that is right, and nothing else.
//!
//! A file that vanishes while the service runs is no configuration to go by: a default `keep` would be lost with it, and
//! backups would be removed. So the service keeps what it has read, and says so, until it is started again.

use std::sync::Arc;

use crate::model::config::Config;
use crate::model::error::{Error, Failure, PortError};
use crate::model::event::{ConfigTrouble, Event};
use crate::operation::configuration::{load_config, load_config_if_changed};
use crate::ports::{ConfigState, Ports};

/// The configuration in force, and what was last found at its place.
#[derive(Default)]
pub(super) struct Configuration {
    state: ConfigState,
    in_force: Option<Arc<Config>>,
    /// Whether the configuration in force was written by somebody.
    is_written: bool,
    /// Why the configuration at its place isn't the one in force, as it was reported.
    trouble: Option<ConfigTrouble>,
}

/// What reading came to.
#[derive(Default)]
pub(super) struct Refreshed {
    /// Whether another configuration is in force now.
    pub(super) is_other: bool,
    /// What there is to say.
    pub(super) events: Vec<Event>,
}

impl Configuration {
    /// Reads the configuration if it may have changed.
    pub(super) fn refresh(&mut self, ports: &Ports<'_>) -> Refreshed {
        match load_config_if_changed(ports, &mut self.state) {
            Ok(None) if self.in_force.is_some() || self.trouble.is_some() => Refreshed::default(),
            // Nothing was seen yet, so a store that says this knows more than we do.
            Ok(None) => match load_config(ports) {
                Ok(config) => self.replace(config, true),
                Err(error) => self.keep(ConfigTrouble::Unusable(error)),
            },
            Ok(Some(Ok(config))) => self.replace(config, true),
            Ok(Some(Err(error))) => self.keep(ConfigTrouble::Unusable(error)),
            Err(error) => {
                // Whatever can be read next is news.
                self.distrust();
                if error.failure == Failure::Missing { self.miss(error) } else { self.keep_after(error) }
            }
        }
    }

    /// Makes the next refresh read the configuration, even if the store would say that it hasn't changed.
    pub(super) fn distrust(&mut self) {
        self.state = ConfigState::default();
    }

    /// Returns whether a configuration is in force, which may be that of a home without one.
    pub(super) fn is_in_force(&self) -> bool {
        self.in_force.is_some()
    }

    /// Returns the configuration in force. It is the default before it was read.
    pub(super) fn config(&self) -> Arc<Config> {
        self.in_force.clone().unwrap_or_default()
    }

    /// Takes a configuration that is right.
    fn replace(&mut self, config: Config, is_written: bool) -> Refreshed {
        let is_first = self.in_force.is_none() && self.trouble.is_none();
        let is_other = self.in_force.as_deref() != Some(&config);
        let is_news = self.trouble.take().is_some() || is_other && !is_first;
        let is_news = is_news && is_written;
        self.is_written = is_written;
        if is_other {
            self.in_force = Some(Arc::new(config));
        }
        Refreshed { is_other, events: is_news.then_some(Event::ConfigTaken).into_iter().collect() }
    }

    /// Goes on without a configuration, unless there was one: it may be on the way back, as when an editor saves it.
    fn miss(&mut self, error: PortError) -> Refreshed {
        match (&self.in_force, self.is_written) {
            (Some(_), true) => self.keep(ConfigTrouble::Gone),
            (None, _) if self.trouble.is_some() => self.keep_after(error),
            _ => self.replace(Config::default(), false),
        }
    }

    fn keep_after(&mut self, error: PortError) -> Refreshed {
        self.keep(ConfigTrouble::Unusable(Error::Port(error)))
    }

    /// Goes on with the configuration in force, and reports each new reason once.
    fn keep(&mut self, trouble: ConfigTrouble) -> Refreshed {
        if self.trouble.as_ref() == Some(&trouble) {
            return Refreshed::default();
        }
        self.trouble = Some(trouble.clone());
        let event = match trouble {
            ConfigTrouble::Unusable(error) if self.in_force.is_none() => Event::ConfigAwaited(error),
            trouble => Event::ConfigKept(trouble),
        };
        Refreshed { is_other: false, events: vec![event] }
    }
}
