# completion.awk - completion scripts from the tables that generate makes. Lines, with tabs between the columns:
#   command NAME SUMMARY      verb NAME SUMMARY (of quipu tokenizer)
#   option COMMAND NAME LETTER KIND VALUE HELP      COMMAND may be "tokenizer VERB"
BEGIN { FS = "\t" }

function quoted(text) { gsub(/'/, "'\\''", text); return "'" text "'" }
# zsh: in a description, brackets and colons are signs
function described(text) { gsub(/[:\[\]]/, "\\\\&", text); return text }

$1 == "command" { commands = commands " " $2; command_help[$2] = $3; command[++command_count] = $2; next }
$1 == "verb" { verbs = verbs " " $2; verb_help[$2] = $3; verb[++verb_count] = $2; next }
{
    key = $2
    if (!(key in count)) keys[++key_count] = key
    n = ++count[key]
    name[key, n] = ($5 == "off" ? "no-" : "") $3
    letter[key, n] = $4
    kind[key, n] = $5
    words = $6
    gsub(/,/, " ", words)
    gsub(/  +/, " ", words)
    value[key, n] = words
    help[key, n] = $7
}

function takes_value(key, n) { return kind[key, n] != "flag" && kind[key, n] != "off" }

function write_bash(    k, key, n, list, pattern) {
    print "# bash completion for quipu; made from its option tables\n" \
          "_quipu() {\n" \
          "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} key=${COMP_WORDS[1]}\n" \
          "    local options= choices=\n" \
          "    COMPREPLY=()\n" \
          "    if [ \"$COMP_CWORD\" = 1 ]; then" >bash
    printf "        COMPREPLY=($(compgen -W '%s help version' -- \"$current\"))\n        return\n    fi\n", commands >bash
    print "    if [ \"$key\" = help ] && [ \"$COMP_CWORD\" = 2 ]; then" >bash
    printf "        COMPREPLY=($(compgen -W '%s' -- \"$current\"))\n        return\n    fi\n", commands >bash
    print "    if [ \"$key\" = tokenizer ]; then\n        if [ \"$COMP_CWORD\" = 2 ]; then" >bash
    printf "            COMPREPLY=($(compgen -W '%s' -- \"$current\"))\n            return\n        fi\n", verbs >bash
    print "        key=\"tokenizer ${COMP_WORDS[2]}\"\n    fi\n    case $key in" >bash
    for (k = 1; k <= key_count; k++) {
        key = keys[k]
        list = ""
        for (n = 1; n <= count[key]; n++) list = list " --" name[key, n]
        printf "    %s)\n        options='%s'\n        case $before in\n", quoted(key), substr(list, 2) >bash
        for (n = 1; n <= count[key]; n++) {
            if (!takes_value(key, n)) continue
            pattern = "--" name[key, n] (letter[key, n] ? " | -" letter[key, n] : "")
            if (kind[key, n] == "choice") printf "        %s) choices='%s' ;;\n", pattern, value[key, n] >bash
            else if (kind[key, n] != "file") printf "        %s) return ;;\n", pattern >bash
        }
        print "        esac ;;" >bash
    }
    print "    esac\n" \
          "    if [ -n \"$choices\" ]; then\n" \
          "        COMPREPLY=($(compgen -W \"$choices\" -- \"$current\"))\n" \
          "    elif [[ $current == -* ]]; then\n" \
          "        COMPREPLY=($(compgen -W \"$options --help\" -- \"$current\"))\n" \
          "    else\n" \
          "        compopt -o filenames\n" \
          "        COMPREPLY=($(compgen -f -- \"$current\"))\n" \
          "    fi\n" \
          "}\n" \
          "complete -F _quipu quipu" >bash
}

function zsh_option(key, n,    action, text) {
    action = kind[key, n] == "choice" ? ":value:(" value[key, n] ")" : kind[key, n] == "file" ? ":file:_files" : ":value:"
    if (!takes_value(key, n)) action = ""
    text = "[" described(help[key, n]) "]" action
    if (letter[key, n]) return quoted("-" letter[key, n] text) " " quoted("--" name[key, n] text)
    return quoted("--" name[key, n] text)
}

function write_zsh(    k, key, n) {
    print "#compdef quipu\n# zsh completion for quipu; made from its option tables\n_quipu() {\n    local -a commands verbs" >zsh
    print "    commands=(" >zsh
    for (k = 1; k <= command_count; k++)
        print "        " quoted(command[k] ":" described(command_help[command[k]])) >zsh
    print "    )\n    verbs=(" >zsh
    for (k = 1; k <= verb_count; k++) print "        " quoted(verb[k] ":" described(verb_help[verb[k]])) >zsh
    print "    )\n" \
          "    if (( CURRENT == 2 )); then _describe command commands; return; fi\n" \
          "    local key=${words[2]}\n" \
          "    if [[ $key == tokenizer ]]; then\n" \
          "        if (( CURRENT == 3 )); then _describe command verbs; return; fi\n" \
          "        key=\"tokenizer ${words[3]}\"\n" \
          "        words=(\"${(@)words[1,1]}\" \"${(@)words[4,-1]}\"); (( CURRENT -= 2 ))\n" \
          "    else\n" \
          "        words=(\"${(@)words[1,1]}\" \"${(@)words[3,-1]}\"); (( CURRENT -= 1 ))\n" \
          "    fi\n" \
          "    case $key in" >zsh
    for (k = 1; k <= key_count; k++) {
        key = keys[k]
        print "    " quoted(key) ")\n        _arguments -S \\" >zsh
        for (n = 1; n <= count[key]; n++) print "            " zsh_option(key, n) " \\" >zsh
        print "            '*:file:_files' ;;" >zsh
    }
    print "    esac\n}\n_quipu \"$@\"" >zsh
}

function write_fish(    k, key, n, condition, parts, line) {
    print "# fish completion for quipu; made from its option tables" >fish
    print "function __quipu_is\n" \
          "    set -l words (commandline -opc)\n" \
          "    set -l wanted (string split ' ' -- $argv[1])\n" \
          "    set -l last (math (count $wanted) + 1)\n" \
          "    test (count $words) -ge $last; and test \"$words[2..$last]\" = \"$wanted\"\n" \
          "end" >fish
    for (k = 1; k <= command_count; k++)
        printf "complete -c quipu -f -n __fish_use_subcommand -a %s -d %s\n", command[k],
               quoted(command_help[command[k]]) >fish
    for (k = 1; k <= verb_count; k++)
        printf "complete -c quipu -f -n '__quipu_is tokenizer; and test (count (commandline -opc)) = 2' -a %s -d %s\n",
               verb[k], quoted(verb_help[verb[k]]) >fish
    for (k = 1; k <= key_count; k++) {
        key = keys[k]
        for (n = 1; n <= count[key]; n++) {
            line = "complete -c quipu -n " quoted("__quipu_is \"" key "\"") " -l " name[key, n]
            if (letter[key, n]) line = line " -s " letter[key, n]
            if (kind[key, n] == "choice") line = line " -x -a " quoted(value[key, n])
            else if (kind[key, n] == "file") line = line " -r"
            else if (takes_value(key, n)) line = line " -x"
            print line " -d " quoted(help[key, n]) >fish
        }
    }
}

END {
    write_bash()
    write_zsh()
    write_fish()
}
