//! How a draft begins.

use std::io;
use std::time::SystemTime;

use backup_core::model::archive::{ArchiveName, BackupName, Compression, Format, Grade};
use sha2::{Digest, Sha256};

use super::DraftFile;
use crate::age::cipher::Cipher;
use crate::buffer::aligned_buffer::AlignedBuffer;
use crate::file::atomic_file::AtomicFile;
use crate::file::dir::DirHandle;
use crate::store::draft_catalog::DraftCatalog;
use crate::store::draft_form::DraftForm;
use crate::store::naming::Naming;

impl DraftFile {
    /// Begins the archive of a backup in a folder.
    ///
    /// The temporary name is the same for every format, so that a backup can't be begun twice in different forms.
    pub(crate) fn begin(
        folder: DirHandle,
        name: &BackupName,
        form: impl Into<DraftForm>,
    ) -> io::Result<Self> {
        let form = form.into();
        let temporary = name.archive(Grade::Complete, Compression::None).to_string();
        let backups = folder.try_clone()?;
        let draft = Self::begin_as(folder, &temporary, Naming::Backup(name.clone()), &form)?;
        Ok(Self { catalog: Some(DraftCatalog::new(backups, name, form.keys)), ..draft })
    }

    /// Begins an older generation in a folder. What is written to it comes as it is to be stored.
    ///
    /// The temporary name is that of the backup, so that nothing of that name is begun meanwhile.
    pub(crate) fn begin_older(folder: DirHandle, archive: &ArchiveName, format: Format) -> io::Result<Self> {
        let temporary = archive.backup.archive(Grade::Complete, Compression::None).to_string();
        let name = archive.to_string();
        let moment = archive.stamp.as_ref().map(|stamp| SystemTime::from(stamp.moment()));
        let form = DraftForm::as_it_comes(format);
        Self::begin_as(folder, &temporary, Naming::New { moment, shown: name.clone(), name }, &form)
    }

    /// Begins an archive that gets this very name, whatever its grade is, and replaces nothing.
    pub(crate) fn begin_new(
        folder: DirHandle,
        name: &str,
        shown: String,
        form: &DraftForm,
    ) -> io::Result<Self> {
        Self::begin_as(folder, name, Naming::New { moment: None, name: name.to_owned(), shown }, form)
    }

    fn begin_as(folder: DirHandle, temporary: &str, naming: Naming, form: &DraftForm) -> io::Result<Self> {
        let file = AtomicFile::begin(folder, temporary)?.past_cache();
        let (digest, pending) = (Some(Sha256::new()), AlignedBuffer::new());
        let cipher = form.keys.as_ref().map(Cipher::begin).transpose()?;
        Ok(Self {
            file,
            naming,
            format: form.format,
            is_encrypted: cipher.is_some(),
            cipher,
            digest,
            pending,
            archive_bytes: 0,
            shared_bytes: 0,
            protected: Vec::new(),
            catalog: None,
            base: None,
            is_base_lost: false,
            broken: false,
            sealed: None,
        })
    }
}
