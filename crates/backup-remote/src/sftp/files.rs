//! Files: single calls of an SFTP client, put together.

use backup_core::model::destination::DestinationFault;
use backup_core::time::Moment;
use openssh_sftp_client::Sftp as Client;
use openssh_sftp_client::fs::Fs;
use openssh_sftp_client::metadata::MetaData;

use crate::problem::Problem;
use crate::sftp::failure::{Trouble, is_failure, is_missing, within};
use crate::tree::FileState;

/// Returns whether there is a folder.
pub(super) async fn is_folder(fs: &mut Fs, path: &str) -> Result<bool, Trouble> {
    match within(fs.metadata(path)).await {
        Ok(metadata) => Ok(metadata.file_type().is_some_and(|kind| kind.is_dir())),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns what is known about a file, or nothing if there is none or something else.
pub(super) async fn file(fs: &mut Fs, path: &str) -> Result<Option<FileState>, Trouble> {
    match within(fs.metadata(path)).await {
        Ok(metadata) => Ok(state(&metadata)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns what is known about a file, or nothing if it is something else.
pub(super) fn state(metadata: &MetaData) -> Option<FileState> {
    let is_file = metadata.file_type().is_some_and(|kind| kind.is_file());
    let modified =
        metadata.modified().map(|time| chrono::DateTime::<chrono::Utc>::from(time.as_system_time()));
    let size_bytes = metadata.len().filter(|_| is_file)?;
    Some(FileState { size_bytes, modified: modified.map(Moment::from), version: None })
}

/// Removes a file, if there is one.
pub(super) async fn remove(fs: &mut Fs, path: &str) -> Result<(), Trouble> {
    match within(fs.remove_file(path)).await {
        Err(error) if is_failure(&error) && is_folder(fs, path).await? => Ok(()),
        Err(error) if !is_missing(&error) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Renames without replacing, and returns whether the other side did that in one step.
pub(super) async fn rename_new(client: &Client, from: &str, to: &str) -> Result<bool, Trouble> {
    let mut fs = client.fs();
    if client.support_hardlink() {
        match within(fs.hard_link(from, to)).await {
            Ok(()) => return remove(&mut fs, from).await.map(|()| true),
            // A file system without links, or a file that exists: both are just a failure.
            Err(error) if is_failure(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if within(fs.symlink_metadata(to)).await.is_ok() {
        return Err(Trouble::Told(Problem::bare(DestinationFault::AlreadyExists)));
    }
    Ok(within(fs.rename(from, to)).await.map(|()| false)?)
}
