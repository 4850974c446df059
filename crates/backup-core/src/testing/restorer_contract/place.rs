//! A place to restore to, and what the suite does there.

use std::io::Cursor;
use std::path::PathBuf;

use crate::model::archive::Selection;
use crate::model::error::PortError;
use crate::model::restore::{IfExists, Links, RestoreJob, RestoreReport, RestoreTarget};
use crate::ports::{Progress, Restorer};

/// Reads a file of the target, past the port; `None` where there is none.
pub type ReadRestored = dyn Fn(&str) -> Option<Vec<u8>>;

/// Puts a file into the target, past the port, and makes that when it is missing.
pub type PutBeside = dyn Fn(&str, &[u8]);

/// A place to restore to, and an archive.
pub struct RestorePlace {
    /// The restorer.
    pub restorer: Box<dyn Restorer>,
    /// An archive of a folder with the files that were asked for, in their order and nothing else.
    pub archive: Vec<u8>,
    /// A folder that doesn't exist; an absolute path.
    pub target: PathBuf,
    /// Reads what was restored there.
    pub read: Box<ReadRestored>,
    /// Puts something there.
    pub put: Box<PutBeside>,
    /// Tells whether the target exists.
    pub exists: Box<dyn Fn() -> bool>,
}

pub(super) fn request(place: &RestorePlace, existing: IfExists) -> RestoreJob {
    let target = match existing {
        IfExists::Refuse => RestoreTarget::Beside(place.target.clone()),
        _ => RestoreTarget::Folder(place.target.clone()),
    };
    let identity = "the contract".to_owned();
    let (chosen, home) = (Vec::new(), PathBuf::from("/no/such/home"));
    let selection = Selection::default();
    let (links, keep_setuid, digests) = (Links::Trusted, false, false);
    RestoreJob { target, chosen, links, existing, keep_setuid, identity, home, selection, digests }
}

pub(super) fn restore(
    place: &RestorePlace,
    request: &RestoreJob,
    progress: &dyn Progress,
) -> Result<RestoreReport, PortError> {
    place.restorer.restore(&mut Cursor::new(place.archive.clone()), request, progress)
}

pub(super) fn read(place: &RestorePlace, name: &str) -> Vec<u8> {
    (place.read)(name).unwrap_or_else(|| b"nothing at all".to_vec())
}
