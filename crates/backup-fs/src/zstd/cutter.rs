//! Where the frames of a compressed tar end: at members, chosen by what their headers say.
//!
//! A change in one place must not move the ends of all frames behind it, for frames that are what they were need not be
//! compressed again. So the ends don't hang on offsets. A frame ends before a member whose headers have a certain digest, unless it
//! would be too short, and before any member once it is long enough. The contents of a large file have frames of their own, cut
//! where the pieces begin whose digests a catalog has.
//!
//! What is no tar is cut into frames of the same length. So are the bytes behind what looks like a header and isn't one, up to
//! the next header.

use tar::Header;

/// No frame ends before it has so many bytes, if it needn't. Shorter ones compress worse.
const MIN_BYTES: usize = 64 * 1024;

/// A frame with so many bytes ends before the next member.
const LONG_BYTES: usize = 512 * 1024;

/// No frame has more bytes.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// One in so many members is one before which a frame ends.
const ONE_IN: u64 = 8;

/// The length of the frames of a large file. A file is large if it is longer.
const PIECE_BYTES: u64 = 1024 * 1024;

/// The block size of tar.
const BLOCK_BYTES: usize = 512;

/// Follows a tar, and says where its frames end.
#[derive(Debug)]
pub(crate) struct Cutter {
    /// How many bytes the frame has.
    frame_bytes: usize,
    /// The current block of the tar, as far as it was seen.
    block: [u8; BLOCK_BYTES],
    filled: usize,
    /// Whether all of the block was seen.
    is_seen: bool,
    member: MemberStart,
    contents: Contents,
}

/// The headers of the member that begins.
#[derive(Debug, Default)]
struct MemberStart {
    /// How long they are so far; 0 where none has been seen.
    bytes: usize,
    digest: u64,
}

/// What follows a header.
#[derive(Debug, Default)]
struct Contents {
    /// How many bytes are left, with those that fill the last block.
    left: u64,
    /// How many of them say something about the member that begins.
    of_header: u64,
    /// How many bytes have been, if they are those of a large file.
    large: Option<u64>,
}

/// What became of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// So many belong to the frame.
    pub(crate) taken: usize,
    /// The frame ends, so many bytes before what it has now.
    pub(crate) cut: Option<usize>,
}

impl Default for Cutter {
    fn default() -> Self {
        let (member, contents) = (MemberStart::default(), Contents::default());
        Self { frame_bytes: 0, block: [0; BLOCK_BYTES], filled: 0, is_seen: true, member, contents }
    }
}

