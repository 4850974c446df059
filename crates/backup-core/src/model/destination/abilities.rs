//! Destination abilities: what a store can do beyond keeping objects.

/// What a store can do beyond keeping objects, as it showed when it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DestinationAbilities {
    /// The store itself refuses to replace an object, even if two writers race. Where it can't, the adapter looks first.
    pub refuses_to_replace: bool,
    /// Uploads that were never finished can be listed and aborted.
    pub lists_unfinished: bool,
}
