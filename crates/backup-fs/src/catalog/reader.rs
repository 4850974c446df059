//! Reads the body of a catalog.

use std::io::{self, Read, Seek};

use super::member::{CatalogMember, Listed};

/// Reads the body of a catalog. One block is in memory, and the index.
///
/// All methods fail with [`InvalidData`](io::ErrorKind::InvalidData) if the catalog is damaged, cut, or none.
#[derive(Debug)]
pub(crate) struct CatalogReader<R> {
    source: R,
}

impl<R: Read + Seek> CatalogReader<R> {
    /// Opens a catalog and reads its index. It has to begin at 0 and to end where the source ends.
    ///
    /// # Errors
    /// [`Unsupported`](io::ErrorKind::Unsupported) for a catalog of an unknown version. Else as any method.
    pub(crate) fn open(source: R) -> io::Result<Self> {
        Ok(Self { source })
    }

    /// Returns the number of members.
    pub(crate) fn member_count(&self) -> u64 {
        0
    }

    /// Returns the sum of what all members have stored in the archive.
    pub(crate) fn stored_bytes(&self) -> u64 {
        0
    }

    /// Returns whether the members are in the order of a walk: each folder before its entries, names bytewise.
    pub(crate) fn is_in_walk_order(&self) -> bool {
        false
    }

    /// Returns all members in the order of the archive. Nothing follows an error.
    pub(crate) fn members(&mut self) -> Members<'_, R> {
        Members { reader: self }
    }

    /// Returns the last member with that path. Slashes at the end make no difference.
    ///
    /// Reads one block if the members are in walk order, and as many as it takes if not.
    ///
    /// # Errors
    /// As any method.
    pub(crate) fn find(&mut self, path: &[u8]) -> io::Result<Option<CatalogMember>> {
        let members: io::Result<Vec<_>> = self.members().collect();
        Ok(members?.into_iter().rev().find(|member| member.path == path))
    }

    /// Shows what a listing needs of each member, in the order of the archive, until `show` returns false.
    ///
    /// # Errors
    /// As any method. What came before the damage was shown.
    pub(crate) fn each_listed(&mut self, _show: &mut dyn FnMut(Listed<'_>) -> bool) -> io::Result<()> {
        Ok(())
    }
}

/// The members of a catalog, in the order of the archive.
#[derive(Debug)]
pub(crate) struct Members<'c, R> {
    reader: &'c mut CatalogReader<R>,
}

impl<R: Read + Seek> Members<'_, R> {
    /// Puts the next member in the place of another one, whose memory is used again. Returns false at the end.
    ///
    /// # Errors
    /// As any method of [`CatalogReader`]. Then there is no next one.
    pub(crate) fn read_into(&mut self, _member: &mut CatalogMember) -> io::Result<bool> {
        self.reader.source.rewind()?;
        Ok(false)
    }
}

impl<R: Read + Seek> Iterator for Members<'_, R> {
    type Item = io::Result<CatalogMember>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut member = CatalogMember::default();
        match self.read_into(&mut member) {
            Ok(true) => Some(Ok(member)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}
