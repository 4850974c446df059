//! Destinations, by the real program: they are listed and tried, and backups are copied to them.

use backup_tests::Home;

use crate::home;

/// A home with a folder as a destination, and one backup.
fn with_destination() -> Home {
    let home = home();
    home.write("offsite/.keep", "");
    let url = home.path("offsite").display().to_string();
    home.write("backup_manager.toml", format!("[destinations.usb]\nurl = \"{url}\"\n"));
    home.write("docs/letter", "Dear all");
    home.done(&["create", "docs;16:07;docs;keep=last:5;compress=zstd"]);
    home.done(&["run", "docs"]);
    home
}

/// Returns the keys of the copies that `backups --at` shows.
fn copies(home: &Home) -> Vec<String> {
    home.done(&["backups", "--at", "usb"]).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_backup_is_copied_once_with_its_catalog() {
    let home = with_destination();
    let first = home.done(&["copy", "docs", "--to", "usb"]).stdout;
    assert!(first.starts_with("Copied backups/docs.tar.zst to usb: docs/20"), "{first}");
    assert!(first.ends_with(", with its catalog)\n"), "{first}");
    let [key] = &copies(&home)[..] else { panic!("there is one copy") };
    assert_eq!(home.bytes(&format!("offsite/{key}")), home.bytes("backups/docs.tar.zst"));
    let catalog = home.names("backups/.catalog/docs");
    let catalog = home.bytes(&format!("backups/.catalog/docs/{}", catalog[0]));
    assert_eq!(home.bytes(&format!("offsite/{key}.catalog")), catalog);
    let again = home.done(&["copy", "docs", "--to", "usb"]).stdout;
    assert_eq!(again, format!("backups/docs.tar.zst is at usb already: {key}\n"));
    let log = home.manager_log();
    assert!(log.iter().any(|line| line == &format!("Copied backups/docs.tar.zst to usb: {key}")), "{log:?}");
    // The stock tools read the copy.
    let listed = home.sh(&format!("zstd -dc 'offsite/{key}' | tar -t")).expect_done().stdout;
    assert!(listed.contains("letter"), "{listed}");
}

#[test]
fn older_generations_are_copied_too() {
    let home = with_destination();
    home.write("docs/letter", "Dear all, again");
    home.done(&["run", "docs"]);
    let shown = home.done(&["copy", "docs", "--to", "usb", "--all", "--json"]).stdout;
    let copied: Vec<serde_json::Value> =
        shown.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!(copied.len(), 2);
    assert_eq!(copied[0]["archive"], "docs.tar.zst", "the newest comes first");
    let mut keys: Vec<_> = copied.iter().map(|copy| copy["key"].as_str().unwrap_or_default()).collect();
    keys.sort_unstable();
    assert_eq!(copies(&home), keys);
}

#[test]
fn a_destination_is_listed_and_tried() {
    let home = with_destination();
    let folder = home.path("offsite").display().to_string();
    assert_eq!(home.done(&["destination", "list"]).stdout, format!("usb  {folder}\n"));
    let check = home.done(&["destination", "check", "usb", "--json"]).stdout;
    let check: serde_json::Value = serde_json::from_str(&check).expect("it is JSON");
    assert_eq!((&check["deletes"], &check["objects"]), (&true.into(), &0.into()));
    assert_eq!(home.names("offsite"), [".keep"], "the object of the check is gone");
    home.sh("rm -r offsite").expect_done();
    let unmounted = home.manager(&["copy", "docs", "--to", "usb"]);
    assert_eq!(unmounted.code, Some(1));
    assert!(unmounted.stderr.contains(&format!("the folder {folder} doesn't exist")), "{}", unmounted.stderr);
    assert!(unmounted.stderr.contains("mount the disk"), "{}", unmounted.stderr);
    assert!(!home.path("offsite").exists(), "a destination is never made");
}

#[test]
fn a_wrong_name_is_told_with_the_one_that_is_meant() {
    let home = with_destination();
    for arguments in
        [&["copy", "docs", "--to", "ubs"][..], &["destination", "check", "ubs"], &["backups", "--at", "ubs"]]
    {
        let wrong = home.manager(arguments);
        assert_eq!(wrong.code, Some(2), "{arguments:?}");
        assert_eq!(
            wrong.stderr,
            "Error: backup_manager.toml has no table [destinations.ubs]\nhint: did you mean usb?\n"
        );
    }
    home.write("backup_manager.toml", "# nothing\n");
    let none = home.manager(&["copy", "docs", "--to", "usb"]);
    assert!(none.stderr.contains("there are no destinations"), "{}", none.stderr);
}
