# Completion of wikisentry for bash: the program itself is asked. Bash breaks words at `=` and `:`; here
# they are put together as the program takes them, and of its answers that is left out which bash has
# already.
_wikisentry() {
    local line="${COMP_LINE:0:COMP_POINT}" breaks='^[=:]+$' words=() before='' piece i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        local rest="${line#"${line%%[![:space:]]*}"}"
        piece="${COMP_WORDS[i]}"
        if ((i == COMP_CWORD)) && [[ ! "$rest" =~ $breaks ]]; then
            piece="$2"
        elif ((i == COMP_CWORD)); then
            piece="$rest"
        fi
        if ((i > 0)) && [[ -n "$piece" && "$rest" == "$line" ]]; then
            before="${words[${#words[@]} - 1]}"
            words[${#words[@]} - 1]+="$piece"
        else
            before=''
            words+=("$piece")
        fi
        if [[ "$piece" =~ $breaks ]]; then
            before="${words[${#words[@]} - 1]}"
        fi
        line="${rest#"${COMP_WORDS[i]}"}"
    done
    COMPREPLY=()
    IFS=$'\013' read -r -d '' -a COMPREPLY < <(
        _CLAP_IFS=$'\013' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) \
            _CLAP_COMPLETE_COMP_TYPE="$COMP_TYPE" VARIABLE=bash wikisentry -- "${words[@]}"
    )
    COMPREPLY=("${COMPREPLY[@]#"$before"}")
    # What goes on is not ended by a space.
    if compopt +o nospace 2> /dev/null && [[ "${COMPREPLY-}" =~ [=/:]$ ]]; then
        compopt -o nospace
    fi
}
if ((BASH_VERSINFO[0] > 4 || BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4)); then
    complete -o nospace -o bashdefault -o nosort -F _wikisentry wikisentry
else
    complete -o nospace -o bashdefault -F _wikisentry wikisentry
fi
