//! What files hold: prose of made-up words, which compresses as text does, and noise, which doesn't, like photographs.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::bench::random::Random;

/// One stretch of one kind. A smaller file is of one kind, a larger one changes.
const STRETCH: u64 = 1 << 20;
const WORDS: u64 = 4096;
/// Each letter as often as in English, roughly.
const LETTERS: &[u8] = b"eeeeeetttttaaaaooooiiiinnnnsssshhhrrrdddlllccuummwwffggyyppbbvk";

/// Which of the two kinds files are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stuff {
    /// Three stretches of text for every two of noise.
    Mixed,
    Text,
    Noise,
}

/// Writes files one after the other, each other than the one before.
#[derive(Debug)]
pub(crate) struct Contents {
    words: Vec<Vec<u8>>,
    buffer: Vec<u8>,
    stuff: Stuff,
}

impl Contents {
    pub(crate) fn new(random: &mut Random, stuff: Stuff) -> Self {
        Self { words: (0..WORDS).map(|_| word(random)).collect(), buffer: Vec::new(), stuff }
    }

    /// Writes a new file of exactly `bytes`.
    pub(crate) fn write(&mut self, random: &mut Random, path: &Path, bytes: u64) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        let mut left = bytes;
        while left > 0 {
            let stretch = left.min(STRETCH);
            self.fill(random, usize::try_from(stretch).map_err(io::Error::other)?);
            file.write_all(&self.buffer)?;
            left -= stretch;
        }
        Ok(())
    }

    fn fill(&mut self, random: &mut Random, bytes: usize) {
        self.buffer.clear();
        let is_text = random.below(5) < 3;
        match self.stuff {
            Stuff::Mixed if is_text => self.fill_with_text(random, bytes),
            Stuff::Text => self.fill_with_text(random, bytes),
            Stuff::Mixed | Stuff::Noise => self.fill_with_noise(random, bytes),
        }
        self.buffer.truncate(bytes);
    }

    /// The first words come most often, as in any language.
    fn fill_with_text(&mut self, random: &mut Random, bytes: usize) {
        while self.buffer.len() < bytes {
            let rank = random.below(WORDS) * random.below(WORDS) / WORDS;
            let word = usize::try_from(rank).ok().and_then(|rank| self.words.get(rank));
            self.buffer.extend_from_slice(word.map_or(b"", Vec::as_slice));
            self.buffer.push(if random.below(12) == 0 { b'\n' } else { b' ' });
        }
    }

    fn fill_with_noise(&mut self, random: &mut Random, bytes: usize) {
        while self.buffer.len() < bytes {
            self.buffer.extend_from_slice(&random.next().to_le_bytes());
        }
    }
}

fn word(random: &mut Random) -> Vec<u8> {
    let letters = 2 + random.below(5) + random.below(5);
    let mut letter = || LETTERS.iter().cycle().nth(usize::from(random.next().to_le_bytes()[0])).copied();
    (0..letters).filter_map(|_| letter()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(seed: u64, bytes: u64) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut random = Random::seeded(seed);
        Contents::new(&mut random, Stuff::Mixed).write(&mut random, &path, bytes).unwrap();
        fs::read(path).unwrap()
    }

    #[test]
    fn a_file_has_exactly_the_size_it_was_given() {
        for bytes in [0, 1, 4095, STRETCH, STRETCH + 1] {
            assert_eq!(u64::try_from(written(1, bytes).len()).unwrap(), bytes);
        }
    }

    #[test]
    fn one_seed_always_writes_the_same() {
        assert_eq!(written(1, 5000), written(1, 5000));
        assert_ne!(written(1, 5000), written(2, 5000));
    }

    #[test]
    fn text_is_words_and_noise_is_not() {
        let mut random = Random::seeded(3);
        let mut contents = Contents::new(&mut random, Stuff::Mixed);
        contents.fill_with_text(&mut random, 10_000);
        assert!(contents.buffer.iter().all(|&byte| byte.is_ascii_lowercase() || b" \n".contains(&byte)));
        contents.buffer.clear();
        contents.fill_with_noise(&mut random, 10_000);
        let high = contents.buffer.iter().filter(|byte| **byte > 127).count();
        assert!((4_500..5_500).contains(&high), "{high}");
    }

    #[test]
    fn a_file_is_of_the_kind_that_was_asked_for() {
        for (stuff, is_text) in [(Stuff::Text, true), (Stuff::Noise, false)] {
            let mut random = Random::seeded(4);
            let mut contents = Contents::new(&mut random, stuff);
            for _ in 0..20 {
                contents.fill(&mut random, 200);
                assert_eq!(contents.buffer.is_ascii(), is_text);
            }
        }
    }
}
