//! The trees that are packed: the same on every machine, built once and kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::bench::arena::Arena;
use crate::bench::contents::{Contents, Stuff};
use crate::bench::random::Random;
use crate::bench::sizes;
use crate::failure::{Failure, Outcome};

/// Counted up whenever the same seed makes other trees than before.
const GENERATOR: u32 = 1;
const SEED: u64 = 2026;

/// What a file takes on the disk beyond its bytes, at most: a block that isn't full.
const FILE_OVERHEAD_BYTES: u64 = 4096;
/// What a file takes in an archive beyond its bytes, at most: three headers and a block that isn't full.
const ENTRY_OVERHEAD_BYTES: u64 = 2048;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    Small,
    Large,
    Deep,
    Million,
    Flat,
    Shaped(Form, Stuff),
}

/// How small files are spread over folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Each file is alone in its folder.
    Lone,
    /// A home folder: deep, most files small, a few large.
    Home,
    /// All files are in one folder.
    Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// As large as the targets ask for.
    Full,
    /// Just enough to see everything work.
    Quick,
}

/// How much a tree holds; of drawn sizes the bytes are about right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    folders: u64,
    files_per_folder: u64,
    bytes: u64,
}

impl Tree {
    /// Returns the tree's folder, after building it unless an earlier call left the very same tree there.
    ///
    /// # Errors
    ///
    /// When the disk has no room for the tree and one archive of it.
    pub(crate) fn ready(self, scale: Scale, arena: &Arena) -> Outcome<PathBuf> {
        let root = arena.trees().join(self.name(scale));
        let (stamp_file, stamp) = (root.with_extension("stamp"), self.stamp(scale));
        let built = fs::read_to_string(&stamp_file).is_ok_and(|found| found == stamp);
        self.require_room(scale, arena, built)?;
        if !built {
            let build = || self.build_anew(scale, &root, &stamp_file, &stamp);
            build().map_err(Failure::doing(format!("build {}", root.display())))?;
        }
        Ok(root)
    }

    fn require_room(self, scale: Scale, arena: &Arena, built: bool) -> Outcome {
        let shape = self.shape(scale);
        let files = shape.folders * (shape.files_per_folder + 1);
        let archive = shape.bytes + files * ENTRY_OVERHEAD_BYTES;
        let (tree, inodes) = if built { (0, 0) } else { (shape.bytes + files * FILE_OVERHEAD_BYTES, files) };
        arena.require_room(tree + archive, inodes)
    }

    /// The stamp goes first and comes last: a tree that was built by half never counts.
    fn build_anew(self, scale: Scale, root: &Path, stamp_file: &Path, stamp: &str) -> io::Result<()> {
        remove(fs::remove_file(stamp_file))?;
        remove(fs::remove_dir_all(root))?;
        self.build(self.shape(scale), root)?;
        fs::write(stamp_file, stamp)
    }

    fn build(self, shape: Shape, root: &Path) -> io::Result<()> {
        let mut random = Random::seeded(SEED);
        let mut contents = Contents::new(&mut random, self.stuff());
        for index in 0..shape.folders {
            let folder = root.join(self.folder(index));
            fs::create_dir_all(&folder)?;
            for file in 0..self.files_in(shape, index) {
                let bytes = self.file_bytes(shape, &mut random);
                contents.write(&mut random, &folder.join(format!("file-{file:06}.dat")), bytes)?;
            }
        }
        Ok(())
    }

    fn folder(self, index: u64) -> PathBuf {
        match self {
            Self::Small => format!("branch-{:02}/leaf-{:02}", index / 50, index % 50).into(),
            Self::Large => PathBuf::new(),
            Self::Deep => (0..=index).map(|level| format!("level-{level:03}")).collect(),
            Self::Million | Self::Flat => format!("folder-{index:03}").into(),
            Self::Shaped(Form::Lone, _) => format!("branch-{:03}/folder-{index:05}", index / 250).into(),
            Self::Shaped(Form::Home, _) => home_folder(index),
            Self::Shaped(Form::Level, _) => "folder".into(),
        }
    }

    /// Returns how many files the folder with that number has.
    fn files_in(self, shape: Shape, index: u64) -> u64 {
        match self {
            // From none to twice as many as on average.
            Self::Shaped(Form::Home, _) => index * 7_919 % (2 * shape.files_per_folder + 1),
            _ => shape.files_per_folder,
        }
    }

    fn stuff(self) -> Stuff {
        if let Self::Shaped(_, stuff) = self { stuff } else { Stuff::Mixed }
    }

    fn file_bytes(self, shape: Shape, random: &mut Random) -> u64 {
        match self {
            Self::Shaped(Form::Home, _) => sizes::home_file_bytes(random),
            Self::Small | Self::Deep | Self::Shaped(..) => sizes::file_bytes(random),
            Self::Large => shape.bytes,
            Self::Million | Self::Flat => 0,
        }
    }

