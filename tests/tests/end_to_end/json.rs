//! The JSON of every command has the fields that docs/formats.md describes, and no others.

use std::collections::BTreeSet;

use backup_tests::{Finished, Home};
use chrono::DateTime;
use serde_json::Value;

use crate::home;

/// What docs/formats.md says of JSON.
const PAGE: &str = include_str!("../../../docs/formats.md");

/// A field of a table: its name, with `[].` before that of an object in an array, its type and its meaning.
struct Field {
    name: String,
    kind: String,
    meaning: String,
}

/// Returns the tables of fields below a heading.
fn tables(heading: &str) -> Vec<Vec<Field>> {
    let start = PAGE.find(&format!("\n### {heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let section = &PAGE[start + 5..];
    let section = &section[..section.find("\n##").unwrap_or(section.len())];
    let mut tables: Vec<Vec<Field>> = Vec::new();
    for line in section.lines() {
        match line.strip_prefix("| ").map(|line| line.split(" | ").collect::<Vec<_>>()).as_deref() {
            Some(["field", ..]) => tables.push(Vec::new()),
            Some([names, kind, meaning @ ..]) => {
                let table = tables.last_mut().expect("a table has a head");
                table.extend(names.split(", ").map(|name| Field {
                    name: name.trim_matches('`').to_owned(),
                    kind: kind.trim_end_matches(" |").to_owned(),
                    meaning: meaning.concat(),
                }));
            }
            _ => {}
        }
    }
    assert!(!tables.is_empty(), "{heading} has a table");
    tables
}

/// Compares an object with the one table of a section that is about it.
fn check_object(heading: &str, object: &Value) {
    let keys = keys(object);
    let is_of = |table: &&Vec<Field>| top_level(table) == keys;
    let tables = tables(heading);
    let Some(table) = tables.iter().find(is_of) else {
        let documented: Vec<_> = tables.iter().map(|table| top_level(table)).collect();
        panic!("{heading} prints {keys:?}, and the page has {documented:?}");
    };
    for field in table {
        match field.name.split_once("[].") {
            None => check_value(heading, field, &object[&field.name]),
            Some((array, name)) => {
                for one in object[array].as_array().expect("it is an array") {
                    assert!(one.get(name).is_some(), "{heading}: {} of {one}", field.name);
                    check_value(heading, field, &one[name]);
                }
            }
        }
    }
}

/// Returns the keys that every such object has: `path_bytes` comes beside `path`, and only where there is a need.
fn keys(object: &Value) -> BTreeSet<String> {
    let object = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    let is_beside = |key: &str| key.strip_suffix("_bytes").is_some_and(|text| object.contains_key(text));
    object.keys().filter(|key| !is_beside(key)).cloned().collect()
}

fn top_level(table: &[Field]) -> BTreeSet<String> {
    let top_level = table.iter().filter(|field| !field.name.contains("[]."));
    top_level.map(|field| field.name.clone()).collect()
}

fn check_value(heading: &str, field: &Field, value: &Value) {
    let Field { name, kind, meaning } = field;
    if value.is_null() && kind.ends_with(" or null") {
        return;
    }
    let is_word = |text: &str| meaning.contains(&format!("`{text}`"));
    let is_fine = match kind.trim_end_matches(" or null") {
        "string" | "identity" | "file name" => value.is_string(),
        "SHA-256" => value.as_str().is_some_and(|sum| sum.len() == 64),
        "word" => value.as_str().is_some_and(is_word),
        "moment" => value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok()),
        "count" | "bytes" => value.is_u64(),
        "true, false" => value.is_boolean(),
        "array" | "sentences" => value.is_array(),
        "object" => value.is_object(),
        kind => panic!("{heading}: unknown type {kind}"),
    };
    assert!(is_fine, "{heading}: {name} should be {kind} ({meaning}), and is {value}");
}

/// Returns what a command prints in one of the forms, compared with its section.
fn objects(home: &Home, heading: &str, arguments: &[&str], code: i32) -> Vec<Value> {
    let said: Finished = home.manager(arguments);
    assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
    let objects = match said.stdout.as_str() {
        array if array.starts_with('[') => serde_json::from_str(array).expect("an array"),
        lines => lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object a line"))
            .collect::<Vec<_>>(),
    };
    objects.iter().for_each(|object| check_object(heading, object));
    objects
}

fn words<'v>(objects: &'v [Value], field: &str) -> Vec<&'v str> {
    objects.iter().map(|object| object[field].as_str().unwrap_or("-")).collect()
}

