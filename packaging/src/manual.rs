//! The manual: a page for each command, made of what the command says of itself, and pages made of the documentation.

mod command;
mod document;
mod exit_status;
mod roff;

use clap::CommandFactory;

use crate::release::Release;
use command::{Source, page};

/// A page of the manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// Its file name, as in `backup_manager-run.1`.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Returns all pages.
pub(crate) fn pages(release: &Release) -> Vec<Page> {
    let source = Source { day: release.day(), version: release.version.clone() };
    let mut manager = backup_cli::command_line();
    manager.build();
    let mut pages = Vec::new();
    of_commands(&manager, &source, &mut pages);
    let mut service = backup_daemon::Arguments::command();
    service.build();
    pages.push(page(&service, 8, &source));
    pages.extend(written(&source));
    pages.into_iter().map(|page| Page { text: roff::tidied(&page.text), ..page }).collect()
}

/// Adds the page of a command, and those of the commands that it has.
fn of_commands(command: &clap::Command, source: &Source, pages: &mut Vec<Page>) {
    pages.push(page(command, 1, source));
    let shown = command.get_subcommands().filter(|part| !part.is_hide_set());
    // clap gives every command that has commands one that is called help.
    let ours = shown.filter(|part| part.get_name() != "help" || command.get_name() == "backup_manager");
    ours.for_each(|part| of_commands(part, source, pages));
}

fn written(source: &Source) -> [Page; 3] {
    let schedules = [include_str!("../../docs/schedules.md"), include_str!("../../docs/times.md")]
        .map(document::man)
        .concat();
    let configuration = document::man(include_str!("../../docs/configuration.md"));
    let format = |name: &str, what: &str, text: &str| Page {
        name: format!("{name}.5"),
        text: format!(
            "{}.SH NAME\n{name} \\- {what}\n.SH DESCRIPTION\n{text}{}",
            source.title(name, 5),
            ".SH \"SEE ALSO\"\n.BR backup_manager (1),\n.BR backup_service (8)\n"
        ),
    };
    let system_backup = include_str!("../files/man/system_backup.8");
    [
        format("backup_schedules.txt", "the schedules of Backup Manager", &schedules),
        format("backup_manager.toml", "the configuration of Backup Manager", &configuration),
        Page {
            name: "system_backup.8".to_owned(),
            text: format!("{}{system_backup}", source.title("system_backup", 8)),
        },
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use backup_core::testing::skipped;

    use super::*;
    use crate::call::{is_there, read};

    fn all() -> Vec<Page> {
        pages(&Release::of("/".into(), 1_780_000_000).unwrap())
    }

    fn named(name: &str) -> String {
        let found = all().into_iter().find(|page| page.name == name);
        found.unwrap_or_else(|| panic!("no page {name}")).text
    }

    /// The example of these is on the page of the command above them.
    const EXAMPLE_ABOVE: [&str; 6] = [
        "backup_manager-config-show.1",
        "backup_manager-config-init.1",
        "backup_manager-destination-check.1",
        "backup_manager-destination-list.1",
        "backup_manager-notify-list.1",
        "backup_manager-notify-test.1",
    ];

    #[test]
    fn each_command_has_a_page_with_all_that_people_look_for() {
        let pages = all();
        let commands =
            pages.iter().filter(|page| page.name.starts_with("backup_manager") && page.name.ends_with(".1"));
        let commands: Vec<_> = commands.collect();
        assert!(commands.len() >= 30, "{}", commands.len());
        for page in
            commands.iter().copied().chain(pages.iter().filter(|page| page.name == "backup_service.8"))
        {
            for section in [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "EXIT STATUS",
                "ENVIRONMENT",
                "FILES",
                "SEE ALSO",
            ] {
                let heading = format!("\n.SH {section}\n").replace("EXIT STATUS", "\"EXIT STATUS\"");
                let heading = heading.replace("SEE ALSO", "\"SEE ALSO\"");
                assert!(page.text.contains(&heading), "{} has no {section}:\n{}", page.name, page.text);
            }
            let needs_example = !EXAMPLE_ABOVE.contains(&&*page.name);
            assert!(!needs_example || page.text.contains("\n.SH EXAMPLES\n"), "{}", page.name);
        }
    }

    #[test]
    fn a_page_has_the_exit_codes_of_its_command() {
        let run = named("backup_manager-run.1");
        assert!(run.contains(".TP\n.B 1\nthe configuration is wrong;\nno backup was made\n"), "{run}");
        assert!(run.contains(".TP\n.B 3\nsomething could not be read and is missing"), "{run}");
        assert!(run.contains("\n.B BACKUP_MANAGER_HOME\n"), "{run}");
        let status = named("backup_manager-status.1");
        assert!(
            status.contains("the service doesn\\(aqt run;\nstatus \\-\\-check: not everything is all right"),
            "{status}"
        );
        assert!(!status.contains("no backup was made"), "{status}");
        assert!(!named("backup_manager-list.1").contains(".B 3\n"));
    }

    #[test]
    fn the_pages_are_correct() {
        let folder = tempfile::tempdir().unwrap();
        for page in all() {
            fs::write(folder.path().join(&page.name), page.text).unwrap();
        }
        if is_there("mandoc") {
            // The style that it asks for is another one for each tool.
            let script = "mandoc -T lint -W warning *; :";
            let said = read(Command::new("sh").arg("-c").arg(script).current_dir(folder.path())).unwrap();
            assert_eq!(said, "");
        } else {
            skipped("no mandoc on this machine");
        }
        if is_there("groff") {
            let script = "for page in *; do groff -ww -z -man -Tutf8 \"$page\" 2>&1; done";
            let said = read(Command::new("sh").arg("-c").arg(script).current_dir(folder.path())).unwrap();
            assert_eq!(said, "");
        } else {
            skipped("no groff on this machine");
        }
    }
}
