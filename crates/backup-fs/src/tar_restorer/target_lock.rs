//! The lock of a folder that entries are restored to.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::taken;

/// How long a process that was just started may keep a lock that isn't its own: until it runs another program.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

const TICK: Duration = Duration::from_millis(10);

/// Locks a folder as long as it is open. Where folders can't be locked, nobody else ever has.
pub(super) fn lock(folder: &OwnedFd) -> io::Result<()> {
    let give_up = Instant::now() + LOCK_PATIENCE;
    while let Err(Errno::WOULDBLOCK) = flock(folder, FlockOperation::NonBlockingLockExclusive) {
        if Instant::now() >= give_up {
            return Err(busy());
        }
        sleep(TICK);
    }
    Ok(())
}

pub(super) fn busy() -> io::Error {
    taken("another restore is at work there, or a service has its home there")
}
