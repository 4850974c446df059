//! Configuration: what schedules share, and how the service works.

mod command_source;
mod fault;
mod file_problem;
mod notify_fields;
mod reading;
mod settings;
#[cfg(feature = "toml")]
mod toml;

pub use command_source::CommandSource;
pub use fault::{ConfigFault, ConfigFaultKind};
pub use file_problem::FileProblem;
pub use reading::ConfigReading;
pub use settings::{Config, ServiceConfig, Setting};
