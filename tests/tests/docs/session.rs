//! The shell that runs the commands of a page.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use backup_tests::{Home, Programs};

use crate::expected::agrees;
use crate::page::{Command, Page};

/// Folders of Ann's system that are folders of the test's own.
const FOLDERS: [&str; 3] = ["/home/ann", "/mnt", "/srv"];

/// Runs the commands of a page and returns what doesn't hold, in sentences.
pub(crate) fn faults(page: &Page) -> Vec<String> {
    let system = Home::new(programs());
    system.sh(&script(page, &system));
    let checked = (0..).zip(&page.commands).map(|(index, command)| {
        let next = page.commands.get(index + 1);
        fault(command, next, &Ran::of(index, &system))
            .map(|fault| format!("{}:{}: $ {}\n{fault}", page.path.display(), command.line, command.text))
    });
    checked.flatten().collect()
}

/// What a command did.
struct Ran {
    /// Its exit code; `None` if the shell never came to it.
    code: Option<i32>,
    output: String,
}

impl Ran {
    fn of(index: usize, system: &Home) -> Self {
        let code = fs::read_to_string(system.path(format!("{index}.code"))).unwrap_or_default();
        let output = fs::read(system.path(format!("{index}.output"))).unwrap_or_default();
        let output = as_ann_sees(&String::from_utf8_lossy(&output), system);
        Self { code: code.trim().parse().ok(), output }
    }
}

fn fault(command: &Command, next: Option<&Command>, ran: &Ran) -> Option<String> {
    let is_code_asked = next.is_some_and(|next| next.text == "echo $?");
    match ran.code {
        None => return Some("the shell ended before it".to_owned()),
        Some(0) => {}
        Some(_) if is_code_asked => {}
        Some(code) => {
            return Some(format!(
                "exit code {code}, and the next command is no `echo $?`; it printed:\n{}",
                ran.output
            ));
        }
    }
    let output: Vec<_> = ran.output.lines().collect();
    let wanted: Vec<_> = command.output.iter().map(String::as_str).collect();
    (!agrees(&wanted, &output))
        .then(|| format!("--- the page says\n{}\n--- it printed\n{}", wanted.join("\n"), output.join("\n")))
}

/// Returns a script that runs the commands in one shell, each into files of its own.
fn script(page: &Page, system: &Home) -> String {
    let root = system.folder().display();
    let mut script = format!(
        "umask 022; export LC_ALL=C TZ='{}' HOME='{root}/home/ann'\nmkdir -p \"$HOME\" '{root}/mnt' '{root}/srv'\n\
         cd \"$HOME\"; code=0\n",
        zone_at_noon()
    );
    for (index, command) in page.commands.iter().enumerate() {
        let text = on_test_system(&command.text, system.folder());
        let run = format!(
            "(exit $code)\n{{ {text}\n}} >'{root}/{index}.output' 2>&1\ncode=$?; echo $code >'{root}/{index}.code'\n"
        );
        script.write_str(&run).expect("a text takes more text");
    }
    script
}

/// Returns a zone in which it is between noon and one: a schedule of 16:07 is hours ahead.
fn zone_at_noon() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is past 1970");
    let hour = since.as_secs() / 3600 % 24;
    if hour <= 12 { format!("<TST>-{:02}", 12 - hour) } else { format!("<TST>{:02}", hour - 12) }
}

/// Returns a command with the absolute paths of Ann's system led to the test's own.
fn on_test_system(command: &str, root: &Path) -> String {
    let mut led = String::new();
    let mut rest = command;
    while let Some(first) = rest.chars().next() {
        let is_inside = led.ends_with(|before: char| before.is_alphanumeric() || "_-.~/".contains(before));
        if !is_inside && FOLDERS.iter().any(|folder| is_below(rest, folder)) {
            led += &root.to_string_lossy();
        }
        led.push(first);
        rest = &rest[first.len_utf8()..];
    }
    led
}

fn is_below(text: &str, folder: &str) -> bool {
    let after = text.strip_prefix(folder);
    after.is_some_and(|after| !after.starts_with(|next: char| next.is_alphanumeric() || "_-.".contains(next)))
}

/// Returns an output with the test's own paths, user and group as Ann's.
fn as_ann_sees(output: &str, system: &Home) -> String {
    let user = |flag: &str| system.sh(&format!("id -{flag}n")).expect_done().stdout.trim().to_owned();
    let owner = format!("{}/{}", user("u"), user("g"));
    output.replace(&*system.folder().to_string_lossy(), "").replace(&owner, "ann/ann")
}

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let manager = Path::new(env!("CARGO_BIN_EXE_manager_under_test"));
        let service = Path::new(env!("CARGO_BIN_EXE_service_under_test"));
        // Not the folder of the end-to-end tests, which may be writing theirs just now.
        let profile = manager.parent().and_then(Path::file_name).expect("a program lies in a folder");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("docs").join(profile);
        Programs::link(manager, service, &folder)
    })
}

#[test]
fn paths_are_led_to_the_system_of_the_test() {
    let check = |command: &str, led: &str| assert_eq!(on_test_system(command, Path::new("/t")), led);
    check("create \"/home/ann/docs;16:07;docs\"", "create \"/t/home/ann/docs;16:07;docs\"");
    check("tar -C /mnt/disk --to=/srv", "tar -C /t/mnt/disk --to=/t/srv");
    check("ls /home/anna docs/mnt/x ~/mnt ./srv", "ls /home/anna docs/mnt/x ~/mnt ./srv");
}

#[test]
fn a_command_that_fails_or_prints_something_else_is_a_fault() {
    let check = |page: &str, wanted: &[&str]| {
        let page =
            Page { path: PathBuf::from("page.md"), commands: crate::page::commands(page).expect("a page") };
        let found = faults(&page);
        assert_eq!(found.len(), wanted.len(), "{found:#?}");
        found.iter().zip(wanted).for_each(|(found, wanted)| assert!(found.contains(wanted), "{found}"));
    };
    check("```console\n$ echo a; echo b >&2\na\nb\n$ pwd\n/home/ann\n```\n", &[]);
    check("```console\n$ echo a\nb\n```\n", &["page.md:2: $ echo a"]);
    check("```console\n$ false\n```\n", &["exit code 1"]);
    check("```console\n$ (exit 3)\n$ echo $?\n3\n```\n", &[]);
    check(
        "```console\n$ exit\n$ echo a\na\n```\n",
        &["the shell ended before it", "the shell ended before it"],
    );
}
