//! The situations in which the power is cut.

/// How an archive is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Compressed,
}

impl Form {
    /// Returns the line of the schedule that makes such an archive.
    pub(super) fn schedule(self, source: &str) -> String {
        match self {
            Self::Plain => format!("{source};16:07;docs\n"),
            Self::Compressed => format!("{source};16:07;docs;compress=zstd\n"),
        }
    }

    /// Returns the name of its archive.
    pub(super) fn archive(self) -> &'static str {
        match self {
            Self::Plain => "docs.tar",
            Self::Compressed => "docs.tar.zst",
        }
    }
}

/// What lies on the disk whose power is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnDisk {
    /// All that Backup Manager has.
    Home,
    /// The backups alone: nobody else's sync makes theirs durable by the way.
    Backups,
}

/// A situation.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    /// The archive that stands from before, if one does.
    pub(super) old: Option<Form>,
    pub(super) new: Form,
    pub(super) on_disk: OnDisk,
    /// Whether the archive ends at the end of a page: then no byte of it goes through the page cache.
    pub(super) ends_with_page: bool,
}

const TAIL: Scene = Scene {
    name: "tar, last page in part",
    old: Some(Form::Plain),
    new: Form::Plain,
    on_disk: OnDisk::Home,
    ends_with_page: false,
};

const BACKUPS_ALONE: Scene =
    Scene { name: "backups/ on a disk of its own", on_disk: OnDisk::Backups, ..TAIL };

impl Scene {
    pub(super) const TAIL: &Self = &TAIL;
    pub(super) const BACKUPS_ALONE: &Self = &BACKUPS_ALONE;
    /// The small scale tries the first two.
    pub(super) const ALL: &[Self] = &[
        TAIL,
        BACKUPS_ALONE,
        Self { name: "tar, whole pages", ends_with_page: true, ..TAIL },
        Self { name: "tar.zst", old: Some(Form::Compressed), new: Form::Compressed, ..TAIL },
        Self { name: "tar.zst over tar", new: Form::Compressed, ..TAIL },
        Self { name: "the first ever", old: None, ..TAIL },
    ];
}
