//! What one look of the service costs while nothing is due, told by the kernel's own account of its main thread.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::bench::rounds::label;
use crate::failure::{Failure, Outcome};
use crate::out;

/// How long a service is watched in one round. It looks once a second.
const ROUND: Duration = Duration::from_secs(5);

/// What a second may cost a service that has read everything: less than reading 100,000 lines once more.
const CALM: Duration = Duration::from_millis(50);

/// How often such a service may go to sleep in a second. One that still notes its schedules waits for the disk at each.
const CALM_SLEEPS: u64 = 3;

/// After how many such seconds in a row a service has come to rest. It reads a file again that was changed just now.
const CALM_SECONDS: u32 = 6;

/// How long a service may take to read and note everything at its start.
const MOST_SECONDS: u32 = 300;

/// Returns the milliseconds of a look for each of these homes, a list of rounds each. All services work side by side.
pub(crate) fn looks(service: &Path, homes: &[&Path], rounds: u32) -> Outcome<Vec<Vec<f64>>> {
    let services = homes.iter().map(|home| Service::start(service, home)).collect::<Outcome<Vec<_>>>()?;
    services.iter().try_for_each(Service::come_to_rest)?;
    let mut looks = vec![Vec::new(); services.len()];
    for round in 1..=rounds {
        let before = services.iter().map(Service::account).collect::<Outcome<Vec<_>>>()?;
        thread::sleep(ROUND);
        for ((service, before), looks) in services.iter().zip(before).zip(&mut looks) {
            looks.push(service.account()?.since(before).milliseconds_a_look());
        }
        out::complain(&format!("looks, {}", label(round)));
    }
    Ok(looks)
}

/// A service at work. It ends when it is dropped.
struct Service(Child);

impl Service {
    fn start(program: &Path, home: &Path) -> Outcome<Self> {
        let mut command = Command::new(program);
        command.arg("--home").arg(home).args(["--poll", "1"]).env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self).map_err(Failure::doing(format!("start {}", program.display())))
    }

    fn come_to_rest(&self) -> Outcome {
        let mut calm = 0;
        for _ in 0..MOST_SECONDS {
            let before = self.account()?;
            thread::sleep(Duration::from_secs(1));
            calm = if self.account()?.since(before).is_calm() { calm + 1 } else { 0 };
            if calm == CALM_SECONDS {
                return Ok(());
            }
        }
        Err(Failure::new(format!("a service without work didn't come to rest in {MOST_SECONDS} seconds")))
    }

    fn account(&self) -> Outcome<Account> {
        Account::of(self.0.id())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the main thread of a process has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    /// Its time on a processor.
    busy: Duration,
    /// How often it went to sleep. A look ends with that.
    sleeps: u64,
}

impl Account {
    fn of(process: u32) -> Outcome<Self> {
        let read = |file: &str| {
            let path = format!("/proc/{process}/{file}");
            fs::read_to_string(&path).map_err(Failure::doing(format!("read {path}")))
        };
        let account = Self::parse(&read("schedstat")?, &read("status")?);
        account.ok_or_else(|| Failure::new("this kernel doesn't tell what a thread has used"))
    }

    fn parse(schedstat: &str, status: &str) -> Option<Self> {
        let nanoseconds = schedstat.split(' ').next()?.parse().ok()?;
        let sleeps = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        Some(Self { busy: Duration::from_nanos(nanoseconds), sleeps: sleeps.trim().parse().ok()? })
    }

    fn since(self, before: Self) -> Self {
        Self { busy: self.busy.saturating_sub(before.busy), sleeps: self.sleeps - before.sleeps }
    }

    /// Returns whether this can be a second of a service that has read and noted everything.
    fn is_calm(self) -> bool {
        self.busy < CALM && self.sleeps <= CALM_SLEEPS
    }

    fn milliseconds_a_look(self) -> f64 {
        self.busy.as_secs_f64() * 1_000.0 / self.sleeps as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(microseconds: u64, sleeps: u64) -> Account {
        Account { busy: Duration::from_micros(microseconds), sleeps }
    }

    #[test]
    fn the_kernel_tells_what_a_thread_has_used() {
        let status = "Name:\tbackup_service\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t99\n";
        assert_eq!(Account::parse("2500000 400 7\n", status), Some(account(2_500, 12)));
        assert_eq!(Account::parse("", status), None);
        assert_eq!(Account::parse("2500000 400 7\n", "Name:\tx\n"), None);
        assert!(Account::of(std::process::id()).is_ok());
        assert!(Account::of(0).is_err());
    }

    #[test]
    fn a_service_that_reads_or_notes_is_not_calm() {
        let calm = [account(300, 1), account(60_000, 1), account(40_000, 2_000)].map(Account::is_calm);
        assert_eq!(calm, [true, false, false]);
    }

    #[test]
    fn a_look_is_what_was_used_between_two_sleeps() {
        let used = account(9_500, 14).since(account(9_000, 10));
        assert_eq!(used, account(500, 4));
        assert!((used.milliseconds_a_look() - 0.125).abs() < 1e-9);
    }
}
