//! The zones of the machine's tz database, those of the same content once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

const FOLDER: &str = "/usr/share/zoneinfo";

/// Copies of everything under other names: the rules without and with leap seconds.
const COPIES: [&str; 2] = ["posix", "right"];

/// A zone of the database.
pub(super) struct ZoneFile {
    /// Its names, sorted: one zone has many, by links or by files of the same bytes.
    pub(super) names: Vec<String>,
    /// What is in the file.
    pub(super) bytes: Vec<u8>,
}

impl ZoneFile {
    /// Returns its first name.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Returns whether one of its names is one of these.
    pub(super) fn is_one_of(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.contains(&name.as_str()))
    }
}

/// Returns every zone once, by its content.
pub(super) fn distinct_zones() -> Result<Vec<ZoneFile>, String> {
    let mut by_content = BTreeMap::new();
    let walked = collect(Path::new(FOLDER), "", &mut by_content);
    walked.map_err(|error| format!("no tz database (Debian package tzdata): {FOLDER}: {error}"))?;
    if by_content.is_empty() {
        return Err(format!("no zone in {FOLDER} (Debian package tzdata)"));
    }
    let zone = |(bytes, mut names): (Vec<u8>, Vec<String>)| {
        names.sort();
        ZoneFile { names, bytes }
    };
    Ok(by_content.into_iter().map(zone).collect())
}

fn collect(folder: &Path, prefix: &str, zones: &mut BTreeMap<Vec<u8>, Vec<String>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let name = format!("{prefix}{}", name.to_string_lossy());
        if path.is_dir() {
            if !COPIES.contains(&name.as_str()) {
                collect(&path, &format!("{name}/"), zones)?;
            }
            continue;
        }
        let bytes = fs::read(&path)?;
        if bytes.starts_with(b"TZif") {
            zones.entry(bytes).or_default().push(name);
        }
    }
    Ok(())
}
