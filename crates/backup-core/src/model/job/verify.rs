//! Verify job: an archive that is read and checked while there is nothing else to do.

/// Which archive to verify.
///
/// Parts of it were taken over from an earlier archive, so nobody has read it since it was made, and its SHA-256 isn't known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyJob {
    /// The archive's file name.
    pub archive: String,
}
