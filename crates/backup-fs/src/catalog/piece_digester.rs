//! The digests of a large file and of its pieces, in one pass.

use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

use super::digest::{ContentDigest, PieceDigest, first_bytes};

/// The length of the pieces of a large file that have digests of their own.
pub(crate) const PIECE_BYTES: usize = 1024 * 1024;

/// Digests contents, and each piece of them. No byte is hashed twice.
///
/// BLAKE3 is a tree over chunks of 1 KiB. A piece has 1,024 of them, and so it is a subtree. Its digest is the first 16 bytes of that
/// subtree's chaining value. That depends on the place of the piece: pieces are comparable at the same place only. The digest
/// of the whole is an ordinary BLAKE3.
#[derive(Debug, Default)]
pub(crate) struct PieceDigester {
    /// What has come of the piece at hand. It has at least a byte, unless it is the first one.
    piece: Hasher,
    piece_bytes: usize,
    /// The number of pieces before it.
    ended_pieces: u64,
    /// The subtrees of those pieces, the largest first.
    subtrees: Vec<ChainingValue>,
}

impl PieceDigester {
    /// Adds the next bytes. Calls `ended` with the digest of each piece that is complete now.
    pub(crate) fn update(&mut self, mut bytes: &[u8], mut ended: impl FnMut(PieceDigest)) {
        while !bytes.is_empty() {
            if self.piece_bytes == PIECE_BYTES {
                self.begin_piece();
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.piece_bytes));
            self.piece.update(now);
            self.piece_bytes += now.len();
            bytes = later;
            if self.piece_bytes == PIECE_BYTES {
                ended(first_bytes(&self.piece.finalize_non_root()));
            }
        }
    }

    /// Begins a piece behind one that is complete.
    fn begin_piece(&mut self) {
        self.ended_pieces += 1;
        let mut subtree = self.piece.finalize_non_root();
        // Two subtrees of the same size are one, as the digits of a number that is counted up.
        for _ in 0..self.ended_pieces.trailing_zeros() {
            let left = self.subtrees.pop().expect("there is one for each digit");
            subtree = merge_subtrees_non_root(&left, &subtree, Mode::Hash);
        }
        self.subtrees.push(subtree);
        self.piece = Hasher::new();
        self.piece.set_input_offset(self.ended_pieces * PIECE_BYTES as u64);
        self.piece_bytes = 0;
    }

    /// Returns the digest of a last piece that is shorter than others.
    pub(crate) fn short_piece(&self) -> Option<PieceDigest> {
        let is_short = (1..PIECE_BYTES).contains(&self.piece_bytes);
        is_short.then(|| first_bytes(&self.piece.finalize_non_root()))
    }

    /// Returns the digest of all bytes.
    pub(crate) fn finish(self) -> ContentDigest {
        let Some((whole, others)) = self.subtrees.split_first() else {
            return first_bytes(self.piece.finalize().as_bytes());
        };
        let right = others.iter().rev().fold(self.piece.finalize_non_root(), |right, left| {
            merge_subtrees_non_root(left, &right, Mode::Hash)
        });
        first_bytes(merge_subtrees_root(whole, &right, Mode::Hash).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::digest::digest_of;
    use super::*;

    /// Returns the digest of the whole, and those of the pieces.
    fn digests(contents: &[u8], step: usize) -> (ContentDigest, Vec<PieceDigest>) {
        let (mut digester, mut pieces) = (PieceDigester::default(), Vec::new());
        contents.chunks(step).for_each(|part| digester.update(part, |piece| pieces.push(piece)));
        pieces.extend(digester.short_piece());
        (digester.finish(), pieces)
    }

    #[test]
    fn the_whole_has_an_ordinary_digest_whatever_its_length() {
        let contents: Vec<u8> =
            (0..9 * PIECE_BYTES + 5).map(|at| u8::try_from((at + at / 4096) % 251).unwrap()).collect();
        let mut lengths = vec![0, 1, 1024, 1025];
        for pieces in 1..=9 {
            lengths.extend([pieces * PIECE_BYTES - 1, pieces * PIECE_BYTES, pieces * PIECE_BYTES + 1]);
        }
        for length in lengths {
            let contents = &contents[..length];
            let (whole, pieces) = digests(contents, 300_000);
            assert_eq!(whole, digest_of(contents), "{length}");
            assert_eq!(pieces.len(), length.div_ceil(PIECE_BYTES), "{length}");
            assert_eq!((whole, pieces), digests(contents, 3 * PIECE_BYTES), "{length}");
        }
    }

    #[test]
    fn a_changed_byte_changes_the_digest_of_its_piece_alone() {
        let mut contents = vec![7; 3 * PIECE_BYTES + 9];
        let (_, before) = digests(&contents, PIECE_BYTES);
        for (at, changed) in [(0, 0), (PIECE_BYTES - 1, 0), (PIECE_BYTES, 1), (3 * PIECE_BYTES + 8, 3)] {
            contents[at] ^= 1;
            let (_, after) = digests(&contents, PIECE_BYTES);
            contents[at] ^= 1;
            let differing: Vec<_> = (0..4).filter(|piece| before[*piece] != after[*piece]).collect();
            assert_eq!(differing, [changed], "{at}");
        }
    }
}
