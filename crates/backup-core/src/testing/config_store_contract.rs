//! The promises of [`ConfigStore`], checked on any adapter.

use std::path::PathBuf;

use super::Reopenable;
use super::contract::contract;
use super::promise::{promise, same, works};
use crate::model::config::{Config, ConfigReading, FileProblem};
use crate::model::error::Failure;
use crate::model::schedule::Options;
use crate::ports::{ConfigState, ConfigStore};

/// A place for a configuration, and what people do there.
pub struct ConfigPlace {
    /// Opens the store.
    pub store: Reopenable<dyn ConfigStore>,
    /// Writes a configuration there, in the form of the store. Lines don't matter.
    pub put: Box<dyn Fn(&Config)>,
    /// Writes something there that is no configuration.
    pub spoil: Box<dyn Fn()>,
    /// Removes what is there.
    pub remove: Box<dyn Fn()>,
    /// A file that can be read, but not by everybody.
    pub file: PathBuf,
    /// A path without a file.
    pub missing_file: PathBuf,
}

contract! {
    $
    /// Makes one test of each promise of [`ConfigStore`](crate::ports::ConfigStore), in a module of that name.
    ///
    /// Each call of `make` gives a fresh place without a configuration.
    ///
    /// ```
    /// use backup_core::ports::ConfigStore;
    /// use backup_core::testing::{ConfigPlace, MemoryConfig, Reopenable};
    ///
    /// fn make() -> ConfigPlace {
    ///     let place = MemoryConfig::new(); // or a temporary database
    ///     let (one, other, third) = (place.clone(), place.clone(), place.clone());
    ///     ConfigPlace {
    ///         store: Reopenable::<dyn ConfigStore>::new(move || Box::new(place.clone())),
    ///         put: Box::new(move |config| one.put(config)),
    ///         spoil: Box::new(move || other.spoil()),
    ///         remove: Box::new(move || third.remove()),
    ///         file: "/etc/token".into(),
    ///         missing_file: "/missing".into(),
    ///     }
    /// }
    ///
    /// backup_core::config_store_contract!(my_store, make);
    /// # backup_core::testing::CONFIG_STORE_CONTRACT.check_all(&make);
    /// ```
    config_store_contract, CONFIG_STORE_CONTRACT: dyn Fn() -> ConfigPlace;
    |make| {
        missing_while_there_is_none(&make());
        every_setting_is_kept(&make());
        what_is_wrong_is_told(&make());
        what_has_not_changed_is_reported_correctly(&make());
        the_problem_of_a_file_is_real(&make());
    }
}

/// Returns a configuration with these options and that many workers.
fn config(options: &[&str], workers: Option<usize>) -> Config {
    let defaults = Options::parse(options.iter().copied()).expect("the options are right");
    let mut config = Config { defaults, ..Config::default() };
    config.service.workers = workers;
    config
}

/// Returns the same reading without the lines, which only a text has.
fn without_lines(mut reading: ConfigReading) -> ConfigReading {
    reading.config.lines.clear();
    reading
}

fn load(place: &ConfigPlace) -> ConfigReading {
    without_lines(works(place.store.open().load(), "a configuration can be loaded"))
}

fn right(config: Config) -> ConfigReading {
    ConfigReading { config, faults: Vec::new() }
}

fn missing_while_there_is_none(place: &ConfigPlace) {
    let is_missing = || place.store.open().load().map_err(|error| error.failure) == Err(Failure::Missing);
    promise(is_missing(), "load fails with Missing while there is no configuration", "before the first");
    (place.put)(&config(&[], Some(1)));
    (place.remove)();
    promise(is_missing(), "load fails with Missing while there is no configuration", "after it was removed");
    let changed = place.store.open().load_if_changed(&mut ConfigState::default());
    let failure = changed.map_err(|error| error.failure);
    same(
        &failure,
        &Err(Failure::Missing),
        "load_if_changed fails with Missing while there is no configuration",
    );
}

fn every_setting_is_kept(place: &ConfigPlace) {
    let all = [
        "exclude=*.tmp",
        "exclude=a b",
        "one-file-system=yes",
        "exclude-caches=no",
        "compress=zstd",
        "catch-up=no",
        "keep=last:7,within:30d",
        "verify=yes",
        "drill=weekly",
        "tz=Europe/Paris",
        "jitter=10m",
        "x-owner=ann",
    ];
    for config in [config(&all, Some(64)), config(&[], Some(1)), config(&["keep=last:1"], None)] {
        (place.put)(&config);
        same(&load(place), &right(config), "load gives back what was written");
    }
}

