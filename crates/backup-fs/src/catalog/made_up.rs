//! Made-up members for the tests, the same ones for the same seed.

use std::io::Cursor;

use super::order::{compare, trimmed};
use super::{CatalogMember, CatalogReader, CatalogWriter, PieceDigest, SourceStat};
use crate::tar_reader::{MemberKind, Timestamp};

/// Numbers that look random (`SplitMix64`).
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(super) fn below_u32(&mut self, limit: u32) -> u32 {
        u32::try_from(self.below(limit.into())).unwrap()
    }

    pub(super) fn pick<'i, T: ?Sized>(&mut self, items: &[&'i T]) -> &'i T {
        items[usize::try_from(self.below(items.len() as u64)).unwrap()]
    }

    pub(super) fn digest(&mut self) -> PieceDigest {
        [self.next(), self.next()].map(u64::to_le_bytes).as_flattened().try_into().unwrap()
    }

    /// Returns a number of any length, and extremes more often than others.
    fn number(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << 63,
            _ => self.next() >> self.below(64),
        }
    }

    fn time(&mut self) -> Timestamp {
        let nanos = match self.below(4) {
            0 => 0,
            1 => 999_999_999,
            _ => self.below_u32(1_000_000_000),
        };
        let seconds = match self.below(4) {
            0 => self.number().cast_signed(),
            1 => -1,
            _ => 1_700_000_000 + self.below(3).cast_signed(),
        };
        Timestamp { seconds, nanos }
    }

    fn short(&mut self) -> u32 {
        u32::try_from(self.number() & 0xffff_ffff).unwrap()
    }

    /// Returns bytes without a NUL, most often few.
    fn text(&mut self) -> Vec<u8> {
        let length = if self.below(20) == 0 { 700 } else { self.below(12) };
        (0..length).map(|_| *self.pick(&[&b'a', &b'/', &b'-', &b'z', &1, &0xff])).collect()
    }
}

/// Returns a member with extremes in every field.
pub(super) fn extreme_member(random: &mut Random) -> CatalogMember {
    let kinds = [
        MemberKind::File,
        MemberKind::HardLink,
        MemberKind::Symlink,
        MemberKind::CharDevice,
        MemberKind::BlockDevice,
        MemberKind::Folder,
        MemberKind::Fifo,
        MemberKind::Other(b'V'),
        MemberKind::Other(0xff),
    ];
    let source = SourceStat {
        changed: random.time(),
        inode: random.number(),
        device: random.pick(&[&(0, 0), &(8, 1), &(u32::MAX, u32::MAX)]).to_owned(),
    };
    CatalogMember {
        path: random.text(),
        kind: *random.pick(&kinds.each_ref()),
        offset: random.number(),
        contents_offset: random.number(),
        stored_bytes: random.number(),
        size_bytes: random.number(),
        mode: random.short(),
        uid: random.below(3),
        gid: random.number(),
        user: random.pick(&[&b""[..], b"root", b"\0\xff"]).to_vec(),
        group: random.pick(&[&b""[..], b"staff"]).to_vec(),
        modified: random.time(),
        link: random.text(),
        device: (random.short(), random.short()),
        digest: (random.below(2) == 0).then(|| random.digest()),
        source: (random.below(3) > 0).then_some(source),
        pieces: (0..random.below(4)).map(|_| random.digest()).collect(),
        looks_incompressible: [None, Some(false), Some(true)][usize::try_from(random.below(3)).unwrap()],
    }
}

pub(super) fn extreme_members(count: usize, seed: u64) -> Vec<CatalogMember> {
    let mut random = Random(seed);
    (0..count).map(|_| extreme_member(&mut random)).collect()
}

