//! Restore finding: what a restore reports about one entry or the whole archive.

use std::fmt;
use std::path::PathBuf;

use crate::text::printable;

/// Something noteworthy about one entry of the archive, or about the whole archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreFinding {
    /// The path in the archive, or the archive itself.
    pub path: PathBuf,
    /// What was found.
    pub kind: RestoreFindingKind,
}

/// What can be found about an entry or an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreFindingKind {
    /// The entry was not created, because it isn't safe or not possible to do so.
    Refused(Refusal),
    /// The entry could not be created. The text is the reason.
    Failed(String),
    /// The entry was created, but a property of it could not be set: the property, and the reason.
    Bare(&'static str, String),
    /// The entry was created as a copy instead of a hard link. The text says why it could not be linked.
    Copied(String),
    /// The entry was not created, because something different exists at its path and is kept.
    Left,
    /// The archive can't be read any further, so everything after this point is missing. The text is the reason.
    BrokenOff(String),
    /// The archive is damaged where the entry is, and this holds what is lost.
    Lost(Holder),
    /// The archive was read to its end, but isn't what was written when it was made. The text says what differs.
    NotAsMade(String),
    /// The contents of the entry could be read, and aren't what was stored.
    NotAsStored,
    /// Nothing was compared or healed, because the archive has no catalog.
    Uncompared,
    /// The archive is incomplete, because something could not be read when it was made.
    ///
    /// The texts are the problems that the history records for that run, if it knows the run.
    Incomplete(Vec<String>),
}

/// What holds the contents of an entry that is damaged in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Another archive, by its file name.
    Archive(String),
    /// The damaged archive itself: only what describes the entry is lost, and its catalog has that.
    Itself,
    /// No archive.
    Nobody,
}

impl RestoreFindingKind {
    /// Returns whether the finding is about the archive instead of a single entry.
    #[must_use]
    pub fn is_of_the_archive(&self) -> bool {
        self.is_damage() || matches!(self, Self::Incomplete(_) | Self::Uncompared)
    }

    /// Returns whether the archive has changed since it was made.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::BrokenOff(_) | Self::NotAsMade(_))
    }

    /// Returns whether the entry was created with its contents, and only a property of it is missing.
    #[must_use]
    pub fn is_of_something_made(&self) -> bool {
        matches!(self, Self::Bare(..) | Self::Copied(_))
    }
}

impl RestoreFinding {
    /// Returns the whole message as lines that are safe to print.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let problems =
            if let RestoreFindingKind::Incomplete(problems) = &self.kind { &problems[..] } else { &[] };
        let problems =
            problems.iter().map(|problem| format!("when it was made: {}", printable(problem.as_bytes())));
        std::iter::once(self.to_string()).chain(problems).collect()
    }
}

/// The maximum number of findings that are kept, so that memory is bounded.
pub(super) const MAX_FINDINGS: usize = 1_000;

/// Adds a finding, if there is room for it. A finding about the whole archive is put before the others.
///
/// If the list is full, a finding about a missing entry replaces one about an entry that only lacks a property. Otherwise, a
/// file system without modes could hide the files that are missing.
pub(crate) fn keep_finding(findings: &mut Vec<RestoreFinding>, finding: RestoreFinding) {
    if finding.kind.is_of_the_archive() {
        findings.insert(0, finding);
        findings.truncate(MAX_FINDINGS);
    } else if findings.len() < MAX_FINDINGS {
        findings.push(finding);
    } else if !finding.kind.is_of_something_made() {
        replace_less_severe(findings, finding);
    }
}

/// Replaces the last finding about an entry that was created, if there is one.
fn replace_less_severe(findings: &mut Vec<RestoreFinding>, finding: RestoreFinding) {
    if let Some(index) = findings.iter().rposition(|other| other.kind.is_of_something_made()) {
        findings.remove(index);
        findings.push(finding);
    }
}

