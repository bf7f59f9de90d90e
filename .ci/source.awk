# source.awk - read C sources, print one fact per line, fields separated by tabs:
#   include  FILE LINE PATH              #include "PATH"
#   function FILE LINE NAME LINES PARAMETERS static|global
#   call     FILE LINE NAME              NAME( in the body of a function or of a macro, but not ->NAME( or .NAME(
#   comment  FILE LINE TEXT              one line of a comment
#   string   FILE LINE TEXT              a string literal
#   name     FILE LINE NAME              a name in the code that begins with qp_ or QP_, where the file has it first
#   again    FILE LINE NAME              where the file has such a name the second time
#   paste    FILE LINE PATTERN           a name that ## makes, as a regular expression
#   wide     FILE LINE CHARACTERS        a line of more than 120 characters
#   lines    FILE LINES
# It expects the layout of .clang-format: a function's opening and closing brace are in column 1, or all on one line.
BEGIN { OFS = "\t" }

function parameters(head,    open, i, c, depth, count, text) {
    open = index(head, "(")
    count = 1
    text = ""
    for (i = open; i <= length(head); i++) {
        c = substr(head, i, 1)
        if (c == "(") depth++
        else if (c == ")") { if (--depth == 0) break }
        else if (c == "," && depth == 1) count++
        else text = text c
    }
    gsub(/[ \t]/, "", text)
    return text == "" || text == "void" ? 0 : count
}

# The name of the function whose text up to its opening brace is `head`; "" if it is something else.
function function_name(head,    name) {
    if (head ~ /=/ || head ~ /^[ \t]*(typedef|enum|extern)[ \t]/ || head !~ /\)[ \t]*$/) return ""
    name = head
    sub(/[ \t]*\(.*/, "", name)
    sub(/.*[ \t*]/, "", name)
    return name ~ /^[A-Za-z_][A-Za-z0-9_]*$/ ? name : ""
}

function end_of_function() {
    if (defined != "")
        print "function", file, head_line, defined, FNR - head_line + 1, parameters(defined_head),
            (defined_head ~ /(^|[ \t])static[ \t]/ ? "static" : "global")
    defined = ""; head = ""; depth = 0
}

function calls(code,    before, name) {
    while (match(code, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
        before = RSTART > 1 ? substr(code, RSTART - 1, 1) : " "
        name = substr(code, RSTART, RLENGTH - 1)
        sub(/[ \t]+$/, "", name)
        if (before != "." && before != ">" && name !~ /^(if|for|while|switch|return|sizeof|defined)$/)
            print "call", file, FNR, name
        code = substr(code, RSTART + RLENGTH)
    }
}

function names(code,    name) {
    while (match(code, /[A-Za-z0-9_]*(##[ ]*[A-Za-z0-9_]+)+|[A-Za-z_][A-Za-z0-9_]*/)) {
        name = substr(code, RSTART, RLENGTH)
        code = substr(code, RSTART + RLENGTH)
        if (name ~ /##/) print "paste", file, FNR, name
        else if (name ~ /^(qp_|QP_)/ && ++named[file, name] <= 2)
            print named[file, name] == 1 ? "name" : "again", file, FNR, name
    }
}

# The line without comments and strings; these are printed.
function code_of(line,    code, rest, end, mark) {
    code = ""
    rest = line
    for (;;) {
        if (in_comment) {
            end = index(rest, "*/")
            if (!end) { print "comment", file, FNR, rest; return code }
            print "comment", file, FNR, substr(rest, 1, end - 1)
            rest = substr(rest, end + 2)
            in_comment = 0
            continue
        }
        if (!match(rest, /\/\*|\/\/|"|'/)) return code rest
        mark = substr(rest, RSTART, RLENGTH)
        code = code substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART)
        if (mark == "//") { print "comment", file, FNR, substr(rest, 3); return code }
        if (mark == "/*") { rest = substr(rest, 3); in_comment = 1; code = code " "; continue }
        if (mark == "\"" && match(rest, /^"([^"\\]|\\.)*"/)) {
            if (RLENGTH > 2 && code !~ /#[ \t]*include/) print "string", file, FNR, substr(rest, 2, RLENGTH - 2)
            code = code "\"\""
        } else if (match(rest, /^'([^'\\]|\\.)*'/)) code = code "0"
        else RLENGTH = 1
        rest = substr(rest, RLENGTH + 1)
    }
}

FNR == 1 {
    if (file != "") print "lines", file, lines
    file = FILENAME; in_comment = 0; depth = 0; head = ""; defined = ""; directive = 0; macro = 0; assembly = 0
}

{
    lines = FNR
    text = $0
    wide = text
    gsub(/[\200-\277]/, "", wide)
    if (length(wide) > 120) print "wide", file, FNR, length(wide)
    if (!in_comment && match(text, /^[ \t]*#[ \t]*include[ \t]*"[^"]*"/)) {
        split(text, quoted, "\"")
        print "include", file, FNR, quoted[2]
    }
    code = code_of(text)
    names(code)

    if (directive || code ~ /^[ \t]*#/) {
        if (!directive) macro = code ~ /^[ \t]*#[ \t]*define/
        directive = text ~ /\\$/
        if (macro) {
            sub(/^[ \t]*#[ \t]*define[ \t]+[A-Za-z0-9_]+(\([^)]*\))?/, "", code)
            calls(code)
        }
        next
    }
    if (code ~ /^extern "" *\{/) next

    if (code ~ /^\}/) { end_of_function(); next }   # also mends a count that #if and #else have broken
    if (depth == 0) {
        if (code ~ /^[ \t]*$/) next
        opening = index(code, "{")
        semicolon = index(code, ";")
        if (!opening) {
            if (semicolon) { head = ""; next }
            if (head == "") head_line = FNR
            head = head " " code
            next
        }
        if (head == "") head_line = FNR
        defined_head = head " " substr(code, 1, opening - 1)
        defined = function_name(defined_head)
        code = substr(code, opening)
        head = ""
    }
    if (defined != "") calls(code)
    depth += gsub(/\{/, "", code) - gsub(/\}/, "", code)
    if (depth <= 0) end_of_function()
}

END { if (file != "") print "lines", file, lines }
