#compdef backup_manager
# Completion of backup_manager for zsh.
# The program itself says what may follow: it knows the names of the backups.

_backup_manager() {
    local tab=$'\t' line value
    local -a values shown folders
    local program=${(Q)words[1]/#\~\//$HOME/}
    for line in "${(@f)$(BACKUP_MANAGER_COMPLETE=zsh "$program" -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        value=${line%%$tab*}
        case $value in
            '') ;;
            */) folders+=("$value") ;;
            *)
                values+=("$value")
                shown+=("${line/$tab/  -- }")
                ;;
        esac
    done
    (( $#folders )) && compadd -S '' -a folders
    (( $#values )) && compadd -V values -l -d shown -a values
}

if [[ $funcstack[1] == _backup_manager ]]; then
    _backup_manager "$@"
else
    compdef _backup_manager backup_manager
fi
