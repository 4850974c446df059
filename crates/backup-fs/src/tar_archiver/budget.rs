//! How much may be held at once, by several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much may be held at once.
#[derive(Debug)]
pub(super) struct Budget {
    held: Arc<AtomicUsize>,
    most: usize,
}

/// A part of a budget, until it is dropped.
#[derive(Debug)]
pub(super) struct Hold {
    held: Arc<AtomicUsize>,
    amount: usize,
}

impl Budget {
    pub(super) fn of(most: usize) -> Self {
        Self { held: Arc::default(), most }
    }

    /// Returns a part of it, unless too much is held already.
    pub(super) fn hold(&self, amount: usize) -> Option<Hold> {
        let hold = Hold { held: Arc::clone(&self.held), amount };
        let before = self.held.fetch_add(amount, Ordering::Relaxed);
        (before + amount <= self.most).then_some(hold)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.held.fetch_sub(self.amount, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_held_until_it_is_given_back() {
        let budget = Budget::of(10);
        let (all, nothing) = (budget.hold(10), budget.hold(0));
        assert!(all.is_some() && nothing.is_some() && budget.hold(1).is_none());
        drop(all);
        let half = budget.hold(5);
        assert!(half.is_some() && budget.hold(6).is_none() && budget.hold(5).is_some());
    }
}
