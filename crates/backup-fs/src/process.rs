//! Processes and threads: the service process and its lock, signals, the threads of jobs, and other programs.

pub(crate) mod background;
pub(crate) mod cancel;
pub(crate) mod child_group;
pub(crate) mod command_runner;
pub(crate) mod first_process;
mod orphans;
pub(crate) mod pipe;
pub(crate) mod priority;
mod program_search;
pub(crate) mod readiness;
pub(crate) mod service_lock;
pub(crate) mod service_process;
pub(crate) mod signals;
pub(crate) mod stderr_log;
pub(crate) mod supervisor;
pub(crate) mod thread_jobs;
pub(crate) mod thread_runner;
