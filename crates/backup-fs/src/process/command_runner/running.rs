//! A command that runs: passes its output on, and ends it when it takes too long.

use std::io::{self, ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStdin, ExitStatus};
use std::time::{Duration, Instant};

use backup_core::model::command::{CommandEnd, CommandReport, KeptOutput};
use backup_core::ports::{CommandRequest, Progress};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use rustix::process::Signal;

use super::group_members::has_living_members;
use crate::process::child_group::ChildGroup;
use crate::process::pipe::PipeEnd;

/// The longest time between two checks for a cancellation.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// How long a command may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(5);

/// How long the output of a command's children is read after it has ended itself.
const LINGER: Duration = Duration::from_secs(1);

/// A command that runs, and its pipes. Dropped, it is killed with its group.
pub(super) struct Running<'a, 'out> {
    group: ChildGroup,
    input: Option<(ChildStdin, &'a [u8])>,
    output: PipeEnd,
    errors: PipeEnd,
    kept: KeptOutput,
    out: Option<&'out mut dyn Write>,
}

impl<'a, 'out> Running<'a, 'out> {
    pub(super) fn new(
        mut group: ChildGroup,
        request: &CommandRequest<'a>,
        out: Option<&'out mut dyn Write>,
    ) -> io::Result<Self> {
        let input = group.take_stdin().zip(request.input);
        if let Some((stdin, _)) = &input {
            ioctl_fionbio(stdin, true)?;
        }
        let (output, errors) = (PipeEnd::new(group.take_stdout()), PipeEnd::new(group.take_stderr()));
        Ok(Self { group, input, output, errors, kept: KeptOutput::new(request.keep), out })
    }

    /// Waits until the command has ended, and ends it if it takes too long or `progress` cancels.
    pub(super) fn finish(mut self, timeout: Duration, progress: &dyn Progress) -> io::Result<CommandReport> {
        // A timeout that is beyond the clock is none.
        let deadline = Instant::now().checked_add(timeout);
        let forced = loop {
            if progress.is_cancelled() {
                break Some(CommandEnd::Cancelled);
            }
            if self.group.has_ended() {
                break None;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                break Some(CommandEnd::TimedOut);
            }
            self.work(deadline)?;
        };
        if forced.is_some() {
            self.end_group()?;
        }
        self.read_rest()?;
        let status = self.group.wait()?;
        Ok(CommandReport { end: forced.unwrap_or_else(|| end_of(status)), output: self.kept })
    }

    /// Waits a short time until something happens, and moves bytes.
    fn work(&mut self, until: Option<Instant>) -> io::Result<()> {
        self.pause(until);
        self.write_input();
        self.read_output().map(drop)
    }

    fn pause(&self, until: Option<Instant>) {
        let ended = self.group.handle();
        let pipes = [self.output.open(), self.errors.open()].into_iter().flatten();
        let mut ready: Vec<_> = pipes.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)).collect();
        ready.extend(ended.as_ref().map(|ended| PollFd::new(ended, PollFlags::IN)));
        ready.extend(self.input.as_ref().map(|(stdin, _)| PollFd::new(stdin, PollFlags::OUT)));
        let _ = poll(&mut ready, Some(&interval(until)));
    }

    /// Writes as much of the input as the command takes now. One that closes its input gets no more.
    fn write_input(&mut self) {
        let Some((stdin, bytes)) = &mut self.input else { return };
        while !bytes.is_empty() {
            match stdin.write(bytes) {
                Ok(count) => *bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.input = None;
    }

    /// Passes on what the command has printed by now. Returns the count of bytes.
    fn read_output(&mut self) -> io::Result<usize> {
        let (kept, out) = (&mut self.kept, &mut self.out);
        let output_bytes = self.output.read(|bytes| match out {
            Some(out) => out.write_all(bytes),
            None => {
                kept.push(bytes);
                Ok(())
            }
        })?;
        let error_bytes = self.errors.read(|bytes| {
            kept.push(bytes);
            Ok::<_, io::Error>(())
        })?;
        Ok(output_bytes + error_bytes)
    }

    /// Asks all processes of the group to end, and kills what is left after a while.
    fn end_group(&mut self) -> io::Result<()> {
        self.group.signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && has_living_members(self.group.id()) {
            self.work(Some(deadline))?;
            self.pause_for_members();
        }
        self.group.signal(Signal::KILL);
        Ok(())
    }

    /// Waits a short time where the leader has ended, so that its handle doesn't let the wait for the others be a busy one.
    fn pause_for_members(&self) {
        if self.group.has_ended() {
            let _ = poll(&mut [], Some(&POLL_INTERVAL));
        }
    }

    /// Reads what the command has left in the pipes, however long that takes. A child in the background may hold them open;
    /// what it adds is read for a second at most.
    fn read_rest(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + LINGER;
        let mut left_bytes = self.output.waiting_bytes().saturating_add(self.errors.waiting_bytes());
        while left_bytes > 0 || self.is_open() && Instant::now() < deadline {
            self.pause_for_output(deadline);
            let read_bytes = self.read_output()?;
            // Nobody else reads these pipes. If nothing comes, nothing is left.
            left_bytes = if read_bytes == 0 { 0 } else { left_bytes.saturating_sub(read_bytes as u64) };
        }
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.output.open().is_some() || self.errors.open().is_some()
    }

    fn pause_for_output(&self, deadline: Instant) {
        let pipes = [self.output.open(), self.errors.open()].into_iter().flatten();
        let mut ready: Vec<_> = pipes.map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)).collect();
        let _ = poll(&mut ready, Some(&interval(Some(deadline))));
    }
}

/// Returns how long to wait: until a moment, and no longer than between two checks.
fn interval(until: Option<Instant>) -> Timespec {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    left.and_then(|left| Timespec::try_from(left).ok()).map_or(POLL_INTERVAL, |left| left.min(POLL_INTERVAL))
}

fn end_of(status: ExitStatus) -> CommandEnd {
    match status.code() {
        Some(code) => CommandEnd::Exited(code),
        None => CommandEnd::Killed(status.signal().unwrap_or_default()),
    }
}
