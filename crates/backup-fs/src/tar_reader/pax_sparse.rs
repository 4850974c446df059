//! The maps of sparse files in PAX archives: GNU tar's formats 0.0, 0.1 and 1.0.

use std::io::Read;

use super::damage::{Fault, ReadError};
use super::input::{BLOCK_BYTES, Block, Input};
use super::limits::MAX_SEGMENTS;
use super::number::decimal;
use super::sparse::{add, map};
use crate::posix::sparse::{Segment, SparseMap};

/// What records say of a sparse file.
#[derive(Debug, Default)]
pub(super) struct PaxSparse {
    /// The file's name: the other ones are made up, for tools that don't know these records.
    pub(super) name: Option<Vec<u8>>,
    is_used: bool,
    version: (Option<u64>, Option<u64>),
    size_bytes: Option<u64>,
    segment_count: Option<u64>,
    segments: Vec<Segment>,
    /// Format 0.0 gives a segment in two records: this is the first of them.
    offset: Option<u64>,
}

impl PaxSparse {
    /// Takes in the record of this field, named without its `GNU.sparse.`.
    pub(super) fn apply(&mut self, field: &[u8], value: &[u8]) -> Result<(), Fault> {
        let number = || decimal(value).ok_or(Fault::SparseMap);
        self.is_used = true;
        match field {
            b"name" => self.name = Some(value.to_vec()).filter(|name| !name.is_empty()),
            b"major" => self.version.0 = Some(number()?),
            b"minor" => self.version.1 = Some(number()?),
            b"size" | b"realsize" => self.size_bytes = Some(number()?),
            b"numblocks" => self.segment_count = Some(number()?),
            b"offset" => self.offset = Some(number()?),
            b"numbytes" => {
                let offset = self.offset.take().ok_or(Fault::SparseMap)?;
                add(&mut self.segments, offset, number()?)?;
            }
            b"map" => self.segments = parse(value)?,
            _ => {}
        }
        Ok(())
    }

    pub(super) fn is_used(&self) -> bool {
        self.is_used
    }

    /// Returns the map; format 1.0 has it before the data, where it is taken from. `stored_bytes` is how much is stored
    /// of the member, and afterwards how much of that is data.
    pub(super) fn map<R: Read>(
        self,
        input: &mut Input<R>,
        stored_bytes: &mut u64,
    ) -> Result<SparseMap, ReadError> {
        let start = input.offset();
        let wrong = || Fault::SparseMap.at(start);
        let segments = match self.version {
            (Some(1), Some(0)) => MapText::new(input, stored_bytes).segments()?,
            // The older formats have no version; whoever gives one all the same means them.
            (None, None) | (Some(0), Some(0 | 1)) => self.segments,
            _ => return Err(wrong()),
        };
        if self.offset.is_some() || self.segment_count.is_some_and(|count| count != segments.len() as u64) {
            return Err(wrong());
        }
        let size_bytes = self.size_bytes.ok_or_else(wrong)?;
        map(segments, size_bytes).map_err(|fault| fault.at(start))
    }
}

/// Reads format 0.1: offsets and lengths in turn, parted by commas.
fn parse(value: &[u8]) -> Result<Vec<Segment>, Fault> {
    let mut segments = Vec::new();
    let mut numbers = value.split(|byte| *byte == b',');
    while let Some(offset) = numbers.next().filter(|_| !value.is_empty()) {
        let length = numbers.next().and_then(decimal).ok_or(Fault::SparseMap)?;
        add(&mut segments, decimal(offset).ok_or(Fault::SparseMap)?, length)?;
    }
    Ok(segments)
}

/// The map of format 1.0: how many segments, their offsets and lengths, a number a line, in whole blocks.
struct MapText<'a, R> {
    input: &'a mut Input<R>,
    stored_bytes: &'a mut u64,
    start: u64,
    block: Block,
    at: usize,
}

impl<'a, R: Read> MapText<'a, R> {
    fn new(input: &'a mut Input<R>, stored_bytes: &'a mut u64) -> Self {
        let start = input.offset();
        Self { input, stored_bytes, start, block: [0; BLOCK_BYTES], at: BLOCK_BYTES }
    }

