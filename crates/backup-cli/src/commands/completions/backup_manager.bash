# Completion of backup_manager for bash.
# The program itself says what may follow: it knows the names of the backups.

_backup_manager() {
    local program=${1/#~\//$HOME/}
    mapfile -t COMPREPLY < <(BACKUP_MANAGER_COMPLETE=bash "$program" -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -o nosort -F _backup_manager backup_manager 2>/dev/null || complete -F _backup_manager backup_manager
