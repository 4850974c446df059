//! Daemonization: a session of its own, detached from the terminal.
//!
//! `backup_manager start` and `backup_service --background` run the service's program with `--launch`. That process
//! starts the actual service and ends. So the service becomes a child of init and leaves no zombie. It leads no process
//! group, so it can begin a session of its own. Its standard output is a pipe for the one line of readiness.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::RawFd;
use std::process::{Command, Stdio};
use std::{fs, io};

use super::supervisor::without_supervisor;

/// Starts this program once more with these arguments, and returns at once.
///
/// The new process inherits standard output, and no other open file.
///
/// # Errors
/// Any failure to start it.
pub fn detach(arguments: &[OsString]) -> io::Result<()> {
    close_inherited();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::inherit()).stderr(Stdio::null());
    without_supervisor(&mut command).spawn().map(drop)
}

/// Leaves the session of the terminal, and changes to the root folder.
///
/// # Errors
/// Any failure of a system call.
pub fn leave_terminal() -> io::Result<()> {
    rustix::process::setsid()?;
    std::env::set_current_dir("/")
}

/// Redirects standard output and standard error to `/dev/null`, which closes the pipe of readiness.
///
/// # Errors
/// Any failure of a system call.
pub fn redirect_output_to_null() -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(rustix::stdio::dup2_stderr(&null)?)
}

/// Closes inherited files, such as a pipe that somebody reads to its end. Call it before this program opens any file.
fn close_inherited() {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return };
    let numbers: Vec<RawFd> =
        open.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2) {
        // This fails for the folder that was just listed, because it is closed by now.
        let _ = nix::unistd::close(number);
    }
}
