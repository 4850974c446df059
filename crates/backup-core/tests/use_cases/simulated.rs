//! The simulator over stores of other kinds.

use backup_core::testing::{MemoryBackups, MemoryHistory, Simulation, Stores};

#[test]
fn a_history_that_is_shortened_again_and_again_misses_and_doubles_nothing() {
    let simulation = Simulation::new(5).days(3_000).over(|clock| {
        let history = Box::new(MemoryHistory::new().holding(150));
        Stores { history, ..Stores::in_memory(clock) }
    });
    let report = simulation.run();
    assert_eq!(report.wrong().collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_store_without_catalogs_misses_and_doubles_nothing() {
    let simulation = Simulation::new(6).days(3_000).over(|clock| {
        let backups = Box::new(MemoryBackups::new(clock.clone()).without_catalogs());
        Stores { backups, ..Stores::in_memory(clock) }
    });
    let report = simulation.run();
    assert_eq!(report.wrong().collect::<Vec<_>>(), [""; 0]);
}
