//! What is damaged in an archive comes from others, if somebody wants that.

use std::path::PathBuf;
use std::sync::Mutex;

use backup_core::manager::{Restore, RestoreDestination, RestoreRequest, Verify};
use backup_core::model::error::PortError;
use backup_core::model::history::{Flaw, HistoryNote, Verification};
use backup_core::model::restore::{
    Holder, LostEntry, RestoreFindingKind, RestoreJob, RestorePreview, RestoreReport, SoundCopy,
};
use backup_core::ports::{ArchiveBytes, BackupStore, Extent, Progress, Restorer, RunHistory, SilentProgress};
use backup_core::testing::MemoryRestorer;

use crate::world::World;

/// Finds three lost entries. The first is whole in music.tar. The second needs nothing but its catalog.
#[derive(Default)]
struct Losing {
    inner: MemoryRestorer,
    looked_in: Mutex<Vec<String>>,
    healed_with: Mutex<Vec<String>>,
}

fn lost(path: &str, needs_copy: bool, is_chosen: bool) -> LostEntry {
    LostEntry {
        path: path.into(),
        place: 0,
        is_chosen,
        contents: needs_copy.then_some([1; 16]),
        description: (!needs_copy).then_some([2; 16]),
        needs_copy,
        copy: None,
    }
}

impl Restorer for Losing {
    fn restore(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestoreReport, PortError> {
        self.inner.restore(archive, request, progress)
    }

    fn preview(
        &self,
        archive: &mut dyn ArchiveBytes,
        request: &RestoreJob,
        progress: &dyn Progress,
    ) -> Result<RestorePreview, PortError> {
        self.inner.preview(archive, request, progress)
    }

    fn find_lost(
        &self,
        _archive: &mut dyn ArchiveBytes,
        _request: &RestoreJob,
        _extent: Extent,
        _progress: &dyn Progress,
    ) -> Result<Option<Vec<LostEntry>>, PortError> {
        let gone = lost("docs/gone", true, true);
        let other = lost("docs/not chosen", true, false);
        Ok(Some(vec![lost("docs/a", true, true), lost("docs/folder", false, true), gone, other]))
    }

    fn find_copies(
        &self,
        _other: &mut dyn ArchiveBytes,
        file_name: &str,
        lost: &mut [LostEntry],
        _progress: &dyn Progress,
    ) -> Result<(), PortError> {
        self.looked_in.lock().expect("no fault was scripted").push(file_name.to_owned());
        if file_name == "music.tar" {
            lost[0].copy = Some(SoundCopy { archive: file_name.to_owned(), place: 0, is_whole: false });
        }
        Ok(())
    }

    fn healed<'b>(
        &self,
        archive: Box<dyn ArchiveBytes + 'b>,
        others: Vec<(String, Box<dyn ArchiveBytes + 'b>)>,
        _lost: &[LostEntry],
    ) -> Result<Box<dyn ArchiveBytes + 'b>, PortError> {
        self.healed_with
            .lock()
            .expect("no fault was scripted")
            .extend(others.into_iter().map(|(file_name, _)| file_name));
        Ok(archive)
    }
}

fn world() -> World {
    let world = World::at("2026-03-10 09:30").with_schedules("docs;16:07;docs;keep=last:5\na;16:07;music\n");
    for name in ["docs", "docs", "music"] {
        world.manager().run(name, &SilentProgress).expect("it can be made");
        world.clock.advance(chrono::TimeDelta::minutes(1));
    }
    world
}

fn restored(world: &World, restorer: &Losing, heals: bool) -> RestoreReport {
    let desk = Restore::new(world.ports(), restorer).healing(heals);
    let request = RestoreRequest {
        name: "docs".to_owned(),
        generation: None,
        at: None,
        chosen: Vec::new(),
        place: RestoreDestination::Beside(PathBuf::from("/here")),
        overwrite: false,
        keep_setuid: false,
    };
    desk.restore(&desk.plan(&request).expect("no fault was scripted"), &SilentProgress)
        .expect("no fault was scripted")
}

fn found_damaged(world: &World) {
    let desk = Verify::new(world.ports());
    let backups = world.backups.list().expect("no fault was scripted");
    let newest = backups.iter().find(|backup| backup.file_name == "docs.tar").expect("no fault was scripted");
    assert!(
        desk.verify(newest, &SilentProgress)
            .expect("no fault was scripted")
            .expect("no fault was scripted")
            .verdict
            .is_sound()
    );
    let notes = world.history.load().expect("no fault was scripted");
    let run = notes.into_iter().rev().find_map(|note| match note {
        HistoryNote::Ended(run) if run.archive.as_deref() == Some("docs.tar") => Some(run),
        _ => None,
    });
    let run = run.expect("it was made");
    let flaw = Some(Flaw::Damaged("docs/a isn't what was stored".to_owned()));
    let (key, began, archive, at) = (run.key, run.began, "docs.tar".to_owned(), run.ended);
    world
        .history
        .append(&HistoryNote::Verified(Verification { key, began, archive, at, flaw }))
        .expect("no fault was scripted");
}

#[test]
fn a_restore_of_a_damaged_archive_says_who_holds_what_is_lost() {
    let (world, restorer) = (world(), Losing::default());
    let report = restored(&world, &restorer, false);
    assert!(
        report.is_complete() && restorer.looked_in.lock().expect("no fault was scripted").is_empty(),
        "nothing shows damage"
    );
    found_damaged(&world);
    let restorer = Losing::default();
    let report = restored(&world, &restorer, false);
    let kinds: Vec<_> = report
        .findings
        .iter()
        .map(|one| (one.path.to_str().expect("no fault was scripted"), &one.kind))
        .collect();
    let by_music = RestoreFindingKind::Lost(Holder::Archive("music.tar".to_owned()));
    assert_eq!(
        kinds,
        [
            ("docs/a", &by_music),
            ("docs/folder", &RestoreFindingKind::Lost(Holder::Itself)),
            ("docs/gone", &RestoreFindingKind::Lost(Holder::Nobody)),
        ]
    );
    assert_eq!((report.healable_entries, report.misread_entries, report.healed_entries), (2, 2, 0));
    assert!(restorer.healed_with.lock().expect("no fault was scripted").is_empty());
}

#[test]
fn healing_takes_what_others_hold_and_tells_what_is_lost_for_good() {
    let (world, restorer) = (world(), Losing::default());
    let report = restored(&world, &restorer, true);
    let looked_in = restorer.looked_in.lock().expect("no fault was scripted").clone();
    let [older, newer] = &looked_in[..] else { panic!("{looked_in:?}") };
    assert!(older.starts_with("docs.2026-03-10T09-30"), "{older}: the same backup comes first");
    assert_eq!(
        (newer.as_str(), &restorer.healed_with.lock().expect("no fault was scripted")[..]),
        ("music.tar", &["music.tar".to_owned()][..])
    );
    let healed: Vec<_> =
        report.healed.iter().map(|entry| entry.path.to_str().expect("no fault was scripted")).collect();
    assert_eq!((healed, report.healed_entries), (vec!["docs/a", "docs/folder"], 2));
    let said: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "can't set the attributes and access lists of docs/folder: its header in the archive is damaged",
            "docs/gone is damaged in the archive, and no other archive holds its contents",
        ]
    );
}
