//! The promises about what a restore tells of the archive and of what it would change.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use super::place::{RestorePlace, read, request, restore};
use crate::model::error::PortError;
use crate::model::restore::{IfExists, RestoreJob, RestorePreview, RestoreTarget};
use crate::ports::SilentProgress;
use crate::testing::promise::{promise, same, same_bytes, works};

pub(super) fn a_preview_tells_and_changes_nothing(place: &RestorePlace) {
    (place.put)("a", b"mine");
    (place.put)("c", b"");
    (place.put)("more", b"mine");
    works(
        restore(place, &request(place, IfExists::Replace), &SilentProgress),
        "what differs can be replaced",
    );
    (place.put)("b", b"mine");
    let over = request(place, IfExists::Replace);
    let told = works(preview(place, &over), "a restore can be previewed");
    let named = |paths: &[PathBuf], expected: &str| paths == [Path::new(expected)];
    let is_told = named(&told.changed, "b") && named(&told.extra, "more") && told.new_entries == 0;
    promise(
        is_told && told.same_entries == 2,
        "a preview tells what is new, what differs and what is more",
        &told,
    );
    same_bytes(&read(place, "b"), b"mine", "a preview changes nothing");
    let elsewhere = RestoreTarget::Folder(place.target.with_extension("other"));
    let told = works(preview(place, &RestoreJob { target: elsewhere, ..over }), "a restore can be previewed");
    same(&told.new_entries, &3, "all is new where nothing stands");
}

pub(super) fn the_archive_is_digested_where_all_is_wanted(place: &RestorePlace) {
    let digest = |archive: &[u8], chosen: &[&str], digests: bool| {
        let chosen = chosen.iter().map(|line| Vec::from(*line)).collect();
        let request = RestoreJob { chosen, digests, ..request(place, IfExists::Replace) };
        let report = place.restorer.restore(&mut Cursor::new(archive.to_vec()), &request, &SilentProgress);
        works(report, "an archive can be digested while it is restored").archive
    };
    let whole = digest(&place.archive, &[], true);
    let bytes = whole.map(|digest| digest.archive_bytes);
    same(&bytes, &Some(place.archive.len() as u64), "the report tells what all of the archive was");
    same(&digest(&place.archive, &[], true), &whole, "the same archive has the same digest, whatever stands");
    let mut other = place.archive.clone();
    let at = other.windows(4).position(|bytes| bytes == b"of a").expect("the contents are in it");
    other[at] = b'i';
    promise(digest(&other, &[], true) != whole, "another archive has another digest", &whole);
    let none = [digest(&place.archive, &["a"], true), digest(&place.archive, &[], false)];
    same(&none, &[None, None], "nothing is digested where not all is wanted, or nobody asked");
}

fn preview(place: &RestorePlace, request: &RestoreJob) -> Result<RestorePreview, PortError> {
    place.restorer.preview(&mut Cursor::new(place.archive.clone()), request, &SilentProgress)
}
