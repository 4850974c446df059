//! The extents of a file on the disk: which space is its own, and which it shares with other files.

use std::fs::File;
use std::ops::Range;

use fiemap::{Fiemap, FiemapExtent, FiemapExtentFlags, FiemapFlags};

/// The extents of a file at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtentMap {
    extents: Vec<Extent>,
}

/// A run of blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Extent {
    /// Where it is on the disk.
    place: Range<u64>,
    is_shared: bool,
    /// Whether the file system compresses it. Then it occupies less than its length.
    is_compressed: bool,
}

/// How many bytes of the disk are freed if files are removed. The disk itself only knows afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Freed {
    /// What belongs to a single one of the files.
    pub(crate) at_least: u64,
    /// What none of the files that are kept has. Others may share it: a snapshot, or a copy elsewhere.
    pub(crate) at_most: u64,
}

impl ExtentMap {
    /// Asks the file system for the extents of a file. What isn't on the disk yet is written there first.
    ///
    /// Returns `None` if the file system can't tell, or not all of it.
    pub(crate) fn of(file: &File) -> Option<Self> {
        let mut extents = Vec::new();
        for extent in Fiemap::with_flags(file, FiemapFlags::SYNC) {
            extents.extend(Extent::new(&extent.ok()?)?);
        }
        Some(Self { extents })
    }

    /// Returns how many bytes of the file other files have as well. Holes don't count.
    pub(crate) fn shared_bytes(&self) -> u64 {
        self.bytes_of(|extent| extent.is_shared)
    }

    /// Returns how many bytes of the file no other file has. Holes don't count.
    pub(crate) fn own_bytes(&self) -> u64 {
        self.bytes_of(|extent| !extent.is_shared)
    }

    /// Returns the number of extents. Neighbours on the disk of which one is shared and one isn't count as two.
    pub(crate) fn extent_count(&self) -> usize {
        self.extents.len()
    }

    fn bytes_of(&self, is_wanted: impl Fn(&Extent) -> bool) -> u64 {
        let wanted = self.extents.iter().filter(|extent| is_wanted(extent));
        wanted.map(|extent| extent.place.end - extent.place.start).sum()
    }
}

impl Extent {
    /// Returns `Some(None)` for contents without blocks of their own, and `None` if it isn't known where the contents are.
    fn new(told: &FiemapExtent) -> Option<Option<Self>> {
        let is = |flags| told.fe_flags.intersects(flags);
        if is(FiemapExtentFlags::DATA_INLINE | FiemapExtentFlags::DATA_TAIL) {
            return Some(None);
        }
        // A length of 0 would be told again and again.
        if is(FiemapExtentFlags::UNKNOWN | FiemapExtentFlags::DELALLOC) || told.fe_length == 0 {
            return None;
        }
        Some(Some(Self {
            place: told.fe_physical..told.fe_physical.checked_add(told.fe_length)?,
            is_shared: is(FiemapExtentFlags::SHARED),
            is_compressed: is(FiemapExtentFlags::ENCODED),
        }))
    }
}

/// Returns how many bytes are freed if the `removed` files go and the `kept` ones stay. Each file is in one of both, once,
/// and all of them are on one file system.
///
/// Returns `None` on a disk that compresses: only the disk knows how much space that takes. Btrfs frees an extent only as a
/// whole: what it frees can be less than `at_most` because a kept file has another part of it, and more once no file has.
pub(crate) fn freed(removed: &[ExtentMap], kept: &[ExtentMap]) -> Option<Freed> {
    if removed.iter().flat_map(|map| &map.extents).any(|extent| extent.is_compressed) {
        return None;
    }
    let at_least = removed.iter().map(ExtentMap::own_bytes).sum();
    let at_most = bytes_outside(&places(removed), &places(kept)).max(at_least);
    Some(Freed { at_least, at_most })
}

/// Returns all places of the disk that files occupy, in order, without overlaps.
fn places(maps: &[ExtentMap]) -> Vec<Range<u64>> {
    let mut all: Vec<_> =
        maps.iter().flat_map(|map| &map.extents).map(|extent| extent.place.clone()).collect();
    all.sort_by_key(|place| place.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for place in all {
        match merged.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => merged.push(place),
        }
    }
    merged
}

