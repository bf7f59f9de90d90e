#include "data/text/held_out.h"

#include <xxhash.h>

#include "lib/text/normalize.h"

bool qp_held_out_has(qp_held_out part, int64_t line, const char *bytes, size_t count)
{
    if (part.part == QP_PART_ALL) return true;
    bool held;
    if (part.from)
        held = line >= part.from;
    else if (part.block)
        held = (line - 1) / part.block % part.every == part.every / 2;
    else
        held = XXH3_64bits(bytes, count) % (uint64_t)part.every == 0;
    return held == (part.part == QP_PART_HELD_OUT);
}

bool qp_held_out_has_text(qp_held_out part, int64_t line, const char *text, size_t bytes)
{
    if (part.part == QP_PART_ALL) return true;
    qp_mapped_text room = {0};
    const qp_text normal = qp_nfc_or_text(text, bytes, &room);
    bool has = qp_held_out_has(part, line, normal.text, normal.bytes);
    qp_mapped_text_free(&room);
    return has;
}
