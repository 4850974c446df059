//! The time that a pack may wait for files under another program's lease.
//!
//! Samba and the NFS server hold leases for their clients. At the first attempt to open such a file the kernel asks
//! for the lease. The client writes its data and gives up the lease, mostly within milliseconds.

use std::time::Duration;

/// The rest of the time that a pack may wait in vain.
///
/// Waits that end with an open file don't count, because the number of files bounds them. The others do: a holder
/// that doesn't answer for one file will hardly answer for the next thousand.
#[derive(Debug)]
pub(super) struct LeaseBudget {
    remaining: Duration,
}

/// The longest wait for one file.
const MAX_PER_FILE: Duration = Duration::from_secs(10);

/// The longest time that one pack waits for files that can't be opened.
const MAX_LOST_PER_PACK: Duration = Duration::from_secs(30);

/// The pause between two attempts doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const MAX_PAUSE: Duration = Duration::from_millis(50);

impl LeaseBudget {
    pub(super) fn new() -> Self {
        Self { remaining: MAX_LOST_PER_PACK }
    }

    /// Returns the pauses between the attempts to open one file, until the attempts end.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let mut remaining = self.remaining.min(MAX_PER_FILE);
        let growing = std::iter::successors(Some(FIRST_PAUSE), |pause| Some((*pause * 2).min(MAX_PAUSE)));
        growing.map_while(move |pause| {
            let pause = pause.min(remaining);
            remaining -= pause;
            (!pause.is_zero()).then_some(pause)
        })
    }

    /// Subtracts a wait that was in vain.
    pub(super) fn spend(&mut self, waited: Duration) {
        self.remaining = self.remaining.saturating_sub(waited);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_the_wait_for_one_file_and_for_all_files() {
        let mut lease_budget = LeaseBudget::new();
        let first: Vec<_> = lease_budget.pauses().take(8).map(|pause| pause.as_millis()).collect();
        assert_eq!(first, [1, 2, 4, 8, 16, 32, 50, 50]);
        let mut waited = Vec::new();
        for _ in 0..5 {
            let lost = lease_budget.pauses().sum();
            lease_budget.spend(lost);
            waited.push(lost.as_secs());
        }
        assert_eq!(waited, [10, 10, 10, 0, 0]);
    }
}
