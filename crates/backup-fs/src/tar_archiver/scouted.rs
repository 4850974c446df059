//! What the walk asked the scouts about the next names of a folder.

use std::collections::VecDeque;
use std::sync::Arc;
use std::vec;

use super::scout::Scout;
use super::scouts::{Chunk, Found};

/// What was asked about the next names of a folder, and what was found.
#[derive(Debug, Default)]
pub(super) struct Scouted {
    /// What was found under the next names.
    found: vec::IntoIter<Option<Found>>,
    /// What was asked about the names after those.
    chunks: VecDeque<Arc<Chunk>>,
}

/// How many chunks of a folder are asked for ahead of the walk.
const CHUNKS_AHEAD: usize = 3;

impl Scouted {
    /// Begins with what was found under the first names.
    pub(super) fn new(inside: Vec<Option<Found>>) -> Self {
        Self { found: inside.into_iter(), chunks: VecDeque::new() }
    }

    /// Returns about how many names it was asked, unless it was asked about enough.
    pub(super) fn asked(&self) -> Option<usize> {
        let asked = self.found.len() + self.chunks.iter().map(|chunk| chunk.len()).sum::<usize>();
        (self.chunks.len() < CHUNKS_AHEAD).then_some(asked)
    }

    pub(super) fn push(&mut self, chunk: Arc<Chunk>) {
        self.chunks.push_back(chunk);
    }

    /// Returns what was found under the next name. It may have to wait for another scout than this one, which works meanwhile.
    pub(super) fn next(&mut self, mut scout: Option<&mut Scout<'_>>) -> Option<Found> {
        if self.found.len() == 0
            && let Some(chunk) = self.chunks.pop_front()
        {
            self.found = chunk.take(&mut || scout.as_deref_mut().is_some_and(Scout::help));
        }
        self.found.next().flatten()
    }
}
