//! What an archive began with: the source, as its other members are below.

use std::borrow::Cow;

use backup_core::model::restore::{MAX_COMPONENTS, Refusal, components, is_current_folder};

use super::{Member, MemberKind};

/// The topmost folder or file of an archive, once its first member was seen.
///
/// | the archive begins with | its source |
/// |---|---|
/// | the folder `docs/` | that folder |
/// | the folder `home/ann/docs/`, as `tar -cf docs.tar /home/ann/docs` makes it | that folder |
/// | the folder `./`, as `tar -C docs -cf docs.tar .` makes it | everything in the archive |
/// | the file `docs/a` | the folder `docs` |
/// | the file `a` | that file |
#[derive(Debug)]
pub(crate) struct SourceRoot {
    /// The names of its path. There is none if it is the current folder.
    names: Option<Vec<Vec<u8>>>,
    is_folder: bool,
}

impl Default for SourceRoot {
    fn default() -> Self {
        Self { names: None, is_folder: true }
    }
}

impl SourceRoot {
    /// Returns the names of a member below the source: none for a folder that is the source, and its own name for a
    /// file that is.
    pub(crate) fn below<'m>(&mut self, member: &'m Member) -> Result<Vec<&'m [u8]>, Refusal> {
        self.see(&member.path, member.kind)?;
        self.below_path(&member.path)
    }

    /// Takes in a member: the first one that could be restored says what the others are below of.
    pub(crate) fn see(&mut self, path: &[u8], kind: MemberKind) -> Result<(), Refusal> {
        if self.names.is_some() {
            return Ok(());
        }
        let is_folder = match kind {
            MemberKind::Other(flag) => return Err(Refusal::Unknown(flag)),
            kind => kind == MemberKind::Folder,
        };
        let names = if is_folder { folder_names(path)? } else { components(path)? };
        let is_in_folder = !is_folder && names.len() > 1;
        let root = if is_in_folder { &names[..1] } else { &names[..] };
        self.names = Some(root.iter().map(|name| name.to_vec()).collect());
        self.is_folder = is_folder || is_in_folder;
        Ok(())
    }

    /// Returns the names below the source of a path in the archive.
    pub(crate) fn below_path<'p>(&self, path: &'p [u8]) -> Result<Vec<&'p [u8]>, Refusal> {
        let root = self.names.as_deref().ok_or(Refusal::Elsewhere)?;
        let names = if root.is_empty() { folder_names(path)? } else { components(path)? };
        let is_below =
            names.iter().zip(root).filter(|(name, of_root)| *name == of_root).count() == root.len();
        match (is_below, self.is_folder) {
            (true, true) => Ok(names[root.len()..].to_vec()),
            (true, false) if names.len() == root.len() => Ok(names),
            _ => Err(Refusal::Elsewhere),
        }
    }

    /// As [`below_path`](Self::below_path), with the names joined. Mostly that is the end of the path itself.
    pub(crate) fn joined_below<'p>(&self, path: &'p [u8]) -> Result<Cow<'p, [u8]>, Refusal> {
        if let Some(below) = self.plain_below(path) {
            return Ok(Cow::Borrowed(below));
        }
        Ok(Cow::Owned(self.below_path(path)?.join(&b'/')))
    }

    /// Returns what follows the source in a path that needs no second look: every name in it is a name.
    fn plain_below<'p>(&self, path: &'p [u8]) -> Option<&'p [u8]> {
        let [root] = self.names.as_deref()? else { return None };
        let below = path.strip_prefix(&root[..])?.strip_prefix(b"/")?;
        let below = below.strip_suffix(b"/").unwrap_or(below);
        let is_name = |name: &[u8]| !matches!(name, b"" | b"." | b"..");
        let is_plain =
            self.is_folder && path.len() < MAX_COMPONENTS && below.split(|byte| *byte == b'/').all(is_name);
        is_plain.then_some(below)
    }

    /// Returns the path of a source that is a folder, and nothing for one that is a file.
    pub(crate) fn folder_name(&self) -> Vec<u8> {
        self.names.as_deref().filter(|_| self.is_folder).unwrap_or_default().join(&b'/')
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.is_folder
    }
}

/// Returns the names in the path of a folder. The current one has none.
fn folder_names(path: &[u8]) -> Result<Vec<&[u8]>, Refusal> {
    if is_current_folder(path) { Ok(Vec::new()) } else { components(path) }
}