/// Why an entry is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// Its path begins with a `/`.
    Absolute,
    /// Its path, or the path of the file that it is a hard link to, contains `..`.
    LeadsUp,
    /// Its path contains no valid file name.
    Nameless,
    /// Its path has more components than allowed.
    TooDeep,
    /// Its path isn't below the topmost name of the archive.
    Elsewhere,
    /// A folder on its path is a symbolic link in the target.
    ThroughLink,
    /// A folder on its path is something other than a folder in the target.
    ThroughFile,
    /// Something different exists at its path, or the archive itself put something there.
    Taken,
    /// It is a hard link to a file that doesn't exist below the target.
    LinkOutside,
    /// The file system treats its name, or the name of a folder above it, as the name of another existing entry.
    SameName,
    /// It is a device, which only root may create.
    Device,
    /// It would overwrite Backup Manager's own files.
    Own,
    /// A folder exists at its path. Folders are never removed for other entries.
    FolderInPlace,
    /// Its kind is unknown. This is its type flag.
    Unknown(u8),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute => f.write_str("its path is absolute"),
            Self::LeadsUp => f.write_str("its path leads up (..)"),
            Self::Nameless => f.write_str("it has no name"),
            Self::TooDeep => f.write_str("it lies too deep"),
            Self::Elsewhere => f.write_str("it doesn't lie below the source"),
            Self::ThroughLink => f.write_str("a symbolic link is in its way"),
            Self::ThroughFile => f.write_str("something that isn't a folder is in its way"),
            Self::Taken => f.write_str("something else exists in its place"),
            Self::LinkOutside => f.write_str("it is a hard link to a file that isn't there"),
            Self::SameName => f.write_str("the disk can't tell its name from another one that is there"),
            Self::Device => f.write_str("it is a device, which only root may make"),
            Self::Own => f.write_str("it would be written over Backup Manager's own files"),
            Self::FolderInPlace => f.write_str("a folder exists in its place; move it away"),
            Self::Unknown(flag) => write!(f, "it is of an unknown kind, {}", printable(&[*flag])),
        }
    }
}

