//! Somebody who swaps folders for links while the restore runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use backup_core::model::restore::{IfExists, RestoreJob, RestoreTarget};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::place::Place;
use crate::tar_bytes::TarBytes;

/// As many rounds as it took, many times over, to be seen without what guards against it.
const ROUNDS: usize = 60;

#[test]
fn swapping_folders_for_links_leads_nothing_outside() {
    let mut archive = TarBytes::docs().folder("docs/way/");
    for at in 0..200 {
        archive = archive.folder(&format!("docs/way/{at}/")).file(&format!("docs/way/{at}/file"), "x");
        archive = archive.file(&format!("docs/other{at}"), "x").file("docs/way/file", "x");
    }
    let archive = archive.end();
    let place = Place::new();
    fs::create_dir_all(place.target().join("way")).unwrap();
    let target = RestoreTarget::Folder(place.target());
    let request = RestoreJob { target, existing: IfExists::Keep, ..place.request() };
    let is_over = AtomicBool::new(false);
    let (way, link) = (place.target().join("way"), place.target().join("bait"));
    symlink(place.path("outside/folder"), &link).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let _ = renameat_with(CWD, &way, CWD, &link, RenameFlags::EXCHANGE);
            }
        });
        for _ in 0..ROUNDS {
            // What can't be made is reported. It may be much.
            let _ = place.restore_as(&archive, &request);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    place.assert_nothing_outside("an attacker at work");
}
