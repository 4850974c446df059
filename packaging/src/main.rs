//! Makes what a release consists of, and proves that it installs.

use std::process::ExitCode;

fn main() -> ExitCode {
    backup_packaging::main()
}
