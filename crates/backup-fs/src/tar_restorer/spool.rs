//! The contents of a file that can be read only once, set aside while they are compared with a file that exists.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use backup_core::model::restore::InPlace;

use super::contents::{PIECE_BYTES, Part, Parts, write_all_at};
use super::context::Job;
use super::create::File;
use super::obstacle::{Obstacle, c_name};
use super::open_dir::OpenDir;
use super::temp_entry::Place;

impl File {
    /// Makes the file with contents that can be read only once.
    ///
    /// Where a file with the same metadata exists, only its contents tell whether it is to be replaced. The contents are
    /// then set aside, in a file without a name on the same disk, and compared from there.
    pub(super) fn make_once<P: Parts>(&self, job: &Job, folder: &OpenDir<'_>, contents: P) {
        match self.scratch(job, folder) {
            Ok(None) => self.make(job, folder, contents),
            Ok(Some(scratch)) => match Spool::fill_from(contents, scratch, self.size_bytes) {
                Ok(Some(spool)) => self.make(job, folder, spool),
                Ok(None) => {}
                Err(error) => self.not_made(job, folder, error.into()),
            },
            Err(obstacle) => self.not_made(job, folder, obstacle),
        }
    }

    /// Returns a place for the contents if they have to be compared.
    fn scratch(&self, job: &Job, folder: &OpenDir<'_>) -> Result<Option<fs::File>, Obstacle> {
        let name = c_name(&self.name)?;
        let place = Place::new(job, folder, &name);
        let standing = self.likeness().standing(place.under(), &self.wanted)?;
        (standing == InPlace::Same).then(|| place.scratch()).transpose()
    }
}

/// The contents of a file in another one that has no name.
struct Spool<P> {
    file: fs::File,
    /// From where to where there is data; between these are holes.
    stretches: Vec<(u64, u64)>,
    size_bytes: u64,
    /// Where the contents came from. It says whether to go on.
    source: P,
}

impl<P: Parts> Spool<P> {
    /// Reads all contents; returns `None` when that was ended.
    fn fill_from(mut source: P, file: fs::File, size_bytes: u64) -> io::Result<Option<Self>> {
        let mut stretches: Vec<(u64, u64)> = Vec::new();
        let end = source.each(&mut |part| {
            if let Part::Data(start, bytes) = part {
                write_all_at(file.as_fd(), bytes, start)?;
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

    fn goes_on(&mut self, bytes: u64) -> bool {
        self.source.goes_on(bytes)
    }

    fn each(&mut self, act: &mut dyn FnMut(Part<'_>) -> io::Result<bool>) -> io::Result<Option<u64>> {
        let (mut position, mut piece) = (0, vec![0; PIECE_BYTES]);
        for (start, end) in self.stretches.clone() {
            if position < start
                && !act(Part::Hole((position, start), &mut |bytes| self.source.goes_on(bytes)))?
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
                if !self.source.goes_on(0) {
                    return Ok(None);
                }
            }
        }
        if position < self.size_bytes {
            act(Part::Hole((position, self.size_bytes), &mut |bytes| self.source.goes_on(bytes)))?;
        }
        Ok(Some(position))
    }
}
