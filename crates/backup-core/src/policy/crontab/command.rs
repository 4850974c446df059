//! A command that packs one folder with tar.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::not_taken::NotTaken;
use super::shell::{Word, words};

/// What a command packs.
pub(super) struct Packed {
    /// The folder, as an absolute path.
    pub(super) source: String,
    /// What a schedule needs to do the same, as `key=value`.
    pub(super) options: Vec<String>,
    /// Whether the archive's name has a date in it.
    pub(super) is_dated: bool,
    /// What it compresses with, other than zstd.
    pub(super) compressor: Option<&'static str>,
}

/// What is known of a command, word by word.
#[derive(Default)]
struct Reading {
    creates: bool,
    /// The file that gets the archive.
    file: Option<Word>,
    compression: Option<Compressor>,
    below: Option<Word>,
    folders: Vec<Word>,
    options: Vec<String>,
}

/// What a command compresses with.
#[derive(Clone, Copy)]
enum Compressor {
    /// What the ending of the file says.
    ByEnding,
    Zstd,
    Other(&'static str),
}

type Words = Peekable<IntoIter<Word>>;

/// Reads a command.
pub(super) fn read(command: &str) -> Result<Packed, NotTaken> {
    let words = words(command).ok_or(NotTaken::OtherCommand)?;
    let mut words = words.into_iter().peekable();
    let program = words.next().ok_or(NotTaken::OtherCommand)?;
    if program.text.rsplit('/').next() != Some("tar") || program.is_filled_in {
        return Err(NotTaken::OtherCommand);
    }
    let mut reading = Reading::default();
    // The first word may be letters without a dash.
    if let Some(letters) = words.next_if(|word| !word.text.starts_with('-')) {
        reading.letters(&letters.text, &mut words)?;
    }
    while let Some(word) = words.next() {
        reading.word(word, &mut words)?;
    }
    reading.finish()
}

impl Reading {
    fn word(&mut self, word: Word, words: &mut Words) -> Result<(), NotTaken> {
        if let Some(long) = word.text.strip_prefix("--") {
            return self.long(long, words);
        }
        match word.text.strip_prefix('-') {
            Some("") | None => self.folders.push(word),
            Some(letters) => self.dashed(letters, words)?,
        }
        Ok(())
    }

    /// Letters behind a dash. The rest of the word, or the next one, is the value of the first that takes one.
    fn dashed(&mut self, letters: &str, words: &mut Words) -> Result<(), NotTaken> {
        for (at, letter) in letters.char_indices() {
            let rest = &letters[at + letter.len_utf8()..];
            if !takes_value(letter) {
                self.flag(letter)?;
                continue;
            }
            let value = if rest.is_empty() { words.next() } else { Some(plain(rest)) };
            return self.value(letter, value);
        }
        Ok(())
    }

    /// Letters without a dash. Their values follow as words, in their order.
    fn letters(&mut self, letters: &str, words: &mut Words) -> Result<(), NotTaken> {
        for letter in letters.chars() {
            if takes_value(letter) {
                self.value(letter, words.next())?;
            } else {
                self.flag(letter)?;
            }
        }
        Ok(())
    }

    fn flag(&mut self, letter: char) -> Result<(), NotTaken> {
        match letter {
            'c' => self.creates = true,
            'z' => self.compression = Some(Compressor::Other("gzip")),
            'j' => self.compression = Some(Compressor::Other("bzip2")),
            'J' => self.compression = Some(Compressor::Other("xz")),
            'a' => self.compression = Some(Compressor::ByEnding),
            // Absolute names, permissions and talking change nothing about what is packed.
            'v' | 'p' | 'P' => {}
            'x' | 't' | 'r' | 'u' | 'A' | 'd' => return Err(NotTaken::NotPlain),
            other => return Err(NotTaken::Option(format!("-{other}"))),
        }
        Ok(())
    }

    fn value(&mut self, letter: char, value: Option<Word>) -> Result<(), NotTaken> {
        let value = value.ok_or(NotTaken::NotPlain)?;
        match letter {
            'f' if value.text == "-" => return Err(NotTaken::NotPlain),
            'f' => self.file = Some(value),
            _ if self.below.is_some() || !self.folders.is_empty() => {
                return Err(NotTaken::Option("-C".to_owned()));
            }
            _ => self.below = Some(value),
        }
        Ok(())
    }

