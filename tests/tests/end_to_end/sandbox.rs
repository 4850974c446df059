//! The service with the capabilities of the packaged unit, where all but the home is read-only.

use backup_core::testing::skipped;
use backup_tests::{Finished, Home};

use crate::home;

/// Returns the capabilities of the unit, as setpriv takes them.
fn capabilities() -> String {
    let unit = include_str!("../../../packaging/files/service.conf");
    let lines = unit.lines().filter_map(|line| line.strip_prefix("CapabilityBoundingSet="));
    let names =
        lines.flat_map(|line| line.split(' ')).map(|name| name.trim_start_matches("CAP_").to_lowercase());
    names.map(|name| format!(",+{name}")).collect()
}

/// Runs a script of the shell as the unit would, in a mount namespace of its own.
fn in_sandbox(home: &Home, script: &str) -> Finished {
    let around = format!(
        "set -e; mount --make-rprivate /; cd '{0}'; mkdir -p home; mount --bind home home
         mount -o remount,bind,ro \"$(stat -c %m '{0}')\"
         exec setpriv --bounding-set=-all{1} --inh-caps=-all --no-new-privs sh -c \"$1\"",
        home.folder().display(),
        capabilities()
    );
    Finished::run(home.command("unshare").args(["--mount", "sh", "-c", &around, "sh", script]))
}

#[test]
fn files_of_others_are_backed_up_and_drilled_with_the_units_capabilities() {
    let home = home();
    let needs = "test $(id -u) = 0 && command -v setpriv setfattr && unshare --mount mount --make-rprivate /";
    if home.sh(needs).code != Some(0) {
        return skipped("the sandbox of the unit needs root, setpriv, setfattr and mounts");
    }
    let tree = "umask 022; mkdir -p home data/closed; echo secret >data/closed/file; cp /bin/true data/setuid
        chown -R 1234:1234 data/closed data/setuid; chmod 4755 data/setuid; chmod 0 data/closed/file
        chmod 500 data/closed; setfattr -n user.note -v x data/setuid; chmod 700 home";
    home.sh(tree).expect_done();
    let script = format!(
        "touch '{0}/data/new' && exit 9; backup_manager --home '{0}/home' create '{0}/data' 16:07 data &&
         backup_manager --home '{0}/home' run data && backup_manager --home '{0}/home' drill data",
        home.folder().display()
    );
    let done = in_sandbox(&home, &script).expect_done();
    assert!(done.stderr.contains("Read-only file system"), "{done:?}");
    assert!(done.stdout.contains("\ndata.tar  came back whole (4 entries, "), "{done:?}");
    assert!(!done.stdout.contains("only in part"), "{done:?}");
}
