//! Hundreds of made-up trees, archived by us and extracted by every tool, and the other way round.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, lchown, symlink};
use std::path::{Path, PathBuf};

use backup_core::ports::{Archiver, PackRequest, SilentProgress};
use backup_fs::{MemberKind, TarArchiver, check_archive};
use rustix::fs::{CWD, Mode};

use crate::random::{Random, setting};
use crate::tools::{TOOLS, Tool};
use crate::tree::{
    Tree, is_root, make_writable, nearly, same, see, set_attribute, set_mode, set_modified, settle_names,
};
use crate::view::view;

/// The same trees each time, unless one asks for others: `BACKUP_TREES_SEED=2 BACKUP_TREES=5000`.
const SEED: u64 = 1;
const TREES: u64 = 300;

/// Makes up one tree.
struct Maker {
    random: Random,
    /// Files that hard links may lead to.
    files: Vec<PathBuf>,
    /// Everything, so that it can be given its times in the end, folders after what is in them.
    made: Vec<PathBuf>,
}

impl Maker {
    fn make(seed: u64, source: &Path) {
        let mut maker = Self { random: Random::new(seed), files: Vec::new(), made: Vec::new() };
        maker.folder(source, 0);
        for path in std::mem::take(&mut maker.made).into_iter().rev() {
            maker.finish(&path);
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        fs::create_dir(path).unwrap();
        self.made.push(path.to_owned());
        let names: BTreeSet<_> = (0..self.random.below(6)).map(|_| self.name()).collect();
        for name in names {
            self.entry(&path.join(OsStr::from_bytes(&name)), depth);
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) {
        match self.random.below(12) {
            0..=2 if depth < 5 => return self.folder(path, depth + 1),
            0 | 3 => {
                let target = self.target();
                symlink(OsStr::from_bytes(&target), path).unwrap();
            }
            1 if !self.files.is_empty() => {
                let file = self.random.pick(&self.files).clone();
                fs::hard_link(file, path).unwrap();
                return;
            }
            2 => rustix::fs::mkfifoat(CWD, path, Mode::from_raw_mode(0o600)).unwrap(),
            4 => self.sparse(path),
            _ => {
                let size = self.size();
                fs::write(path, self.random.bytes(size)).unwrap();
                self.files.push(path.to_owned());
            }
        }
        self.made.push(path.to_owned());
    }

    fn sparse(&mut self, path: &Path) {
        let file = File::create(path).unwrap();
        let mut end = 0;
        for _ in 0..self.random.below(8) {
            end += self.random.below(30_000) as u64;
            let data = self.random.bytes(100);
            file.write_all_at(&data, end).unwrap();
            end += 100;
        }
        file.set_len(end + self.random.below(20_000) as u64).unwrap();
    }

    fn finish(&mut self, path: &Path) {
        let (is_link, is_folder) = (path.is_symlink(), path.is_dir() && !path.is_symlink());
        if !is_link {
            for _ in 0..self.random.below(6).saturating_sub(3) {
                let name = [b"user.", &self.name()[..]].concat();
                let size = self.random.below(300);
                let value = self.random.bytes(size);
                if name.len() < 200 && (path.is_file() || is_folder) {
                    set_attribute(path, &name, &value);
                }
            }
        }
        if is_root() && self.random.one_in(4) {
            let mut id = || Some(*self.random.pick(&[0, 7, 65_534, 2_097_151, 2_097_152, 4_000_000_000]));
            lchown(path, id(), id()).unwrap();
        }
        if !is_link {
            // Only root can give attributes to a file that its owner may not write.
            let always = if is_folder { 0o700 } else { 0o600 };
            set_mode(path, u32::try_from(self.random.below(0o10_000)).unwrap() | always);
        }
        let seconds =
            *self.random.pick(&[0, 1, 1_700_000_000, -1, -1_000_000_000, 5_000_000_000, 8_589_934_592]);
        let nanos = *self.random.pick(&[0, 0, 1, 500_000_000, 999_999_999]);
        set_modified(path, seconds, nanos);
    }

    /// One to 255 bytes, mostly few, of letters, of text, or of anything that a name may hold.
    fn name(&mut self) -> Vec<u8> {
        let length = *self.random.pick(&[1, 2, 5, 9, 40, 90, 95, 99, 100, 101, 155, 250]);
        let name = match self.random.below(4) {
            0 => self
                .random
                .pick(&[&b" "[..], b"-rf", b"...", b"a\nb", b"%s\\n", b"x=y", b"*?", b"\x7f\x1b[2J"])
                .to_vec(),
            1 => (0..length).map(|_| *self.random.pick(b"abcXYZ019._-")).collect(),
            2 => "\u{e4}\u{df}\u{20ac}".chars().cycle().take(length / 3 + 1).collect::<String>().into_bytes(),
            _ => self
                .random
                .bytes(length)
                .into_iter()
                .map(|byte| if matches!(byte, 0 | b'/') { b'_' } else { byte })
                .collect(),
        };
        if matches!(&name[..], b"." | b"..") { b"dots".to_vec() } else { name }
    }

    fn target(&mut self) -> Vec<u8> {
        let count = 1 + self.random.below(4);
        (0..count).map(|_| self.name()).collect::<Vec<_>>().join(&b'/')
    }

    fn size(&mut self) -> usize {
        let most = *self.random.pick(&[1, 2, 512, 513, 1024, 1025, 5_000, 5_000, 300_000]);
        self.random.below(most)
    }
}

/// A folder with a folder for each tree, in which the tree is called `docs`.
struct Trees {
    home: tempfile::TempDir,
    trees: Vec<(String, Tree)>,
}

impl Trees {
    fn make() -> Self {
        let (seed, count) = (setting("BACKUP_TREES_SEED", SEED), setting("BACKUP_TREES", TREES));
        println!("to have these trees again: BACKUP_TREES_SEED={seed} BACKUP_TREES={count}");
        let home = tempfile::tempdir().unwrap();
        let mut trees = Vec::new();
        for at in 0..count {
            let name = format!("tree{at}");
            let folder = home.path().join("in").join(&name);
            fs::create_dir_all(&folder).unwrap();
            Maker::make(seed.wrapping_mul(1_000_003).wrapping_add(at), &folder.join("docs"));
            trees.push((name, see(&folder, "docs")));
        }
        Self { home, trees }
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// We archive each tree, check it, and read it back.
    fn archive(&self) {
        let archives = self.folder("ours");
        for (name, expected) in &self.trees {
            let source = self.folder("in").join(name).join("docs");
            let mut bytes = Vec::new();
            let packed =
                TarArchiver::default().pack(&PackRequest::all_of(&source), &mut bytes, &SilentProgress);
            let packed = packed.unwrap();
            assert_eq!((packed.findings, packed.entries), (vec![], expected.len() as u64), "{name}");
            let checked = check_archive(&mut &bytes[..], &SilentProgress).unwrap();
            assert_eq!(checked.entries, packed.entries, "{name}");
            same(&view(&bytes), expected, &format!("{name} as we read it"));
            fs::write(archives.join(name), bytes).unwrap();
        }
    }

    /// The tool extracts what we archived.
    fn extract(&self, tool: Tool) {
        let target = self.folder(&format!("{tool:?}"));
        tool.extract(&self.folder("ours"), &target);
        for (name, expected) in &self.trees {
            let expected = as_far_as(tool, expected.clone());
            let found = as_far_as(tool, see(&target.join(name), "docs"));
            same(&nearly(found, &expected), &expected, &format!("{name} as {tool:?} extracts it"));
        }
        make_writable(&target);
        fs::remove_dir_all(target).unwrap();
    }

    /// We read what the tool archives.
    fn read(&self, tool: Tool, options: &[&str]) {
        let archives = self.folder(&format!("by {tool:?}"));
        tool.create(&self.folder("in"), &archives, options);
        for (name, expected) in &self.trees {
            let expected = as_far_as(tool, expected.clone());
            let found = as_far_as(tool, view(&fs::read(archives.join(name)).unwrap()));
            same(&nearly(found, &expected), &expected, &format!("{name} as {tool:?} archives it"));
        }
    }
}

/// Takes out what the tool can't store or restore.
fn as_far_as(tool: Tool, mut tree: Tree) -> Tree {
    for seen in tree.values_mut() {
        match tool {
            Tool::GnuTar => {}
            Tool::BsdTar => {
                // It takes the fraction of a time before 1970 for one after the second.
                seen.modified = seen.modified.filter(|time| time.seconds >= 0 || time.nanos == 0);
                // It doesn't know how GNU tar writes these two.
                seen.attributes.retain(|name, _| !name.contains(&b'=') && !name.contains(&b'%'));
            }
            Tool::Python => {
                seen.attributes.clear();
                seen.modified = seen.modified.filter(|_| seen.kind != MemberKind::Symlink);
            }
        }
    }
    settle_names(&mut tree);
    tree
}

#[test]
fn generated_trees_round_trip_through_every_tool() {
    let trees = Trees::make();
    trees.archive();
    for tool in TOOLS.into_iter().filter(|tool| tool.is_there()) {
        trees.extract(tool);
        match tool {
            Tool::GnuTar => trees.read(tool, &["--format=posix", "--xattrs", "--acls", "--sparse"]),
            // The name of a sparse file it writes twice, once cut off, and then reads that one.
            Tool::BsdTar => trees.read(tool, &["--format=pax", "--no-read-sparse"]),
            Tool::Python => trees.read(tool, &["2"]),
        }
    }
    make_writable(trees.home.path());
}
