//! Connect: from the settings of a destination to its adapter.

use backup_core::model::destination::{DestinationError, DestinationSettings};
use backup_core::ports::Destination;

use crate::folder::Folder;
use crate::location::Location;
use crate::object_store::ObjectStore;
use crate::patience::Patience;
use crate::problem::Problem;
use crate::sftp::Sftp;
use crate::tree_destination::TreeDestination;
use crate::webdav::WebDav;

/// Returns the adapter for a destination. It connects with the first call.
///
/// # Errors
/// Of the kind `BadSettings` if the settings are wrong, or an error that comes up before the first connection.
pub fn connect(settings: &DestinationSettings) -> Result<Box<dyn Destination>, DestinationError> {
    connect_with(settings, &Patience::default())
}

/// As [`connect`], with a patience of one's own.
///
/// # Errors
/// As [`connect`].
pub fn connect_with(
    settings: &DestinationSettings,
    patience: &Patience,
) -> Result<Box<dyn Destination>, DestinationError> {
    adapter(settings, patience).map_err(|problem| problem.at(&settings.name, "be used"))
}

fn adapter(settings: &DestinationSettings, patience: &Patience) -> Result<Box<dyn Destination>, Problem> {
    let name = settings.name.clone();
    Ok(match Location::parse(&settings.url)? {
        Location::Folder(root) => Box::new(TreeDestination::new(name, Folder::new(root))),
        Location::S3(bucket) => Box::new(ObjectStore::s3(settings, &bucket, patience)?),
        Location::Sftp(place) => Box::new(TreeDestination::new(name, Sftp::new(place, patience)?)),
        Location::Web(place) => Box::new(TreeDestination::new(name, WebDav::new(place, settings, patience)?)),
    })
}