/// Returns how many bytes of `places` aren't in `others`. Both are in order and without overlaps.
fn bytes_outside(places: &[Range<u64>], others: &[Range<u64>]) -> u64 {
    let mut others = others.iter().peekable();
    let mut bytes = 0;
    for place in places {
        bytes += place.end - place.start;
        while let Some(other) = others.peek() {
            bytes -= other.end.min(place.end).saturating_sub(other.start.max(place.start));
            if other.end > place.end {
                break;
            }
            others.next();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    use super::*;
    use crate::posix::clone::clone_range;
    use crate::posix::free_bytes::free_bytes;
    use crate::posix::test_disk::{Kind, TestDisk, file_of, in_memory, noise};

    const MIB: u64 = 1 << 20;
    const SHARING: [Kind; 2] = [Kind::Xfs, Kind::Btrfs];

    /// Makes a file of a part of another and 1 MiB of its own.
    fn half_cloned(base: &File, part: &Range<u64>, path: &Path, seed: u64) -> File {
        let file = File::create_new(path).unwrap();
        clone_range(base, part, &file, 0).unwrap();
        file.write_all_at(&noise(seed, 1 << 20), part.end - part.start).unwrap();
        file.sync_all().unwrap();
        // As long as a file is open for writing, XFS keeps space for more of it.
        drop(file);
        File::open(path).unwrap()
    }

    fn map(file: &File) -> ExtentMap {
        ExtentMap::of(file).unwrap()
    }

    #[test]
    fn tells_own_bytes_from_shared_ones() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let base = file_of(&disk.path().join("base"), &noise(1, 4 << 20));
            assert_eq!((map(&base).shared_bytes(), map(&base).own_bytes()), (0, 4 * MIB), "{kind:?}");
            let file = half_cloned(&base, &(MIB..3 * MIB), &disk.path().join("file"), 2);
            assert_eq!((map(&file).shared_bytes(), map(&file).own_bytes()), (2 * MIB, MIB), "{kind:?}");
            assert!(map(&file).extent_count() >= 2, "{kind:?}");
            // Of an extent of Btrfs, a part makes the whole shared.
            let shared = if kind == Kind::Xfs { 2 * MIB } else { 4 * MIB };
            assert_eq!(map(&base).shared_bytes(), shared, "{kind:?}");
        }
    }

    #[test]
    fn knows_what_is_freed() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let paths = ["base", "second", "third"].map(|name| disk.path().join(name));
            let base = file_of(&paths[0], &noise(1, 4 << 20));
            let second = half_cloned(&base, &(0..4 * MIB), &paths[1], 2);
            let third = half_cloned(&base, &(0..4 * MIB), &paths[2], 3);
            let maps = [&base, &second, &third].map(map);
            let freed = |removed: &[usize], kept: &[usize]| {
                let of = |which: &[usize]| which.iter().map(|at| maps[*at].clone()).collect::<Vec<_>>();
                let freed = freed(&of(removed), &of(kept)).unwrap();
                (freed.at_least, freed.at_most)
            };
            assert_eq!(freed(&[0], &[1, 2]), (0, 0), "{kind:?}");
            assert_eq!(freed(&[1], &[0, 2]), (MIB, MIB), "{kind:?}");
            assert_eq!(freed(&[1, 2], &[0]), (2 * MIB, 2 * MIB), "{kind:?}");
            assert_eq!(freed(&[0, 1, 2], &[]), (2 * MIB, 6 * MIB), "{kind:?}");
            assert_eq!(freed(&[], &[0, 1, 2]), (0, 0), "{kind:?}");

            let before = settled(&disk);
            // XFS frees the space of a removed file a little later, and that of a truncated one at once.
            drop((base, second));
            paths[..2].iter().for_each(|path| fs::write(path, b"").unwrap());
            let really = settled(&disk) - before;
            assert_eq!(freed(&[0, 1], &[2]), (MIB, MIB), "{kind:?}");
            assert!(really.abs_diff(MIB) < MIB / 2, "{kind:?}: the disk has {really} bytes more");
        }
    }

    /// Returns the free bytes of a disk that has done all it had to do.
    fn settled(disk: &TestDisk) -> u64 {
        let root = File::open(disk.path()).unwrap();
        rustix::fs::syncfs(&root).unwrap();
        free_bytes(&root).unwrap()
    }

    #[test]
    fn holes_and_files_in_the_notes_of_the_disk_take_no_blocks() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let sparse = File::create_new(disk.path().join("sparse")).unwrap();
            sparse.set_len(MIB).unwrap();
            assert_eq!(map(&sparse), ExtentMap { extents: Vec::new() }, "{kind:?}");
            let small = file_of(&disk.path().join("small"), b"a few bytes");
            let blocks = if kind == Kind::Xfs { 4096 } else { 0 };
            assert_eq!(map(&small).own_bytes(), blocks, "{kind:?}");
        }
    }

    #[test]
    fn what_is_only_in_memory_is_written_first() {
        for kind in SHARING {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let path = disk.path().join("file");
            fs::write(&path, noise(1, 1 << 20)).unwrap();
            assert_eq!(map(&File::open(&path).unwrap()).own_bytes(), MIB, "{kind:?}");
        }
    }

    #[test]
    fn reserved_space_is_the_file_s_own() {
        let Some(disk) = TestDisk::mount(Kind::Xfs) else { return };
        let file = File::create_new(disk.path().join("file")).unwrap();
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, MIB).unwrap();
        assert_eq!(map(&file).own_bytes(), MIB);
    }

    #[test]
    fn a_disk_that_compresses_keeps_its_sizes_to_itself() {
        let Some(disk) = TestDisk::mount(Kind::BtrfsCompressed) else { return };
        let base = file_of(&disk.path().join("base"), &vec![b'a'; 4 << 20]);
        assert_eq!(map(&base).own_bytes(), 4 * MIB, "what it holds is known");
        assert_eq!(freed(&[map(&base)], &[]), None);
    }

    #[test]
    fn ext4_shares_nothing_and_memory_cannot_tell() {
        if let Some(disk) = TestDisk::mount(Kind::Ext4) {
            let file = file_of(&disk.path().join("file"), &noise(1, 1 << 20));
            assert_eq!((map(&file).shared_bytes(), map(&file).own_bytes()), (0, MIB));
        }
        if let Some(memory) = in_memory() {
            assert_eq!(ExtentMap::of(&file_of(&memory.path().join("file"), b"bytes")), None);
        }
    }

    #[test]
    fn subtracts_places() {
        for (places, others, expected) in [
            ("0-10", "", 10),
            ("0-10", "0-10", 0),
            ("0-10", "2-4 6-8", 6),
            ("0-10 20-30", "5-25", 10),
            ("5-10", "0-3 10-20", 5),
            ("0-2 4-6 8-10", "1-9", 2),
            ("", "1-9", 0),
        ] {
            let [left, right] = [places, others].map(ranges);
            assert_eq!(bytes_outside(&left, &right), expected, "{places} without {others}");
        }
    }

    fn ranges(text: &str) -> Vec<Range<u64>> {
        let ends = text.split_whitespace().map(|range| range.split_once('-').unwrap());
        ends.map(|(start, end)| start.parse().unwrap()..end.parse().unwrap()).collect()
    }
}
