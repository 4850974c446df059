//! Where files are restored to: paths of any depth, and only folders that nobody else has chosen.

use backup_tests::{Finished, Home};
use insta::assert_snapshot;

use crate::home;

/// Deeper than a path may be long, and than a process may have files open.
const LEVELS: usize = 1_400;

/// Runs a program with few files open.
const FEW: &str = "ulimit -n 64 && backup_manager --home .";

/// Makes `docs` with the folders one in the other, the last with a file. No program of the system removes it by its path.
fn deep_home() -> Home {
    let home = home();
    python(
        &home,
        "docs",
        &format!(
            "for _ in range({LEVELS}):\n  os.mkdir('d2'); os.chdir('d2')\nopen('leaf', 'w').write('deep\\n')"
        ),
    );
    home.done(&["create", "docs;00:00;docs"]);
    home
}

/// Runs a script in a folder of the home, which is made.
fn python(home: &Home, folder: &str, script: &str) -> Finished {
    home.write(
        "script.py",
        format!("import os, sys\nos.makedirs({folder:?}, exist_ok=True)\nos.chdir({folder:?})\n{script}\n"),
    );
    home.sh("python3 script.py").expect_done()
}

/// Returns how deep the folders of one name lie in each other, and what the file in the last holds.
fn depth(home: &Home, folder: &str) -> String {
    let script =
        "n = 0\nwhile os.path.isdir('d2'):\n  os.chdir('d2'); n += 1\nprint(n, open('leaf').read().strip())";
    python(home, folder, script).stdout
}

#[test]
fn what_a_backup_calls_done_comes_back_however_deep_it_is() {
    let home = deep_home();
    let few = |arguments: &str| home.sh(&format!("{FEW} {arguments}"));
    few("run docs").expect_done();
    few("restore docs --to there").expect_done();
    assert_eq!(depth(&home, "there"), format!("{LEVELS} deep\n"));
    let again = few("restore docs --to there --overwrite").expect_done();
    assert!(again.stdout.starts_with("Restored 0 entries"), "{}", again.stdout);
    let preview = few("restore docs --in-place --dry-run").expect_done();
    assert!(
        preview.stdout.contains(&format!("{} entries as in the backup", LEVELS + 1)),
        "{}",
        preview.stdout
    );
    assert!(few("find leaf docs").expect_done().stdout.ends_with("/d2/leaf\n"));
    let leaf = "d2/".repeat(LEVELS) + "leaf";
    assert_eq!(few(&format!("cat docs {leaf}")).expect_done().stdout, "deep\n");
    assert!(few("show docs").expect_done().stdout.contains(&leaf));
    home.sh("rm -r docs there").expect_done();
}

/// A home whose schedule `docs` has been backed up, in a folder of somebody else's.
fn home_with_ann() -> Option<Home> {
    let home = home();
    let ann = "mkdir -p ann/docs etc && echo job > ann/docs/job && chown -R 1234:1234 ann";
    if home.sh(ann).code != Some(0) {
        backup_core::testing::skipped("only root can give folders away");
        return None;
    }
    home.done(&["create", &format!("{};00:00;docs", home.path("ann/docs").display())]);
    home.done(&["run", "docs"]);
    Some(home)
}

fn redacted(home: &Home, text: &str) -> String {
    text.replace(&home.folder().canonicalize().expect("it is there").display().to_string(), "HOME")
}

#[test]
fn root_restores_through_no_link_of_somebody_else() {
    let Some(home) = home_with_ann() else { return };
    home.sh("chmod 711 . && cd ann && mv docs docs.hers && ln -s ../etc docs && chown -h 1234:1234 docs")
        .expect_done();
    for arguments in [&["--in-place", "--yes"][..], &["--in-place", "--dry-run"], &["--to", "ann/docs"]] {
        let refused = home.manager(&[&["restore", "docs"], arguments].concat());
        assert_eq!((refused.code, home.names("etc").len()), (Some(1), 0), "{arguments:?}");
        let said = redacted(&home, &refused.stderr);
        assert!(said.contains("the symbolic link HOME/ann/docs belongs to the user 1234"), "{said}");
        assert!(
            said.contains("\nhint: to restore to that place, give the real folder: --to HOME/etc"),
            "{said}"
        );
    }
    let compared = home.manager(&["verify", "docs", "--against-source"]);
    assert!(
        compared.stdout.contains("1 entry gone since"),
        "who only compares may follow it: {}",
        compared.stdout
    );
    home.done(&["restore", "docs", "--to", "etc", "--overwrite"]);
    assert_eq!(home.text("etc/job"), "job\n");
}

