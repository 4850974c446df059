//! Copy: puts a copy of an archive to a destination, and looks whether it is there.

use std::io::{self, Read, SeekFrom, Write};
use std::path::Path;

use crate::model::archive::BackupRecord;
use crate::model::destination::{CopyName, DestinationError, DestinationFault, ObjectKey};
use crate::model::error::Error;
use crate::ports::{BackupStore, Destination, Progress, SeekableBytes, SilentProgress};

/// How many bytes of a copy are read back at each of three places.
const SAMPLE_BYTES: u64 = 256 << 10;

/// A copy that is at its destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its key.
    pub key: ObjectKey,
    /// The size of the archive.
    pub archive_bytes: u64,
    /// Whether its catalog is there too.
    pub has_catalog: bool,
    /// Whether it was there before.
    pub was_there: bool,
}

/// Copies an archive with its catalog, unless they are there.
///
/// Promises: after `Ok`, the object has the size of the archive, and the bytes at its beginning, in its middle and at its end came
/// back as they are here. Nothing at the destination is replaced.
///
/// # Errors
/// [`Error::Destination`], or a failure to read the archive.
pub(crate) fn copy(
    backups: &dyn BackupStore,
    destination: &dyn Destination,
    archive: &BackupRecord,
    progress: &dyn Progress,
) -> Result<Copied, Error> {
    let copier = Copier { destination, progress };
    let unfit =
        |why| copier.failed(DestinationFault::Unsupported, &format!("copy {}", archive.file_name), why);
    let name = CopyName::of(archive).ok_or_else(|| unfit("only complete archives are copied".to_owned()))?;
    let key = name.key().map_err(|error| unfit(format!("the name of the backup {error}")))?;
    let catalog_key = name.catalog_key().map_err(|error| unfit(format!("the name of the backup {error}")))?;
    let mut stored = backups.open_stored(archive)?;
    // As at home, the catalog is there before the archive is.
    let has_catalog = match &mut stored.catalog {
        Some(catalog) => copier.put_catalog(&catalog_key, &mut **catalog)?,
        None => false,
    };
    let was_there = copier.put(&key, &mut *stored.archive, archive.archive_bytes, progress)?;
    copier.sample(&key, &mut *stored.archive, archive.archive_bytes)?;
    Ok(Copied { key, archive_bytes: archive.archive_bytes, has_catalog, was_there })
}

struct Copier<'c> {
    destination: &'c dyn Destination,
    progress: &'c dyn Progress,
}

impl Copier<'_> {
    fn failed(&self, fault: DestinationFault, action: &str, why: String) -> Error {
        DestinationError::new(self.destination.name(), fault, action).because(why).into()
    }

    /// Stores an object, and returns whether it was there.
    fn put(
        &self,
        key: &ObjectKey,
        contents: &mut dyn Read,
        bytes: u64,
        progress: &dyn Progress,
    ) -> Result<bool, Error> {
        let was_there = match self.destination.put_new(key, contents, bytes, progress) {
            Ok(()) => false,
            // Somebody has copied it before, or the answer to this machine was lost.
            Err(error) if error.fault == DestinationFault::AlreadyExists => true,
            Err(error) => return Err(error.into()),
        };
        let size = self.destination.stat(key)?.size_bytes;
        if size != bytes {
            let why = format!("it has {size} bytes instead of {bytes}");
            return Err(self.failed(DestinationFault::Damaged, &format!("rely on {key}"), why));
        }
        Ok(was_there)
    }

    /// A catalog that is made anew may have another size than the one that was copied. The one that is there stays.
    fn put_catalog(&self, key: &ObjectKey, catalog: &mut dyn SeekableBytes) -> Result<bool, Error> {
        if self.progress.is_cancelled() {
            return Err(
                DestinationError::new(self.destination.name(), DestinationFault::Cancelled, "copy").into()
            );
        }
        let unreadable = |error: io::Error| {
            self.failed(DestinationFault::Local, &format!("write {key}"), error.to_string())
        };
        let bytes = catalog.seek(SeekFrom::End(0)).map_err(unreadable)?;
        catalog.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        match self.destination.put_new(key, catalog, bytes, &SilentProgress) {
            Err(error) if error.fault != DestinationFault::AlreadyExists => Err(error.into()),
            _ => Ok(true),
        }
    }

    /// Reads three parts of the object back, and compares them with the archive.
    fn sample(&self, key: &ObjectKey, archive: &mut dyn SeekableBytes, bytes: u64) -> Result<(), Error> {
        let length = SAMPLE_BYTES.min(bytes);
        for start in [0, (bytes - length) / 2, bytes - length] {
            let mut compared = Compared { archive: &mut *archive, differs_at: None, at: start };
            let unreadable = |error: io::Error| {
                self.failed(DestinationFault::Local, &format!("compare {key}"), error.to_string())
            };
            compared.archive.seek(SeekFrom::Start(start)).map_err(unreadable)?;
            self.destination.get(key, start..start + length, &mut compared, &Unmeasured(self.progress))?;
            if let Some(at) = compared.differs_at {
                let why = format!("byte {at} isn't the one of the archive");
                return Err(self.failed(DestinationFault::Damaged, &format!("rely on {key}"), why));
            }
        }
        Ok(())
    }
}

/// Takes bytes, and compares them with those of an archive.
struct Compared<'c> {
    archive: &'c mut dyn SeekableBytes,
    differs_at: Option<u64>,
    at: u64,
}

impl Write for Compared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut expected = vec![0; bytes.len()];
        self.archive.read_exact(&mut expected)?;
        let differs = bytes.iter().zip(&expected).position(|(one, other)| one != other);
        self.differs_at = self.differs_at.or(differs.map(|offset| self.at + offset as u64));
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is read back is no progress of the copy, but can be cancelled like it.
struct Unmeasured<'p>(&'p dyn Progress);

impl Progress for Unmeasured<'_> {
    fn advanced(&self, _: &Path, _: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
