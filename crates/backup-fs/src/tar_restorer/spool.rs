//! Contents that can be read only once, copied so that they can be compared with an existing file first.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use backup_core::model::restore::InPlace;

use super::contents::{PIECE_BYTES, Part, Parts};
use super::context::Context;
use super::create::File;
use super::obstacle::{Obstacle, c_name};
use super::open_dir::OpenDir;
use super::temp_entry::Place;

impl File {
    /// Creates the file with contents that can be read only once.
    ///
    /// If a file with the same metadata exists, only its contents decide whether it is replaced. The new contents are
    /// then copied to a file without a name on the same disk, and compared from there.
    pub(super) fn make_once<P: Parts>(&self, context: &Context, folder: &OpenDir<'_>, contents: P) {
        match self.scratch(context, folder) {
            Ok(None) => self.make(context, folder, contents),
            Ok(Some(scratch)) => match Spool::fill_from(contents, scratch, self.size_bytes) {
                Ok(Some(spool)) => self.make(context, folder, spool),
                Ok(None) => {}
                Err(error) => self.not_made(context, folder, error.into()),
            },
            Err(obstacle) => self.not_made(context, folder, obstacle),
        }
    }

    /// Returns a file for the contents if they have to be compared.
    fn scratch(&self, context: &Context, folder: &OpenDir<'_>) -> Result<Option<fs::File>, Obstacle> {
        let name = c_name(&self.name)?;
        let place = Place::new(context, folder, &name);
        let existing = self.expected().compare_metadata(place.location(), &self.metadata)?;
        (existing == InPlace::Same).then(|| place.scratch()).transpose()
    }
}

/// The contents of a file, in another file without a name.
struct Spool<P> {
    file: fs::File,
    /// The ranges of data. Between them are holes.
    stretches: Vec<(u64, u64)>,
    size_bytes: u64,
    /// The origin of the contents, which returns whether to continue.
    source: P,
}

impl<P: Parts> Spool<P> {
    /// Reads all contents. Returns `None` if it was cancelled.
    fn fill_from(mut source: P, file: fs::File, size_bytes: u64) -> io::Result<Option<Self>> {
        let mut stretches: Vec<(u64, u64)> = Vec::new();
        let end = source.for_each_part(&mut |part| {
            if let Part::Data(start, bytes) = part {
                file.write_all_at(bytes, start)?;
                let end = start + bytes.len() as u64;
                match stretches.last_mut().filter(|(_, last_end)| *last_end == start) {
                    Some((_, last_end)) => *last_end = end,
                    None => stretches.push((start, end)),
                }
            }
            Ok(true)
        })?;
        Ok(end.map(|_| Self { file, stretches, size_bytes, source }))
    }
}

impl<P: Parts> Parts for Spool<P> {
    fn is_repeatable(&self) -> bool {
        true
    }

    fn keep_going(&mut self, bytes: u64) -> bool {
        self.source.keep_going(bytes)
    }

    fn for_each_part(
        &mut self,
        act: &mut dyn FnMut(Part<'_>) -> io::Result<bool>,
    ) -> io::Result<Option<u64>> {
        let (mut position, mut piece) = (0, vec![0; PIECE_BYTES]);
        for (start, end) in self.stretches.clone() {
            if position < start
                && !act(Part::Hole((position, start), &mut |bytes| self.source.keep_going(bytes)))?
            {
                return Ok(Some(position));
            }
            position = start;
            while position < end {
                let length = usize::try_from(end - position).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
                self.file.read_exact_at(&mut piece[..length], position)?;
                if !act(Part::Data(position, &piece[..length]))? {
                    return Ok(Some(position));
                }
                position += length as u64;
                if !self.source.keep_going(0) {
                    return Ok(None);
                }
            }
        }
        if position < self.size_bytes {
            act(Part::Hole((position, self.size_bytes), &mut |bytes| self.source.keep_going(bytes)))?;
        }
        Ok(Some(position))
    }
}
