//! What stands differently in the place of an entry and stays, so that no other name is made of it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use backup_core::model::restore::{Refusal, Step};

/// What was left, by a digest of its path. Only of what was left is something held in memory.
#[derive(Debug, Default)]
pub(super) struct SkippedFiles {
    paths: Mutex<HashMap<u64, Skipped>>,
    hasher: RandomState,
    /// Nobody asks for others.
    asked: Option<HashSet<u64>>,
}

/// A set of paths, in little memory.
#[derive(Debug, Default)]
pub(super) struct PathDigests {
    hasher: RandomState,
    digests: HashSet<u64>,
}

impl PathDigests {
    pub(super) fn insert(&mut self, path: &[u8]) {
        self.digests.insert(self.hasher.hash_one(path));
    }
}

/// Where that is which should stand there.
#[derive(Debug, Clone)]
enum Skipped {
    /// In the archive, in the member that begins there.
    Archived(u64),
    /// In the target, under this path.
    Under(Box<[u8]>),
}

/// What another name is to be made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// What has this path in the target.
    InPlace(Vec<u8>),
    /// The member that begins there; what has its path in the target was left.
    Archived(u64, Vec<u8>),
}

/// A link to a link to a link: no archive that makes sense has more of them.
const MOST_LINKS: usize = 1_000;

impl SkippedFiles {
    /// Returns one that remembers no other paths than these.
    pub(super) fn of(PathDigests { hasher, digests }: PathDigests) -> Self {
        Self { paths: Mutex::default(), hasher, asked: Some(digests) }
    }

    /// Notes that what stands in the place of a member was left.
    pub(super) fn add(&self, path: &[u8], offset: u64) {
        self.put(path, Skipped::Archived(offset));
    }

    /// Notes that what should have that path stands under another one.
    pub(super) fn add_under(&self, path: &[u8], other: &[u8]) {
        if path != other {
            self.put(path, Skipped::Under(other.into()));
        }
    }

    /// Forgets a path whose turn comes once more.
    pub(super) fn forget(&self, path: &[u8]) {
        self.paths().remove(&self.digest(path));
    }

    /// Returns what another name of that path is to be made of.
    ///
    /// # Errors
    /// [`Refusal::LinkOutside`] for one that leads in a circle.
    pub(super) fn origin(&self, path: Vec<u8>) -> Result<Origin, Refusal> {
        let (paths, mut path) = (self.paths(), path);
        for _ in 0..MOST_LINKS {
            match paths.get(&self.digest(&path)) {
                None => return Ok(Origin::InPlace(path)),
                Some(Skipped::Archived(offset)) => return Ok(Origin::Archived(*offset, path)),
                Some(Skipped::Under(other)) => path = other.to_vec(),
            }
        }
        Err(Refusal::LinkOutside)
    }

    /// Notes what would become of a member, and what it would be made of where it is another name.
    pub(super) fn learn(&self, step: Step, path: &[u8], offset: u64, origin: Option<&Origin>) {
        match (step, origin) {
            (Step::Leave, Some(Origin::InPlace(other))) => self.add_under(path, other),
            (Step::Leave, None) => self.add(path, offset),
            (Step::Make | Step::Pass | Step::Replace, Some(Origin::Archived(_, left))) => {
                self.add_under(left, path);
            }
            (Step::Leave, Some(Origin::Archived(offset, _))) => self.add(path, *offset),
            _ => {}
        }
    }

    fn put(&self, path: &[u8], left: Skipped) {
        let digest = self.digest(path);
        if self.asked.as_ref().is_none_or(|asked| asked.contains(&digest)) {
            self.paths().insert(digest, left);
        }
    }

    fn digest(&self, path: &[u8]) -> u64 {
        self.hasher.hash_one(path)
    }

    fn paths(&self) -> MutexGuard<'_, HashMap<u64, Skipped>> {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_not_remembered() {
        let mut asked = PathDigests::default();
        asked.insert(b"a");
        let left = SkippedFiles::of(asked);
        ["a", "b"].iter().for_each(|path| left.add(path.as_bytes(), 512));
        assert_eq!(left.origin(b"a".to_vec()), Ok(Origin::Archived(512, b"a".to_vec())));
        assert_eq!(left.paths().len(), 1);
    }

    #[test]
    fn another_name_is_made_of_what_is_as_in_the_archive() {
        let left = SkippedFiles::default();
        let origin = |path: &str| left.origin(path.as_bytes().to_vec());
        let standing = |path: &str| Ok(Origin::InPlace(path.as_bytes().to_vec()));
        assert_eq!(origin("a"), standing("a"));
        left.add(b"a", 512);
        assert_eq!(origin("a"), Ok(Origin::Archived(512, b"a".to_vec())));
        left.add_under(b"link", b"a");
        assert_eq!(origin("link"), Ok(Origin::Archived(512, b"a".to_vec())));
        left.add_under(b"a", b"b");
        assert_eq!(origin("link"), standing("b"));
        left.forget(b"a");
        assert_eq!(origin("link"), standing("a"));
        left.add_under(b"a", b"link");
        assert_eq!(origin("a"), Err(Refusal::LinkOutside), "a circle");
    }
}
