//! Backs up a folder from a program of one's own, on the real adapters.
//!
//! ```text
//! cargo run -p backup-fs --example embedded -- HOME FOLDER NAME
//! ```
//!
//! makes `HOME/backups/NAME.tar` of FOLDER at once, as an application might do with its data before it upgrades. The
//! first call adds a schedule for this time of day, so that `backup_manager --home HOME start` goes on with it daily.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::path::Path;

use backup_core::manager::Manager;
use backup_core::model::error::Error;
use backup_core::ports::SilentProgress;
use backup_core::time::Clock;
use backup_fs::{Adapters, Log, SystemClock};

fn main() -> Result<(), Box<dyn StdError>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [home, folder, name] = &arguments[..] else {
        return Err("usage: embedded HOME FOLDER NAME".into());
    };
    let adapters = Adapters::open(Path::new(home), Log::Manager)?;
    let manager = Manager::new(adapters.ports());
    let report = match manager.run(name, &SilentProgress) {
        Err(Error::SchedulesMissing | Error::NoSuchSchedule { .. }) => {
            manager.create(&format!("{folder};{};{name}", SystemClock.now().format("%H:%M")))?;
            manager.run(name, &SilentProgress)?
        }
        report => report?,
    };
    for event in report.events {
        writeln!(io::stdout(), "{event}")?;
    }
    Ok(())
}
