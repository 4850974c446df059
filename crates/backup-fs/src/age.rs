//! Encryption with age: for whom, with which keys, and the bytes on their way in and out.

pub(crate) mod cipher;
pub(crate) mod decrypted;
pub(crate) mod identities;
pub(crate) mod identity_file;
pub(crate) mod keys;
pub(crate) mod secret_file;
