//! The promises of [`Archiver`](crate::ports::Archiver) about what is left out on purpose.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::locked::locked;
use super::pack_place::PackPlace;
use super::promise::{promise, same, works};
use crate::model::archive::{Finding, FindingKind, Grade, PackReport, Selection};
use crate::model::error::{Failure, PortError};
use crate::ports::{PackRequest, Progress};

/// Checks them on an archiver whose source has the files `a` and `b`, among others.
pub(super) fn what_is_left_out_on_purpose_is_no_trouble(place: &PackPlace) {
    let everything = place.archiver.check_selection(&Selection::default());
    promise(everything.is_ok(), "every archiver understands the selection of everything", &everything);
    let selection = Selection { exclude: vec!["b".to_owned()], ..Selection::default() };
    let heard = Heard::default();
    let packed = pack(place, &selection, &heard);
    if place.archiver.check_selection(&selection).is_ok() {
        let (report, archive) = works(packed, "a selection that is understood can be packed");
        b_is_left_out(place, &report, &archive, &locked(&heard.0));
    } else {
        let failure = packed.map(drop).map_err(|error| error.failure);
        same(&failure, &Err(Failure::Refused), "a selection that is not understood is Refused by a pack");
    }
}

fn b_is_left_out(place: &PackPlace, report: &PackReport, archive: &[u8], heard: &[Finding]) {
    let files = (place.read)(archive).unwrap_or_default();
    let has = |name: &str| files.iter().any(|(path, _)| path == Path::new(name));
    promise(has("a") && !has("b"), "what is excluded is left out, and nothing else", &files);
    same(&report.excluded_entries, &1, "the report counts what is excluded");
    let is_clean = report.findings.is_empty() && report.grade() == Grade::Complete;
    promise(is_clean, "what is left out on purpose is no trouble", report);
    let expected = Finding { path: PathBuf::from("b"), kind: FindingKind::Excluded };
    same(&heard, &[expected], "progress hears of what is excluded");
}

fn pack(
    place: &PackPlace,
    selection: &Selection,
    progress: &dyn Progress,
) -> Result<(PackReport, Vec<u8>), PortError> {
    let mut archive = Vec::new();
    let request = PackRequest::selected(&place.source, selection);
    place.archiver.pack(&request, &mut archive, progress).map(|report| (report, archive))
}

#[derive(Default)]
struct Heard(Mutex<Vec<Finding>>);

impl Progress for Heard {
    fn advanced(&self, _path: &Path, _content_bytes: u64) {}

    fn found(&self, finding: &Finding) {
        locked(&self.0).push(finding.clone());
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}
