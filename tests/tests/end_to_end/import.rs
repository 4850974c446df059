//! `import crontab`: the tar commands of a crontab as schedules.

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

const CRONTAB: &str = "# Ann's\nMAILTO=ann\n\
0 3 * * * tar czf /backup/docs-$(date +\\%F).tar.gz --exclude='*.tmp' /home/ann/docs >/dev/null 2>&1\n\
30 16 * * * tar -cf /backup/music.tar -C /home/ann \"my music\"\n\
*/5 * * * * rsync -a /home/ann /mnt\n\
0 4 * * * cd /home/ann && tar cf /backup/x.tar docs\n\
@reboot tar cf /backup/x.tar /home/ann/docs\n";

fn home_with_crontab() -> Home {
    let home = home();
    home.write("crontab", CRONTAB);
    home
}

#[test]
fn what_can_be_taken_is_shown_as_commands() {
    let home = home_with_crontab();
    let said = home.done(&["import", "crontab", "crontab"]);
    assert_snapshot!(said.stdout, @"
    backup_manager create '/home/ann/docs;03:00;docs;exclude=*.tmp;compress=zstd'
    backup_manager create '/home/ann/my music;16:30;my music'
    ");
    assert_snapshot!(said.stderr, @"
    line 5 was skipped because it isn't a single plain tar command: */5 * * * * rsync -a /home/ann /mnt
    line 6 was skipped because it isn't a single plain tar command: 0 4 * * * cd /home/ann && tar cf /backup/x.tar docs
    line 7 was skipped because its time is neither five fields nor a word such as @daily: @reboot tar cf /backup/x.tar /home/ann/docs
    line 3: docs keeps only the newest backup; to keep older ones, as the dated names did: add ;keep=daily:7 or the like
    line 3: docs is compressed with zstd instead of gzip
    ");
    assert_eq!(home.sh("backup_manager import crontab < crontab").expect_done(), said, "also from a pipe");
    assert_eq!(home.bytes("backup_schedules.txt"), b"", "nothing is added");
    assert_eq!(home.text("crontab"), CRONTAB);
}

#[test]
fn the_commands_can_be_run_and_so_can_the_import() {
    let home = home_with_crontab();
    let added = home.done(&["import", "crontab", "crontab", "--add"]);
    let schedules = home.text("backup_schedules.txt");
    assert_eq!(
        schedules,
        "/home/ann/docs;03:00;docs;exclude=*.tmp;compress=zstd\n/home/ann/my music;16:30;my music\n"
    );
    assert!(added.stdout.starts_with("New schedule added: /home/ann/docs;03:00;docs"), "{added:?}");
    assert!(added.stderr.contains("hint: the crontab stays as it is"), "{added:?}");
    assert!(
        added.stderr.contains("as the dated names did: `backup_manager edit docs --keep daily:7`"),
        "{added:?}"
    );
    assert!(added.stderr.contains("line 3: docs is compressed with zstd instead of gzip"), "{added:?}");
    let again = home.done(&["import", "crontab", "crontab", "--add"]);
    assert_eq!((again.stdout.as_str(), home.text("backup_schedules.txt")), ("", schedules.clone()));
    assert!(again.stderr.contains("/home/ann/my music;16:30;my music is there already"), "{again:?}");
    let other = home_with_crontab();
    other.sh("backup_manager import crontab crontab 2>/dev/null | sh").expect_done();
    assert_eq!(other.text("backup_schedules.txt"), schedules);
}

#[test]
fn what_cannot_be_added_does_not_keep_the_others_from_it() {
    let home = home_with_crontab();
    home.write("backup_schedules.txt", "/elsewhere;09:00;docs\n");
    let said = home.manager(&["import", "crontab", "crontab", "--add"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stdout.contains("my music") && said.stderr.contains("Error: "), "{said:?}");
    let still_needed = ["the crontab stays", "line 3: docs"];
    assert!(!still_needed.iter().any(|text| said.stderr.contains(text)), "{said:?}");
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let home = home();
    home.write("empty", "# nothing\n");
    for (arguments, code, expected) in [
        (&["import", "crontab", "missing"][..], 1, "Error: can't read the crontab missing"),
        (&["import", "crontab", "empty"], 1, "no line packs one folder with tar"),
        (&["import"], 2, ""),
        (&["import", "nothing"], 2, ""),
    ] {
        let said = home.manager(arguments);
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(expected), "{arguments:?}: {said:?}");
    }
}
