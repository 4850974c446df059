//! Lookup of the time zone of a process: as glibc does it, but with errors instead of guesses.
//!
//! If glibc doesn't understand `TZ`, it silently uses UTC. Then a backup planned for 16:07 would be made at another time,
//! and nobody would know why. Here that is an error. Only these mean UTC: an empty `TZ`, a name of UTC, or neither `TZ`
//! nor `/etc/localtime`.

mod posix_rule;
mod rules;
mod tzif;

pub(crate) use rules::Zone;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use backup_core::model::error::{Failure, PortError};

use crate::error::port_error;
use posix_rule::PosixRule;

/// The folders of the tz database, unless the variable `TZDIR` gives another one.
const DATABASES: [&str; 3] = ["/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo"];

/// The file with the zone of the machine.
const LOCALTIME: &str = "/etc/localtime";

/// The largest zone file that is read. Those of the tz database have a few kilobytes.
const MOST_BYTES: u64 = 1024 * 1024;

/// The names of UTC. They need no file.
const UTC_NAMES: [&str; 7] = ["UTC", "UCT", "GMT", "GMT0", "Zulu", "Universal", "Greenwich"];

/// The places where the zone is looked up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    /// The variable `TZ`.
    pub(crate) tz: Option<&'a OsStr>,
    /// The variable `TZDIR`.
    pub(crate) tzdir: Option<&'a OsStr>,
    /// The file with the zone of the machine.
    pub(crate) localtime: &'a Path,
}

impl<'a> Places<'a> {
    /// Returns the places of a process with these variables.
    pub(crate) fn of(tz: Option<&'a OsStr>, tzdir: Option<&'a OsStr>) -> Self {
        Self { tz, tzdir: tzdir.filter(|folder| !folder.is_empty()), localtime: Path::new(LOCALTIME) }
    }

    /// Returns the zone, or `None` if no zone is set anywhere, which means UTC.
    ///
    /// # Errors
    /// - [`Failure::Missing`]: the zone is set but can't be found.
    /// - [`Failure::Refused`]: the file is not a zone.
    /// - Any failure to read the file.
    pub(crate) fn zone(&self) -> Result<Option<Zone>, PortError> {
        match self.tz {
            Some(value) => self.named(value).map(Some),
            None => self.of_machine(),
        }
    }

    /// Reads the zone that `TZ` gives: a file, a POSIX rule, or a name of UTC. A leading colon is ignored.
    fn named(&self, value: &OsStr) -> Result<Zone, PortError> {
        let name = value.as_bytes().strip_prefix(b":").unwrap_or(value.as_bytes());
        let (path, text) = (Path::new(OsStr::from_bytes(name)), str::from_utf8(name).unwrap_or_default());
        if name.is_empty() {
            return Ok(Zone::utc());
        }
        let file = self.candidates(path).find_map(|path| read(&path).ok());
        let zone =
            file.and_then(|bytes| tzif::parse(&bytes)).or_else(|| PosixRule::parse(text).map(Zone::of_rule));
        let zone = zone.or_else(|| is_utc(path).then(Zone::utc)).filter(Zone::is_possible);
        zone.ok_or_else(|| {
            let action = format!("find the time zone {}, which the variable TZ is set to", value.display());
            PortError::new(Failure::Missing, action)
        })
    }

    /// Returns the zone of that name in the tz database, or `None` if the name isn't one or the file isn't there.
    ///
    /// Names of UTC need no file. Paths and POSIX rules are no names.
    pub(crate) fn in_database(&self, name: &str) -> Option<Zone> {
        if !is_name(name) {
            return None;
        }
        let path = Path::new(name);
        let file = self.candidates(path).find_map(|path| read(&path).ok());
        let zone = file.and_then(|bytes| tzif::parse(&bytes)).or_else(|| is_utc(path).then(Zone::utc));
        zone.filter(Zone::is_possible)
    }

    fn candidates(&self, name: &Path) -> impl Iterator<Item = PathBuf> {
        let folders: Vec<&Path> = match self.tzdir {
            Some(folder) => vec![Path::new(folder)],
            None => DATABASES.map(Path::new).to_vec(),
        };
        folders.into_iter().map(move |folder| folder.join(name))
    }

    fn of_machine(&self) -> Result<Option<Zone>, PortError> {
        let action = || format!("read the time zone of this machine, {}", self.localtime.display());
        let link = fs::read_link(self.localtime).ok();
        match read(self.localtime) {
            Ok(bytes) => {
                let zone = tzif::parse(&bytes).filter(Zone::is_possible);
                let reason = "it is not a file of the tz database";
                zone.map(Some).ok_or_else(|| PortError::new(Failure::Refused, action()).because(reason))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => match link {
                None => Ok(None),
                Some(target) if is_utc(&target) => Ok(Some(Zone::utc())),
                Some(target) => {
                    let reason = format!("it is a link to {}, which doesn't exist", target.display());
                    Err(PortError::new(Failure::Missing, action()).because(reason))
                }
            },
            Err(error) => Err(port_error(action(), error)),
        }
    }
}

/// Returns whether a text can be a name in the tz database: words of letters, digits, `_`, `+` and `-` between slashes.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
    text.split('/').all(|word| !word.is_empty() && word.bytes().all(is_part))
}

