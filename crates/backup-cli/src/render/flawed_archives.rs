//! Damaged archives: what `status` says of them, and what `run` says of the archive before.

use backup_core::manager::BadBase;
use backup_core::model::archive::{ArchiveName, display_path};
use backup_core::model::history::Verification;
use backup_core::policy::integrity::FlawedArchive;
use backup_core::text::shell_word;
use backup_core::time::wall_clock;

/// How many older archives a status names.
const MOST_NAMED: usize = 3;

/// Returns the line of an archive in which the last verify found a flaw.
pub(super) fn flawed(what: &str, verification: &Verification) -> String {
    let (word, reason) =
        verification.flaw.as_ref().map(|flaw| (flaw.word(), flaw.reason())).unwrap_or_default();
    format!("   {word:<10} {what}, by the last verify, {}: {reason}", wall_clock(verification.at))
}

/// Returns which older archives are damaged, and the way out.
pub(super) fn flawed_older(archives: &[FlawedArchive]) -> Vec<String> {
    let Some(newest) = archives.first() else { return Vec::new() };
    let named = archives.iter().take(MOST_NAMED);
    let mut lines: Vec<_> = named
        .map(|archive| {
            flawed(&format!("the older {}", display_path(&archive.file_name)), &archive.verification)
        })
        .collect();
    let more = archives.len().saturating_sub(MOST_NAMED);
    lines.extend((more > 0).then(|| format!("              and {more} more older archives")));
    lines.push(format!("              check the disk; {}", heals(&newest.file_name)));
    lines.push(
        "              this is shown until that archive is removed, or a verify finds it good".to_owned(),
    );
    lines
}

/// Returns the warning of a run that found the archive before damaged, and what to do.
pub(crate) fn bad_base(bad: &BadBase) -> (String, String) {
    let name = shell_word(bad.name.as_bytes());
    let archive = match &bad.archive {
        Some(file_name) => format!("the backup before this one, {},", display_path(file_name)),
        None => "the backup that this one replaced".to_owned(),
    };
    let (word, reason) = (bad.flaw.word(), bad.flaw.reason());
    let warning =
        format!("{archive} is {word}: {reason}. This backup isn't affected: it read every file anew");
    let way_out = match &bad.archive {
        Some(file_name) => {
            format!(
                "check the disk, and the other backups with `backup_manager verify {name} --all`; {}",
                heals(file_name)
            )
        }
        None => format!("check the disk, and this backup with `backup_manager verify {name}`"),
    };
    (warning, way_out)
}

/// Returns how to get back what is damaged in an archive.
fn heals(file_name: &str) -> String {
    let name = ArchiveName::parse(file_name).map(|archive| archive.backup.to_string()).unwrap_or_default();
    let [name, file_name] = [name.as_str(), file_name].map(|word| shell_word(word.as_bytes()));
    format!(
        "`backup_manager restore {name} --generation {file_name} --heal` takes what is damaged in that one from the others"
    )
}

#[cfg(test)]
mod tests {
    use backup_core::model::history::{Flaw, RunKey};
    use backup_core::testing::at;

    use super::*;

    fn archive(day: u32) -> FlawedArchive {
        let file_name = format!("my docs.2026-03-0{day}T16-07+0000.tar");
        let key = RunKey { entry: "docs;16:07;my docs".to_owned(), planned: None };
        let (began, flaw) =
            (at("2026-03-08 16:07"), Flaw::Damaged("docs/a isn't what was stored".to_owned()));
        let verification = Verification {
            key,
            began,
            archive: file_name.clone(),
            at: at("2026-03-10 16:07"),
            flaw: Some(flaw),
        };
        FlawedArchive { file_name, verification }
    }

    #[test]
    fn a_status_names_damaged_older_archives() {
        let archives: Vec<_> = (1..=5).rev().map(archive).collect();
        let shown = flawed_older(&archives).join("\n") + "\n" + &flawed_older(&archives[..1]).join("\n");
        insta::assert_snapshot!(shown, @"
        DAMAGED    the older backups/my docs.2026-03-05T16-07+0000.tar, by the last verify, 2026-03-10 16:07: docs/a isn't what was stored
        DAMAGED    the older backups/my docs.2026-03-04T16-07+0000.tar, by the last verify, 2026-03-10 16:07: docs/a isn't what was stored
        DAMAGED    the older backups/my docs.2026-03-03T16-07+0000.tar, by the last verify, 2026-03-10 16:07: docs/a isn't what was stored
                   and 2 more older archives
                   check the disk; `backup_manager restore 'my docs' --generation 'my docs.2026-03-05T16-07+0000.tar' --heal` takes what is damaged in that one from the others
                   this is shown until that archive is removed, or a verify finds it good
        DAMAGED    the older backups/my docs.2026-03-05T16-07+0000.tar, by the last verify, 2026-03-10 16:07: docs/a isn't what was stored
                   check the disk; `backup_manager restore 'my docs' --generation 'my docs.2026-03-05T16-07+0000.tar' --heal` takes what is damaged in that one from the others
                   this is shown until that archive is removed, or a verify finds it good
        ");
        assert_eq!(flawed_older(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_run_warns_of_the_archive_before() {
        let warned = |archive: Option<&str>| {
            let (flaw, archive) = (Flaw::Changed("x".to_owned()), archive.map(str::to_owned));
            let (warning, way_out) = bad_base(&BadBase { flaw, name: "my docs".to_owned(), archive });
            format!("{warning}\n{way_out}")
        };
        let shown = [warned(Some("my docs.2026-03-08T16-07+0000.tar")), warned(None)].join("\n");
        insta::assert_snapshot!(shown, @"
        the backup before this one, backups/my docs.2026-03-08T16-07+0000.tar, is CHANGED: x. This backup isn't affected: it read every file anew
        check the disk, and the other backups with `backup_manager verify 'my docs' --all`; `backup_manager restore 'my docs' --generation 'my docs.2026-03-08T16-07+0000.tar' --heal` takes what is damaged in that one from the others
        the backup that this one replaced is CHANGED: x. This backup isn't affected: it read every file anew
        check the disk, and this backup with `backup_manager verify 'my docs'`
        ");
    }
}
