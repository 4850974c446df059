//! Packing: how another tool has compressed a tar archive, as its file name says.

use crate::model::archive::format::Compression;

/// How an archive of another tool is compressed, and can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packing {
    /// It is plain tar.
    Plain,
    /// It is compressed with gzip. It can be kept decompressed.
    Gzip,
    /// It is compressed as Zstandard frames.
    Zstd,
}

impl Packing {
    /// Splits a file name before the ending of a tar archive. Returns `None` if it has none.
    ///
    /// The packing is `None` if the ending stands for a compression that can't be read. Case doesn't matter.
    #[must_use]
    pub fn split(file_name: &str) -> Option<(&str, Option<Self>)> {
        let lower = file_name.to_ascii_lowercase();
        let (ending, packing) = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending))?;
        Some((&file_name[..file_name.len() - ending.len()], *packing))
    }

    /// Returns how the archive is stored among the backups.
    #[must_use]
    pub fn stored(self) -> Compression {
        match self {
            Self::Plain | Self::Gzip => Compression::None,
            Self::Zstd => Compression::Zstd,
        }
    }
}

/// The endings that GNU tar knows. Longer ones come first.
const ENDINGS: [(&str, Option<Packing>); 21] = [
    (".tar.gz", Some(Packing::Gzip)),
    (".tar.zst", Some(Packing::Zstd)),
    (".tar.bz2", None),
    (".tar.xz", None),
    (".tar.lzma", None),
    (".tar.lzo", None),
    (".tar.lz4", None),
    (".tar.lz", None),
    (".tar.z", None),
    (".tar", Some(Packing::Plain)),
    (".tgz", Some(Packing::Gzip)),
    (".taz", Some(Packing::Gzip)),
    (".tzst", Some(Packing::Zstd)),
    (".tbz", None),
    (".tbz2", None),
    (".tb2", None),
    (".tz2", None),
    (".txz", None),
    (".tlz", None),
    (".tlzma", None),
    (".tzo", None),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_how_an_archive_is_packed() {
        let cases = [
            ("docs.tar", Some(("docs", Some(Packing::Plain)))),
            ("my.docs.tar.gz", Some(("my.docs", Some(Packing::Gzip)))),
            ("docs.TGZ", Some(("docs", Some(Packing::Gzip)))),
            ("docs.tar.zst", Some(("docs", Some(Packing::Zstd)))),
            ("docs.tar.xz", Some(("docs", None))),
            ("docs.tar.Z", Some(("docs", None))),
            ("docs.tbz2", Some(("docs", None))),
            (".tar", Some(("", Some(Packing::Plain)))),
            ("docs.tar.gz.part", None),
            ("docs.gz", None),
            ("docs.zip", None),
            ("tar", None),
            ("", None),
        ];
        for (file_name, expected) in cases {
            assert_eq!(Packing::split(file_name), expected, "{file_name}");
        }
    }
}