/// Returns the members of an archive of an ordinary tree: a home with projects, photos and papers, written over some years.
pub(super) fn ordinary_tree(folder_count: u64, seed: u64) -> Vec<CatalogMember> {
    let mut tree = Tree { random: Random(seed), inode: 1_200_000, members: Vec::new() };
    let mut folders = vec!["home/ann/".to_owned()];
    tree.add("home/ann/".to_owned(), 1_500_000_000);
    for _ in 1..folder_count {
        let parent = tree.random.below(folders.len() as u64);
        let name = tree.name();
        let folder = format!("{}{name}/", folders[usize::try_from(parent).unwrap()]);
        let began = 1_500_000_000 + tree.random.below(200_000_000).cast_signed();
        tree.add(folder.clone(), began);
        for _ in 0..tree.random.below(30) {
            let name = tree.name();
            let extension = tree.random.pick(&["rs", "txt", "jpg", "pdf", "html", "o", "json", "md"]);
            tree.add(format!("{folder}{name}.{extension}"), began);
        }
        folders.push(folder);
    }
    tree.into_archive()
}

struct Tree {
    random: Random,
    inode: u64,
    members: Vec<CatalogMember>,
}

impl Tree {
    fn name(&mut self) -> String {
        const WORDS: [&str; 12] = [
            "main", "report", "IMG", "test", "invoice", "index", "config", "draft", "lib", "backup", "notes",
            "data",
        ];
        let (one, other) = (self.random.pick(&WORDS), self.random.pick(&WORDS));
        match self.random.below(3) {
            0 => format!("{one}_{other}"),
            1 => format!("{one}-{}", self.random.below(10_000)),
            _ => format!("{one}_{}{:02}", 2015 + self.random.below(10), 1 + self.random.below(12)),
        }
    }

    /// Most files are never touched again. Some are moved or get other permissions, which changes ctime alone.
    fn add(&mut self, path: String, began: i64) {
        let is_folder = path.ends_with('/');
        let random = &mut self.random;
        let modified = Timestamp {
            seconds: began + random.below(100_000).cast_signed(),
            nanos: random.below_u32(1_000_000_000),
        };
        let later = Timestamp {
            seconds: modified.seconds + random.below(10_000_000).cast_signed(),
            nanos: random.below_u32(1_000_000_000),
        };
        let changed = if random.below(5) == 0 { later } else { modified };
        self.inode += 1 + if random.below(4) == 0 { random.below(50) } else { 0 };
        let bits = 8 + random.below(16);
        self.members.push(CatalogMember {
            path: path.into_bytes(),
            kind: if is_folder { MemberKind::Folder } else { MemberKind::File },
            size_bytes: if is_folder { 0 } else { random.below(1 << bits) },
            mode: if is_folder { 0o755 } else { *random.pick(&[&0o644, &0o644, &0o600, &0o755]) },
            uid: 1000,
            gid: 1000,
            user: b"ann".to_vec(),
            group: b"ann".to_vec(),
            modified,
            digest: (!is_folder).then(|| random.digest()),
            source: Some(SourceStat { changed, inode: self.inode, device: (259, 2) }),
            ..CatalogMember::default()
        });
    }

    fn into_archive(mut self) -> Vec<CatalogMember> {
        self.members.sort_by(|one, other| compare(trimmed(&one.path), trimmed(&other.path)));
        self.members.dedup_by(|one, other| trimmed(&one.path) == trimmed(&other.path));
        let mut offset = 0;
        for member in &mut self.members {
            member.offset = offset;
            member.stored_bytes = member.size_bytes;
            member.contents_offset = offset + 1536;
            offset = (member.contents_offset + member.stored_bytes).next_multiple_of(512);
        }
        self.members
    }
}

/// Returns a catalog of these members.
pub(super) fn catalog_of(members: &[CatalogMember]) -> Vec<u8> {
    let mut writer = CatalogWriter::new(Vec::new());
    members.iter().for_each(|member| writer.add(member).unwrap());
    writer.finish().unwrap()
}

/// Opens a catalog in memory.
pub(super) fn open(catalog: &[u8]) -> std::io::Result<CatalogReader<Cursor<&[u8]>>> {
    CatalogReader::open(Cursor::new(catalog))
}