fn what_is_wrong_is_told(place: &ConfigPlace) {
    (place.put)(&config(&["keep=last:7"], None));
    (place.spoil)();
    promise(!load(place).faults.is_empty(), "what is no configuration is loaded with its faults", "no fault");
    (place.put)(&config(&[], Some(2)));
    same(&load(place), &right(config(&[], Some(2))), "one that is right again has no faults");
}

fn what_has_not_changed_is_reported_correctly(place: &ConfigPlace) {
    let store = place.store.open();
    let mut seen = ConfigState::default();
    let mut next =
        || works(store.load_if_changed(&mut seen), "a configuration can be loaded").map(without_lines);
    let (one, other) = (config(&["keep=last:7"], None), config(&["keep=last:8"], None));
    (place.put)(&one);
    same(
        &next(),
        &Some(right(one.clone())),
        "load_if_changed returns the configuration to whoever has seen none",
    );
    let again = next();
    promise(
        again.is_none() || again == Some(right(one.clone())),
        "what is returned again is the same",
        &again,
    );
    for config in [&other, &one, &other] {
        (place.put)(config);
        same(
            &next(),
            &Some(right(config.clone())),
            "load_if_changed returns the configuration whenever it has changed",
        );
    }
    (place.spoil)();
    let spoilt = next();
    let is_told = spoilt.as_ref().is_some_and(|reading| !reading.faults.is_empty());
    promise(is_told, "load_if_changed returns a configuration that has become wrong", &spoilt);
}

fn the_problem_of_a_file_is_real(place: &ConfigPlace) {
    let store = place.store.open();
    same(&store.file_problem(&place.file), &None, "nothing is the matter with a file that can be used");
    let problem = store.file_problem(&place.missing_file);
    promise(matches!(problem, None | Some(FileProblem::Missing)), "a missing file is Missing", &problem);
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::model::error::PortError;
    use crate::testing::MemoryConfig;
    use crate::testing::locked::locked;
    use crate::testing::promise::broken_promise;

    #[test]
    fn the_fake_keeps_every_promise() {
        CONFIG_STORE_CONTRACT.check_all(&|| place(|store| Box::new(store)));
    }

    fn place(open: impl Fn(MemoryConfig) -> Box<dyn ConfigStore> + 'static) -> ConfigPlace {
        let store = MemoryConfig::new();
        let (one, other, third) = (store.clone(), store.clone(), store.clone());
        ConfigPlace {
            store: Reopenable::<dyn ConfigStore>::new(move || open(store.clone())),
            put: Box::new(move |config| one.put(config)),
            spoil: Box::new(move || other.spoil()),
            remove: Box::new(move || third.remove()),
            file: "/etc/token".into(),
            missing_file: "/missing".into(),
        }
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Flaw {
        DefaultInsteadOfMissing,
        LosesWorkers,
        HidesFaults,
        TellsNoChange,
        FindsNoFile,
    }

    struct Broken {
        inner: MemoryConfig,
        flaw: Flaw,
        has_told: Mutex<bool>,
    }

    impl ConfigStore for Broken {
        fn load(&self) -> Result<ConfigReading, PortError> {
            match (self.inner.load(), self.flaw) {
                (Err(_), Flaw::DefaultInsteadOfMissing) => Ok(ConfigReading::default()),
                (Ok(mut reading), flaw) => {
                    match flaw {
                        Flaw::LosesWorkers => reading.config.service.workers = None,
                        Flaw::HidesFaults => reading.faults.clear(),
                        _ => {}
                    }
                    Ok(reading)
                }
                (result, _) => result,
            }
        }

        fn load_if_changed(&self, _seen: &mut ConfigState) -> Result<Option<ConfigReading>, PortError> {
            let reading = self.load()?;
            let has_told = std::mem::replace(&mut *locked(&self.has_told), true);
            Ok(Some(reading).filter(|_| !has_told || self.flaw != Flaw::TellsNoChange))
        }

        fn file_problem(&self, file: &Path) -> Option<FileProblem> {
            let wrong = (self.flaw == Flaw::FindsNoFile).then_some(FileProblem::Missing);
            wrong.or_else(|| self.inner.file_problem(file))
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        let cases = [
            (Flaw::DefaultInsteadOfMissing, "Missing while there is no configuration"),
            (Flaw::LosesWorkers, "load gives back what was written"),
            (Flaw::HidesFaults, "is loaded with its faults"),
            (Flaw::TellsNoChange, "whenever it has changed"),
            (Flaw::FindsNoFile, "a file that can be used"),
        ];
        for (flaw, expected) in cases {
            let open = move |inner| -> Box<dyn ConfigStore> {
                Box::new(Broken { inner, flaw, has_told: Mutex::new(false) })
            };
            let said = broken_promise(|| CONFIG_STORE_CONTRACT.check_all(&move || place(open)));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
