//! Runs the proofs that the command line names, and prints what they found.

use std::process::ExitCode;

fn main() -> ExitCode {
    backup_torture::main()
}
