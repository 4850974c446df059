//! First process: what a service does at its end as process 1 of a container, with which all other processes end.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::signals::MANAGER;

/// How long process 1 waits for the others.
const PATIENCE: Duration = Duration::from_secs(2);

const TICK: Duration = Duration::from_millis(10);

/// As process 1, waits a moment for the programs that wait for the end of the service. In any other process, returns at once.
///
/// The kernel kills them together with process 1. Without the moment, a `stop` inside of the container could never report
/// that it worked.
pub fn wait_for_managers() {
    if std::process::id() != 1 {
        return;
    }
    let deadline = Instant::now() + PATIENCE;
    while has_manager() && Instant::now() < deadline {
        sleep(TICK);
    }
}

fn has_manager() -> bool {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.map(|process| process.path()).any(|process| {
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        // Of a zombie, the name is left and not the command line.
        name.trim_end() == MANAGER && fs::read(process.join("cmdline")).is_ok_and(|line| !line.is_empty())
    })
}
