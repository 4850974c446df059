//! An archive that is compared with what is written. What turns out to be the same is shared.
//!
//! Nothing of it is trusted: its bytes are read from the disk, and only those count as the same that are. Only parts that lie in one
//! piece on the disk are shared, so that the new archive isn't in more pieces than it is worth.

use std::collections::VecDeque;
use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;

use rustix::fs::{Advice, fadvise};

use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::posix::clone::block_bytes;
use crate::posix::disk::{Disk, System};
use crate::posix::extents::long_parts;

/// What of an archive is compared, and with what.
#[derive(Debug)]
pub(super) struct ComparedBase {
    block_bytes: u64,
    long_parts: Vec<Range<u64>>,
    /// Where the same may come next, in the order in which it will be written.
    expected: VecDeque<Expected>,
    buffer: AlignedBuffer,
}

/// A part of the new archive that may be what the other has at `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    part: Range<u64>,
    from: u64,
}

/// A piece of less isn't worth the seek that it takes to read it.
const LEAST_BYTES: u64 = 64 * 1024;

impl ComparedBase {
    /// Returns an archive of which nothing was compared; `None` if it can't be.
    pub(super) fn of(base: &File) -> Option<Self> {
        let long_parts = long_parts(base, LEAST_BYTES)?;
        // What is in memory says nothing about what is on the disk.
        let _ = fadvise(base, 0, None, Advice::DontNeed);
        let (expected, buffer) = (VecDeque::new(), AlignedBuffer::new());
        Some(Self { block_bytes: block_bytes(base)?, long_parts, expected, buffer })
    }

    /// Returns the parts of the archive that can be compared.
    pub(super) fn long_parts(&self) -> &[Range<u64>] {
        &self.long_parts
    }

    /// Takes in that a part of the archive may come from that offset on.
    pub(super) fn expect(&mut self, at: u64, part: Range<u64>) {
        let end = at + (part.end.saturating_sub(part.start));
        if let Some(last) = self.expected.back_mut() {
            if last.part.end == at && last.from + (at - last.part.start) == part.start {
                last.part.end = end;
                return;
            }
            last.part.end = last.part.end.min(at);
        }
        if at % self.block_bytes == part.start % self.block_bytes {
            self.expected.push_back(Expected { part: at..end, from: part.start });
        }
    }

    /// Returns which parts of the bytes that will be written at that offset are the same in the archive, and where they are there.
    /// They consist of whole blocks.
    pub(super) fn find_same(&mut self, base: &File, at: u64, bytes: &[u8]) -> Vec<(Range<usize>, u64)> {
        let end = at + bytes.len() as u64;
        let block = usize::try_from(self.block_bytes).expect("a block fits into memory");
        let mut same = Vec::new();
        for (part, from) in self.candidates(at..end) {
            let there = self.read(base, from, part.len());
            let here = &bytes[part.clone()];
            let runs = equal_runs(here, there, block);
            same.extend(
                runs.map(|run| (part.start + run.start..part.start + run.end, from + run.start as u64)),
            );
        }
        same
    }

    /// Returns which parts of the next bytes may be the same, and where: whole blocks in long parts of the archive.
    fn candidates(&mut self, written: Range<u64>) -> Vec<(Range<usize>, u64)> {
        let mut found = Vec::new();
        while let Some(next) = self.expected.front().filter(|next| next.part.start < written.end).cloned() {
            let there = |at: u64| next.from + (at - next.part.start);
            let both = next.part.start.max(written.start)..next.part.end.min(written.end);
            if both.start < both.end {
                let wanted = there(both.start)..there(both.end);
                let first = self.long_parts.partition_point(|long| long.end <= wanted.start);
                for long in self.long_parts[first..].iter().take_while(|long| long.start < wanted.end) {
                    let from = wanted.start.max(long.start).next_multiple_of(self.block_bytes);
                    let to = wanted.end.min(long.end) / self.block_bytes * self.block_bytes;
                    if from + LEAST_BYTES <= to {
                        let start = from - wanted.start + both.start - written.start;
                        let range = start..start + (to - from);
                        found.extend(in_memory(range).map(|range| (range, from)));
                    }
                }
            }
            if next.part.end > written.end {
                break;
            }
            self.expected.pop_front();
        }
        found
    }

