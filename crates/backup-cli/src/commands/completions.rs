//! `completions`: prints a script with which a shell completes our command lines.

use clap::{Args, ValueEnum};

use crate::output::print_line;

/// Print a script that lets a shell complete commands, options and the names of backups
#[derive(Debug, Args)]
#[command(after_help = "Example: source <(backup_manager completions bash)
         In ~/.bashrc, for every shell that you open.\n\n\
         Example: source <(backup_manager completions zsh)
         In ~/.zshrc, behind compinit.\n\n\
         Example: backup_manager completions fish | source
         In ~/.config/fish/config.fish.")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl CompletionsArgs {
    pub(crate) fn run(&self) -> u8 {
        print_line(self.shell.script().trim_end())
    }
}

impl Shell {
    fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("completions/backup_manager.bash"),
            Self::Zsh => include_str!("completions/backup_manager.zsh"),
            Self::Fish => include_str!("completions/backup_manager.fish"),
        }
    }
}

/// Returns the script for a shell, for packages. Shells are called as on the command line.
#[must_use]
pub fn completion_script(shell: &str) -> Option<&'static str> {
    Shell::from_str(shell, false).ok().map(Shell::script)
}
