//! What `TarArchiver` writes, as stock tools read it.

use backup_core::ports::{Archiver, PackRequest, SilentProgress};
use backup_fs::TarArchiver;

#[test]
fn packs() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("docs");
    std::fs::create_dir_all(source.join("a/b")).unwrap();
    std::fs::write(source.join("a/b/c"), b"hello").unwrap();
    let mut bytes = Vec::new();
    let report =
        TarArchiver::default().pack(&PackRequest { source: &source }, &mut bytes, &SilentProgress).unwrap();
    assert_eq!(report.entries, 4);
    let archive = folder.path().join("x.tar");
    std::fs::write(&archive, bytes).unwrap();
    let list = std::process::Command::new("tar").arg("-tvf").arg(&archive).output().unwrap();
    assert!(list.status.success());
    print!("{}", String::from_utf8_lossy(&list.stdout));
}