impl Cutter {
    /// Takes the next bytes, or some of them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Step {
        let room = MAX_BYTES.saturating_sub(self.frame_bytes).max(1);
        let taken = bytes.len().min(room);
        let (taken, cut) = match self.contents.left {
            0 => self.take_block(&bytes[..taken]),
            left => {
                let taken = taken.min(usize::try_from(left).unwrap_or(taken));
                self.take_contents(&bytes[..taken])
            }
        };
        let cut = cut.or((self.frame_bytes >= MAX_BYTES).then_some(0));
        if let Some(rest) = cut {
            self.frame_bytes = rest;
        }
        Step { taken, cut }
    }

    /// Takes in that the frame ends here.
    pub(crate) fn end_frame(&mut self) {
        self.frame_bytes = 0;
        self.member = MemberStart::default();
    }

    /// Takes in that so many bytes come from elsewhere, in frames of their own.
    pub(crate) fn skip(&mut self, bytes: u64) {
        self.end_frame();
        let in_contents = bytes.min(self.contents.left);
        self.contents.pass(in_contents);
        let filled = (bytes - in_contents) % BLOCK_BYTES as u64;
        self.filled = (self.filled + usize::try_from(filled).unwrap_or(0)) % BLOCK_BYTES;
        self.is_seen = self.filled == 0;
    }

    fn take_contents(&mut self, bytes: &[u8]) -> (usize, Option<usize>) {
        let contents = &mut self.contents;
        let to_end_of_piece = contents.large.map(|done| PIECE_BYTES - done % PIECE_BYTES);
        let most = to_end_of_piece.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(bytes.len());
        let bytes = &bytes[..bytes.len().min(most)];
        let of_header = usize::try_from(contents.of_header).unwrap_or(bytes.len()).min(bytes.len());
        self.member.add(&bytes[..of_header]);
        self.member.bytes += if self.member.bytes > 0 { bytes.len() } else { 0 };
        self.frame_bytes += bytes.len();
        let is_large = contents.large.is_some();
        contents.pass(bytes.len() as u64);
        let ends_piece = contents.left == 0 || bytes.len() == most;
        (bytes.len(), (is_large && ends_piece).then_some(0))
    }

    fn take_block(&mut self, bytes: &[u8]) -> (usize, Option<usize>) {
        let taken = bytes.len().min(BLOCK_BYTES - self.filled);
        self.block[self.filled..][..taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        self.frame_bytes += taken;
        if self.filled < BLOCK_BYTES {
            return (taken, None);
        }
        self.filled = 0;
        let is_seen = std::mem::replace(&mut self.is_seen, true);
        let header = Header::from_byte_slice(&self.block);
        let size = if is_seen && is_header(&self.block) { header.entry_size().ok() } else { None };
        let Some(size) = size else {
            self.member = MemberStart::default();
            return (taken, None);
        };
        let is_extension = matches!(self.block[TYPE], b'x' | b'g' | b'L' | b'K');
        let stored = size.next_multiple_of(BLOCK_BYTES as u64);
        let name = &self.block[..NAME_BYTES];
        self.member.add(name.split(|byte| *byte == 0).next().unwrap_or_default());
        self.member.bytes += BLOCK_BYTES;
        if is_extension {
            self.contents = Contents { left: stored, of_header: size, large: None };
            return (taken, None);
        }
        let member = std::mem::take(&mut self.member);
        let large = (size > PIECE_BYTES).then_some(0);
        self.contents = Contents { left: stored, of_header: 0, large };
        (taken, self.cut_before(&member, large.is_some()))
    }

    /// Returns where the frame ends, now that the headers of a member have been seen.
    fn cut_before(&self, member: &MemberStart, is_large: bool) -> Option<usize> {
        if is_large {
            return Some(0);
        }
        let before = self.frame_bytes.checked_sub(member.bytes)?;
        let ends = before >= LONG_BYTES || before >= MIN_BYTES && member.mixed().is_multiple_of(ONE_IN);
        ends.then_some(member.bytes)
    }
}

