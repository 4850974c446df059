//! Some thousand simulated days: nothing is missed, doubled or unplanned.

use backup_torture::{Budget, Scale, Simulate, Verdict};

#[test]
fn no_run_is_missed_and_none_made_twice() {
    let report = Simulate::of(Scale::Small).run(Budget::UNLIMITED);
    assert_eq!(report.verdict, Verdict::Holds, "{report}");
}

#[test]
fn an_episode_is_replayed_from_its_seed_alone() {
    let replay = || Simulate { days: 0, seed: 0, episode: Some(0x1234) }.run(Budget::UNLIMITED);
    let (one, other) = (replay(), replay());
    assert!(!one.story.is_empty());
    assert_eq!(one.story, other.story);
}
