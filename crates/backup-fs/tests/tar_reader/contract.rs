//! The contract of the port, kept by the archiver over our reader.

use std::fs;

use backup_core::testing::{CheckPlace, Sizes};
use backup_fs::TarArchiver;

backup_core::archive_check_contract!(tar_archiver, make);

fn make(sizes: &Sizes) -> CheckPlace {
    let home = tempfile::tempdir().unwrap();
    for (name, size) in sizes {
        fs::write(home.path().join(name), vec![b'x'; *size]).unwrap();
    }
    let source = home.path().to_owned();
    CheckPlace { archiver: Box::new(TarArchiver::default()), source, kept: Box::new(home) }
}
