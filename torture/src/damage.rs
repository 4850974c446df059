//! The proof of the damage: a wrong byte anywhere and a cut anywhere are found.
//!
//! Two things find: the structure of the archive, and the SHA-256 in the history. No tar has a checksum over contents,
//! so a wrong byte there is for the digest alone; what the structure must find by itself is every cut.

mod frames;

use std::fs;
use std::io;
use std::path::Path;

use backup_core::ports::{Archiver, SilentProgress};
use backup_fs::TarArchiver;
use serde_json::Value;

use crate::arena::{Arena, Form};
use crate::lane::{Lane, hex};
use crate::part::Scale;
use crate::programs::Programs;
use crate::report::Report;

const HEAD: [&str; 5] =
    ["damage", "points", "found by the structure", "found by the digest alone", "not found"];

/// With the source and its folders, a dozen entries.
const FILES: usize = 6;

/// What is done to each byte.
const FLIPS: [u8; 3] = [0x01, 0x80, 0xFF];

/// Damages small archives in every way of one byte and every cut.
pub(crate) fn run(programs: &Programs, scale: Scale) -> Result<Report, String> {
    let (byte_step, length_step) = match scale {
        Scale::Small => (37, 64),
        Scale::Full => (1, 1),
    };
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for form in [Form::Plain, Form::Zstd] {
        let damaged = Damaged::new(programs, form).map_err(|error| error.to_string())?;
        damaged.check(&damaged.bytes).map_err(|error| format!("the archive itself is refused: {error}"))?;
        let flips = (0..damaged.bytes.len()).step_by(byte_step);
        let flips =
            flips.flat_map(|at| FLIPS.map(|flip| (at, flip))).map(|(at, flip)| damaged.flipped(at, flip));
        rows.push(damaged.count(&format!("{form:?}: wrong byte"), flips, false, &mut wrong));
        let cuts =
            (0..damaged.bytes.len()).step_by(length_step).map(|length| damaged.bytes[..length].to_vec());
        rows.push(damaged.count(&format!("{form:?}: cut"), cuts, true, &mut wrong));
    }
    Ok(Report::of(HEAD.to_vec(), rows, wrong))
}

/// An archive, and the digest that the history knows of it.
#[derive(Debug)]
struct Damaged {
    form: Form,
    bytes: Vec<u8>,
    sha256: String,
}

impl Damaged {
    fn new(programs: &Programs, form: Form) -> io::Result<Self> {
        let arena = Arena::new(programs, form, FILES, 0)?;
        let lane = Lane::new(&arena, "lane")?;
        lane.run_under(&[])?;
        let sha256 = last_digest(&lane.home().join("logs/history.jsonl"))?;
        Ok(Self { form, bytes: arena.new, sha256 })
    }

    fn flipped(&self, at: usize, flip: u8) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[at] ^= flip;
        bytes
    }

    /// Looks at the structure alone.
    fn check(&self, bytes: &[u8]) -> Result<(), String> {
        let mut reader = bytes;
        let checked = match self.form {
            Form::Plain => TarArchiver::default().check(&mut reader, &SilentProgress),
            Form::Zstd => {
                frames::check(bytes)?;
                let mut decoder = zstd::Decoder::new(bytes).map_err(|error| error.to_string())?;
                TarArchiver::default().check(&mut decoder, &SilentProgress)
            }
        };
        checked.map(drop).map_err(|error| error.to_string())
    }

    fn count(
        &self,
        title: &str,
        all: impl Iterator<Item = Vec<u8>>,
        by_structure_alone: bool,
        wrong: &mut Vec<String>,
    ) -> Vec<String> {
        let mut counts = [0; 4];
        for (number, bytes) in all.enumerate() {
            let found = match () {
                () if self.check(&bytes).is_err() => 1,
                () if hex(&bytes) != self.sha256 => 2,
                () => 3,
            };
            counts[0] += 1;
            counts[found] += 1;
            if found == 3 || (by_structure_alone && found != 1) {
                wrong.push(format!("{title} {number}: not found by the structure, {} bytes", bytes.len()));
            }
        }
        [title.to_owned()].into_iter().chain(counts.map(|count| count.to_string())).collect()
    }
}

fn last_digest(history: &Path) -> io::Result<String> {
    let text = fs::read_to_string(history)?;
    let last: Value = serde_json::from_str(text.lines().last().unwrap_or_default())?;
    last["sha256"].as_str().map(str::to_owned).ok_or_else(|| io::Error::other("the history knows no digest"))
}