#[test]
fn the_real_target_is_reported_and_where_it_was() {
    let home = home();
    home.write("docs/letter", "dear");
    home.done(&["create", "docs;00:00;docs"]);
    home.done(&["run", "docs"]);
    home.sh("mkdir data && mv docs data/docs && ln -s data/docs docs && rm data/docs/letter").expect_done();
    let preview = home.done(&["restore", "docs", "--in-place", "--dry-run"]);
    assert_snapshot!(redacted(&home, &preview.stdout), @"
    HOME/docs leads to HOME/data/docs
    When the backup was made, its source was HOME/docs
    1 entry new:
      letter
    0 entries would be replaced
    0 entries not in the backup, would stay
    0 entries as in the backup
    ");
    let restored = home.done(&["restore", "docs", "--in-place", "--yes"]);
    assert!(restored.stdout.contains("When the backup was made, its source was "), "{}", restored.stdout);
    assert_eq!(home.text("data/docs/letter"), "dear");
    home.sh("mkdir other && ln -s other way").expect_done();
    let elsewhere = home.done(&["restore", "docs", "--to", "way"]);
    assert_eq!(redacted(&home, &elsewhere.stderr).trim(), "HOME/way leads to HOME/other");
    assert_eq!(home.text("other/letter"), "dear");
}

/// Writes an archive with so many empty files, so many in a folder.
fn write_archive(home: &Home, files: usize, in_folder: usize) {
    let header = |name: &str, kind: u8| {
        let mut block = [0_u8; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..108].copy_from_slice(if kind == b'5' { b"0000755\0" } else { b"0000644\0" });
        block[108..116].copy_from_slice(b"0000000\0");
        block[116..124].copy_from_slice(b"0000000\0");
        block[124..136].copy_from_slice(b"00000000000\0");
        block[136..148].copy_from_slice(b"07000000000\0");
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block
    };
    let mut tar = header("docs/", b'5').to_vec();
    for at in 0..files {
        if at % in_folder == 0 {
            tar.extend(header(&format!("docs/{:06}/", at / in_folder), b'5'));
        }
        tar.extend(header(
            &format!("docs/{:06}/a file of this number {:06}", at / in_folder, at % in_folder),
            b'0',
        ));
    }
    tar.resize((tar.len() + 1_024).next_multiple_of(10_240), 0);
    home.write("backups/docs.tar", tar);
}

/// Returns the most memory that a preview took, in KiB.
fn peak(home: &Home, arguments: &str) -> u64 {
    let script = format!(
        "import subprocess, resource\nassert subprocess.run({arguments:?}.split(), stdout=subprocess.DEVNULL).returncode in (0, 3)\n\
         print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    );
    let said = python(home, ".", &script).stdout;
    said.trim().parse().expect("a number")
}

#[test]
fn a_preview_takes_no_memory_for_each_entry() {
    let home = home();
    home.sh("mkdir -m 700 backups").expect_done();
    // At most 10,000 new entries are listed.
    check_peaks(&home, [15_000, 60_000], 100_000, ["--to nowhere"], &|_| {});
    assert!(home.path("nowhere").symlink_metadata().is_err());
    check_peaks(&home, [11_000, 33_000], 1_000, ["--to there --overwrite", "--to there"], &|files| {
        let script = "  at % 1000 or os.makedirs('%06d' % (at // 1000), exist_ok=True)\n  \
             open('%06d/a file of this number %06d' % (at // 1000, at % 1000), 'w').close()";
        python(&home, "there", &format!("for at in range({files}):\n{script}"));
    });
}

/// A name takes 100 bytes and more in a set.
fn check_peaks<const N: usize>(
    home: &Home,
    files: [usize; 2],
    in_folder: usize,
    arguments: [&str; N],
    prepare: &dyn Fn(usize),
) {
    let [few, many] = files.map(|files| {
        write_archive(home, files, in_folder);
        prepare(files);
        arguments.map(|to| peak(home, &format!("backup_manager --home . restore docs --dry-run {to}")))
    });
    let allowed = (files[1] - files[0]) as u64 / 20;
    let is_flat = few.iter().zip(&many).all(|(few, many)| *many < few + allowed);
    assert!(is_flat, "{arguments:?}: {few:?} KiB for {} entries, {many:?} KiB for {}", files[0], files[1]);
}
