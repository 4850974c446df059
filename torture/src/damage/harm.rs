//! One damage to an archive.

/// What the list of frames at the end of a compressed archive begins with.
const FRAME_LIST: [u8; 4] = 0x184D_2A5E_u32.to_le_bytes();

/// Begins the checksum of that list, before it.
const FRAME_LIST_CHECKSUM: [u8; 4] = 0x184D_2A5D_u32.to_le_bytes();

/// What is done to each byte.
const FLIPS: [u8; 3] = [0x01, 0x80, 0xFF];

/// A damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// The byte there is another.
    Flip { at: usize, by: u8 },
    /// Only so many bytes are left.
    Cut(usize),
}

impl Harm {
    /// Returns all flips of each `step`th byte.
    pub(super) fn flips(length: usize, step: usize) -> Vec<Self> {
        let bytes = (0..length).step_by(step);
        bytes.flat_map(|at| FLIPS.map(|by| Self::Flip { at, by })).collect()
    }

    /// Returns the cuts to each `step`th length.
    pub(super) fn cuts(length: usize, step: usize) -> Vec<Self> {
        (0..length).step_by(step).map(Self::Cut).collect()
    }

    /// Returns whether the structure must find it: every cut, but for those that leave all of a compressed archive and
    /// take the list of its frames, or its checksum too, which no reader needs.
    pub(super) fn is_for_structure(self, archive: &[u8]) -> bool {
        let is_list =
            |rest: &[u8]| [FRAME_LIST, FRAME_LIST_CHECKSUM].iter().any(|magic| rest.starts_with(magic));
        matches!(self, Self::Cut(length) if !is_list(&archive[length..]))
    }

    /// Returns what is left of an archive.
    pub(super) fn done_to(self, archive: &[u8]) -> Vec<u8> {
        match self {
            Self::Flip { at, by } => {
                let mut bytes = archive.to_vec();
                bytes[at] ^= by;
                bytes
            }
            Self::Cut(length) => archive[..length].to_vec(),
        }
    }
}
