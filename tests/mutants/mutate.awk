# mutate.awk - list the ways to break the functions of C files: awk -v seed=N -f mutate.awk FILE...
# One line for each: RANK <TAB> FILE <TAB> LINE <TAB> KIND <TAB> the broken line.
# RANK depends on the seed, the file, the text and the kind, not on the line's number, so that a choice by the smallest
# ranks remains the same while other lines change.
# Kinds: compare, logic, sign, term, factor, number, drop. Text from the first quotation mark on is left alone, and so
# are lines that free memory, close files, lock, stop on a failed allocation (if (!a || !b) return, ready = a && b) or
# word its error, say how long a text on the stack is (char path[N + 300]) or that an array has room for one more
# (QP_GROW), guard sizes of 2^31 or the room that is left in a buffer (sizeof text - used, used < bytes), comparisons
# that choose the smaller or larger of the two numbers they compare, and lines about ranks (cluster): tests of one
# process cannot see these. Nor can they see what a function that frees (x_free, free_x) leaves in memory, which the
# sanitizers report, or how many nanoseconds work may take, which only decides whether threads help.
BEGIN {
    OFS = "\t"
    for (i = 32; i < 127; i++) code[sprintf("%c", i)] = i
    swap[" < "] = " <= "; swap[" <= "] = " < "; swap[" > "] = " >= "; swap[" >= "] = " > "
    swap[" == "] = " != "; swap[" != "] = " == "; swap[" && "] = " || "; swap[" || "] = " && "
    swap[" + "] = " - "; swap[" - "] = " + "; swap[" += "] = " -= "; swap[" -= "] = " += "
}

function hash(text,    h, i) {
    h = seed % 65521
    for (i = 1; i <= length(text); i++) h = (h * 69069 + code[substr(text, i, 1)] + 1) % 4294967291
    for (i = 0; i < 3; i++) h = (h * 69069 + 12345) % 4294967291
    return h
}

function emit(kind, line) {
    if (line != $0)
        print sprintf("%010.0f", hash(FILENAME kind times[FILENAME, kind, $0]++ $0)), FILENAME, FNR, kind, line
}

# The start of the n-th match of `pattern` in `text` from 0, n = hash modulo the number of matches; 0: none.
function pick(text, pattern, kind,    places, place, offset, rest) {
    places = 0; offset = 0; rest = text
    while (match(rest, pattern)) {
        place[places++] = offset + RSTART
        offset += RSTART
        rest = substr(rest, RSTART + 1)
    }
    if (!places) return 0
    offset = place[hash(kind text) % places]
    match(substr(text, offset), pattern)
    RSTART = offset
    return offset
}

function replace(kind, pattern,    found, new) {
    if (!pick(head, pattern, kind)) return
    found = substr(head, RSTART, RLENGTH)
    new = found in swap ? swap[found] : ""
    if (kind == "compare" && found == " < " && head ~ /for \(/) new = " + 1 < "   # the last round is left out
    if (kind == "number") {
        match_start = RSTART; match_length = RLENGTH
        number = found
        gsub(/[^0-9]/, "", number)
        new = substr(found, 1, 2) (number + 1) substr(found, length(found))
        RSTART = match_start; RLENGTH = match_length
    }
    if (kind == "term" || kind == "factor") new = substr(found, length(found))
    emit(kind, substr(head, 1, RSTART - 1) new substr(head, RSTART + RLENGTH) tail)
}

# "if (a > b) a = b;" and "a > b ? b : a": with >= the same number is chosen.
function chooses_one(line,    side, rest) {
    if (match(line, /if \([^()&|]+ [<>]=? [^()&|]+\) [^=]+ = [^=;]+;/)) {
        line = substr(line, RSTART + 4, RLENGTH - 5)
        split(line, side, /\) | = | [<>]=? /)
        return (side[1] == side[3] && side[2] == side[4]) || (side[1] == side[4] && side[2] == side[3])
    }
    if (!match(line, /[^=(,?]+ [<>]=? [^?&|]+ \? [^:]+ : [^;,)]+/)) return 0
    rest = substr(line, RSTART, RLENGTH)
    split(rest, side, / [<>]=? | \? | : /)
    sub(/^[ \t]+/, "", side[1])
    sub(/^return /, "", side[1])
    return (side[1] == side[3] && side[2] == side[4]) || (side[1] == side[4] && side[2] == side[3])
}

FNR == 1 { inside = 0; comment = 0; unseen = 0; before = ";" }
/^[a-z].* nanoseconds\(|^(static )?void ([a-z_]+_free|free_[a-z_]+)\(/ { unseen_body = !/;$|schedule_free/ }
/^\{/ { inside = !unseen_body; unseen_body = 0; before = "{"; next }
/^\}/ { inside = 0; next }
!inside { next }
comment { if (/\*\//) comment = 0; next }
/^[ \t]*\/\*/ { if (!/\*\//) comment = 1; next }
/^[ \t]*(#|\/\/|case |assert|static_assert)/ || /[^ \t].*\/\*[^*]*$/ { next }
/free(_[a-z]+)?\(|_delete\(|_lock\(|decref\(|_end\(|close\(|alloc|qp_array_grow|tape_memory\(|goto |rewind\(/ ||
/QP_EMEMORY|out of memory|cluster| nanoseconds = |(INT32|UINT32|SIZE)_MAX/ {
    unseen = /QP_EMEMORY/ && !/[;{}]$/   # its message continues in the next line
    before = $0
    next
}
unseen { unseen = !/[;{}]$/; before = $0; next }
{
    place = match($0, /["']|\/\*|\/\//)
    head = place ? substr($0, 1, place - 1) : $0
    tail = place ? substr($0, place) : ""
    if (!chooses_one($0) && head !~ /used < (bytes|sizeof)/) replace("compare", " (<|<=|>|>=|==|!=) ")
    guard = "if \\(![a-z_>.-]+( \\|\\| ![a-z_>.-]+)+\\) (return|\\{)|(ready|memory) = ([^<>=]|->)*$"
    if (head !~ guard) replace("logic", " (&&|\\|\\|) ")
    if (head !~ /sizeof [a-z_>.-]+ - |bytes - used|^ +char [a-z_]+\[/) replace("sign", " (\\+|-|\\+=|-=) ")
    replace("term", " [-+] [A-Za-z_][A-Za-z0-9_.]*(->[A-Za-z0-9_.]+)*[];,)]")
    replace("factor", " \\* [A-Za-z_][A-Za-z0-9_.]*(->[A-Za-z0-9_.]+)*[];,)]")
    if (head !~ /^ +char [a-z_]+\[|QP_GROW\(/) replace("number", "[-=+*<>(,] [0-9]+[];,)]")
    declaration = "^ +(const |static |unsigned |struct |enum )*[A-Za-z_][A-Za-z0-9_]* +\\**[A-Za-z_]"
    if (!place && before ~ /[;{}]$/ && /^ +[A-Za-z_*(][^{}]*;$/ && /[-+*|&]?=|\+\+|--|\(/ && $0 !~ declaration &&
        !/^ +(if|for|while) \(.*return/) {
        match($0, /^ +/)
        emit("drop", substr($0, 1, RLENGTH) ";")
    }
    before = head
    sub(/[ \t]+$/, "", before)
}
