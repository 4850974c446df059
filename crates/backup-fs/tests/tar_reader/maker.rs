//! Makes up trees: odd names, links of both kinds, FIFOs, holes, attributes, modes, owners, times.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, lchown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode};

use crate::random::Random;
use crate::tree::{is_root, set_attribute, set_mode, set_modified};

/// Makes up one tree.
pub(crate) struct Maker {
    random: Random,
    /// Files that hard links may lead to.
    files: Vec<PathBuf>,
    /// Everything, so that it can be given its times in the end, folders after what is in them.
    made: Vec<PathBuf>,
}

impl Maker {
    pub(crate) fn make(seed: u64, source: &Path) {
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
