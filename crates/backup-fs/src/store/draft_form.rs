//! The form in which a draft is stored.

use backup_core::model::archive::{Compression, Encryption, Format};

use crate::age::keys::Keys;

/// How the bytes of a draft are stored, and for whom they are encrypted, if they are.
#[derive(Debug, Clone)]
pub(crate) struct DraftForm {
    pub(super) format: Format,
    pub(super) keys: Option<Keys>,
}

impl DraftForm {
    /// Returns the form of an archive that is encrypted for these.
    pub(crate) fn encrypted(compression: Compression, keys: Keys) -> Self {
        Self { format: Format { compression, encryption: Encryption::Age }, keys: Some(keys) }
    }

    /// Returns the form of an archive that comes as it is to be stored.
    pub(super) fn as_it_comes(format: Format) -> Self {
        Self { format, keys: None }
    }
}

impl From<Compression> for DraftForm {
    fn from(compression: Compression) -> Self {
        Self { format: compression.into(), keys: None }
    }
}
