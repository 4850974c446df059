//! Processes and threads: the service process and its lock, signals, and the threads of jobs.

pub(crate) mod background;
pub(crate) mod cancel;
mod orphans;
pub(crate) mod readiness;
pub(crate) mod service_lock;
pub(crate) mod service_process;
pub(crate) mod signals;
pub(crate) mod thread_runner;
