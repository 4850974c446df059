//! Extents: where on its disk a file is.

use std::fs::File;
use std::ops::Range;
use std::os::fd::AsFd;

use backup_core::model::archive::DiskRange;
use fiemap::{Fiemap, FiemapExtent, FiemapExtentFlags, FiemapFlags};
use rustix::fs::{FsWord, Stat, fstat, fstatfs};

/// Returns the parts of the disk that a file occupies. Parts that two files of one disk have in common are the same.
///
/// What isn't on the disk yet is written there first. Space behind the end of the file isn't counted, because it is only
/// reserved for a while. On a disk that compresses, the length of a part is an estimate. `None` if the disk doesn't tell.
pub(crate) fn disk_ranges(file: &File) -> Option<Vec<DiskRange>> {
    let (stat, disk) = (fstat(file).ok()?, fstatfs(file).ok()?);
    if NEVER_SHARED.contains(&disk.f_type) {
        return own_range(&stat);
    }
    mapped_ranges(file, u64::try_from(stat.st_size).ok()?.div_ceil(BLOCK_BYTES) * BLOCK_BYTES)
}

/// Returns the space of a file that shares nothing, in a pool of its own.
fn own_range(stat: &Stat) -> Option<Vec<DiskRange>> {
    let blocks = u64::try_from(stat.st_blocks).ok()?;
    Some(vec![DiskRange { pool: stat.st_ino, start: 0, end: blocks.checked_mul(STAT_BLOCK_BYTES)? }])
}

/// Returns what the disk tells of the first `length` bytes of a file.
fn mapped_ranges(file: &File, length: u64) -> Option<Vec<DiskRange>> {
    let (mut parts, mut is_compressed) = (Vec::new(), false);
    for extent in Fiemap::with_flags(file.as_fd(), FiemapFlags::SYNC) {
        let extent = extent.ok()?;
        // A length of 0 would be told again and again.
        if extent.fe_length == 0 || parts.len() == MOST_EXTENTS {
            return None;
        }
        if extent.fe_logical >= length {
            break;
        }
        is_compressed |= extent.fe_flags.contains(FiemapExtentFlags::ENCODED);
        parts.extend(part_of(&extent, length)?);
    }
    if is_compressed {
        cut_where_the_next_begins(&mut parts);
    }
    Some(parts)
}

/// Returns the parts of a file of at least that many bytes that are in one piece on the disk, in their order. `None` if the disk
/// doesn't tell.
pub(crate) fn long_parts(file: &File, least: u64) -> Option<Vec<Range<u64>>> {
    let (mut parts, mut part, mut place) = (Vec::new(), 0..0, 0);
    for extent in Fiemap::with_flags(file.as_fd(), FiemapFlags::SYNC) {
        let extent = extent.ok().filter(|extent| extent.fe_length > 0)?;
        let has_place = part_of(&extent, u64::MAX)?.is_some();
        let (start, bytes) = (extent.fe_logical, extent.fe_length);
        let goes_on = start == part.end && extent.fe_physical == place;
        if !has_place || !goes_on {
            parts.extend(Some(part).filter(|part| part.end - part.start >= least));
            part = start..start;
        }
        (part.end, place) = (start + bytes, extent.fe_physical + bytes);
        if !has_place {
            part.start = part.end;
        }
    }
    parts.extend(Some(part).filter(|part| part.end - part.start >= least));
    Some(parts)
}

/// Returns where an extent is; `Some(None)` if it has no place of its own, and `None` if its place isn't known.
fn part_of(extent: &FiemapExtent, length: u64) -> Option<Option<DiskRange>> {
    let is = |flags| extent.fe_flags.intersects(flags);
    if is(FiemapExtentFlags::DATA_INLINE | FiemapExtentFlags::DATA_TAIL) {
        return Some(None);
    }
    if is(FiemapExtentFlags::UNKNOWN | FiemapExtentFlags::DELALLOC) {
        return None;
    }
    let bytes = extent.fe_length.min(length - extent.fe_logical);
    let (start, end) = (extent.fe_physical, extent.fe_physical.checked_add(bytes)?);
    Some(Some(DiskRange { pool: 0, start, end }))
}

