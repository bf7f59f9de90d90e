#include "data/text/held_out.h"

#include <xxhash.h>

bool qp_held_out_has(qp_held_out part, int64_t line, const char *text, size_t bytes)
{
    if (part.part == QP_PART_ALL) return true;
    bool held;
    if (part.from)
        held = line >= part.from;
    else if (part.block)
        held = (line - 1) / part.block % part.every == part.every / 2;
    else
        held = XXH3_64bits(text, bytes) % (uint64_t)part.every == 0;
    return held == (part.part == QP_PART_HELD_OUT);
}
