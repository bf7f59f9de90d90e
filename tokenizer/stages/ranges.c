#include "tokenizer/stages/ranges.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

const char *const qp_behavior_name[5] = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};

void qp_ranges_free(qp_ranges *ranges)
{
    free(ranges->range);
    *ranges = (qp_ranges){0};
}

static qp_status append(qp_ranges *ranges, size_t begin, size_t end, int32_t added)
{
    if (!QP_GROW(ranges->range, ranges->capacity, ranges->count + 1))
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    ranges->range[ranges->count++] = (struct qp_range){begin, end, added};
    return QP_OK;
}

qp_status qp_ranges_add(qp_ranges *ranges, size_t begin, size_t end, int32_t added)
{
    return begin == end ? QP_OK : append(ranges, begin, end, added);
}

/* NEXT, read from the right: a match joins what follows it unless that is a match too. */
static qp_status add_next(qp_cutter *c, size_t begin, size_t end, bool match)
{
    if (c->held && !match)
        begin = c->held_begin;
    else if (c->held)
        QP_TRY(append(c->out, c->held_begin, c->held_end, -1));
    c->held = match;
    c->held_begin = begin;
    c->held_end = end;
    return match ? QP_OK : append(c->out, begin, end, -1);
}

qp_status qp_cutter_add(qp_cutter *c, size_t begin, size_t end, bool match)
{
    qp_ranges *out = c->out;
    begin += c->shift;
    end += c->shift;
    if (c->behavior == QP_SPLIT_REMOVED && match) return QP_OK;
    if (c->behavior == QP_SPLIT_NEXT) return add_next(c, begin, end, match);
    bool joins = c->behavior == QP_SPLIT_CONTIGUOUS ? match == c->matched_before
                                                    : c->behavior == QP_SPLIT_PREVIOUS && match && !c->matched_before;
    c->matched_before = match;
    if (!joins || out->count == c->first) return append(out, begin, end, -1);
    out->range[out->count - 1].end = end;
    return QP_OK;
}

qp_status qp_cutter_end(qp_cutter *c)
{
    qp_ranges *out = c->out;
    size_t kept = c->first;
    if (c->held) QP_TRY(append(out, c->held_begin, c->held_end, -1));
    for (size_t i = c->first; i < out->count; i++) {
        if (out->range[i].begin < out->range[i].end) out->range[kept++] = out->range[i];
    }
    out->count = kept;
    return QP_OK;
}

qp_status qp_cut_characters(qp_character_test test, int32_t wanted, qp_split_behavior behavior, qp_text text,
                            size_t shift, qp_ranges *out)
{
    qp_cutter c = {.behavior = behavior, .out = out, .first = out->count, .shift = shift};
    size_t done = 0;
    for (size_t at = 0, length; at < text.bytes; at += length) {
        if (!test(qp_utf8_next(text.text + at, text.bytes - at, &length), wanted)) continue;
        if (done < at) QP_TRY(qp_cutter_add(&c, done, at, false));
        QP_TRY(qp_cutter_add(&c, at, at + length, true));
        done = at + length;
    }
    if (done < text.bytes) QP_TRY(qp_cutter_add(&c, done, text.bytes, false));
    return qp_cutter_end(&c);
}
