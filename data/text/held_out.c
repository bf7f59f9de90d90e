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
    qp_mapped_text room = {0};
    qp_text normal;
    if (part.part == QP_PART_ALL) return true;
    if (qp_nfc_view((qp_text){text, bytes}, &room, &normal) != QP_OK) normal = (qp_text){text, bytes};
    bool has = qp_held_out_has(part, line, normal.text, normal.bytes);
    qp_mapped_text_free(&room);
    return has;
}
