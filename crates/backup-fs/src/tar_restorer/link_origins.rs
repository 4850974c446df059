//! The existing files that are kept although they differ, so that no hard link to them is made.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use backup_core::model::restore::{Refusal, Step};

/// The skipped files, by the digest of their path.
#[derive(Debug, Default)]
pub(super) struct LinkOrigins {
    paths: Mutex<HashMap<u64, Skipped>>,
    hasher: RandomState,
    /// The only paths that matter, if they are known.
    relevant: Option<HashSet<u64>>,
}

/// A set of paths that needs little memory.
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

/// The place of the contents that a path should have.
#[derive(Debug, Clone)]
enum Skipped {
    /// In the archive, at this offset.
    Archived(u64),
    /// In the target, under this path.
    AtPath(Box<[u8]>),
}

/// The file that a hard link is made from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The entry with this path in the target.
    InPlace(Vec<u8>),
    /// The member at this offset. The existing entry with this path is kept.
    Archived(u64, Vec<u8>),
}

/// The longest chain of links. No sensible archive has a longer one.
const MAX_LINKS: usize = 1_000;

impl LinkOrigins {
    /// Returns a table that remembers only these paths.
    pub(super) fn of(PathDigests { hasher, digests }: PathDigests) -> Self {
        Self { paths: Mutex::default(), hasher, relevant: Some(digests) }
    }

    /// Notes that the existing entry in the place of a member is kept.
    pub(super) fn add(&self, path: &[u8], offset: u64) {
        self.put(path, Skipped::Archived(offset));
    }

    /// Notes that the contents of a path exist under another path.
    pub(super) fn add_alias(&self, path: &[u8], other: &[u8]) {
        if path != other {
            self.put(path, Skipped::AtPath(other.into()));
        }
    }

    /// Forgets a path that comes once more.
    pub(super) fn forget(&self, path: &[u8]) {
        self.paths().remove(&self.digest(path));
    }

    /// Returns the file that a hard link to that path is made from.
    ///
    /// # Errors
    /// [`Refusal::LinkOutside`] if the links form a circle.
    pub(super) fn origin(&self, path: Vec<u8>) -> Result<Origin, Refusal> {
        let (paths, mut path) = (self.paths(), path);
        for _ in 0..MAX_LINKS {
            match paths.get(&self.digest(&path)) {
                None => return Ok(Origin::InPlace(path)),
                Some(Skipped::Archived(offset)) => return Ok(Origin::Archived(*offset, path)),
                Some(Skipped::AtPath(other)) => path = other.to_vec(),
            }
        }
        Err(Refusal::LinkOutside)
    }

    /// Notes the decision about a member, and the origin of a hard link.
    pub(super) fn learn(&self, step: Step, path: &[u8], offset: u64, origin: Option<&Origin>) {
        match (step, origin) {
            (Step::Leave, Some(Origin::InPlace(other))) => self.add_alias(path, other),
            (Step::Leave, None) => self.add(path, offset),
            (Step::Make | Step::Pass | Step::Replace, Some(Origin::Archived(_, skipped))) => {
                self.add_alias(skipped, path);
            }
            (Step::Leave, Some(Origin::Archived(offset, _))) => self.add(path, *offset),
            _ => {}
        }
    }

    fn put(&self, path: &[u8], skipped: Skipped) {
        let digest = self.digest(path);
        if self.relevant.as_ref().is_none_or(|relevant| relevant.contains(&digest)) {
            self.paths().insert(digest, skipped);
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
    fn remembers_only_relevant_paths() {
        let mut relevant = PathDigests::default();
        relevant.insert(b"a");
        let skipped = LinkOrigins::of(relevant);
        ["a", "b"].iter().for_each(|path| skipped.add(path.as_bytes(), 512));
        assert_eq!(skipped.origin(b"a".to_vec()), Ok(Origin::Archived(512, b"a".to_vec())));
        assert_eq!(skipped.paths().len(), 1);
    }

    #[test]
    fn finds_the_origin_of_a_hard_link() {
        let skipped = LinkOrigins::default();
        let origin = |path: &str| skipped.origin(path.as_bytes().to_vec());
        let existing = |path: &str| Ok(Origin::InPlace(path.as_bytes().to_vec()));
        assert_eq!(origin("a"), existing("a"));
        skipped.add(b"a", 512);
        assert_eq!(origin("a"), Ok(Origin::Archived(512, b"a".to_vec())));
        skipped.add_alias(b"link", b"a");
        assert_eq!(origin("link"), Ok(Origin::Archived(512, b"a".to_vec())));
        skipped.add_alias(b"a", b"b");
        assert_eq!(origin("link"), existing("b"));
        skipped.forget(b"a");
        assert_eq!(origin("link"), existing("a"));
        skipped.add_alias(b"a", b"link");
        assert_eq!(origin("a"), Err(Refusal::LinkOutside), "a circle");
    }
}
