//! What is printed, and where: the only file that writes to a terminal.

use std::fmt::Display;
use std::io::{self, BufRead, BufWriter, Write};

use backup_core::model::event::Event;
use backup_fs::NAMES;

use crate::command_error::CommandError;
use crate::exit;

/// How much is written at once.
const OUTPUT_BYTES: usize = 64 << 10;

/// Writes lines to standard output, and returns the exit code of a command whose business that is. A reader that has
/// gone away is no error: it has read what it wanted.
pub(crate) fn print<T: Display>(lines: impl IntoIterator<Item = T>) -> u8 {
    print_by(|print| lines.into_iter().all(|line| print(&line))).1
}

/// Prints a line, and returns whether more lines make sense.
pub(crate) type PrintLine<'a> = &'a mut dyn FnMut(&dyn Display) -> bool;

/// Lets `write` write lines to standard output, and returns what it returned and the exit code, as [`print`] does.
pub(crate) fn print_by<T>(write: impl FnOnce(PrintLine<'_>) -> T) -> (T, u8) {
    // Standard output alone would write each line by itself.
    let mut output = BufWriter::with_capacity(OUTPUT_BYTES, io::stdout().lock());
    let mut written = Ok(());
    let result = write(&mut |line| {
        if written.is_ok() {
            written = writeln!(output, "{line}");
        }
        written.is_ok()
    });
    let code = match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(format_args!("Error: can't write to standard output: {error}"));
            exit::FAILED
        }
        _ => exit::DONE,
    };
    (result, code)
}

/// Says what was done, and returns the exit code. It was done even where that can't be said.
pub(crate) fn print_done(event: &Event) -> u8 {
    print([sentence(event)]);
    exit::DONE
}

/// Says what was done in a line, and returns the exit code. It was done even where that can't be said.
pub(crate) fn print_line(line: &str) -> u8 {
    print([line]);
    exit::DONE
}

/// Lets `write` write to standard output, and returns what it returned; `None` when the reader has gone away.
pub(crate) fn pour<T>(write: impl FnOnce(&mut dyn Write) -> T) -> Option<T> {
    let mut output = Watched { output: io::stdout().lock(), is_gone: false };
    let result = write(&mut output);
    (!output.is_gone).then_some(result)
}

/// Writes a text of many lines to standard output, and returns the exit code, as [`print`] does.
pub(crate) fn pour_text(text: &impl Display) -> u8 {
    let written = pour(|output| {
        let mut output = BufWriter::with_capacity(OUTPUT_BYTES, output);
        write!(output, "{text}").and_then(|()| output.flush())
    });
    match written {
        Some(Err(error)) => {
            complain(format_args!("Error: can't write to standard output: {error}"));
            exit::FAILED
        }
        _ => exit::DONE,
    }
}

/// Standard output, and whether somebody still reads it.
struct Watched {
    output: io::StdoutLock<'static>,
    is_gone: bool,
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes);
        self.watch(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.output.flush();
        self.watch(flushed)
    }
}

impl Watched {
    fn watch<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        self.is_gone |= matches!(&result, Err(error) if error.kind() == io::ErrorKind::BrokenPipe);
        result
    }
}

/// Writes one line to standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes one line to standard error that something is not as it should be.
pub(crate) fn warn(line: impl Display) {
    complain(format_args!("warning: {line}"));
}

/// Writes one line to standard error that tells what to do.
pub(crate) fn hint(line: impl Display) {
    complain(format_args!("hint: {line}"));
}

/// Asks on standard error, and returns whether standard input says yes.
pub(crate) fn ask(question: impl Display) -> bool {
    let _ = write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

/// Writes an error to standard error: what failed, why, and what to do.
pub(crate) fn print_error(error: &CommandError) {
    complain(format_args!("Error: {}", error.message));
    error.detail.iter().for_each(|detail| complain(format_args!("caused by: {detail}")));
    error.hint.iter().for_each(hint);
}

/// Returns the sentence of an event.
pub(crate) fn sentence(event: &Event) -> impl Display {
    event.named(&NAMES)
}
