//! What differs between two generations.

use std::fs;

use backup_tests::Home;
use insta::assert_snapshot;

use crate::home;

/// A home with two generations, stored in that way. Between them, everything that can change has changed.
fn home_with_generations(compress: &str) -> Home {
    let home = home();
    let before = "mkdir -p docs/letters docs/was && echo may > docs/letters/may.txt && echo a > docs/letters/same \
        && echo b > docs/touched && echo c > docs/rewritten && echo d > docs/sneaky && echo e > docs/mode \
        && ln -s may.txt docs/letters/link && echo f > docs/was/gone && echo g > docs/kind && echo h > docs/letters.b \
        && find docs -exec touch -h -d '2001-02-03 04:05:06 UTC' {} + && chmod -R u=rwX,go=rX docs";
    home.sh(before).expect_done();
    home.write("backup_schedules.txt", format!("docs;00:00;docs;keep=last:9;compress={compress}\n"));
    home.done(&["run", "docs"]);
    let after = "echo later >> docs/letters/may.txt && touch -d '2002-01-01 UTC' docs/touched docs/letters/may.txt \
        && echo C > docs/rewritten && touch -d '2002-01-01 UTC' docs/rewritten \
        && echo D > docs/sneaky && touch -d '2001-02-03 04:05:06 UTC' docs/sneaky && chmod 600 docs/mode \
        && ln -sf june.txt docs/letters/link && touch -h -d '2001-02-03 04:05:06 UTC' docs/letters/link \
        && rm -r docs/was docs/kind && mkdir docs/kind && echo new > \"$(printf 'docs/new\\nline')\"";
    home.sh(after).expect_done();
    home.done(&["run", "docs"]);
    home
}

fn older(home: &Home) -> String {
    home.names("backups").into_iter().find(|name| name.starts_with("docs.2")).expect("an older one")
}

/// The lines of a diff, with names of dated archives masked.
fn differing(home: &Home, arguments: &[&str], code: i32) -> String {
    let said = home.manager(&[&["diff", "docs"], arguments].concat());
    assert_eq!(said.code, Some(code), "{said:?}");
    let told = said.stdout.replace(&older(home), "OLDER").replace("docs.tar.zst", "docs.tar");
    let without_times = |line: &str| match line.split_once("time ") {
        Some((before, _)) => format!("{before}time)\n"),
        None => format!("{line}\n"),
    };
    told.lines().map(without_times).collect()
}

#[test]
fn every_difference_has_a_line() {
    let home = home_with_generations("no");
    let old = older(&home);
    let lines = differing(&home, &[&old], 1);
    assert_snapshot!(lines, @r"
    ~ kind/ (kind file -> folder, mode 0644 -> 0755)
    ~ letters/link (link may.txt -> june.txt)
    ~ letters/may.txt (size 4 -> 10, time)
    ~ mode (mode 0644 -> 0600)
    + $'new\nline'
    ~ rewritten (contents, time)
    ~ touched (time)
    - was/
    - was/gone
    1 new, 2 gone, 6 changed, 5 the same: OLDER -> docs.tar
    ");
    assert_eq!(differing(&home, &[&old, "newest"], 1), lines);
    assert_eq!(differing(&home, &[&old, "docs.tar"], 1), lines);
    let all = differing(&home, &[&old, "--contents"], 1);
    let more: Vec<_> = all.lines().filter(|line| !lines.contains(line)).collect();
    assert_eq!(more[0], "~ sneaky (contents)", "{all}");
    assert_eq!(more.len(), 2, "and the summary: {all}");
    let compressed = home_with_generations("zstd");
    let old = older(&compressed);
    assert_eq!(differing(&compressed, &[&old], 1), lines);
    assert_eq!(differing(&compressed, &[&old, "--contents"], 1), all);
}

#[test]
fn the_other_way_round_new_is_gone() {
    let home = home_with_generations("no");
    let old = older(&home);
    let there = differing(&home, &[&old], 1);
    let back = differing(&home, &["newest", &old], 1);
    let signs = |lines: &str, sign: &str| lines.lines().filter(|line| line.starts_with(sign)).count();
    assert_eq!((signs(&there, "+"), signs(&there, "-")), (signs(&back, "-"), signs(&back, "+")));
}

#[test]
fn the_same_is_the_same() {
    let home = home_with_generations("no");
    let old = older(&home);
    let same = differing(&home, &[&old, &old, "--contents"], 0);
    assert_snapshot!(same, @"0 new, 0 gone, 0 changed, 13 the same: OLDER -> OLDER");
    assert_eq!(home.done(&["diff", "docs", "today"]).stderr.matches("Taking").count(), 1);
}

#[test]
fn archives_of_other_tools_may_have_any_order() {
    let home = home_with_generations("no");
    let old = older(&home);
    let lines = differing(&home, &[&old, "--contents"], 1);
    // An earlier version of a file is in it too, and the last one counts.
    let shuffle = "mkdir x && tar -C x -xpf backups/docs.tar && cd x && find docs -print0 | sort -rz > list \
        && cp -p docs/sneaky last && echo first > docs/sneaky && tar --format=pax -cf ../backups/docs.tar docs/sneaky \
        && cp -p last docs/sneaky && tar --no-recursion --format=pax -rf ../backups/docs.tar --null -T list";
    home.sh(shuffle).expect_done();
    let shuffled = differing(&home, &[&old, "--contents"], 1);
    let entries = |lines: &str| lines.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(entries(&shuffled), entries(&lines));
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let home = home_with_generations("no");
    let said = |arguments: &[&str]| {
        let said = home.manager(&[&["diff"], arguments].concat());
        assert_eq!(said.stdout, "", "{arguments:?}");
        (said.code, said.stderr.lines().next().unwrap_or_default().to_owned())
    };
    assert_eq!(
        said(&["docs", "soon"]),
        (Some(2), "Error: can't tell which moment is meant by soon".to_owned())
    );
    assert_eq!(said(&["docs", "docs.1999-01-01T00-00+0000.tar"]).0, Some(1));
    assert_eq!(said(&["docs", "other.tar"]).0, Some(1));
    assert_eq!(said(&["nothing", "newest"]).0, Some(1));
    assert_eq!(said(&["docs"]).0, Some(2));
}

#[test]
fn a_damaged_archive_is_compared_as_far_as_it_goes() {
    let home = home_with_generations("no");
    let old = older(&home);
    let bytes = home.bytes("backups/docs.tar");
    fs::write(home.path("backups/docs.tar"), &bytes[..bytes.len() / 2 / 512 * 512]).expect("it can be cut");
    let said = home.manager(&["diff", "docs", &old]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.stderr.contains("backups/docs.tar: the archive can't be read to its end"), "{said:?}");
    fs::write(home.path("backups/docs.tar"), "damage").expect("it can be written");
    let said = home.manager(&["diff", "docs", &old]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""), "{said:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = home_with_generations("no");
    let script = format!("backup_manager diff docs {} | head -1", older(&home));
    let said = home.sh(&script).expect_done();
    assert_eq!(said.stderr, "");
}