/// A home with two generations of a folder with a bit of everything.
fn home_with_backups() -> Home {
    let home = home();
    let tree = "mkdir -p docs/letters && echo may > docs/letters/may.txt && ln docs/letters/may.txt docs/zhard \
        && ln -s letters/may.txt docs/link && mkfifo docs/pipe && printf x > \"$(printf 'docs/odd\\377')\" \
        && printf x > docs/left.tmp";
    home.sh(tree).expect_done();
    home.write("backup_schedules.txt", "docs;00:00;docs;keep=last:9;exclude=*.tmp\n");
    home.done(&["run", "docs"]);
    home.sh("echo june > docs/letters/june.txt && rm docs/pipe && chmod 600 docs/letters/may.txt")
        .expect_done();
    home.done(&["run", "docs"]);
    home
}

#[test]
fn schedules_and_what_is_wrong_with_them() {
    let home = home();
    home.write(
        "backup_schedules.txt",
        "docs;16:07;docs;keep=last:2\nnonsense\nother;17:00;docs\n~/x;9:05;home\n",
    );
    let listed = objects(&home, "list --json", &["list", "--json"], 0);
    let next = objects(&home, "next --json", &["next", "--json"], 0);
    assert_eq!(next.len(), 10);
    assert_eq!(words(&listed, "name"), ["docs", "-", "docs", "home"]);
    assert_eq!(listed[0]["options"], serde_json::json!(["keep=last:2"]));
    assert_eq!(listed.iter().map(|one| one["runs"] == true).collect::<Vec<_>>(), [true, false, false, true]);
    let checked = objects(&home, "check --json", &["check", "--json"], 1);
    assert_eq!(checked.len(), 4, "lines without a fault are listed too");
    assert_eq!(checked[3]["warnings"][0]["kind"], "folder-tilde");
    assert!(checked[1]["error"].is_string() && checked[1]["hint"].is_string(), "{}", checked[1]);
    home.write("backup_schedules.txt", "");
    assert_eq!(home.done(&["list", "--json"]).stdout, "[]\n");
}

#[test]
fn the_configuration_and_what_is_wrong_with_it() {
    let home = home();
    let shown = objects(&home, "config show --json", &["config", "show", "--json"], 0);
    assert_eq!((&shown[0]["exists"], &shown[0]["settings"][0]["built_in"]), (&false.into(), &true.into()));
    home.write("backup_manager.toml", "[defaults]\nkeep = \"last:2\"\n");
    let shown = objects(&home, "config show --json", &["config", "show", "--json"], 0);
    assert_eq!(
        (shown[0]["settings"][0]["value"].as_str(), &shown[0]["settings"][0]["line"]),
        (Some("last:2"), &2.into())
    );
    home.write("backup_schedules.txt", "docs;16:07;docs\n");
    home.write("backup_manager.toml", "[defaults]\nkep = 1\nverify = 2\n");
    let checked = objects(&home, "check --json", &["check", "--json"], 1);
    assert_eq!((checked.len(), words(&checked, "key")), (3, vec!["-", "defaults.kep", "defaults.verify"]));
}