    /// Reads a part of the archive. What can't be read is missing at the end.
    fn read(&mut self, base: &File, from: u64, length: usize) -> &[u8] {
        self.buffer.clear();
        while self.buffer.bytes().len() < length {
            let filled = self.buffer.bytes().len();
            let room = self.buffer.room();
            let wanted = (length - filled).min(room.len());
            match System.read_uncached(base.as_fd(), &mut room[..wanted], from + filled as u64) {
                Ok(read @ 1..) => self.buffer.fill(read),
                _ => break,
            }
        }
        self.buffer.bytes()
    }
}

fn in_memory(range: Range<u64>) -> Option<Range<usize>> {
    Some(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// Returns the parts of both that are equal, in whole blocks, and long enough to be shared.
fn equal_runs<'b>(
    here: &'b [u8],
    there: &'b [u8],
    block: usize,
) -> impl Iterator<Item = Range<usize>> + use<'b> {
    let mut blocks = here.chunks_exact(block).zip(there.chunks_exact(block)).enumerate();
    let mut ended = false;
    std::iter::from_fn(move || {
        let mut run = None::<Range<usize>>;
        while !ended {
            let next = blocks.next();
            ended = next.is_none();
            match next {
                Some((at, (here, there))) if here == there => {
                    let start = run.map_or(at * block, |run| run.start);
                    run = Some(start..(at + 1) * block);
                }
                _ => {
                    let long = run.take().filter(|run| run.len() as u64 >= LEAST_BYTES);
                    if long.is_some() {
                        return long;
                    }
                }
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    fn base(long_parts: Vec<Range<u64>>) -> ComparedBase {
        let (expected, buffer) = (VecDeque::new(), AlignedBuffer::new());
        ComparedBase { block_bytes: 4 * KIB, long_parts, expected, buffer }
    }

    #[test]
    fn only_equal_blocks_in_a_row_are_the_same() {
        let here = vec![7; 400 * 1024];
        let check = |wrong: &[usize], expected: &[(usize, usize)]| {
            let mut there = here.clone();
            wrong.iter().for_each(|at| there[*at] ^= 1);
            let runs: Vec<_> = equal_runs(&here, &there, 4096).map(|run| (run.start, run.end)).collect();
            assert_eq!(runs, expected, "{wrong:?}");
        };
        check(&[], &[(0, 409_600)]);
        check(&[0], &[(4096, 409_600)]);
        check(&[409_599], &[(0, 405_504)]);
        check(&[100_000], &[(0, 98_304), (102_400, 409_600)]);
        // What is left before it is too short.
        check(&[60_000], &[(61_440, 409_600)]);
        check(&(0..100).map(|block| block * 4096).collect::<Vec<_>>(), &[]);
        // What isn't there is no match.
        assert_eq!(equal_runs(&here, &here[..70_000], 4096).next(), Some(0..69_632));
        assert_eq!(equal_runs(&here, &[], 4096).count(), 0);
    }

    #[test]
    fn what_may_be_the_same_is_looked_for_in_long_parts() {
        let mut base = base(vec![0..100 * KIB, 200 * KIB..1000 * KIB]);
        // Two neighbours are one; a part with another phase is none; a later guess ends the one before.
        base.expect(4 * KIB, 0..50 * KIB);
        base.expect(54 * KIB, 50 * KIB..400 * KIB);
        base.expect(404 * KIB, 500 * KIB + 512..600 * KIB);
        base.expect(500 * KIB, 596 * KIB..990 * KIB);
        base.expect(600 * KIB, 900 * KIB..990 * KIB);
        let kib = |at: u64| usize::try_from(at * KIB).unwrap();
        let expected = [(kib(4)..kib(104), 0), (kib(204)..kib(404), 200 * KIB)];
        assert_eq!(base.candidates(0..450 * KIB), expected);
        let expected = [(kib(50)..kib(150), 596 * KIB), (kib(150)..kib(234), 900 * KIB)];
        assert_eq!(base.candidates(450 * KIB..687 * KIB), expected);
        assert_eq!(base.candidates(687 * KIB..800 * KIB), [], "the rest is too short");
    }
}