impl fmt::Display for RestoreFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = printable(self.path.as_os_str().as_encoded_bytes());
        match &self.kind {
            RestoreFindingKind::Refused(refusal) => write!(f, "{path} refused: {refusal}"),
            RestoreFindingKind::Failed(reason) => {
                write!(f, "can't restore {path}: {}", printable(reason.as_bytes()))
            }
            RestoreFindingKind::Bare(what, reason) => {
                write!(f, "can't set the {what} of {path}: {}", printable(reason.as_bytes()))
            }
            RestoreFindingKind::Copied(reason) => {
                let reason = printable(reason.as_bytes());
                write!(f, "{path} is a copy instead of a hard link: {reason}")
            }
            RestoreFindingKind::Left => write!(f, "{path} existed already, differed, and stayed"),
            RestoreFindingKind::BrokenOff(reason) => {
                let reason = printable(reason.as_bytes());
                write!(f, "the archive can't be read to its end: {reason}; anything that follows is missing")
            }
            RestoreFindingKind::Lost(holder) => match holder {
                Holder::Archive(archive) => write!(
                    f,
                    "{path} is damaged in the archive; {} holds the same contents",
                    printable(archive.as_bytes())
                ),
                Holder::Itself => write!(f, "{path} is damaged in the archive, but not its contents"),
                Holder::Nobody => write!(f, "{path} is damaged in the archive, and no other archive holds its contents"),
            },
            RestoreFindingKind::NotAsStored => {
                write!(f, "{path} isn't what was stored: its contents are damaged in the archive")
            }
            RestoreFindingKind::Uncompared => f.write_str(
                "nothing was compared with what was stored, or taken from other archives: the archive has no catalog",
            ),
            RestoreFindingKind::NotAsMade(reason) => {
                let reason = printable(reason.as_bytes());
                write!(
                    f,
                    "THE ARCHIVE ISN'T WHAT WAS WRITTEN, and any of these files may be wrong: {reason}"
                )
            }
            RestoreFindingKind::Incomplete(_) => f.write_str(
                "THE ARCHIVE IS INCOMPLETE: what could not be read when it was made is missing, or holds zeros instead",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::has_control;

    /// Fails to compile when a variant is added, as a reminder to add it to the list.
    fn every_refusal() -> Vec<Refusal> {
        let next = |refusal: Refusal| match refusal {
            Refusal::Absolute => Some(Refusal::LeadsUp),
            Refusal::LeadsUp => Some(Refusal::Nameless),
            Refusal::Nameless => Some(Refusal::TooDeep),
            Refusal::TooDeep => Some(Refusal::Elsewhere),
            Refusal::Elsewhere => Some(Refusal::ThroughLink),
            Refusal::ThroughLink => Some(Refusal::ThroughFile),
            Refusal::ThroughFile => Some(Refusal::Taken),
            Refusal::Taken => Some(Refusal::LinkOutside),
            Refusal::LinkOutside => Some(Refusal::SameName),
            Refusal::SameName => Some(Refusal::Device),
            Refusal::Device => Some(Refusal::Own),
            Refusal::Own => Some(Refusal::FolderInPlace),
            Refusal::FolderInPlace => Some(Refusal::Unknown(b'\n')),
            Refusal::Unknown(_) => None,
        };
        std::iter::successors(Some(Refusal::Absolute), |refusal| next(*refusal)).collect()
    }

    #[test]
    fn a_finding_is_one_line() {
        let finding = |kind| RestoreFinding { path: PathBuf::from("docs/a\nb"), kind };
        let mut said: Vec<String> = every_refusal()
            .into_iter()
            .map(|refusal| finding(RestoreFindingKind::Refused(refusal)).to_string())
            .collect();
        said.push(finding(RestoreFindingKind::Failed("no\u{1b}".to_owned())).to_string());
        said.push(finding(RestoreFindingKind::Bare("mode", "no".to_owned())).to_string());
        said.push(finding(RestoreFindingKind::Copied("no\n".to_owned())).to_string());
        said.push(finding(RestoreFindingKind::Left).to_string());
        said.push(finding(RestoreFindingKind::BrokenOff("at byte 512: no\n".to_owned())).to_string());
        for holder in [Holder::Archive("docs.2026\n.tar".to_owned()), Holder::Itself, Holder::Nobody] {
            said.push(finding(RestoreFindingKind::Lost(holder)).to_string());
        }
        said.push(finding(RestoreFindingKind::NotAsMade("its sum is\nother".to_owned())).to_string());
        said.extend(finding(RestoreFindingKind::Incomplete(vec!["can't read a\n".to_owned()])).lines());
        assert!(said.iter().all(|line| !has_control(line)));
        insta::assert_snapshot!(said.join("\n"), @r"
        docs/a\nb refused: its path is absolute
        docs/a\nb refused: its path leads up (..)
        docs/a\nb refused: it has no name
        docs/a\nb refused: it lies too deep
        docs/a\nb refused: it doesn't lie below the source
        docs/a\nb refused: a symbolic link is in its way
        docs/a\nb refused: something that isn't a folder is in its way
        docs/a\nb refused: something else exists in its place
        docs/a\nb refused: it is a hard link to a file that isn't there
        docs/a\nb refused: the disk can't tell its name from another one that is there
        docs/a\nb refused: it is a device, which only root may make
        docs/a\nb refused: it would be written over Backup Manager's own files
        docs/a\nb refused: a folder exists in its place; move it away
        docs/a\nb refused: it is of an unknown kind, \n
        can't restore docs/a\nb: no\u{1b}
        can't set the mode of docs/a\nb: no
        docs/a\nb is a copy instead of a hard link: no\n
        docs/a\nb existed already, differed, and stayed
        the archive can't be read to its end: at byte 512: no\n; anything that follows is missing
        docs/a\nb is damaged in the archive; docs.2026\n.tar holds the same contents
        docs/a\nb is damaged in the archive, but not its contents
        docs/a\nb is damaged in the archive, and no other archive holds its contents
        THE ARCHIVE ISN'T WHAT WAS WRITTEN, and any of these files may be wrong: its sum is\nother
        THE ARCHIVE IS INCOMPLETE: what could not be read when it was made is missing, or holds zeros instead
        when it was made: can't read a\n
        ");
    }
}