impl MemberStart {
    /// Adds bytes to the digest, which is that of Fowler, Noll and Vo.
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.digest = (self.digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Returns the digest so that its lowest bits hang on all bytes.
    fn mixed(&self) -> u64 {
        let mixed = (self.digest ^ self.digest >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed >> 32
    }
}

impl Contents {
    fn pass(&mut self, bytes: u64) {
        self.left -= bytes;
        self.of_header = self.of_header.saturating_sub(bytes);
        self.large = self.large.map(|done| done + bytes);
    }
}

const NAME_BYTES: usize = 100;
const TYPE: usize = 156;

/// Returns whether a block is a header, by its checksum.
fn is_header(block: &[u8; BLOCK_BYTES]) -> bool {
    let field = 148..156;
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let of_field: u32 = block[field.clone()].iter().map(|byte| u32::from(*byte)).sum();
    let blanks = u32::from(b' ') * 8;
    let said = Header::from_byte_slice(block).cksum();
    block[257..262] == *b"ustar" && said.is_ok_and(|said| said == sum - of_field + blanks)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends a member with extended headers, and contents of that length.
    fn add(tar: &mut Vec<u8>, name: &str, length: usize) {
        for (kind, contents) in [(b'x', vec![b'm'; 30]), (b'0', vec![b'a'; length])] {
            let mut header = Header::new_ustar();
            header.set_path(name).unwrap();
            header.set_entry_type(tar::EntryType::new(kind));
            header.set_size(contents.len() as u64);
            header.set_cksum();
            tar.extend(header.as_bytes());
            tar.extend(contents);
            tar.resize(tar.len().next_multiple_of(BLOCK_BYTES), 0);
        }
    }

    fn tar(names: impl Iterator<Item = usize>) -> Vec<u8> {
        let mut tar = Vec::new();
        names.for_each(|name| add(&mut tar, &format!("docs/{name}"), name * 7919 % 30_000));
        tar
    }

    /// Returns the frames, when the bytes come in pieces of that length.
    fn frames(tar: &[u8], piece: usize) -> Vec<Vec<u8>> {
        let (mut cutter, mut frames, mut frame) = (Cutter::default(), Vec::new(), Vec::new());
        for mut piece in tar.chunks(piece) {
            while !piece.is_empty() {
                let step = cutter.take(piece);
                frame.extend_from_slice(&piece[..step.taken]);
                piece = &piece[step.taken..];
                if let Some(rest) = step.cut {
                    let rest = frame.split_off(frame.len() - rest);
                    frames.push(std::mem::replace(&mut frame, rest));
                }
            }
        }
        frames.push(frame);
        frames
    }

    #[test]
    fn frames_end_before_members_whatever_the_pieces() {
        let tar = tar(0..500);
        let cut = frames(&tar, tar.len());
        for piece in [1, 511, 512, 10_000, 4 << 20] {
            assert!(frames(&tar, piece) == cut, "{piece}");
        }
        assert!(cut.concat() == tar);
        let (last, others) = cut.split_last().unwrap();
        assert!(!last.is_empty());
        assert!((20..60).contains(&others.len()), "{}", others.len());
        for frame in others {
            assert!((MIN_BYTES..LONG_BYTES + 40_000).contains(&frame.len()), "{}", frame.len());
            assert_eq!(frame[TYPE], b'x', "begins with the first header of a member");
        }
    }

    #[test]
    fn a_change_moves_few_frames() {
        let before = frames(&tar(0..2000), 10_000);
        for gone in [0, 700, 1999] {
            let after = frames(&tar((0..2000).filter(|name| *name != gone)), 10_000);
            let other = after.iter().filter(|frame| !before.contains(frame)).count();
            assert!(other <= 3, "{gone}: {other} of {}", after.len());
        }
    }

    #[test]
    fn a_large_file_has_frames_of_its_own() {
        let mut tar = Vec::new();
        add(&mut tar, "a", 100);
        add(&mut tar, "large", 2_500_000);
        add(&mut tar, "z", 100);
        let lengths: Vec<_> = frames(&tar, 10_000).iter().map(Vec::len).collect();
        let piece = 1024 * 1024;
        assert_eq!(lengths, [2048 + 1536, piece, piece, 2_500_096 - 2 * piece, 2048]);
    }

    #[test]
    fn what_is_no_tar_has_frames_of_one_length() {
        let noise: Vec<u8> = (0..).flat_map(u32::to_le_bytes).take(2 * MAX_BYTES + 100).collect();
        let lengths: Vec<_> = frames(&noise, 77_777).iter().map(Vec::len).collect();
        assert_eq!(lengths, [MAX_BYTES, MAX_BYTES, 100]);
        // A member is found behind it.
        let mut tar = noise[..512 * 3].to_vec();
        add(&mut tar, "large", 2_000_000);
        assert_eq!(frames(&tar, 10_000)[0].len(), 512 * 6);
    }

    /// After frames from elsewhere, it is as if they had been seen.
    #[test]
    fn goes_on_behind_frames_from_elsewhere() {
        let mut tar = tar(0..300);
        add(&mut tar, "large", 3_500_000);
        tar.extend(self::tar(300..600));
        let cut = frames(&tar, 10_000);
        let mut cutter = Cutter::default();
        for (index, frame) in cut.iter().enumerate() {
            if index % 3 == 1 {
                cutter.skip(frame.len() as u64);
                continue;
            }
            let (mut left, mut ended) = (&frame[..], false);
            while !left.is_empty() {
                let step = cutter.take(left);
                left = &left[step.taken..];
                assert!(step.cut.is_none_or(|rest| rest == 0 && left.is_empty()), "frame {index}");
                ended = step.cut.is_some();
            }
            if !ended {
                cutter.end_frame();
            }
        }
    }
}
