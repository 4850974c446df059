//! The program of the proofs, built where the tests of this package can find it.

fn main() -> std::process::ExitCode {
    backup_torture::main()
}
