//! Notices to commands: what they are given, and what is said when they fail.

use backup_core::model::command::Command;
use backup_core::model::config::ConfigReading;
use backup_core::model::notice::{Notice, NoticeKind, NotifyTarget, UnsentKind};
use backup_core::ports::Notifier;
use backup_core::testing::{Act, MemoryCommands, at};
use backup_notify::Sender;

fn target() -> NotifyTarget {
    let text = "[notify.pipe]\nto = \"command\"\nrun = [\"tell\", \"ann\"]\ntimeout = \"5s\"\n";
    ConfigReading::from_toml(text).config.notify.remove(0)
}

fn notice() -> Notice {
    let mut notice = Notice::new(NoticeKind::Failure, "docs", at("2026-03-10 16:07"));
    notice.error = Some("a\0b; rm -rf /".to_owned());
    notice
}

#[test]
fn a_command_gets_variables_and_a_document() {
    let commands = MemoryCommands::new();
    Sender::of_host("nas", commands.clone()).send(&target(), &notice()).unwrap();
    let ran = commands.ran().remove(0);
    assert_eq!(ran.command, r#"["tell", "ann"]"#);
    let variable = |name| ran.variable(name).unwrap();
    assert_eq!(
        (variable("BACKUP_EVENT"), variable("BACKUP_NAME")),
        ("failure".to_owned(), "docs".to_owned())
    );
    assert_eq!(variable("BACKUP_ERROR"), "ab; rm -rf /");
    assert_eq!(variable("BACKUP_TITLE"), "backup docs on nas failed");
    let document: serde_json::Value = serde_json::from_slice(&ran.input.unwrap()).unwrap();
    assert_eq!((&document["kind"], &document["host"]), (&"failure".into(), &"nas".into()));
}

#[test]
fn a_command_that_fails_is_told_with_its_last_line() {
    let unsent = |acts: Vec<Act>| {
        let commands = MemoryCommands::new();
        commands.teach(&Command::program(vec!["tell".to_owned(), "ann".to_owned()]).unwrap(), acts);
        Sender::of_host("nas", commands).send(&target(), &notice()).unwrap_err()
    };
    let complains = unsent(vec![Act::Complain(b"one\nno such user\n".to_vec()), Act::Exit(67)]);
    assert_eq!(complains.to_string(), "tell: it ended with exit code 67: no such user");
    assert_eq!(complains.kind, UnsentKind::Local);
    assert_eq!(unsent(vec![Act::Die(9)]).to_string(), "tell: it was ended by signal 9");
    assert_eq!(unsent(vec![Act::Hang]).to_string(), "tell: it took longer than 5s");
}
