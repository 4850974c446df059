//! What every command works with: the adapters of the home, and the use cases over them.

use backup_core::manager::Manager;
use backup_core::ports::Ports;
use backup_core::text::printable;
use backup_fs::{Adapters, ServiceProcess};

use crate::output::warn;

/// The real adapters of one home.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) adapters: &'a Adapters,
}

impl<'a> Context<'a> {
    pub(crate) fn new(adapters: &'a Adapters) -> Self {
        Self { adapters }
    }

    pub(crate) fn ports(self) -> Ports<'a> {
        self.adapters.ports()
    }

    pub(crate) fn manager(self) -> Manager<'a> {
        Manager::new(self.ports())
    }

    /// Returns the control of this home's service, which passes `arguments` to one that it starts.
    pub(crate) fn service(self, arguments: Vec<String>) -> ServiceProcess {
        ServiceProcess::new(self.adapters.home().clone(), arguments)
    }

    /// A service in the wrong home looks like a success, and backs up nothing.
    pub(crate) fn warn_of_missing_schedules(self) {
        if let Err(error) = self.ports().schedules.load() {
            let home = self.adapters.home().root().display().to_string();
            warn(format_args!("nothing is scheduled in {}: {error}", printable(home.as_bytes())));
        }
    }
}
