//! The way into the background: a session of its own, and nothing left of the terminal.
//!
//! `backup_manager start` runs the service's program with `--launch`, and so does `backup_service --background`. That process starts the service proper and
//! ends, so that the service is nobody's child but init's and leaves no zombie. The service proper leads no process
//! group then, and so can leave the terminal for a session of its own. The pipe on its standard output carries the one
//! line of readiness.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::RawFd;
use std::process::{Command, Stdio};
use std::{fs, io};

/// Starts this same program once more, with these arguments, and returns at once. Standard output is passed on;
/// nothing else that was open is.
///
/// # Errors
/// Whatever the kernel fails with.
pub fn detach(arguments: &[OsString]) -> io::Result<()> {
    close_inherited();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::inherit()).stderr(Stdio::null());
    command.spawn().map(drop)
}

/// Leaves the terminal's session and the current folder.
///
/// # Errors
/// Whatever the kernel fails with.
pub fn leave_terminal() -> io::Result<()> {
    rustix::process::setsid()?;
    std::env::set_current_dir("/")
}

/// Lets go of the starter's pipe, once it has been told how the start went.
///
/// # Errors
/// Whatever the kernel fails with.
pub fn fall_silent() -> io::Result<()> {
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    Ok(rustix::stdio::dup2_stderr(&nowhere)?)
}

/// Closes what a shell or a test left open, such as another pipe that somebody reads to its end. To be called before
/// this program opens anything itself.
fn close_inherited() {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return };
    let numbers: Vec<RawFd> =
        open.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // The folder just listed is among them, and closed by now.
        let _ = nix::unistd::close(number);
    }
}
