# Completion of backup_manager for fish.
# The program itself says what may follow: it knows the names of the backups.

function __backup_manager_complete
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local program (string replace --regex '^~/' "$HOME/" -- $words[1])
    BACKUP_MANAGER_COMPLETE=fish $program -- $words (commandline --current-token --cut-at-cursor) 2>/dev/null
end

complete --command backup_manager --no-files --keep-order --arguments '(__backup_manager_complete)'
