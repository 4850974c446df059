//! The promises of a destination, kept by the adapters on real servers: a folder, two stores of the kind S3, OpenSSH's sshd,
//! rclone's `WebDAV`.

mod failures;
mod program;
mod s3_server;
mod ssh_server;
mod web_server;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use backup_core::model::destination::DestinationSettings;
use backup_core::ports::Destination;
use backup_core::testing::DESTINATION_CONTRACT;
use backup_remote::{Patience, connect_with};
use tempfile::TempDir;

/// Nothing here is worth waiting for.
fn patience() -> Patience {
    Patience { retries: 2, first_wait: Duration::from_millis(10), ..Patience::default() }
}

/// Returns a number that no other test of this process has.
fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn settings(url: String) -> DestinationSettings {
    DestinationSettings { name: "offsite".to_owned(), url, ..DestinationSettings::default() }
}

fn open(settings: &DestinationSettings, patience: &Patience) -> Box<dyn Destination> {
    connect_with(settings, patience).expect("the settings are right")
}

fn keeps_every_promise(make: impl Fn() -> Box<dyn Destination> + 'static) {
    DESTINATION_CONTRACT.check_all(&(Box::new(make) as Box<dyn Fn() -> Box<dyn Destination>>));
}

#[test]
fn a_folder_keeps_every_promise() {
    let root = TempDir::new().unwrap();
    keeps_every_promise(move || {
        let folder = root.path().join(unique().to_string());
        std::fs::create_dir(&folder).unwrap();
        open(&settings(folder.to_str().unwrap().to_owned()), &patience())
    });
}

#[test]
fn seaweedfs_keeps_every_promise() {
    if let Some(server) = s3_server::seaweedfs() {
        keeps_every_promise(move || open(&server.settings("backups"), &patience()));
    }
}

#[test]
fn the_s3_server_of_rclone_keeps_every_promise() {
    if let Some(server) = s3_server::rclone() {
        keeps_every_promise(move || open(&server.settings("backups"), &patience()));
    }
}

#[test]
fn sshd_keeps_every_promise() {
    if let Some(server) = ssh_server::sshd() {
        keeps_every_promise(move || open(&server.settings(), &server.patience()));
    }
}

#[test]
fn the_webdav_of_rclone_keeps_every_promise() {
    if let Some(server) = web_server::rclone() {
        keeps_every_promise(move || open(&server.settings(), &patience()));
    }
}
