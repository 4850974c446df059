//! The promises of [`ForeignFolder`], checked on any adapter.

use std::ffi::OsStr;
use std::io::Read;

use super::cancelled::Cancelled;
use super::contract::contract;
use super::noise::noise;
use super::promise::{promise, same, same_bytes, works};
use crate::model::archive::Packing;
use crate::model::error::Failure;
use crate::ports::{ForeignFolder, SilentProgress};

/// Puts a plain tar into a file of the folder, stored in that way.
pub type PutForeign = dyn Fn(&str, Packing, &[u8]);

/// A folder, and what the suite needs to do to it past the port.
pub struct ForeignPlace {
    /// The folder, which is empty.
    pub folder: Box<dyn ForeignFolder>,
    /// Puts a file there.
    pub put: Box<PutForeign>,
}

contract! {
    $
    /// Makes one test of each promise of [`ForeignFolder`](crate::ports::ForeignFolder), in a module of that name.
    ///
    /// Each call of `make` gives an empty folder.
    ///
    /// ```
    /// use backup_core::testing::{ForeignPlace, MemoryFolder, at};
    ///
    /// fn make() -> ForeignPlace {
    ///     let folder = MemoryFolder::new(); // or a folder of your own
    ///     let into = folder.clone();
    ///     ForeignPlace {
    ///         folder: Box::new(folder),
    ///         put: Box::new(move |name, packing, tar| {
    ///             into.put(name, at("2026-01-01 00:00"), MemoryFolder::packed(tar, packing));
    ///         }),
    ///     }
    /// }
    ///
    /// backup_core::foreign_folder_contract!(my_folder, make);
    /// # backup_core::testing::FOREIGN_FOLDER_CONTRACT.check_all(&make);
    /// ```
    foreign_folder_contract, FOREIGN_FOLDER_CONTRACT: dyn Fn() -> ForeignPlace;
    |make| {
        files_are_listed_by_name(&make());
        every_packing_gives_its_tar(&make());
        a_digest_is_of_what_is_stored(&make());
        what_makes_no_sense_is_told(&make());
        what_is_not_there_is_missing_in_a_folder(&make());
    }
}

const PACKINGS: [(&str, Packing); 3] =
    [("a.tar", Packing::Plain), ("b.tgz", Packing::Gzip), ("c.tar.zst", Packing::Zstd)];

fn put_all(place: &ForeignPlace) -> Vec<u8> {
    let tar = noise(700_001);
    PACKINGS.iter().rev().for_each(|(name, packing)| (place.put)(name, *packing, &tar));
    tar
}

fn read(mut source: Box<dyn Read + '_>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map(|_| bytes)
}

