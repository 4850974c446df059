//! How much of files the page cache holds, by `fincore` of util-linux, and how to empty it of them.

use std::fs::File;
use std::path::Path;

use rustix::fs::{Advice, fadvise};

use crate::bench::rounds::mega;
use crate::bench::walk::Found;
use crate::command::Call;
use crate::failure::{Failure, Outcome};

/// So many names a call stay far below what a command line may hold.
const FILES_PER_CALL: usize = 500;

pub(crate) fn can_tell() -> bool {
    Call::new("fincore").args(["--version"]).read().is_ok()
}

/// Returns how much of the files is cached, from 0 to 1.
pub(crate) fn share(files: &[Found]) -> Outcome<f64> {
    let mut cached_bytes = 0;
    for some in files.chunks(FILES_PER_CALL) {
        cached_bytes += ask(some)?;
    }
    let bytes: u64 = files.iter().map(|found| found.bytes.next_multiple_of(page_bytes())).sum();
    Ok(if bytes == 0 { 0.0 } else { mega(cached_bytes, bytes) })
}

/// Asks the kernel to forget the files. What isn't on the disk yet it keeps.
pub(crate) fn forget(files: &[Found]) -> Outcome {
    files.iter().try_for_each(|found| forget_one(&found.path))
}

fn forget_one(path: &Path) -> Outcome {
    let forget = || -> std::io::Result<()> { Ok(fadvise(File::open(path)?, 0, None, Advice::DontNeed)?) };
    forget().map_err(Failure::doing(format!("empty the page cache of {}", path.display())))
}

fn ask(files: &[Found]) -> Outcome<u64> {
    let options = ["--bytes", "--noheadings", "--raw", "--output", "RES", "--"].map(str::to_owned);
    let names = files.iter().map(|found| found.path.display().to_string());
    let answer = Call::new("fincore").args(options.into_iter().chain(names)).read()?;
    sum(&answer).ok_or_else(|| Failure::new(format!("`fincore` answered {answer:?}, not one number a line")))
}

fn sum(answer: &str) -> Option<u64> {
    answer.lines().map(|line| line.trim().parse::<u64>().ok()).sum()
}

fn page_bytes() -> u64 {
    u64::try_from(rustix::param::page_size()).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_number_a_line() {
        assert_eq!(sum("4096\n0\n8192\n"), Some(12_288));
        assert_eq!(sum(""), Some(0));
        assert_eq!(sum("4096\nlots\n"), None);
    }
}
