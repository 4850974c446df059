//! How much older generations are than the newest, and where time leapt between them, as far as dates can be believed.

use chrono::TimeDelta;

use crate::policy::retention::DOUBTFUL_GAP;
use crate::policy::retention::generation::Generation;
use crate::time::Moment;

/// Over how many leaps at a time it is asked whether a clock was wrong in between.
const MOST_LEAPS: usize = 6;

/// What lies between a generation and the newest good one.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    /// The time without the leaps: as much of it as can be believed.
    pub(super) age: TimeDelta,
    /// How often time leapt, in either direction.
    pub(super) leaps: usize,
    /// It was made by a clock that was wrong: time leapt before and after it, and without the stretch between these leaps
    /// it wouldn't have.
    pub(super) stands_out: bool,
}

/// What was made without a leap in between.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    first: Moment,
    last: Moment,
    lived: TimeDelta,
}

/// Returns what lies between each generation and the newest good one, where as much time as `doubtful` between two backups
/// is a leap. Of those that were made after that one, nothing is told.
pub(super) fn pasts(generations: &[Generation], newest: usize, doubtful: TimeDelta) -> Vec<Past> {
    let made = generations.iter().enumerate().take(newest + 1).flat_map(|(at, generation)| {
        let gone = generation.gone_before.iter().map(|made_for| (*made_for, None));
        gone.chain([(generation.made_for, Some(at))])
    });
    let mut pasts = vec![Past::default(); generations.len()];
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut age = TimeDelta::zero();
    for (made_for, at) in made.collect::<Vec<_>>().into_iter().rev() {
        let gap = stretches.last().map(|stretch| stretch.first - made_for);
        match stretches.last_mut() {
            Some(stretch) if gap.is_some_and(|gap| gap.abs() < doubtful) => {
                let lived = gap.unwrap_or_default().max(TimeDelta::zero());
                *stretch = Stretch { first: made_for, lived: stretch.lived + lived, ..*stretch };
                age += lived;
            }
            _ => stretches.push(Stretch { first: made_for, last: made_for, lived: TimeDelta::zero() }),
        }
        if let Some(at) = at {
            pasts[at] = Past { age, leaps: stretches.len() - 1, stands_out: false };
        }
    }
    let stand_out = standing_out(&stretches, doubtful);
    pasts
        .iter_mut()
        .for_each(|past| past.stands_out = stand_out.get(past.leaps).copied().unwrap_or_default());
    pasts
}

/// Returns which of the stretches, newest first, stand out between an older and a newer one between which time wouldn't
/// have leapt. What lasted long enough to be believed doesn't.
fn standing_out(stretches: &[Stretch], doubtful: TimeDelta) -> Vec<bool> {
    let mut stand_out = vec![false; stretches.len()];
    let mut older = stretches.len().saturating_sub(1);
    while older > 0 {
        let is_next = |newer: &usize| {
            let lived = stretches[newer + 1..older].iter().map(|stretch| stretch.lived).sum::<TimeDelta>();
            let gap = stretches[*newer].first - stretches[older].last;
            gap.abs() < doubtful && lived < DOUBTFUL_GAP
        };
        let nearest = older.saturating_sub(1);
        let newer = (older.saturating_sub(1 + MOST_LEAPS)..nearest).rev().find(is_next);
        newer.into_iter().for_each(|newer| stand_out[newer + 1..older].fill(true));
        older = newer.unwrap_or(nearest);
    }
    stand_out
}