fn files_are_listed_by_name(place: &ForeignPlace) {
    let names = || {
        let files = works(place.folder.list(), "a folder can be listed").into_iter();
        files.map(|file| file.file_name.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    promise(names().is_empty(), "an empty folder has no files", &names());
    put_all(place);
    same(&names(), &PACKINGS.map(|(name, _)| name), "all files are listed, sorted by name");
}

fn every_packing_gives_its_tar(place: &ForeignPlace) {
    let tar = put_all(place);
    for (name, packing) in PACKINGS {
        let plain = works(place.folder.open_plain(OsStr::new(name), packing), "a file can be opened");
        same_bytes(&works(read(plain), "a file can be read"), &tar, "every packing gives its plain tar");
        let stored = works(place.folder.open(OsStr::new(name), packing), "a file can be opened");
        let stored = works(read(stored), "a file can be read");
        let is_as_stored = (packing == Packing::Zstd) == (stored != tar);
        promise(is_as_stored, "what is to be stored is plain, or Zstandard as it is", name);
    }
}

fn a_digest_is_of_what_is_stored(place: &ForeignPlace) {
    let tar = put_all(place);
    let digest = |(name, packing): (&str, Packing)| {
        works(place.folder.digest(OsStr::new(name), packing, &SilentProgress), "a file has a digest")
    };
    let [plain, gzip, zstd] = PACKINGS.map(digest);
    same(&plain, &gzip, "the digest of a gzipped file is that of its plain tar");
    same(&usize::try_from(plain.archive_bytes), &Ok(tar.len()), "a digest tells the size");
    promise(plain.sha256 != zstd.sha256, "the digest of a Zstandard file is that of its frames", &zstd);
    let cancelled = place.folder.digest(OsStr::new("a.tar"), Packing::Plain, &Cancelled);
    same(&cancelled.map_err(|error| error.failure), &Err(Failure::Interrupted), "a digest can be cancelled");
}

fn what_makes_no_sense_is_told(place: &ForeignPlace) {
    (place.put)("a.tar", Packing::Plain, b"neither of these");
    for packing in [Packing::Gzip, Packing::Zstd] {
        let opened = place.folder.open_plain(OsStr::new("a.tar"), packing);
        let is_told = opened.map_or(true, |source| read(source).is_err());
        promise(is_told, "what isn't compressed in that way can't be read so", &packing);
    }
}

fn what_is_not_there_is_missing_in_a_folder(place: &ForeignPlace) {
    let file = OsStr::new("nothing.tar");
    for packing in PACKINGS.map(|(_, packing)| packing) {
        let opened = place.folder.open(file, packing).map(drop).map_err(|error| error.failure);
        same(&opened, &Err(Failure::Missing), "what is not there can't be opened");
        let digest = place.folder.digest(file, packing, &SilentProgress).map_err(|error| error.failure);
        same(&digest, &Err(Failure::Missing), "what is not there has no digest");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::archive::ArchiveDigest;
    use crate::model::error::PortError;
    use crate::ports::{ForeignFile, Progress};
    use crate::testing::promise::broken_promise;
    use crate::testing::{MemoryFolder, at};

    fn place(folder: &MemoryFolder, adapter: Box<dyn ForeignFolder>) -> ForeignPlace {
        let into = folder.clone();
        let put = move |name: &str, packing: Packing, tar: &[u8]| {
            into.put(name, at("2026-01-01 00:00"), MemoryFolder::packed(tar, packing));
        };
        ForeignPlace { folder: adapter, put: Box::new(put) }
    }

    fn memory() -> ForeignPlace {
        let folder = MemoryFolder::new();
        place(&folder, Box::new(folder.clone()))
    }

    foreign_folder_contract!(memory_folder, memory);

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Flaw {
        Unsorted,
        KeepsGzip,
        UnpacksZstd,
        DigestsAsStored,
        NeverCancelled,
        ReadsAnything,
        InventsFiles,
    }

    struct Broken(MemoryFolder, Flaw);

    impl ForeignFolder for Broken {
        fn list(&self) -> Result<Vec<ForeignFile>, PortError> {
            let mut files = self.0.list()?;
            if self.1 == Flaw::Unsorted {
                files.reverse();
            }
            Ok(files)
        }

        fn open(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError> {
            match self.1 {
                Flaw::UnpacksZstd => self.0.open_plain(file_name, packing),
                Flaw::InventsFiles => self.0.open(file_name, packing).or_else(|_| Ok(Box::new(&b""[..]))),
                _ => self.0.open(file_name, packing),
            }
        }

        fn open_plain(&self, file_name: &OsStr, packing: Packing) -> Result<Box<dyn Read + '_>, PortError> {
            match self.1 {
                Flaw::KeepsGzip => self.0.open(file_name, Packing::Plain),
                Flaw::ReadsAnything => {
                    let plain = self.0.open_plain(file_name, packing);
                    plain.or_else(|_| self.0.open(file_name, Packing::Plain))
                }
                _ => self.0.open_plain(file_name, packing),
            }
        }

        fn digest(
            &self,
            file_name: &OsStr,
            packing: Packing,
            progress: &dyn Progress,
        ) -> Result<ArchiveDigest, PortError> {
            match self.1 {
                Flaw::DigestsAsStored => self.0.digest(file_name, Packing::Plain, progress),
                Flaw::NeverCancelled => self.0.digest(file_name, packing, &SilentProgress),
                _ => self.0.digest(file_name, packing, progress),
            }
        }
    }

    #[test]
    fn the_suite_finds_every_flaw() {
        for (flaw, promise, expected) in [
            (Flaw::Unsorted, "files_are_listed_by_name", "sorted by name"),
            (Flaw::KeepsGzip, "every_packing_gives_its_tar", "every packing gives its plain tar"),
            (Flaw::UnpacksZstd, "every_packing_gives_its_tar", "Zstandard as it is"),
            (Flaw::DigestsAsStored, "a_digest_is_of_what_is_stored", "of a gzipped file"),
            (Flaw::NeverCancelled, "a_digest_is_of_what_is_stored", "can be cancelled"),
            (Flaw::ReadsAnything, "what_makes_no_sense_is_told", "can't be read so"),
            (Flaw::InventsFiles, "what_is_not_there_is_missing_in_a_folder", "can't be opened"),
        ] {
            let make = move || {
                let folder = MemoryFolder::new();
                place(&folder, Box::new(Broken(folder.clone(), flaw)))
            };
            let said = broken_promise(|| FOREIGN_FOLDER_CONTRACT.check(promise, &make));
            assert!(said.contains(expected), "{flaw:?}: {said}");
        }
    }
}
