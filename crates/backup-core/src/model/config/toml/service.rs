//! `[service]`: how the service works.

use toml::de::DeValue;

use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::settings::{Config, ServiceConfig};
use crate::model::config::toml::reader::{Keys, Table};
use crate::model::config::toml::value::{number, unknown_key};

pub(super) const TABLE: Table =
    Table { name: "service", head: "service", has: |key| KEYS.contains(&key), keys: Keys::Own(set) };

const KEYS: [&str; 1] = [WORKERS];
const WORKERS: &str = "workers";

fn set(config: &mut Config, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
    match key {
        WORKERS => config.service.workers = Some(number(value, 1, ServiceConfig::MOST_WORKERS)?),
        _ => return Err(unknown_key(key, &KEYS)),
    }
    Ok(())
}
