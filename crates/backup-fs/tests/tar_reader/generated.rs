//! Hundreds of made-up trees, archived by us and extracted by every tool, and the other way round.

use std::fs;
use std::path::PathBuf;

use backup_core::ports::{Archiver, EndCheck, PackRequest, SilentProgress};
use backup_fs::{MemberKind, TarArchiver, check_archive};

use crate::maker::Maker;
use crate::random::setting;
use crate::tools::{TOOLS, Tool};
use crate::tree::{Tree, make_writable, nearly, same, see, settle_names};
use crate::view::view;

/// The same trees each time, unless one asks for others: `BACKUP_TREES_SEED=2 BACKUP_TREES=5000`.
const SEED: u64 = 1;
const TREES: u64 = 300;

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
            let checked = check_archive(&mut &bytes[..], EndCheck::Exact, &SilentProgress).unwrap();
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
