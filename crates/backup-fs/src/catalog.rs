//! Catalogs: what is in an archive and where, without reading the archive.
//!
//! This is the format of a catalog's body. All numbers of fixed length are little-endian. A body has four parts:
//!
//! | part | holds |
//! |---|---|
//! | header | the magic bytes and the version |
//! | blocks | 4,096 members each at most, in four groups of columns |
//! | index | for each block: its first path, and the lengths and the checksum of each group |
//! | footer | how long the index is, its checksum, the magic bytes |
//!
//! | group | holds | stored as |
//! |---|---|---|
//! | listing | what a listing shows: path, kind, mode, owner, size, time, link, device | Zstandard frame |
//! | places | where headers and data are in the archive, and which digests a member has | Zstandard frame |
//! | stats | what tells whether the source has changed: ctime, inode, device | Zstandard frame |
//! | digests | digests of contents and of pieces | as they are |
//!
//! A group holds the lengths of its columns, and then the columns. Numbers in columns are varints of seven bits a byte,
//! differences to the member before where that makes them small. Nothing in a block refers to another block.
//!
//! A digest of contents is the first 16 bytes of their BLAKE3. That of a piece is the beginning of its chaining value in the tree of
//! the whole, so it depends on the place of the piece. (`piece_digester.rs`)
//!
//! Checksums are the first eight bytes of BLAKE3, over the bytes as they are stored. So damage is noticed before anything
//! is decoded. A checksum doesn't protect from malice: whatever is read has limits that are checked first.

mod block_reader;
mod block_writer;
mod class;
mod columns;
mod comparison;
mod damage;
#[cfg(test)]
mod damaged;
mod digest;
mod examination;
mod frame;
mod group_reader;
#[cfg(test)]
mod hostile;
mod index;
mod limits;
mod listing;
#[cfg(test)]
mod made_up;
mod member;
mod of_archive;
mod order;
mod owners;
mod piece_digester;
mod places;
mod reader;
#[cfg(test)]
mod round_trip;
mod stats;
#[cfg(test)]
mod tampering;
mod times;
mod varint;
mod writer;

pub(crate) use self::comparison::MemberDigester;
pub(crate) use self::digest::{ContentDigest, ContentDigester, PieceDigest, digest_of};
pub(crate) use self::examination::{MemberState, examine};
pub(crate) use self::limits::MAX_PIECES;
pub(crate) use self::member::{CatalogMember, Listed, SourceStat};
pub(crate) use self::of_archive::{ArchiveCatalog, catalog_of, comparable_catalog_of, is_whole_catalog};
pub(crate) use self::order::{compare, trimmed};
pub(crate) use self::piece_digester::{PIECE_BYTES, PieceDigester};
pub(crate) use self::reader::{CatalogReader, Members, OwnedMembers};
pub(crate) use self::writer::CatalogWriter;
