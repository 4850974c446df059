//! The library that gives a program another clock (libfaketime).

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// The library, where it is and works.
pub(super) struct Faketime(PathBuf);

impl Faketime {
    /// Finds it, and sees whether programs heed it here.
    pub(super) fn find() -> Result<Self, String> {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|folder| folder.path());
        let places = folders.chain([PathBuf::from("/usr/lib"), PathBuf::from("/usr/local/lib")]);
        let library = places.map(|folder| folder.join(LIBRARY)).find(|library| library.exists());
        let faketime = Self(library.ok_or("no libfaketime (Debian package faketime)")?);
        let mut date = Command::new("date");
        date.arg("+%F");
        faketime.set(&mut date, "UTC", "2001-02-03 12:00:00", 1);
        let said = date.stdin(Stdio::null()).output().map_err(|error| format!("no program date: {error}"))?;
        if said.stdout != b"2001-02-03\n" {
            return Err("libfaketime doesn't change the clock of a program here".to_owned());
        }
        Ok(faketime)
    }

    /// Makes a program begin at that local time, with a clock so many times as fast.
    pub(super) fn set(&self, command: &mut Command, zone: &str, local: &str, speed: u32) {
        command.env("LD_PRELOAD", &self.0).env("TZ", zone).env("FAKETIME", format!("@{local} x{speed}"));
        // The dates of files are what the proof gave them.
        command.env("NO_FAKE_STAT", "1").env("FAKETIME_NO_CACHE", "1");
    }
}
