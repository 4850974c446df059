//! The situations in which the power is cut.

use crate::disk::FileSystem;
use crate::generations;
use crate::hooks;
use crate::part::Scale;
use crate::scene;

/// How an archive is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Compressed,
}

impl Form {
    fn options(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Compressed => ";compress=zstd",
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
    /// Whether it keeps two generations and reads each archive back.
    pub(super) keeps: bool,
    /// Whether commands run before and after the source is read. What they write is on another disk.
    pub(super) hooks: bool,
    /// Whether the new archive shares blocks with the old one. Only some file systems can do that.
    pub(super) shares: bool,
}

const TAIL: Scene = Scene {
    name: "tar, last page in part",
    old: Some(Form::Plain),
    new: Form::Plain,
    on_disk: OnDisk::Home,
    ends_with_page: false,
    keeps: false,
    hooks: false,
    shares: false,
};

const BACKUPS_ALONE: Scene =
    Scene { name: "backups/ on a disk of its own", on_disk: OnDisk::Backups, ..TAIL };

const KEPT_ALONE: Scene = Scene { name: "generations, on a disk of their own", keeps: true, ..BACKUPS_ALONE };

const SHARING_ALONE: Scene = Scene { on_disk: OnDisk::Backups, ..SHARING };

const SHARING: Scene = Scene { name: "shared blocks", shares: true, ..TAIL };

impl Scene {
    /// Returns the line of the schedule whose archives are stored in that form.
    pub(super) fn schedule(&self, source: &str, form: Form) -> String {
        let generations = if self.keeps { generations::OPTIONS } else { "" };
        let hooks = if self.hooks { hooks::OPTIONS } else { "" };
        let shares = if self.shares { scene::SHARING } else { "" };
        format!("{source};16:07;docs{}{generations}{hooks}{shares}\n", form.options())
    }

    pub(super) const TAIL: &Self = &TAIL;
    pub(super) const BACKUPS_ALONE: &Self = &BACKUPS_ALONE;
    pub(super) const KEPT_ALONE: &Self = &KEPT_ALONE;
    pub(super) const SHARING: &Self = &SHARING;
    /// How many of the scenes the small scale tries, beside the sharing.
    const SMALL: usize = 4;
    /// The scenes of shared blocks.
    const ALL_SHARING: &[Self] =
        &[SHARING, Self { name: "shared blocks, on a disk of their own", ..SHARING_ALONE }];

    /// Returns those that are tried on that file system; the most telling ones come first.
    pub(super) fn on(kind: FileSystem, scale: Scale) -> Vec<&'static Self> {
        let (shared, others) = match scale {
            Scale::Small => (&Self::ALL_SHARING[..1], &Self::ALL[..Self::SMALL]),
            Scale::Full => (Self::ALL_SHARING, Self::ALL),
        };
        match (kind, scale) {
            (FileSystem::Ext4, _) => others.iter().collect(),
            (FileSystem::Xfs, Scale::Small) => shared.iter().collect(),
            (FileSystem::Xfs, Scale::Full) => shared.iter().chain(others).collect(),
            (FileSystem::Btrfs, _) => Vec::new(),
        }
    }

    const ALL: &[Self] = &[
        TAIL,
        BACKUPS_ALONE,
        KEPT_ALONE,
        Self { name: "hooks", hooks: true, ..TAIL },
        Self { name: "generations", on_disk: OnDisk::Home, ..KEPT_ALONE },
        Self { name: "tar, whole pages", ends_with_page: true, ..TAIL },
        Self { name: "tar.zst", old: Some(Form::Compressed), new: Form::Compressed, ..TAIL },
        Self { name: "tar.zst over tar", new: Form::Compressed, ..TAIL },
        Self { name: "the first ever", old: None, ..TAIL },
    ];
}
