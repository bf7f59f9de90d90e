# rooms.awk - the rooms and their arrows from the facts of source.awk: awk -f floors.awk -f rooms.awk floors FACTS.
# Each line begins with the floor in five columns, to sort by.
FILENAME ~ /floors$/ { floor_line(); next }

function tests(room) { return room ~ /^tests/ ? "tests" : room }

$1 == "lines" && !((unit = unit_of($2)) in counted) { counted[unit] = 1; units[tests(room_of($2))]++ }
$1 == "include" && $4 ~ /\// {
    from = tests(room_of($2)); to = tests(room_of($4))
    if (from != to) { if (!((from, to) in arrows)) targets[from] = targets[from] " " to; arrows[from, to]++ }
}

function by_floor(list, n,    i, j, keep) {
    for (i = 2; i <= n; i++) {
        keep = list[i]
        for (j = i - 1; j > 0 && floor[listed(list[j])] < floor[listed(keep)]; j--) list[j + 1] = list[j]
        list[j + 1] = keep
    }
}

END {
    for (room in units) {
        n = split(targets[room], part, " ")
        by_floor(part, n)
        head = sprintf("%4d %2d  %-24s %3d units", floor[listed(room)], floor[listed(room)], room, units[room])
        text = ""
        for (i = 1; i <= n; i++) {
            mark = forbidden(room, part[i]) == "" ? "" : " (up!)"
            text = text (i == 1 ? "  -> " : ", ") part[i] " " arrows[room, part[i]] mark
        }
        print head text
    }
}