/// Cuts compressed parts, whose lengths are those of their contents: where the next one begins, they have ended.
fn cut_where_the_next_begins(parts: &mut [DiskRange]) {
    parts.sort_unstable();
    let mut next = u64::MAX;
    for at in (0..parts.len()).rev() {
        if let Some(later) = parts.get(at + 1).filter(|later| later.start > parts[at].start) {
            next = later.start;
        }
        parts[at].end = parts[at].end.min(next);
    }
}

/// The disks whose files never share their contents: ext2, ext3 and ext4, tmpfs, F2FS. They needn't be asked for each extent.
const NEVER_SHARED: [FsWord; 3] = [0xEF53, 0x0102_1994, 0xF2F5_2010];

/// The largest block of the disks whose files share their contents, as far as they are common.
const BLOCK_BYTES: u64 = 4096;

/// What `st_blocks` counts in, whatever the disk has.
const STAT_BLOCK_BYTES: u64 = 512;

/// So many parts of one file are too many.
const MOST_EXTENTS: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    use backup_core::model::archive::DiskSpace;
    use backup_core::policy::disk_map::DiskMap;

    use super::*;
    use crate::posix::clone::clone_range;
    use crate::posix::test_disk::{Kind, TestDisk, file_of, in_memory, noise};

    const MIB: u64 = 1 << 20;

    fn space(file: &File) -> DiskSpace {
        DiskSpace::new(disk_ranges(file).expect("the disk tells it"))
    }

    /// Makes a file of a part of another and 1 MiB of its own.
    fn half_cloned(base: &File, part: Range<u64>, path: &Path, seed: u64) -> File {
        let file = File::create_new(path).unwrap();
        clone_range(base, &part, &file, 0).unwrap();
        file.write_all_at(&noise(seed, 1 << 20), part.end - part.start).unwrap();
        file.sync_all().unwrap();
        File::open(path).unwrap()
    }

    /// Returns what each of the files has alone, and what several have.
    fn shares(files: &[&File]) -> (Vec<u64>, u64) {
        let mut map = DiskMap::default();
        (0..).zip(files).for_each(|(owner, file)| map.add(owner, &space(file)));
        let (shares, owners) = (map.shares(), u32::try_from(files.len()).unwrap());
        ((0..owners).map(|owner| shares.exclusive_bytes(owner)).collect(), shares.shared_bytes())
    }

    #[test]
    fn what_was_cloned_is_at_the_same_place() {
        for kind in [Kind::Xfs, Kind::Btrfs] {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let path = |name: &str| disk.path().join(name);
            let base = file_of(&path("base"), &noise(1, 4 << 20));
            let second = half_cloned(&base, MIB..3 * MIB, &path("second"), 2);
            let third = half_cloned(&base, 0..2 * MIB, &path("third"), 3);
            let other = file_of(&path("other"), &noise(4, 3 << 20));
            assert_eq!(shares(&[&base, &second]), (vec![2 * MIB, MIB], 2 * MIB), "{kind:?}");
            let all = (vec![MIB, MIB, MIB, 3 * MIB], 3 * MIB);
            assert_eq!(shares(&[&base, &second, &third, &other]), all, "{kind:?}");
            fs::hard_link(path("base"), path("link")).unwrap();
            assert_eq!(space(&File::open(path("link")).unwrap()), space(&base), "{kind:?}");
        }
    }

    /// What was cloned from several places is in as many pieces, whoever shares which of them.
    #[test]
    fn long_parts_are_in_one_piece() {
        for kind in [Kind::Xfs, Kind::Btrfs] {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let path = |name: &str| disk.path().join(name);
            let base = file_of(&path("base"), &noise(1, 4 << 20));
            let copy = File::create_new(path("copy")).unwrap();
            let step = 64 << 10;
            for (at, part) in [(0, 0..MIB), (MIB, 2 * MIB..2 * MIB + step), (MIB + step, 3 * MIB..4 * MIB)] {
                clone_range(&base, &part, &copy, at).unwrap();
            }
            copy.sync_all().unwrap();
            let long = |file, least| long_parts(file, least).unwrap();
            let all = vec![0..MIB, MIB..MIB + step, MIB + step..2 * MIB + step];
            assert_eq!(long(&copy, step), all, "{kind:?}");
            assert_eq!(long(&copy, step + 1), [&all[..1], &all[2..]].concat(), "{kind:?}");
            assert_eq!(long(&copy, MIB + 1), [], "{kind:?}");
            // Parts that are shared and parts that aren't lie side by side.
            assert_eq!(long(&base, 4 * MIB), vec![0..4 * MIB], "{kind:?}");
        }
        let memory = in_memory().map(|memory| file_of(&memory.path().join("file"), b"letter"));
        assert_eq!(memory.map(|file| long_parts(&file, 1)), Some(None));
    }

    #[test]
    fn what_is_behind_the_end_is_not_counted() {
        let Some(disk) = TestDisk::mount(Kind::Xfs) else { return };
        let path = disk.path().join("grows");
        // As long as a file grows, XFS reserves more for it, and decides late where it is.
        let mut open = Vec::new();
        for length in [1, 5_000, (1 << 20) + 1] {
            let file = File::create(&path).unwrap();
            file.write_all_at(&noise(1, length), 0).unwrap();
            let blocks = (length as u64).div_ceil(4096) * 4096;
            assert_eq!(space(&file).bytes(), blocks, "{length}");
            open.push(file);
        }
    }

    #[test]
    fn holes_and_files_in_the_notes_of_the_disk_have_no_place() {
        for (kind, block) in [(Kind::Xfs, 4096), (Kind::Btrfs, 0)] {
            let Some(disk) = TestDisk::mount(kind) else { continue };
            let sparse = File::create_new(disk.path().join("sparse")).unwrap();
            sparse.set_len(MIB).unwrap();
            assert_eq!(space(&sparse).bytes(), 0, "{kind:?}");
            let small = file_of(&disk.path().join("small"), b"a few bytes");
            assert_eq!(space(&small).bytes(), block, "{kind:?}");
        }
    }

    #[test]
    fn on_disks_that_never_share_each_file_has_a_pool_of_its_own() {
        let ext4 = TestDisk::mount(Kind::Ext4);
        let memory = in_memory();
        let folders = ext4.iter().map(TestDisk::path).chain(memory.iter().map(|memory| memory.path().into()));
        for folder in folders {
            let one = file_of(&folder.join("one"), &noise(1, 100_000));
            let other = file_of(&folder.join("other"), &noise(1, 100_000));
            let link = folder.join("link");
            fs::hard_link(folder.join("one"), &link).unwrap();
            let (exclusive, shared) = shares(&[&one, &other]);
            assert!(exclusive.iter().all(|bytes| (100_000..120_000).contains(bytes)), "{exclusive:?}");
            assert_eq!(shared, 0, "{folder:?}");
            assert_eq!(space(&File::open(link).unwrap()), space(&one), "{folder:?}");
        }
    }

    #[test]
    fn compressed_parts_end_where_the_next_one_begins() {
        let part = |start, end| DiskRange { pool: 0, start, end };
        let check = |mut parts: Vec<DiskRange>, expected: &[DiskRange]| {
            cut_where_the_next_begins(&mut parts);
            assert_eq!(parts, expected);
        };
        check(vec![], &[]);
        check(vec![part(40, 140), part(0, 100)], &[part(0, 40), part(40, 140)]);
        check(vec![part(0, 100), part(0, 60), part(50, 150)], &[part(0, 50), part(0, 50), part(50, 150)]);
        check(vec![part(0, 100), part(200, 300)], &[part(0, 100), part(200, 300)]);
    }
}
