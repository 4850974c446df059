//! What is wrong with a catalog that can't be read.

use std::io;

/// Why a catalog can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// It doesn't begin as one.
    Foreign,
    /// It is of a version that this program doesn't know.
    Version(u32),
    /// It doesn't end as one.
    Cut,
    /// The index has another checksum, or doesn't fit to the rest.
    Index,
    /// A group of that block has another checksum.
    Checksum(usize),
    /// A group of that block makes no sense.
    Block(usize),
}

/// A column ends too early, or holds what can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nonsense;

impl Nonsense {
    /// Says in which block it is.
    pub(super) fn of_block(self, block: usize) -> io::Error {
        Damage::Block(block).into()
    }
}

impl From<Damage> for io::Error {
    fn from(damage: Damage) -> Self {
        let text = match damage {
            Damage::Foreign => "this is not a catalog".to_owned(),
            Damage::Version(version) => {
                format!("the catalog is of version {version}, which is unknown here")
            }
            Damage::Cut => "the catalog is cut off, or something was added to it".to_owned(),
            Damage::Index => "the index of the catalog is damaged".to_owned(),
            Damage::Checksum(block) => format!("block {block} of the catalog is damaged"),
            Damage::Block(block) => format!("block {block} of the catalog makes no sense"),
        };
        Self::new(io::ErrorKind::InvalidData, text)
    }
}
