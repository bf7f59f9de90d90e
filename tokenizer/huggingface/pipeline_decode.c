#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_kinds.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/huggingface/pipeline_texts.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use fewer tokens"); }

/* Hands over the text of all strings. */
static qp_status finish(qp_strings *strings, char **text, size_t *bytes)
{
    QP_TRY(qp_strings_put(strings, "", 0));
    strings->text[strings->bytes] = '\0';
    *text = strings->text;
    *bytes = strings->bytes;
    strings->text = NULL;
    return QP_OK;
}

/* ---- every token through every decoder ---- */

static qp_status decode_all(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, char **text,
                            size_t *bytes)
{
    qp_strings read = {0}, made = {0};
    qp_status status = qp_pipeline_collect(p, id, count, skip_special, &read);
    if (status == QP_OK) status = qp_pipeline_decoders(p, 0, p->decoder.count, &read, &made);
    if (status == QP_OK) status = finish(&read, text, bytes);
    qp_strings_free(&read);
    qp_strings_free(&made);
    return status;
}

/* ---- by the table of texts ---- */

typedef struct {
    const qp_pipeline *p;
    const int32_t *id;
    size_t count;
    uint8_t left_out; /* flags of ids that give nothing */
    size_t first, last, kept, most; /* places of the first and last id that give something; how many; bytes */
    qp_strings ends;                /* what the first and the last one become, where that differs */
} reader;

static inline bool is_kept(const reader *r, int32_t id)
{
    const qp_pipeline_texts *t = r->p->texts;
    return id >= 0 && (size_t)id < t->texts.count && !(t->flags[id] & r->left_out);
}

static void measure(reader *r)
{
    const qp_piece_texts *texts = &r->p->texts->texts;
    r->kept = r->most = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!is_kept(r, r->id[i])) continue;
        if (r->kept++ == 0) r->first = i;
        r->last = i;
        r->most += qp_piece_texts_length(texts, r->id[i]);
    }
}

static qp_status decode_ends(reader *r)
{
    const qp_pipeline_texts *t = r->p->texts;
    const int32_t two[2] = {r->id[r->first], r->id[r->last]};
    qp_strings made = {0}, raw = {0};
    qp_status status = qp_pipeline_collect(r->p, two, r->first == r->last ? 1 : 2, false, &r->ends);
    if (status == QP_OK) status = qp_pipeline_decoders(r->p, 0, t->stages, &r->ends, &made);
    for (size_t i = 0; t->raw && status == QP_OK && i < r->ends.count; i++) {
        status = qp_byte_level_raw(qp_strings_get(&r->ends, i), &raw);
        if (status == QP_OK) status = qp_strings_end(&raw);
    }
    qp_strings_free(&made);
    if (t->raw) {
        qp_strings_free(&r->ends);
        r->ends = raw;
    }
    return status;
}

static char *put_end(const reader *r, size_t i, char *out)
{
    qp_text text = qp_strings_get(&r->ends, i);
    if (text.bytes) memcpy(out, text.text, text.bytes);
    return out + text.bytes;
}

/* Writes all texts; with `strings`, its ends too. The result is where they end. */
static char *put_texts(const reader *r, char *out, qp_strings *strings)
{
    const qp_piece_texts *texts = &r->p->texts->texts;
    const char *begin = out;
    for (size_t i = r->first; i <= r->last; i++) {
        if (!is_kept(r, r->id[i])) continue;
        if (r->ends.count && i == r->first)
            out = put_end(r, 0, out);
        else if (r->ends.count && i == r->last)
            out = put_end(r, 1, out);
        else
            out = qp_piece_texts_put(texts, r->id[i], out);
        if (strings) strings->end[strings->count++] = (size_t)(out - begin);
    }
    return out;
}

/* Decoders that look at several strings at once see the strings. */
static qp_status decode_rest(const reader *r, char **text, size_t *bytes)
{
    const qp_pipeline_texts *t = r->p->texts;
    qp_strings read = {0}, made = {0};
    bool room = QP_GROW(read.text, read.capacity, r->most + QP_PIECE_SPARE + 1) &&
                QP_GROW(read.end, read.end_capacity, r->kept);
    qp_status status = room ? QP_OK : no_memory();
    if (room) read.bytes = (size_t)(put_texts(r, read.text, &read) - read.text);
    if (status == QP_OK)
        status = qp_pipeline_decoders(r->p, t->stages, r->p->decoder.count - t->stages, &read, &made);
    if (status == QP_OK) status = finish(&read, text, bytes);
    qp_strings_free(&read);
    qp_strings_free(&made);
    return status;
}

/* Bytes that are not UTF-8 become U+FFFD. */
static qp_status repair(char **text, size_t *bytes)
{
    qp_strings whole = {0};
    if (qp_utf8_valid(*text, *bytes) == *bytes) return QP_OK;
    qp_status status = qp_strings_lossy(&whole, *text, *bytes);
    if (status == QP_OK) {
        free(*text);
        status = finish(&whole, text, bytes);
    }
    qp_strings_free(&whole);
    return status;
}

static qp_status decode_whole(const reader *r, char **text, size_t *bytes)
{
    char *out = malloc(r->most + QP_PIECE_SPARE + 1);
    if (!out) return no_memory();
    *bytes = (size_t)(put_texts(r, out, NULL) - out);
    out[*bytes] = '\0';
    *text = out;
    qp_status status = r->p->texts->raw && !r->p->keeps_bytes ? repair(text, bytes) : QP_OK;
    if (status == QP_OK) return QP_OK;
    free(*text);
    *text = NULL;
    *bytes = 0;
    return status;
}

qp_status qp_pipeline_decode(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, char **text,
                             size_t *bytes)
{
    const qp_pipeline_texts *t = p->texts;
    *text = NULL;
    *bytes = 0;
    reader r = {.p = p, .id = id, .count = count, .left_out = QP_ID_NOTHING | (skip_special ? QP_ID_SPECIAL : 0)};
    if (t) measure(&r);
    if (r.kept == 0) return decode_all(p, id, count, skip_special, text, bytes);
    qp_status status = t->first_differs || t->last_differs ? decode_ends(&r) : QP_OK;
    r.most += r.ends.bytes;
    if (status == QP_OK)
        status = t->stages + t->raw < p->decoder.count ? decode_rest(&r, text, bytes) : decode_whole(&r, text, bytes);
    qp_strings_free(&r.ends);
    return status;
}
