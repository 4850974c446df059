//! What the schedule of a proof asks for.

use std::fmt;

use crate::disk::FileSystem;
use crate::generations::OPTIONS;
use crate::hooks;

/// What a schedule asks for whose archives share blocks.
pub(crate) const SHARING: &str = ";reuse=auto;full=never";

/// How the archives are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As tar.
    Plain,
    /// As tar in Zstandard frames.
    Zstd,
}

impl Form {
    /// Returns the name of the complete archive.
    pub(crate) fn archive(self) -> &'static str {
        match self {
            Self::Plain => "docs.tar",
            Self::Zstd => "docs.tar.zst",
        }
    }

    /// Returns the name of an incomplete one.
    pub(crate) fn incomplete(self) -> &'static str {
        match self {
            Self::Plain => "docs.incomplete.tar",
            Self::Zstd => "docs.incomplete.tar.zst",
        }
    }

    fn options(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Zstd => ";compress=zstd",
        }
    }
}

/// What the schedule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scene {
    /// How its archives are stored.
    pub(crate) form: Form,
    /// Whether it keeps two generations and reads each archive back.
    pub(crate) keeps: bool,
    /// Whether commands run before and after the source is read.
    pub(crate) hooks: bool,
    /// On which disk the archive shares blocks with the one before, if it does. All lies on that disk, and little has changed.
    pub(crate) shares: Option<FileSystem>,
}

impl Scene {
    /// Of each form one that keeps nothing.
    pub(crate) const fn of(form: Form) -> Self {
        Self { form, keeps: false, hooks: false, shares: None }
    }

    /// Of each form one that keeps generations.
    pub(crate) const fn keeping(form: Form) -> Self {
        Self { keeps: true, ..Self::of(form) }
    }

    /// Of each form one with commands before and after.
    pub(crate) const fn hooked(form: Form) -> Self {
        Self { hooks: true, ..Self::of(form) }
    }

    /// One whose archives share blocks.
    pub(crate) const SHARING: Self = Self { shares: Some(FileSystem::Xfs), ..Self::of(Form::Plain) };

    /// The same on another disk.
    pub(crate) const SHARING_ON_BTRFS: Self =
        Self { shares: Some(FileSystem::Btrfs), ..Self::of(Form::Plain) };

    /// The archive shares blocks with one that gets another name meanwhile; the generation before it is pruned.
    pub(crate) const SHARING_GENERATIONS: Self = Self { keeps: true, ..Self::SHARING };

    /// Returns what its schedule says behind the name.
    pub(crate) fn options(self) -> String {
        let keeps = if self.keeps { OPTIONS } else { "" };
        let hooks = if self.hooks { hooks::OPTIONS } else { "" };
        let shares = if self.shares.is_some() { SHARING } else { "" };
        format!("{}{keeps}{hooks}{shares}", self.form.options())
    }
}

impl fmt::Display for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeps = if self.keeps { ", generations" } else { "" };
        let shares = match self.shares {
            None => "",
            Some(FileSystem::Btrfs) => ", sharing on Btrfs",
            Some(_) => ", sharing",
        };
        write!(f, "{:?}{keeps}{shares}{}", self.form, if self.hooks { ", hooks" } else { "" })
    }
}
