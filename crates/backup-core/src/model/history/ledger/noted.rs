//! What a note told, together with where that note was.

/// What a note told, and the place of that note among all that the ledger has taken in.
#[derive(Debug, Clone)]
pub(super) struct Noted<T> {
    pub(super) place: u64,
    pub(super) what: T,
}

impl<T> Noted<T> {
    pub(super) fn new(place: u64, what: T) -> Self {
        Self { place, what }
    }
}
