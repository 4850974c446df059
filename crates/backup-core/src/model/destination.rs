//! Destinations: places away from this machine that keep copies of archives, as objects under keys.

mod abilities;
mod copy_name;
mod error;
mod object;
mod object_key;
mod settings;

pub use abilities::DestinationAbilities;
pub use copy_name::CopyName;
pub use error::{DestinationError, DestinationFault};
pub use object::{StoredObject, UnfinishedUpload};
pub use object_key::{KeyError, ObjectKey};
pub use settings::DestinationSettings;
