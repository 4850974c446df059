//! Scenes whose archives share blocks: they need a disk of their own.

use std::io;

use crate::disk::{Disk, FileSystem, secluded};
use crate::scene::Scene;

/// Plays a scene, with a disk of its own where it shares. Returns why not, if such a disk can't be had here.
///
/// # Errors
/// What kept the proof from its end.
pub(crate) fn play<T: Send>(
    scene: Scene,
    act: impl FnOnce() -> io::Result<T> + Send,
) -> Result<Result<T, String>, String> {
    let told = |error: io::Error| error.to_string();
    let Some(kind) = scene.shares else { return act().map(Ok).map_err(told) };
    let played = secluded(|| match probe(kind) {
        Ok(()) => act().map(Ok).map_err(told),
        Err(reason) => Ok(Err(reason)),
    });
    played.unwrap_or_else(|reason| Ok(Err(reason)))
}

fn probe(kind: FileSystem) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    Disk::probe_mount(folder.path(), kind)
}
