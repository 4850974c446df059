//! A program on a terminal of its own, as somebody sits in front of it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::eventually::{PATIENCE, wait_for};
use crate::home::Home;
use crate::process::Process;

/// Nothing that the tests look at is wider or longer.
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };

/// How often the screen is looked at.
const TICK: Duration = Duration::from_millis(20);

/// `backup_manager` on a terminal. It is killed when this is dropped.
#[derive(Debug)]
pub struct Terminal {
    keyboard: File,
    written: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
    child: Child,
}

impl Terminal {
    /// Starts `backup_manager` in a home, with these variables besides.
    ///
    /// # Panics
    /// When the system has no terminal for it.
    #[must_use]
    pub fn begin(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("the system has terminals");
        grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("a terminal just made is ours");
        let name = ptsname(&terminal, Vec::new()).expect("a terminal has a name");
        let program_side = open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
            .expect("a terminal just made can be opened");
        tcsetwinsize(&program_side, SIZE).expect("a terminal has a size");
        let child = on_terminal(home, &program_side, arguments, variables).spawn();
        let child = child.expect("setsid of util-linux starts");
        drop(program_side);
        let keyboard = File::from(terminal);
        let written = Arc::default();
        let reader = read(keyboard.try_clone().expect("a descriptor can be doubled"), &written);
        Self { keyboard, written, reader: Some(reader), child }
    }

    /// Returns the program.
    #[must_use]
    pub fn process(&self) -> Process {
        Process { pid: self.child.id() }
    }

    /// Presses Ctrl-C.
    ///
    /// # Panics
    /// When nobody has the terminal any more.
    pub fn press_ctrl_c(&mut self) {
        self.press("\x03");
    }

    /// Presses keys.
    ///
    /// # Panics
    /// When nobody has the terminal any more.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal takes keys");
    }

    /// Returns all that the program has written, with what steers the terminal.
    ///
    /// # Panics
    /// When the thread that reads it has panicked.
    #[must_use]
    pub fn written(&self) -> String {
        String::from_utf8_lossy(&self.written.lock().expect("the reader doesn't panic")).into_owned()
    }

    /// Returns the lines that are on a screen once this was written.
    #[must_use]
    pub fn screen_of(written: &str) -> Vec<String> {
        screen(written)
    }

    /// Waits until the lines on the screen are such.
    ///
    /// # Panics
    /// When they never are.
    pub fn wait_for_screen(&self, what: &str, are_they: impl Fn(&[String]) -> bool) {
        let give_up = Instant::now() + PATIENCE;
        loop {
            let lines = screen(&self.written());
            if are_they(&lines) {
                return;
            }
            assert!(Instant::now() < give_up, "waited in vain: {what}: {lines:#?}");
            sleep(TICK);
        }
    }

    /// Waits until the program has ended, and returns its exit code and all that it wrote.
    ///
    /// # Panics
    /// When it doesn't end, or is killed.
    #[must_use]
    pub fn end(mut self) -> (i32, String) {
        let status =
            wait_for("the program ends", || self.child.try_wait().expect("a child can be waited for"));
        let reader = self.reader.take().expect("it is taken here alone");
        reader.join().expect("the reader doesn't panic");
        (status.code().expect("it ends by itself"), self.written())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // One that has ended already is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the program with that terminal, which is also the one that Ctrl-C comes from.
fn on_terminal(home: &Home, terminal: &OwnedFd, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let side = || Stdio::from(terminal.try_clone().expect("a descriptor can be doubled"));
    let mut command = home.command("setsid");
    command.args(["--ctty", "backup_manager"]).args(arguments);
    command.env("TERM", "xterm").envs(variables.iter().copied());
    command.stdin(side()).stdout(side()).stderr(side());
    command
}

/// Reads what a program writes, until nobody has its side of the terminal any more.
fn read(mut terminal: File, written: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let written = Arc::clone(written);
    spawn(move || {
        let mut piece = [0; 4096];
        // The end of a terminal is an error, EIO.
        while let Ok(read @ 1..) = terminal.read(&mut piece) {
            written.lock().expect("nobody panics with it").extend_from_slice(&piece[..read]);
        }
    })
}

/// Returns the lines that a screen shows, as far as the programs steer it. No line is as wide as the screen.
fn screen(written: &str) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::new()], 0, 0);
    let mut characters = written.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => match escape(&mut characters) {
                ('H', _) => (row, column) = (0, 0),
                ('A', count) => row -= count.max(1).min(row),
                ('B', count) => row += count.max(1),
                ('K', 2) => lines[row].clear(),
                ('K', _) => lines[row].truncate(column),
                ('J', _) => {
                    lines.truncate(row + 1);
                    lines[row].truncate(column);
                }
                _ => {}
            },
            character => {
                let line: &mut Vec<char> = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = character;
                column += 1;
            }
        }
        lines.resize(lines.len().max(row + 1), Vec::new());
    }
    lines.into_iter().map(|line| String::from_iter(line).trim_end().to_owned()).collect()
}

/// Takes an escape sequence, and returns its letter and its number.
fn escape(characters: &mut impl Iterator<Item = char>) -> (char, usize) {
    let mut number = 0;
    for character in characters.skip(1) {
        match character.to_digit(10) {
            Some(digit) => number = number * 10 + digit as usize,
            None if character == '?' || character == ';' => {}
            None => return (character, number),
        }
    }
    ('\0', 0)
}

#[cfg(test)]
mod tests {
    use super::screen;

    #[test]
    fn a_screen_is_what_was_written_last() {
        let written = "\u{1b}[H1 one\u{1b}[K\r\nlong line\u{1b}[K\r\nthree\u{1b}[K\r\n\u{1b}[J\
                       \u{1b}[H2 \u{1b}[1;31mtwo\u{1b}[0m\u{1b}[K\r\nline\u{1b}[K\r\n\u{1b}[J";
        assert_eq!(screen(written), ["2 two", "line", ""]);
        assert_eq!(screen("bar 1\r\u{1b}[2Kbar\r\u{1b}[2Kdone\r\nend"), ["done", "end"]);
    }
}