#[test]
fn runs_and_archives() {
    let home = home_with_backups();
    objects(&home, "history --json", &["run", "docs", "--json"], 0);
    let out = objects(&home, "history --json", &["run", "docs", "--json", "--output", "own.tar"], 0);
    assert_eq!((out[0]["outcome"].as_str(), out[0]["entries"].as_u64()), (Some("done"), Some(7)));
    let runs = objects(&home, "history --json", &["history", "--json"], 0);
    assert_eq!(words(&runs, "state"), ["ended"; 3]);
    let archives = objects(&home, "backups --json", &["backups", "--json"], 0);
    let mut states = words(&archives, "state");
    states.sort_unstable();
    assert_eq!(states, ["newest", "older", "older"]);
    let of_one = objects(&home, "backups --json", &["backups", "0", "--json"], 0);
    assert_eq!(words(&of_one, "state"), ["newest", "older", "older"]);
    let why = objects(&home, "why --json", &["why", "docs", "today", "--json"], 0);
    assert!(why[0]["text"].is_string());
    objects(&home, "why --json", &["why", "docs", "2026-01-01", "--json"], 0);
    let plan = objects(&home, "prune --json", &["prune", "docs", "--dry-run", "--json"], 0);
    assert_eq!(
        (plan[0]["dry_run"].as_bool(), plan[0]["generations"].as_array().map(Vec::len)),
        (Some(true), Some(3))
    );
    let pruned = objects(&home, "prune --json", &["prune", "docs", "--json", "--yes"], 0);
    assert_eq!(pruned[0]["dry_run"], false);
    home.sh("rm -r docs").expect_done();
    let failed = home.manager(&["run", "docs", "--json"]);
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), ""), "an error has no JSON");
}

#[test]
fn a_dry_run() {
    let home = home_with_backups();
    let heading = "run --dry-run --json";
    let told = objects(&home, heading, &["run", "docs", "--dry-run", "--json"], 0);
    assert_eq!(words(&told, "state"), ["excluded", "-"]);
    let all = objects(&home, heading, &["run", "docs", "--dry-run", "--list", "--json"], 0);
    let packed = words(&all, "state").iter().filter(|state| **state == "packed").count();
    assert_eq!(all.last().expect("a last line")["entries"], packed);
}

