//! Placeholder until merged.
use backup_core::{
    backup::PackReport,
    error::PortError,
    ports::{Archiver, PackRequest, Progress},
};
use std::io::Write;
use std::path::PathBuf;
/// x
#[derive(Debug)]
pub struct TarArchiver {
    own_folders: Vec<PathBuf>,
}
impl TarArchiver {
    /// x
    #[must_use]
    pub fn new(own_folders: Vec<PathBuf>) -> Self {
        Self { own_folders }
    }
}
impl Archiver for TarArchiver {
    fn pack(
        &self,
        _r: &PackRequest<'_>,
        _o: &mut dyn Write,
        _p: &dyn Progress,
    ) -> Result<PackReport, PortError> {
        let _ = &self.own_folders;
        unimplemented!()
    }
}