    fn shape(self, scale: Scale) -> Shape {
        let [folders, files_per_folder, bytes] = match (self, scale) {
            (Self::Small, Scale::Full) => [2_000, 25, 780_000_000],
            (Self::Small, Scale::Quick) => [10, 25, 4_000_000],
            (Self::Large, Scale::Full) => [1, 1, 1_500_000_000],
            (Self::Large, Scale::Quick) => [1, 1, 4_000_000],
            (Self::Deep, Scale::Full) => [200, 20, 62_000_000],
            (Self::Deep, Scale::Quick) => [20, 5, 1_600_000],
            (Self::Million, Scale::Full) => [1_000, 1_000, 0],
            (Self::Million, Scale::Quick) => [10, 100, 0],
            (Self::Flat, Scale::Full) => [1, 1_000_000, 0],
            (Self::Flat, Scale::Quick) => [1, 1_000, 0],
            (Self::Shaped(Form::Lone, _), Scale::Full) => [50_000, 1, 780_000_000],
            (Self::Shaped(Form::Lone, _), Scale::Quick) => [250, 1, 4_000_000],
            (Self::Shaped(Form::Home, _), Scale::Full) => [4_000, 12, 1_300_000_000],
            (Self::Shaped(Form::Home, _), Scale::Quick) => [20, 12, 4_000_000],
            (Self::Shaped(Form::Level, _), Scale::Full) => [1, 50_000, 780_000_000],
            (Self::Shaped(Form::Level, _), Scale::Quick) => [1, 250, 4_000_000],
        };
        Shape { folders, files_per_folder, bytes }
    }

    fn name(self, scale: Scale) -> String {
        let name = match self {
            Self::Small => "small",
            Self::Large => "large",
            Self::Deep => "deep",
            Self::Million => "million",
            Self::Flat => "flat",
            Self::Shaped(Form::Lone, _) => "lone",
            Self::Shaped(Form::Home, _) => "home",
            Self::Shaped(Form::Level, _) => "level",
        };
        let stuff = match self.stuff() {
            Stuff::Mixed => "",
            Stuff::Text => "-text",
            Stuff::Noise => "-noise",
        };
        let scale = if scale == Scale::Quick { "-quick" } else { "" };
        format!("{name}{stuff}{scale}")
    }

    fn stamp(self, scale: Scale) -> String {
        let Shape { folders, files_per_folder, .. } = self.shape(scale);
        format!("generator {GENERATOR}, seed {SEED}, {folders} folders with {files_per_folder} files each\n")
    }
}

/// Returns the path of a folder of a home folder: in the one whose number is five eighths of its own. So depths and numbers of
/// folders in a folder differ.
fn home_folder(index: u64) -> PathBuf {
    let mut names: Vec<_> = std::iter::successors(Some(index), |index| (*index > 0).then_some(index * 5 / 8))
        .map(|index| format!("folder-{index:04}"))
        .collect();
    names.reverse();
    names.iter().collect()
}

fn remove(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::walk::{self, Footprint};

    const ALL: [Tree; 11] = [
        Tree::Small,
        Tree::Large,
        Tree::Deep,
        Tree::Million,
        Tree::Flat,
        Tree::Shaped(Form::Lone, Stuff::Noise),
        Tree::Shaped(Form::Lone, Stuff::Text),
        Tree::Shaped(Form::Home, Stuff::Noise),
        Tree::Shaped(Form::Home, Stuff::Text),
        Tree::Shaped(Form::Level, Stuff::Noise),
        Tree::Shaped(Form::Level, Stuff::Text),
    ];

    fn quick(tree: Tree) -> (tempfile::TempDir, Arena, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let arena = Arena::open(folder.path()).unwrap();
        let root = tree.ready(Scale::Quick, &arena).unwrap();
        (folder, arena, root)
    }

    fn check(tree: Tree, files: u64, folders: u64) {
        let (_folder, _arena, root) = quick(tree);
        let Footprint { files: found_files, folders: found_folders, bytes } = walk::warm(&root).unwrap();
        assert_eq!((found_files, found_folders), (files, folders), "{tree:?}");
        let planned = tree.shape(Scale::Quick).bytes;
        assert!((planned / 3..=planned * 3).contains(&bytes), "{tree:?}: {bytes} bytes, not {planned}");
    }

    #[test]
    fn each_tree_holds_what_its_shape_says() {
        check(Tree::Small, 250, 12);
        check(Tree::Large, 1, 1);
        check(Tree::Deep, 100, 21);
        check(Tree::Million, 1_000, 11);
        check(Tree::Flat, 1_000, 2);
        check(Tree::Shaped(Form::Lone, Stuff::Noise), 250, 252);
        check(Tree::Shaped(Form::Home, Stuff::Text), 235, 21);
        check(Tree::Shaped(Form::Level, Stuff::Noise), 250, 2);
    }

    #[test]
    fn a_tree_is_kept_until_its_stamp_differs() {
        let (_folder, arena, root) = quick(Tree::Flat);
        let mark = root.join("mark");
        fs::write(&mark, "").unwrap();
        Tree::Flat.ready(Scale::Quick, &arena).unwrap();
        assert!(mark.exists());
        fs::write(root.with_extension("stamp"), "generator 0\n").unwrap();
        Tree::Flat.ready(Scale::Quick, &arena).unwrap();
        assert!(!mark.exists());
    }

    #[test]
    fn no_two_trees_share_a_name() {
        let mut names: Vec<_> =
            ALL.iter().flat_map(|tree| [Scale::Full, Scale::Quick].map(|scale| tree.name(scale))).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 22);
    }

    #[test]
    fn the_deepest_path_is_one_that_every_tool_can_open() {
        assert!(Tree::Deep.folder(199).as_os_str().len() < 3_000);
        let deepest = home_folder(3_999);
        assert!((12..30).contains(&deepest.components().count()), "{}", deepest.display());
    }
}