#[test]
fn entries_and_their_odd_names() {
    let home = home_with_backups();
    let shown = objects(&home, "show --json and find --json", &["show", "docs", "--json"], 0);
    let mut kinds = words(&shown, "type");
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["file", "folder", "hard-link", "symlink"]);
    let odd = shown.iter().find(|entry| !entry["path_bytes"].is_null()).expect("a name that is no text");
    assert_eq!((odd["path"].as_str(), odd["path_bytes"].as_str()), (Some("odd\u{fffd}"), Some("odd%FF")));
    let found = objects(&home, "show --json and find --json", &["find", "pipe", "--json"], 0);
    assert_eq!(words(&found, "type"), ["fifo"]);
    objects(&home, "catalog rebuild --json", &["catalog", "rebuild", "docs", "--json"], 0);
    let differing = objects(&home, "diff --json", &["diff", "docs", &older(&home), "--json"], 1);
    assert_eq!(words(&differing, "change"), ["new", "changed", "gone", "changed", "-"]);
    let args = ["restore", "docs", "--dry-run", "--json", "--to", "there"];
    let preview = objects(&home, "restore --dry-run --json", &args, 0);
    assert_eq!(preview[0]["new"], 6);
    let nothing = home.manager(&["show", "docs", "nothing", "--json"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
}

#[test]
fn restores() {
    let home = home_with_backups();
    let restored = |arguments: &[&str], code| {
        let mut objects =
            objects(&home, "restore --json", &[&["restore", "docs", "--json"], arguments].concat(), code);
        assert_eq!(objects.len(), 1, "{arguments:?}");
        objects.remove(0)
    };
    let counts = |object: &Value| ["restored", "same", "stayed", "faults"].map(|key| object[key].as_u64());
    let new = restored(&[], 0);
    assert_eq!((counts(&new), &new["complete"]), ([6, 0, 0, 0].map(Some), &Value::Bool(true)));
    assert_eq!(new["target"].as_str(), home.path("docs.restored").to_str());
    assert_eq!(new["content_bytes"], 10);
    home.sh("echo mine > docs.restored/letters/may.txt").expect_done();
    let kept = restored(&["letters", "nothing", "--to", "docs.restored"], 3);
    assert_eq!((counts(&kept), &kept["complete"]), ([0, 2, 1, 1].map(Some), &Value::Bool(false)));
    assert_eq!(kept["unmatched"], serde_json::json!(["nothing"]));
    assert_eq!(kept["findings"][0]["path"], "docs/letters/may.txt");
    home.sh("rm -r docs/letters && echo x > docs/letters").expect_done();
    let in_place = restored(&["--in-place", "--yes"], 0);
    assert_eq!((&in_place["removed"], counts(&in_place)), (&Value::from(1), [4, 2, 0, 0].map(Some)));
    let again = restored(&["--in-place", "--yes"], 0);
    assert_eq!(counts(&again)[0], Some(0), "nothing differs any more");
    for (arguments, code) in [(&["--in-place"][..], 2), (&["--generation", "nothing"], 1)] {
        let said = home.manager(&[&["restore", "docs", "--json"], arguments].concat());
        assert_eq!((said.code, said.stdout.as_str()), (Some(code), ""), "{said:?}");
    }
}

#[test]
fn proofs() {
    let home = home_with_backups();
    let verified = objects(&home, "verify --json", &["verify", "--json"], 0);
    assert_eq!(words(&verified, "state"), ["good", "good"]);
    let against = home.done(&["verify", "docs", "--json", "--against-source"]).stdout;
    let last = serde_json::from_str(against.lines().last().expect("a last line")).expect("an object");
    check_object("restore --dry-run --json", &last);
    let drilled = objects(&home, "drill --json", &["drill", "docs", "--json"], 0);
    assert_eq!(words(&drilled, "state"), ["passed"]);
    home.write("backups/docs.tar", "damage");
    let verified = objects(&home, "verify --json", &["verify", "docs", "--json"], 1);
    assert_eq!((words(&verified, "state"), &verified[0]["sound"]), (vec!["damaged"], &Value::Bool(false)));
    home.sh("rm backups/*").expect_done();
    home.write("backup_schedules.txt", "docs;00:00;docs\nother;00:00;other\n");
    home.sh("mkdir -p other").expect_done();
    home.done(&["run", "other"]);
    let drilled = objects(&home, "drill --json", &["drill", "--json"], 1);
    assert_eq!(words(&drilled, "state"), ["missing", "passed"]);
    let verified = objects(&home, "verify --json", &["verify", "--json"], 1);
    assert_eq!(words(&verified, "state"), ["missing", "good"]);
}

#[test]
fn an_import() {
    let home = home_with_backups();
    let script = "mkdir old && tar -cf old/a-2026-02-01.tar docs && echo x >old/a-2026-02-02.tar \
        && touch -d 2026-01-01 old/a.tar";
    home.sh(script).expect_done();
    let heading = "import tars --json";
    let planned = objects(&home, heading, &["import", "tars", "old", "a", "--json", "--dry-run"], 1);
    assert_eq!(words(&planned, "state"), ["not-taken", "new", "not-taken", "-"]);
    let taken = objects(&home, heading, &["import", "tars", "old", "a", "--json"], 1);
    assert_eq!(words(&taken, "state"), ["not-taken", "taken", "not-taken", "-"]);
    assert_eq!(words(&taken, "dated_by"), ["modification", "name", "name", "-"]);
    assert_eq!((taken[3]["taken"].as_u64(), taken[3]["not_taken"].as_u64()), (Some(1), Some(2)));
    let known = objects(&home, heading, &["import", "tars", "old", "a", "--json"], 1);
    assert_eq!(words(&known, "state"), ["not-taken", "known", "not-taken", "-"]);
}

/// Returns the file name of the older generation.
fn older(home: &Home) -> String {
    home.names("backups").into_iter().find(|name| name.starts_with("docs.2")).expect("an older one")
}
