//! The program `backup_manager`.

fn main() -> std::process::ExitCode {
    backup_cli::main()
}
