# floors.awk - functions over .ci/floors, for rules.awk and rooms.awk (after the floors are read by floor_line).

function floor_line(    i) {
    if ($1 == "floor") for (i = 3; i <= NF; i++) floor[$i] = $2 + 0
    else if ($1 == "apart") for (i = 2; i <= NF; i++) apart[$i] = 1
    else if ($1 == "only") { only[$2] = 1; for (i = 3; i <= NF; i++) only_of[$2, $i] = 1 }
}

function room_of(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
}

# A file without its endings: a .c file and its headers are one unit.
function unit_of(path,    room, name) {
    room = room_of(path)
    name = substr(path, length(room) + 2)
    sub(/\..*/, "", name)
    return room "/" name
}

# The listed folder that holds `room`; "" if there is none.
function listed(room) {
    while (!(room in floor) && room ~ /\//) sub(/\/[^\/]*$/, "", room)
    return room in floor ? room : ""
}

# The folder of `list` that holds `room`; "" if there is none.
function within(room, list) {
    while (!(room in list) && room ~ /\//) sub(/\/[^\/]*$/, "", room)
    return room in list ? room : ""
}

# Why room `from` must not use room `to`; "" if it may.
function forbidden(from, to,    low, high, a, b) {
    high = listed(from); low = listed(to)
    if (high == low) return ""
    if (floor[low] > floor[high]) return from " (floor " floor[high] ") must not use " to " (floor " floor[low] ")"
    if (floor[low] == floor[high]) return from " and " to " are on one floor"
    a = within(from, apart); b = within(to, apart)
    if (a != "" && b != "" && a != b) return a " and " b " must not use each other"
    a = within(from, only)
    if (a != "" && within(to, only) != a && !((a, low) in only_of)) return a " must not use " to
    return ""
}
