//! Drills by root with fewer rights than root usually has: without capabilities, or in a container that knows few users.

use std::fs;
use std::process::Command;

use backup_core::model::history::DrillReport;
use tar::{Builder, EntryType, Header};

use crate::place::Place;
use crate::tree::is_root;

const FEW: &[&str] = &["setpriv", "--bounding-set=-all,+dac_read_search", "--inh-caps=-all"];
const CONTAINER: &[&str] = &["unshare", "--user", "--map-root-user"];

/// Returns whether the test of that name has to go on, which it does in a process that this program has started.
fn goes_on(test: &str, starter: &[&str]) -> bool {
    const STARTED: &str = "BACKUP_TEST_WITH_FEW_RIGHTS";
    if std::env::var_os(STARTED).is_some() {
        return true;
    }
    if !is_root() {
        backup_core::testing::skipped(format_args!("{test}, for only root has rights to lose"));
        return false;
    }
    let mut again = Command::new(starter[0]);
    again.args(&starter[1..]).arg(std::env::current_exe().unwrap()).args(["--exact", test]).env(STARTED, "1");
    match again.output() {
        Ok(made) if String::from_utf8_lossy(&made.stdout).contains("1 test") => {
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        }
        made => {
            backup_core::testing::skipped(format_args!("{test}, for {starter:?} can't start it: {made:?}"));
        }
    }
    false
}

/// An archive of a machine with other users: files of theirs, one with setuid, a device, another name of it, and what
/// follows.
fn put_archive(place: &Place) {
    let mut builder = Builder::new(Vec::new());
    let mut add = |path: &str, kind: EntryType, (mode, owner): (u32, u64), link: &str, contents: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(1_700_000_000);
        header.set_uid(owner);
        header.set_gid(owner);
        header.set_size(contents.len() as u64);
        header.set_device_major(1).unwrap();
        header.set_device_minor(3).unwrap();
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        builder.append_data(&mut header, path, contents).unwrap();
    };
    add("docs/", EntryType::Directory, (0o755, 1000), "", b"");
    add("docs/null", EntryType::Char, (0o666, 0), "", b"");
    add("docs/second", EntryType::Link, (0o666, 0), "docs/null", b"");
    add("docs/program", EntryType::Regular, (0o4755, 1000), "", b"#!");
    add("docs/shut/", EntryType::Directory, (0o500, 1000), "", b"");
    add("docs/shut/letter", EntryType::Regular, (0o400, 4_000), "", b"Dear all");
    add("docs/own", EntryType::Regular, (0o640, 0), "", b"Dear me");
    fs::create_dir(place.path("backups")).unwrap();
    let mut archive = builder.into_inner().unwrap();
    archive.resize(archive.len().next_multiple_of(10_240), 0);
    fs::write(place.path("backups/docs.tar"), archive).unwrap();
}

fn drilled(spoil: &str) -> DrillReport {
    let place = Place::new();
    put_archive(&place);
    let script = format!("tar \"$@\"; code=$?\ncase $1 in --version) exit ;; esac\n{spoil}\nexit $code");
    let driller = place.driller().with_tools(place.program("tar-that", &script), "zstd");
    place.drill(&driller, "docs.tar").unwrap()
}

/// `more` are the bytes in a read-only folder, which GNU tar takes for writable where root runs it.
fn check_sound_and_spoilt(more: u64) {
    let report = drilled(":");
    assert_eq!(report.differences, []);
    // All but the file that is root's own.
    assert_eq!((report.entries, report.content_bytes, report.uncompared_entries), (7, 2 + 7 + more, 6));
    for (spoil, expected) in [
        ("touch -r docs t; rm -f docs/own; touch -r t docs; rm t", "docs/own: it didn't come back"),
        (
            "touch -r docs/own t; printf d | dd of=docs/own conv=notrunc 2>/dev/null; touch -r t docs/own; rm t",
            "docs/own: its contents differ from byte 0 on",
        ),
        ("chmod 4700 docs/program", "docs/program: its mode is 0755 in the archive, and came back as 0700"),
        ("touch -d @1 docs/own", "docs/own: its time of change differs"),
        (
            "touch -r docs t; touch docs/more; touch -r t docs; rm t",
            "docs/more: it came back, but isn't in the archive",
        ),
    ] {
        let report = drilled(spoil);
        let found: Vec<_> = report.differences.iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected], "{spoil}");
    }
}

#[test]
fn without_capabilities_the_rest_is_compared() {
    if goes_on("few_rights::without_capabilities_the_rest_is_compared", FEW) {
        check_sound_and_spoilt(0);
    }
}

#[test]
fn in_a_container_with_one_user_the_rest_is_compared() {
    if goes_on("few_rights::in_a_container_with_one_user_the_rest_is_compared", CONTAINER) {
        check_sound_and_spoilt(8);
    }
}
