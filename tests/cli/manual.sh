# Manual pages and completion: made from the option tables, complete, and understood by the programs that read them.
. tests/cli/support
holds "pages and completion" sh "$top/cli/pages/generate" "$QUIPU" share
pages=share/man/man1
[ -s $pages/quipu.1 ] && [ -s $pages/quipu-train.1 ] && [ -s $pages/quipu-tokenizer-spm-train.1 ]
result $? "a page for every command" "$(ls $pages | tr '\n' ' ')"
missing=
for command in $("$QUIPU" | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -v '^tokenizer$'); do
    [ -s $pages/quipu-$command.1 ] || missing="$missing $command"
    "$QUIPU" $command --help=list | cut -f 1 >names
    while read -r name; do
        grep -q -- "$(printf %s "$name" | sed 's/-/\\\\-/g')" $pages/quipu-$command.1 ||
            missing="$missing $command/$name"
    done <names
done
[ -z "$missing" ]
result $? "every option is in its page" "$missing"
fails 2 "the forms are man and list" "$QUIPU" train --help=html
if command -v groff >/dev/null; then
    for page in $pages/*; do groff -man -ww -z -Tutf8 "$page"; done >.out 2>&1
    [ ! -s .out ]
    result $? "groff reads the pages without a warning" "$(head -n 3 .out)"
else
    skip "groff reads the pages" "no groff"
fi

# completes WORD... - what bash offers for the last word.
cat >complete.bash <<'END'
source share/bash-completion/completions/quipu
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_quipu 2>/dev/null
echo "${COMPREPLY[@]}"
END
if command -v bash >/dev/null; then
    [ "$(bash complete.bash quipu tra)" = "train translate" ] &&
        [ "$(bash complete.bash quipu train --batch-t)" = "--batch-type" ] &&
        [ "$(bash complete.bash quipu train --batch-type s)" = sentence ] &&
        [ "$(bash complete.bash quipu tokenizer spm-train --model-type u)" = unigram ] &&
        [ "$(bash complete.bash quipu help mer)" = merge ]
    result $? "bash: commands, options and their values" "$(bash complete.bash quipu train --batch-type s)"
else
    skip "bash completion" "no bash"
fi
if command -v zsh >/dev/null; then
    zsh -n share/zsh/site-functions/_quipu 2>.err && [ ! -s .err ]
    result $? "zsh reads its completion" "$(cat .err)"
else
    skip "zsh completion" "no zsh"
fi
if command -v fish >/dev/null; then
    fish=share/fish/vendor_completions.d/quipu.fish
    [ "$(HOME=$work fish -c "source $fish; complete -C 'quipu train --batch-type s'" | cut -f 1)" = sentence ] &&
        HOME=$work fish -c "source $fish; complete -C 'quipu tokenizer spm-train --model-t'" | grep -q model-type
    result $? "fish: options and their values"
else
    skip "fish completion" "no fish"
fi
