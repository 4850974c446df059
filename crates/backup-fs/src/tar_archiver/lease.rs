//! How long a pack waits for files that another program holds under a lease.
//!
//! Samba and the NFS server hold files so for their clients. The first attempt to open one has the kernel ask for it; the
//! client writes what it has and gives it back, mostly within milliseconds.

use std::time::Duration;

/// What is left of the time that a pack may lose.
///
/// Waits that end with the file don't count: they are bounded by the number of files. Others are lost, and a holder that
/// doesn't answer for one file will hardly do so for the next thousand.
#[derive(Debug)]
pub(super) struct Patience {
    left: Duration,
}

/// How long is waited for one file.
const A_FILE: Duration = Duration::from_secs(10);

/// How long is waited in one pack for files that don't come.
const A_PACK: Duration = Duration::from_secs(30);

/// The pauses between two attempts double from the one to the other.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

impl Patience {
    pub(super) fn new() -> Self {
        Self { left: A_PACK }
    }

    /// Returns the pauses between attempts to open one file, until it is given up.
    pub(super) fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        let mut left = self.left.min(A_FILE);
        let growing = std::iter::successors(Some(FIRST_PAUSE), |pause| Some((*pause * 2).min(LONGEST_PAUSE)));
        growing.map_while(move |pause| {
            let pause = pause.min(left);
            left -= pause;
            (!pause.is_zero()).then_some(pause)
        })
    }

    /// Notes that so much waiting was in vain.
    pub(super) fn lose(&mut self, waited: Duration) {
        self.left = self.left.saturating_sub(waited);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_a_while_for_a_file_and_not_for_each_of_many() {
        let mut patience = Patience::new();
        let first: Vec<_> = patience.pauses().take(8).map(|pause| pause.as_millis()).collect();
        assert_eq!(first, [1, 2, 4, 8, 16, 32, 50, 50]);
        let mut waited = Vec::new();
        for _ in 0..5 {
            let lost = patience.pauses().sum();
            patience.lose(lost);
            waited.push(lost.as_secs());
        }
        assert_eq!(waited, [10, 10, 10, 0, 0]);
    }
}
