//! The program `backup_service`, built where the tests of this package can find it.

fn main() -> std::process::ExitCode {
    backup_daemon::main()
}