    fn long(&mut self, long: &str, words: &mut Words) -> Result<(), NotTaken> {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(plain(value))),
            None => (long, None),
        };
        let mut value = || value.clone().or_else(|| words.next());
        match name {
            "create" => self.flag('c'),
            "gzip" => self.flag('z'),
            "bzip2" => self.flag('j'),
            "xz" => self.flag('J'),
            "auto-compress" => self.flag('a'),
            "zstd" => {
                self.compression = Some(Compressor::Zstd);
                Ok(())
            }
            "verbose" | "preserve-permissions" | "absolute-names" => Ok(()),
            "file" => self.value('f', value()),
            "directory" => self.value('C', value()),
            "one-file-system" => self.option("one-file-system=yes".to_owned()),
            "exclude-caches" => self.option("exclude-caches=yes".to_owned()),
            "exclude" => {
                let pattern = value().ok_or(NotTaken::NotPlain)?;
                self.exclude(&pattern)
            }
            name => Err(NotTaken::Option(format!("--{name}"))),
        }
    }

    /// Without a slash, a pattern leaves out the same in both: what has that name at any depth.
    fn exclude(&mut self, pattern: &Word) -> Result<(), NotTaken> {
        let is_same = !pattern.is_filled_in && !pattern.text.contains(['/', ';', '!', '#', '\\']);
        if !is_same || pattern.text.is_empty() {
            return Err(NotTaken::Pattern(pattern.text.clone()));
        }
        self.option(format!("exclude={}", pattern.text))
    }

    fn option(&mut self, option: String) -> Result<(), NotTaken> {
        self.options.push(option);
        Ok(())
    }

    fn finish(mut self) -> Result<Packed, NotTaken> {
        let Some(file) = self.file.take().filter(|_| self.creates) else { return Err(NotTaken::NotPlain) };
        let [folder] = &self.folders[..] else { return Err(NotTaken::FolderCount(self.folders.len())) };
        let parts: Vec<_> = self.below.iter().chain([folder]).collect();
        let source = joined(&parts).ok_or_else(|| NotTaken::UnknownFolder(folder.text.clone()))?;
        self.options.extend(self.compression.map(|_| "compress=zstd".to_owned()));
        let compressor = match self.compression {
            Some(Compressor::Other(name)) => Some(name),
            Some(Compressor::ByEnding) => by_ending(&file.text),
            Some(Compressor::Zstd) | None => None,
        };
        Ok(Packed { source, options: self.options, is_dated: is_dated(&file), compressor })
    }
}

/// Returns what `tar -a` compresses a file of that name with, other than zstd.
fn by_ending(file: &str) -> Option<&'static str> {
    let (_, ending) = file.rsplit_once('.')?;
    match ending {
        "gz" | "tgz" | "taz" => Some("gzip"),
        "bz2" | "tbz" | "tbz2" | "tz2" => Some("bzip2"),
        "xz" | "txz" => Some("xz"),
        _ => None,
    }
}

/// Returns whether a shell fills a date into a name: by the command `date`, or by a variable that is called so.
pub(super) fn is_dated(file: &Word) -> bool {
    let filled_in = file.text.split_once(['$', '`']).filter(|_| file.is_filled_in);
    filled_in.is_some_and(|(_, rest)| rest.to_ascii_lowercase().contains("date"))
}

fn takes_value(letter: char) -> bool {
    matches!(letter, 'f' | 'C')
}

fn plain(text: &str) -> Word {
    let is_filled_in = text.contains(['$', '`']);
    Word { text: text.to_owned(), is_filled_in }
}

/// Returns the absolute path that these lead to, if that is known now.
fn joined(parts: &[&Word]) -> Option<String> {
    let is_known = parts.iter().all(|part| !part.is_filled_in);
    let last_absolute = parts.iter().rposition(|part| part.text.starts_with('/'))?;
    let text = parts[last_absolute..].iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("/");
    let names: Vec<_> = text.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    (is_known && !names.contains(&"..")).then(|| format!("/{}", names.join("/")))
}