/// Returns whether a name, or a path in a tz database, means UTC.
fn is_utc(name: &Path) -> bool {
    let below = DATABASES.iter().find_map(|folder| name.strip_prefix(folder).ok()).unwrap_or(name);
    let below = below.strip_prefix("Etc").unwrap_or(below);
    UTC_NAMES.iter().any(|utc| Path::new(utc) == below)
}

/// Reads a regular file. FIFOs and devices are refused, because they might never end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::{TempDir, tempdir};

    use super::*;

    /// A tz database with one zone, an hour east of UTC, and a file that is not a zone.
    fn database() -> TempDir {
        let folder = tempdir().unwrap();
        let header = |types: u32| {
            let counts = [0, 0, 0, 0, types, types].map(u32::to_be_bytes).concat();
            [b"TZif2".as_slice(), &[0; 15], &counts].concat()
        };
        let offset = [3_600_i32.to_be_bytes().as_slice(), &[0, 0, 0]].concat();
        let file = [header(0), header(1), offset, b"\nCET-1\n".to_vec()].concat();
        fs::create_dir(folder.path().join("Europe")).unwrap();
        fs::write(folder.path().join("Europe/Berlin"), file).unwrap();
        fs::write(folder.path().join("tzdata.zi"), "# version 2026a").unwrap();
        folder
    }

    /// Returns the offset at a fixed instant, "utc" if no zone is set, or the error.
    fn offset(tz: Option<&str>, folder: &Path, localtime: &Path) -> String {
        let places = Places { tz: tz.map(OsStr::new), tzdir: Some(folder.as_os_str()), localtime };
        match places.zone() {
            Ok(zone) => zone.map_or("utc".to_owned(), |zone| zone.offset_at(1_785_000_000).to_string()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_tz_as_glibc_does_and_never_guesses() {
        let folder = database();
        let absolute = folder.path().join("Europe/Berlin").display().to_string();
        let with_colon = format!(":{absolute}");
        let cases = [
            ("", "0"),
            (":", "0"),
            ("Europe/Berlin", "3600"),
            (":Europe/Berlin", "3600"),
            (&absolute, "3600"),
            (&with_colon, "3600"),
            ("CET-1CEST,M3.5.0,M10.5.0/3", "7200"),
            (":CET-1CEST,M3.5.0,M10.5.0/3", "7200"),
            ("EST5EDT", "-14400"),
            ("<TST>-03:12:45", "11565"),
            ("UTC", "0"),
            ("Etc/UTC", "0"),
            ("UTC0", "0"),
            ("Zulu", "0"),
        ];
        for (tz, expected) in cases {
            assert_eq!(offset(Some(tz), folder.path(), Path::new("/none")), expected, "{tz}");
        }
        for tz in
            ["Europe/Berln", "Europe", "tzdata.zi", "CET", "/none", ".", "CET-25", "ABC24", "/dev/zero", " "]
        {
            let expected = format!("can't find the time zone {tz}, which the variable TZ is set to");
            assert_eq!(offset(Some(tz), folder.path(), Path::new("/none")), expected);
        }
    }

    #[test]
    fn a_name_is_looked_up_in_the_database_alone() {
        let folder = database();
        let places =
            Places { tz: None, tzdir: Some(folder.path().as_os_str()), localtime: Path::new("/none") };
        let offset = |name: &str| places.in_database(name).map(|zone| zone.offset_at(1_785_000_000));
        for (name, expected) in [("Europe/Berlin", 3_600), ("UTC", 0), ("Etc/UTC", 0), ("GMT0", 0)] {
            assert_eq!(offset(name), Some(expected), "{name}");
        }
        let absolute = folder.path().join("Europe/Berlin").display().to_string();
        for name in [
            "",
            "Europe",
            "Europe/Berln",
            "Europe/../UTC",
            "../UTC",
            "./UTC",
            "Europe//Berlin",
            "UTC0",
            ":UTC",
        ]
        .into_iter()
        .chain([
            "CET-1CEST,M3.5.0,M10.5.0/3",
            "tzdata.zi",
            "UTC/",
            " UTC",
            "UTC\0",
            "/UTC",
            &absolute,
        ]) {
            assert_eq!(offset(name), None, "{name}");
        }
    }

    #[test]
    fn without_tz_the_zone_is_that_of_the_machine() {
        let folder = database();
        let localtime = folder.path().join("localtime");
        let read = || offset(None, folder.path(), &localtime);
        assert_eq!(read(), "utc");
        symlink(folder.path().join("Europe/Berlin"), &localtime).unwrap();
        assert_eq!(read(), "3600");
        for (target, expected) in [
            ("/usr/share/zoneinfo/Etc/UTC", "0"),
            ("/none/Europe/Berlin", "it is a link to /none/Europe/Berlin, which doesn't exist"),
            ("tzdata.zi", "it is not a file of the tz database"),
            ("Europe", "it is not a regular file"),
        ] {
            fs::remove_file(&localtime).unwrap();
            symlink(target, &localtime).unwrap();
            assert!(read().ends_with(expected), "{}", read());
        }
    }
}
