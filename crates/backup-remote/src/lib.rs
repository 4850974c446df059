//! Keeps copies of archives away from the machine: adapters for folders, stores of the kind S3, SFTP and `WebDAV`.

mod connect;
mod folder;
mod location;
mod object_store;
mod partial_name;
mod patience;
mod problem;
mod sftp;
mod transfer;
mod tree;
mod tree_destination;
mod webdav;

pub use connect::{connect, connect_with};
pub use patience::Patience;
