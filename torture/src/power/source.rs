//! What is backed up: thirty small files and a large one, of noise.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

const SMALL_FILES: usize = 30;
/// Those that change where archives share blocks.
const CHANGING: [usize; 2] = [7, 20];
/// Two of the blocks that an archive is written in, and some.
const LARGE_BYTES: usize = 9 << 20;
/// Archives grow in steps of this size. A page is not a divisor of it, but of twice that.
const ARCHIVE_STEP_BYTES: usize = 10_240;

/// Writes the source anew. Each generation has other contents; the archive ends within a page unless told otherwise.
pub(super) fn write_source(folder: &Path, generation: u64, ends_with_page: bool) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut noise = Noise(generation);
    for number in 1..=SMALL_FILES {
        write_file(&folder.join(format!("small-{number}")), &noise.bytes(number * 1_000))?;
    }
    let step = if ends_with_page { ARCHIVE_STEP_BYTES } else { 0 };
    write_file(&folder.join("large"), &noise.bytes(LARGE_BYTES + step))?;
    File::open(folder)?.set_modified(fixed_time())
}

/// Changes some files of the source, and no byte of the others. Neither their sizes nor their modification times tell which.
pub(super) fn change_some(folder: &Path, generation: u64) -> io::Result<()> {
    let mut noise = Noise(generation);
    for number in CHANGING {
        write_file(&folder.join(format!("small-{number}")), &noise.bytes(number * 1_000))?;
    }
    Ok(())
}

fn write_file(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(contents)?;
    file.set_modified(fixed_time())
}

/// The same times give the same headers, and so the same length.
fn fixed_time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 1)
}

/// Bytes that no compression makes fewer, the same ones for the same seed.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = std::iter::repeat_with(|| self.next().to_le_bytes()).take(count.div_ceil(8));
        let mut bytes = words.collect::<Vec<_>>().into_flattened();
        bytes.truncate(count);
        bytes
    }

    /// `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
