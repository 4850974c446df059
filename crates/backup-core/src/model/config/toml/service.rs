//! `[service]`: how the service works.

use toml::de::DeValue;

use crate::model::config::fault::ConfigFaultKind;
use crate::model::config::settings::{Config, ServiceConfig};
use crate::model::config::toml::reader::{Keys, Table};
use crate::model::config::toml::value::{file, number, unknown_key};

pub(super) const TABLE: Table =
    Table { name: "service", head: "service", has: |key| KEYS.contains(&key), keys: Keys::Own(set) };

const KEYS: [&str; 3] = [WORKERS, METRICS_FILE, REPORT_FILE];
const WORKERS: &str = "workers";
const METRICS_FILE: &str = "metrics_file";
const REPORT_FILE: &str = "report_file";

fn set(config: &mut Config, key: &str, value: &DeValue<'_>) -> Result<(), ConfigFaultKind> {
    match key {
        WORKERS => config.service.workers = Some(number(value, 1, ServiceConfig::MOST_WORKERS)?),
        METRICS_FILE => config.service.metrics_file = Some(file(value, "backup_metrics.prom")?),
        REPORT_FILE => config.service.report_file = Some(file(value, "report.html")?),
        _ => return Err(unknown_key(key, &KEYS)),
    }
    Ok(())
}
