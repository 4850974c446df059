//! The program `backup_manager`, built where the tests of this package can find it.

fn main() -> std::process::ExitCode {
    backup_cli::main()
}
