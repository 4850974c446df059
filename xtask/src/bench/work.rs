//! What is measured: which tree, and who packs it.

use std::fmt;

use crate::bench::tools::Tool;
use crate::bench::trees::Tree;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Work {
    /// 50,000 small files
    Small,
    /// One file of 1.5 GB
    Large,
    /// 200 levels of folders
    Deep,
    /// 1,000,000 empty files in 1,000 folders
    Million,
    /// 1,000,000 empty files in one folder
    Flat,
    /// The small files, compressed
    Zst,
    /// The small files, restored
    Restore,
    /// The archive of the small files, verified
    Verify,
    /// Small files in folders of their own, in a home folder, and in one folder: each packed, compressed, restored and verified
    Shapes,
    /// What a backup does to the page cache
    Neighbour,
    /// What a long history costs the commands that read it
    History,
    /// What 100,000 schedules cost the commands and the service
    Schedules,
}

impl Work {
    pub(crate) const ALL: [Self; 12] = [
        Self::Small,
        Self::Large,
        Self::Deep,
        Self::Million,
        Self::Flat,
        Self::Zst,
        Self::Restore,
        Self::Verify,
        Self::Shapes,
        Self::Neighbour,
        Self::History,
        Self::Schedules,
    ];

    pub(crate) fn tree(self) -> Tree {
        match self {
            Self::Small
            | Self::Zst
            | Self::Restore
            | Self::Verify
            | Self::Shapes
            | Self::Neighbour
            | Self::History
            | Self::Schedules => Tree::Small,
            Self::Large => Tree::Large,
            Self::Deep => Tree::Deep,
            Self::Million => Tree::Million,
            Self::Flat => Tree::Flat,
        }
    }

    /// Returns who takes part, in the order of their turns.
    pub(crate) fn tools(self) -> &'static [Tool] {
        match self {
            Self::Zst => &[Tool::OursZst, Tool::TarZst],
            Self::Restore => &[Tool::Ours, Tool::Tar, Tool::Bsdtar],
            Self::Verify => &[Tool::Ours, Tool::Sha256sum],
            _ => &[Tool::Ours, Tool::Tar, Tool::Bsdtar, Tool::Python],
        }
    }

    pub(crate) fn ours(self) -> Tool {
        if self == Self::Zst { Tool::OursZst } else { Tool::Ours }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Small => "Small files",
            Self::Large => "One large file",
            Self::Deep => "A deep tree",
            Self::Million => "A million empty files, in folders of a thousand",
            Self::Flat => "A million empty files in one folder",
            Self::Zst => "Small files, compressed",
            Self::Restore => "Small files, restored",
            Self::Verify => "The archive of the small files, verified",
            Self::Shapes => "Shapes of trees",
            Self::Neighbour => "What stays in the page cache",
            Self::History => "What a long history costs",
            Self::Schedules => "Very many schedules",
        })
    }
}
