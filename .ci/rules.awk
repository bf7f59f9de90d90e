# rules.awk - the facts of source.awk against the rules: awk -f floors.awk -f rules.awk floors words for_tests FACTS.
# Prints findings as FILE:LINE: what.
BEGIN { FS = "\t"; MAX_LINES = 500; MAX_FUNCTION = 60; MAX_PARAMETERS = 8; MAX_UNITS = 25 }

FILENAME ~ /floors$/ { FS = "[ \t]+"; $0 = $0; floor_line(); FS = "\t"; next }
FILENAME ~ /words$/ {
    if ($0 !~ /^#/ && NF >= 2) { pattern[++words] = $1; plain[words] = $2; fine[words] = $3 }
    next
}

FILENAME ~ /for_tests$/ { if ($0 !~ /^#/) { sub(/ .*/, ""); kept[$0] = 1 } next }

function say(file, line, what) { print file ":" line ": " what }

$1 == "lines" && $3 > MAX_LINES { say($2, MAX_LINES + 1, "the file has " $3 " lines, more than " MAX_LINES) }
$1 == "lines" && !((unit = unit_of($2)) in counted) { counted[unit] = 1; units[room_of($2)]++ }
$1 == "wide" { say($2, $3, "the line has " $4 " characters, more than 120") }

$1 == "include" {
    includes++
    from_file[includes] = $2; include_line[includes] = $3; to_file[includes] = $4
    from = room_of($2)
    if (listed(from) == "") { say($2, $3, "unknown folder " from "; add it to .ci/floors"); next }
    if ($4 !~ /\//) { if ($2 !~ /^tests\//) say($2, $3, "include \"" $4 "\" by its path from the top"); next }
    to = room_of($4)
    if (listed(to) == "") { say($2, $3, "include \"" $4 "\" by its path from the top"); next }
    why = forbidden(from, to)
    if (why != "") say($2, $3, "include \"" $4 "\": " why)
    if ($2 ~ /\.h$/ && $4 ~ /\.h$/) edge("headers", $2, $4, $2 ":" $3 ": includes " $4)
}

$1 == "function" {
    if ($5 > MAX_FUNCTION) say($2, $3, $4 " has " $5 " lines, more than " MAX_FUNCTION)
    if ($6 > MAX_PARAMETERS) say($2, $3, $4 " has " $6 " parameters, more than " MAX_PARAMETERS)
    if (($7 == "global" || ($2 ~ /\.h$/ && $2 !~ /\.inc\.h$/)) && $2 !~ /^tests\//) {
        if ($4 in home && home[$4] != $2) home[$4] = "several"
        else home[$4] = $2
    }
    own[$2, $4] = 1
    if ($4 ~ /^qp_/ && $2 ~ /^(lib|tokenizer|data|cli)\// && ($7 == "global" || $2 ~ /\.h$/)) {
        made[++makers] = $4; made_file[makers] = $2; made_line[makers] = $3
    }
}
$1 == "call" { calls++; call_file[calls] = $2; call_line[calls] = $3; call_name[calls] = $4 }

$1 == "name" {
    known[$4] = 1
    if ($4 ~ /^qp_/) used[$4, $2 ~ /^(tests|bench)\// ? "tests" : $2 ~ /\.h$/ ? "headers" : "files"]++
}
$1 == "again" { used_again[$2, $4] = 1 }
$1 == "paste" {
    if ($4 ~ /^[A-Za-z0-9_]*##[A-Za-z]+$/ && $4 ~ /^(qp|QP)_.*_##/) { sub(/##.*/, "", $4); made_prefix[$4] = 1 }
    else if ($4 ~ /^[a-z]+##_[a-z]+$/) { sub(/.*##/, "", $4); made_suffix[$4] = 1 }
}

$1 == "comment" || $1 == "string" {
    text = $4
    sub(/^[ \t]*\*?[ \t]*/, "", text)
    if ($1 == "comment" || ($2 !~ /^(tests|data\/toy)\// && text ~ / /)) {
        lower = tolower(text)
        joined = last_file == $2 && last_line == $3 - 1 && last_kind == $1 ? tail " " lower : ""
        for (i = 1; i <= words; i++) {
            if (match(lower, "(^|[^a-z_])(" pattern[i] ")([^a-z_]|$)"))
                found = substr(lower, RSTART, RLENGTH)
            else if (joined != "" && pattern[i] ~ / / && match(joined, "(^|[^a-z_])(" pattern[i] ")([^a-z_]|$)"))
                found = substr(joined, RSTART, RLENGTH)
            else continue
            if (fine[i] != "" && (joined " " lower) ~ fine[i]) continue
            gsub(/^[^a-z]+|[^a-z]+$/, "", found)
            say($2, $3, "\"" found "\" in a " $1 "; plainer: " plain[i])
        }
        tail = lower
        if (match(tail, /[^ ]+ [^ ]+ *$/)) tail = substr(tail, RSTART)
        last_file = $2; last_line = $3; last_kind = $1
    }
    if ($1 == "comment") mentions($2, $3, text)
}

function mentions(file, line, text,    name, next_char, before) {
    while (match(text, /(qp_|QP_)[A-Za-z0-9_]*/)) {
        name = substr(text, RSTART, RLENGTH)
        before = RSTART > 1 ? substr(text, RSTART - 1, 1) : " "
        next_char = substr(text, RSTART + RLENGTH, 1)
        text = substr(text, RSTART + RLENGTH)
        if (before ~ /[A-Za-z0-9_]/) continue
        mentioned++
        mention_file[mentioned] = file; mention_line[mentioned] = line; mention[mentioned] = name
        mention_open[mentioned] = name ~ /_$/ || next_char == "*" || next_char == "<" || next_char == "{"
    }
}

function exists(name, open,    other, base) {
    if (name in known) return 1
    if (open) for (other in known) if (index(other, name) == 1) return 1
    for (other in made_prefix) if (index(name, other) == 1) return 1
    for (other in made_suffix) {
        base = substr(name, 1, length(name) - length(other))
        if (base other == name && base in known) return 1
    }
    return 0
}

# ---- graphs: nodes with arrows; one shortest circle is shown for each group of nodes that reach each other ----

function edge(graph, from, to, note) {
    if (from == to || (graph, from, to) in arrow) return
    arrow[graph, from, to] = note
    next_of[graph, from] = next_of[graph, from] SUBSEP to
    if (!((graph, from) in is_node)) { is_node[graph, from] = 1; node[graph, ++nodes[graph]] = from }
}

# The shortest way from `start` back to itself, as names separated by SUBSEP; "" if there is none.
function circle(graph, start,    queue, first, last, seen, way, here, n, part, i) {
    first = last = 1
    queue[1] = start; way[start] = start
    while (first <= last) {
        here = queue[first++]
        n = split(substr(next_of[graph, here], 2), part, SUBSEP)
        for (i = 1; i <= n; i++) {
            if (part[i] == start) return way[here] SUBSEP start
            if (!(part[i] in way)) { way[part[i]] = way[here] SUBSEP part[i]; queue[++last] = part[i] }
        }
    }
    return ""
}

function circles(graph, what,    i, j, n, way, part, text, place, new, first, from) {
    for (i = 1; i <= nodes[graph]; i++) {
        way = circle(graph, node[graph, i])
        if (way == "") continue
        n = split(way, part, SUBSEP)
        new = 1
        for (j = 1; j < n; j++) if ((graph, part[j]) in shown) new = 0
        if (!new) continue
        text = ""
        for (j = 1; j < n; j++) {
            shown[graph, part[j]] = 1
            place = arrow[graph, part[j], part[j + 1]]
            from = part[j]
            sub(/^.*\//, "", from)
            if (j == 1) { first = place; sub(/: .*/, "", first) }
            sub(/^[^ ]*: /, "", place)
            text = text (j == 1 ? "" : "; ") from " " place
        }
        print first ": circle of " what ": " text
    }
}

# Functions that the program does not reach. A function of a .c file is named in that file and in the header that
# declares it; one of a header is named there.
function unreached(    i, name, file, again, elsewhere) {
    for (i = 1; i <= makers; i++) {
        name = made[i]; file = made_file[i]
        again = (file, name) in used_again
        elsewhere = used[name, "files"] + used[name, "headers"] - (file ~ /\.h$/ ? 1 : 2)
        if (file ~ /\.c$/ && !used[name, "headers"]) elsewhere++
        if (elsewhere > 0 || name in kept || (again && (file ~ /\.h$/ || used[name, "tests"]))) continue
        if (again) say(file, made_line[i], name " is used in this file alone: make it static")
        else if (used[name, "tests"]) say(file, made_line[i], name " is used by tests alone: see .ci/for_tests")
        else say(file, made_line[i], name " is used nowhere")
    }
}

END {
    unreached()
    for (room in units) if (units[room] > MAX_UNITS) say(room "/", 1, units[room] " units, more than " MAX_UNITS)
    for (i = 1; i <= mentioned; i++)
        if (!exists(mention[i], mention_open[i]))
            say(mention_file[i], mention_line[i], mention[i] " is named in a comment and exists nowhere in the code")
    for (i = 1; i <= calls; i++) {
        to = call_name[i] in home ? home[call_name[i]] : "several"
        from = call_file[i]
        if (to == "several" || (from, call_name[i]) in own || unit_of(from) == unit_of(to)) continue
        why = forbidden(room_of(from), room_of(to))
        if (why != "" && !((from, to) in up)) {
            up[from, to] = 1
            say(from, call_line[i], "calls " call_name[i] " of " to ": " why)
        }
        if (room_of(from) == room_of(to))
            edge(room_of(from), unit_of(from), unit_of(to), from ":" call_line[i] ": calls " call_name[i] " of " to)
    }
    circles("headers", "headers")
    for (room in units) circles(room, "calls")
}