    fn segments(mut self) -> Result<Vec<Segment>, ReadError> {
        let count = self.number()?;
        if count > MAX_SEGMENTS as u64 {
            return Err(Fault::ManySegments.at(self.start));
        }
        let mut segments = Vec::new();
        for _ in 0..count {
            let (offset, length) = (self.number()?, self.number()?);
            add(&mut segments, offset, length).map_err(|fault| fault.at(self.start))?;
        }
        Ok(segments)
    }

    fn number(&mut self) -> Result<u64, ReadError> {
        let mut digits = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => break,
                digit if digits.len() < MAX_DIGITS => digits.push(digit),
                _ => return Err(self.wrong()),
            }
        }
        decimal(&digits).ok_or_else(|| self.wrong())
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        if self.at == BLOCK_BYTES {
            let left = self.stored_bytes.checked_sub(BLOCK_BYTES as u64).ok_or_else(|| self.wrong())?;
            let block = self.input.block()?;
            self.block = block.ok_or_else(|| Fault::CutContents.at(self.input.offset()))?;
            *self.stored_bytes = left;
            self.at = 0;
        }
        self.at += 1;
        Ok(self.block[self.at - 1])
    }

    fn wrong(&self) -> ReadError {
        Fault::SparseMap.at(self.start)
    }
}

/// As many as the largest number has.
const MAX_DIGITS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments, the file's size, and how much data is left after the map.
    type Mapped = (Vec<(u64, u64)>, u64, u64);

    fn map(records: &[(&str, &str)], data: &[u8]) -> Option<Mapped> {
        let mut sparse = PaxSparse::default();
        for (field, value) in records {
            sparse.apply(field.as_bytes(), value.as_bytes()).ok()?;
        }
        let mut stored_bytes = data.len() as u64;
        let map = sparse.map(&mut Input::new(data), &mut stored_bytes).ok()?;
        let segments = map.segments().iter().map(|segment| (segment.offset, segment.length));
        Some((segments.collect(), map.size_bytes(), stored_bytes))
    }

    #[test]
    fn reads_a_map_of_each_format() {
        let oldest = [("size", "9"), ("numblocks", "2"), ("offset", "1"), ("numbytes", "2")];
        let oldest = [&oldest[..], &[("offset", "4"), ("numbytes", "1")]].concat();
        let expected = Some((vec![(1, 2), (4, 1)], 9, 3));
        assert_eq!(map(&oldest, b"abc"), expected);
        assert_eq!(map(&[("size", "9"), ("numblocks", "2"), ("map", "1,2,4,1")], b"abc"), expected);
        let mut data = b"2\n1\n2\n4\n1\n".to_vec();
        data.resize(512, 0);
        data.extend_from_slice(b"abc");
        assert_eq!(map(&[("major", "1"), ("minor", "0"), ("realsize", "9")], &data), expected);
        assert_eq!(map(&[("size", "9"), ("map", "")], b""), Some((vec![], 9, 0)));
    }

    #[test]
    fn refuses_what_is_no_map() {
        let cases: [&[(&str, &str)]; 8] = [
            &[("map", "1,2")],
            &[("size", "9"), ("map", "1,2,3")],
            &[("size", "9"), ("map", "1,-2")],
            &[("size", "9"), ("map", "1,2,")],
            &[("size", "9"), ("numblocks", "2"), ("map", "1,2")],
            &[("size", "9"), ("numbytes", "2")],
            &[("size", "9"), ("offset", "2")],
            &[("size", "9"), ("major", "2"), ("minor", "0")],
        ];
        for records in cases {
            assert_eq!(map(records, b"ab"), None, "{records:?}");
        }
    }

    #[test]
    fn refuses_text_that_is_no_map() {
        let records = [("major", "1"), ("minor", "0"), ("realsize", "9")];
        let texts: [&[u8]; 7] =
            [b"", b"\n", b"x\n", b"2\n1\n2\n", b"1048577\n", b"99999999999999999999999\n", b"1\n8\n2\n"];
        for text in texts {
            let mut data = text.to_vec();
            data.resize(512, 0);
            assert_eq!(map(&records, &data), None, "{text:?}");
            assert_eq!(map(&records, text), None, "{text:?}");
        }
    }
}
