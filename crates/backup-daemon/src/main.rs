//! The program `backup_service`.

fn main() -> std::process::ExitCode {
    backup_daemon::main()
}
