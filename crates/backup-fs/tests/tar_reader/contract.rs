//! The contract of the port, kept by the archiver over our reader.

use std::fs;

use backup_core::testing::{CheckPlace, Sizes, archive_check_contract};
use backup_fs::TarArchiver;

#[test]
fn tar_archiver_keeps_the_contract_of_check() {
    let homes = std::cell::RefCell::new(Vec::new());
    archive_check_contract(&|sizes: &Sizes| {
        let home = tempfile::tempdir().unwrap();
        for (name, size) in sizes {
            fs::write(home.path().join(name), vec![b'x'; *size]).unwrap();
        }
        let source = home.path().to_owned();
        homes.borrow_mut().push(home);
        CheckPlace { archiver: Box::new(TarArchiver::default()), source }
    });
}
