# Completes the command line of ledger. Bash takes words apart at ":" and "=": they are put together again here.
_ledger_complete() {
    local IFS=$'\n' words=() rest=${COMP_LINE:0:COMP_POINT} piece i glued current done_already
    for ((i = 0; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        glued=
        [[ $i -gt 0 && $rest != [[:blank:]]* ]] && glued=1
        rest=${rest#"${rest%%[![:blank:]]*}"}
        # Of the last one only what is left of the cursor counts.
        ((i == COMP_CWORD)) && piece=$rest
        # Inside of $(…) the line is another one than the words: they are taken as they are.
        if [[ $rest != "$piece"* ]]; then
            words=("${COMP_WORDS[@]:0:COMP_CWORD}" "$2")
            break
        fi
        rest=${rest#"$piece"}
        if [[ -n $glued ]]; then
            words[${#words[@]} - 1]+=$piece
        else
            words+=("$piece")
        fi
    done
    current=${words[${#words[@]} - 1]}
    COMPREPLY=($(_CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) VARIABLE=bash \
        ledger -- "${words[@]}" 2> /dev/null)) || COMPREPLY=()
    # Bash puts in only what follows the last of its breaks.
    done_already=
    for piece in : =; do
        [[ $current == *"$piece"* && $COMP_WORDBREAKS == *"$piece"* ]] || continue
        piece=${current%"${current##*"$piece"}"}
        [[ ${#piece} -gt ${#done_already} ]] && done_already=$piece
    done
    for i in "${!COMPREPLY[@]}"; do
        COMPREPLY[i]=${COMPREPLY[i]#"$done_already"}
    done
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/:@] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
complete -o bashdefault -o nosort -F _ledger_complete ledger 2> /dev/null \
    || complete -o bashdefault -F _ledger_complete ledger
