//! Reads any bytes as an archive: no panic, no endless loop, no memory that the input doesn't account for.
#![no_main]

use std::io::Read;

use backup_fs::TarReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|archive: &[u8]| {
    let mut reader = TarReader::new(archive);
    let mut member_count = 0;
    while let Ok(Some(member)) = reader.next_member() {
        member_count += 1;
        assert!(member_count <= archive.len() / 512, "more members than headers");
        assert!(member.contents_offset <= archive.len() as u64);
        let (mut contents, mut piece, mut read_bytes) = (reader.contents(), [0; 4096], 0);
        loop {
            // A hole may be of any size: it is passed, as by whoever restores it.
            contents.pass_hole();
            match contents.read(&mut piece) {
                Ok(0) | Err(_) => break,
                Ok(count) => read_bytes += count,
            }
        }
        assert!(read_bytes <= archive.len(), "more data than there is");
    }
});
