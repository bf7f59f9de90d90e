#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "lib/text/byte_letters.h"
#include "lib/base/array.h"
#include "tokenizer/huggingface/pipeline.h"
#include "lib/text/utf8.h"

/* The strings of the tokens, which the decoder's stages change one after the other. */
typedef struct {
    char *text;
    size_t bytes, capacity;
    size_t *end; /* where each token ends */
    size_t count, end_capacity;
} strings;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use fewer tokens"); }

static qp_status put(strings *s, const char *text, size_t bytes)
{
    if (!QP_GROW(s->text, s->capacity, s->bytes + bytes + 1)) return no_memory();
    if (bytes) memcpy(s->text + s->bytes, text, bytes);
    s->bytes += bytes;
    return QP_OK;
}

static qp_status end_token(strings *s)
{
    if (!QP_GROW(s->end, s->end_capacity, s->count + 1)) return no_memory();
    s->end[s->count++] = s->bytes;
    return QP_OK;
}

static void free_strings(strings *s)
{
    free(s->text);
    free(s->end);
}

static const char REPLACEMENT[] = "\xEF\xBF\xBD";

/* UTF-8 with each longest beginning of a character that goes wrong replaced by one U+FFFD, as Rust and Unicode say. */
static qp_status put_lossy(strings *s, const char *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length) {
        if (qp_utf8_next(text + at, bytes - at, &length) != QP_INVALID_CODE) {
            QP_TRY(put(s, text + at, length));
            continue;
        }
        const unsigned char *t = (const unsigned char *)text + at;
        size_t left = bytes - at, wanted = t[0] >= 0xF0 && t[0] <= 0xF4 ? 4 : t[0] >= 0xE0 && t[0] < 0xF0 ? 3 : 1;
        unsigned low = t[0] == 0xE0   ? 0xA0
                       : t[0] == 0xF0 ? 0x90
                                      : 0x80,
                 high = t[0] == 0xED   ? 0x9F
                        : t[0] == 0xF4 ? 0x8F
                                       : 0xBF;
        if (wanted > 1 && left > 1 && t[1] >= low && t[1] <= high) {
            length = 2;
            if (wanted == 4 && left > 2 && (t[2] & 0xC0) == 0x80) length = 3;
        }
        QP_TRY(put(s, REPLACEMENT, 3));
    }
    return QP_OK;
}

static qp_status put_replaced(strings *s, const char *text, size_t bytes, const char *old, size_t old_bytes,
                              const char *fresh, size_t fresh_bytes)
{
    while (old_bytes > 0) {
        const char *at = bytes ? memmem(text, bytes, old, old_bytes) : NULL;
        if (!at) break;
        QP_TRY(put(s, text, (size_t)(at - text)));
        QP_TRY(put(s, fresh, fresh_bytes));
        bytes -= (size_t)(at - text) + old_bytes;
        text = at + old_bytes;
    }
    return put(s, text, bytes);
}

static qp_status put_matched(strings *s, const qp_stage *st, const char *text, size_t bytes)
{
    qp_regex_scratch scratch = {0};
    qp_status status = qp_regex_text(&scratch, text, bytes);
    size_t done = 0;
    for (size_t next = 0; status == QP_OK && next <= bytes;) {
        qp_regex_match match;
        size_t length;
        status = qp_regex_find(&st->regex, &scratch, next, &match);
        if (status != QP_OK || !match.found) break;
        status = put(s, text + done, match.begin - done);
        if (status == QP_OK) status = put(s, st->content, st->content_bytes);
        done = next = match.end;
        if (match.begin == match.end)
            next += next < bytes && qp_utf8_next(text + next, bytes - next, &length) >= 0 ? length : 1;
    }
    qp_regex_scratch_free(&scratch);
    return status == QP_OK ? put(s, text + done, bytes - done) : status;
}

/* ---- stages that look at one token ---- */

/* English spacing put right, as BERT's tool does. */
static qp_status put_clean(strings *out, const char *text, size_t bytes)
{
    static const char *const pair[][2] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                          {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                          {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    strings a = {0}, b = {0};
    qp_status status = put(&a, text, bytes);
    for (size_t i = 0; i < sizeof pair / sizeof *pair && status == QP_OK; i++) {
        b.bytes = 0;
        status = put_replaced(&b, a.text, a.bytes, pair[i][0], strlen(pair[i][0]), pair[i][1], strlen(pair[i][1]));
        strings kept = a;
        a = b;
        b = kept;
    }
    if (status == QP_OK) status = put(out, a.text, a.bytes);
    free_strings(&a);
    free_strings(&b);
    return status;
}

static qp_status wordpiece(const qp_stage *st, strings *out, const char *text, size_t bytes, size_t index)
{
    strings one = {0};
    qp_status status = QP_OK;
    if (index > 0) {
        bool goes_on = bytes >= st->text_bytes && memcmp(text, st->text, st->text_bytes) == 0;
        if (goes_on) {
            text += st->text_bytes;
            bytes -= st->text_bytes;
        } else {
            status = put(&one, " ", 1);
        }
    }
    if (status == QP_OK) status = put(&one, text, bytes);
    if (status == QP_OK) status = st->cleanup ? put_clean(out, one.text, one.bytes) : put(out, one.text, one.bytes);
    free_strings(&one);
    return status;
}

static qp_status metaspace(const qp_stage *st, strings *out, const char *text, size_t bytes, size_t index)
{
    bool drops = index == 0 && st->prepend != QP_PREPEND_NEVER;
    return put_replaced(out, text, bytes, st->content, st->content_bytes, " ", drops ? 0 : 1);
}

static qp_status strip(const qp_stage *st, strings *out, const char *text, size_t bytes)
{
    for (int i = 0; i < st->start && bytes >= st->text_bytes && memcmp(text, st->text, st->text_bytes) == 0; i++) {
        text += st->text_bytes;
        bytes -= st->text_bytes;
    }
    for (int i = 0; i < st->stop && bytes >= st->text_bytes &&
                    memcmp(text + bytes - st->text_bytes, st->text, st->text_bytes) == 0;
         i++)
        bytes -= st->text_bytes;
    return put(out, text, bytes);
}

/* ---- stages that look at all ---- */

static int byte_named(const char *text, size_t bytes)
{
    char name[7] = "", *end;
    if (bytes != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    memcpy(name, text + 3, 2);
    long value = strtol(name, &end, 16);
    return end == name + 2 && name[0] != '+' && name[0] != '-' && name[0] != ' ' ? (int)value : -1;
}

/* A run of byte tokens becomes one token: its text if that is UTF-8, else one U+FFFD for each byte. */
static qp_status end_byte_run(strings *out, const char *run, size_t bytes)
{
    bool valid = true;
    if (bytes == 0) return QP_OK;
    for (size_t at = 0, length; at < bytes && valid; at += length)
        valid = qp_utf8_next(run + at, bytes - at, &length) >= 0;
    if (valid) {
        QP_TRY(put(out, run, bytes));
        return end_token(out);
    }
    for (size_t i = 0; i < bytes; i++) {
        QP_TRY(put(out, REPLACEMENT, 3));
        QP_TRY(end_token(out));
    }
    return QP_OK;
}

static qp_status byte_fallback(const strings *in, strings *out)
{
    strings run = {0};
    qp_status status = QP_OK;
    for (size_t i = 0, begin = 0; i < in->count && status == QP_OK; begin = in->end[i++]) {
        int byte = byte_named(in->text + begin, in->end[i] - begin);
        char one = (char)byte;
        if (byte >= 0) {
            status = put(&run, &one, 1);
            continue;
        }
        status = end_byte_run(out, run.text, run.bytes);
        run.bytes = 0;
        if (status == QP_OK) status = put(out, in->text + begin, in->end[i] - begin);
        if (status == QP_OK) status = end_token(out);
    }
    if (status == QP_OK) status = end_byte_run(out, run.text, run.bytes);
    free_strings(&run);
    return status;
}

/* Letters back to bytes; a token with a character that is no byte's letter stands for its own bytes. */
static qp_status byte_level(const strings *in, bool keeps_bytes, strings *out)
{
    strings raw = {0};
    qp_status status = QP_OK;
    for (size_t i = 0, begin = 0; i < in->count && status == QP_OK; begin = in->end[i++]) {
        const char *text = in->text + begin;
        size_t bytes = in->end[i] - begin, length;
        bool letters = true;
        for (size_t at = 0; at < bytes; at += length)
            letters = letters && qp_letter_byte(qp_utf8_next(text + at, bytes - at, &length)) >= 0;
        if (!letters) {
            status = put(&raw, text, bytes);
            continue;
        }
        for (size_t at = 0; at < bytes && status == QP_OK; at += length) {
            char byte = (char)qp_letter_byte(qp_utf8_next(text + at, bytes - at, &length));
            status = put(&raw, &byte, 1);
        }
    }
    if (status == QP_OK) status = keeps_bytes ? put(out, raw.text, raw.bytes) : put_lossy(out, raw.text, raw.bytes);
    if (status == QP_OK) status = end_token(out);
    free_strings(&raw);
    return status;
}

static bool equals_last(const strings *in, size_t i, size_t begin)
{
    size_t before = i > 1 ? in->end[i - 2] : 0, bytes = in->end[i] - begin;
    return i > 0 && begin - before == bytes && (bytes == 0 || memcmp(in->text + before, in->text + begin, bytes) == 0);
}

/* Speech: of equal tokens in a row one, without padding; the word delimiter becomes a space. Empty tokens go. */
static qp_status ctc(const qp_stage *st, const strings *in, strings *out)
{
    strings one = {0}, clean = {0};
    qp_status status = QP_OK;
    for (size_t i = 0, begin = 0; i < in->count && status == QP_OK; begin = in->end[i++]) {
        size_t start = out->bytes;
        if (equals_last(in, i, begin)) continue;
        one.bytes = clean.bytes = 0;
        status = put_replaced(&one, in->text + begin, in->end[i] - begin, st->text, st->text_bytes, "", 0);
        if (status == QP_OK && st->cleanup) status = put_clean(&clean, one.text, one.bytes);
        if (status == QP_OK)
            status = st->cleanup ? put_replaced(out, clean.text, clean.bytes, st->content, st->content_bytes, " ", 1)
                                 : put(out, one.text, one.bytes);
        if (status == QP_OK && out->bytes > start) status = end_token(out);
    }
    free_strings(&one);
    free_strings(&clean);
    return status;
}

static qp_status stage_of_token(const qp_stage *st, const strings *in, size_t i, size_t begin, strings *out)
{
    const char *text = in->text + begin;
    size_t bytes = in->end[i] - begin;
    switch (st->kind) {
    case QP_STAGE_DECODE_WORDPIECE: return wordpiece(st, out, text, bytes, i);
    case QP_STAGE_DECODE_METASPACE: return metaspace(st, out, text, bytes, i);
    case QP_STAGE_DECODE_STRIP: return strip(st, out, text, bytes);
    case QP_STAGE_DECODE_SUFFIX:
        return put_replaced(out, text, bytes, st->text, st->text_bytes, " ", i + 1 < in->count);
    case QP_STAGE_DECODE_REPLACE:
        if (st->has_regex) return put_matched(out, st, text, bytes);
        return put_replaced(out, text, bytes, st->text, st->text_bytes, st->content, st->content_bytes);
    default: return qp_fail(QP_EBUG, "pipeline: stage %d does not decode", (int)st->kind);
    }
}

static qp_status run_stage(const qp_pipeline *p, const qp_stage *st, const strings *in, strings *out)
{
    if (st->kind == QP_STAGE_DECODE_BYTES) return byte_fallback(in, out);
    if (st->kind == QP_STAGE_DECODE_BYTE_LEVEL) return byte_level(in, p->keeps_bytes, out);
    if (st->kind == QP_STAGE_DECODE_CTC) return ctc(st, in, out);
    if (st->kind == QP_STAGE_DECODE_FUSE) {
        QP_TRY(put(out, in->text, in->bytes));
        return end_token(out);
    }
    for (size_t i = 0, begin = 0; i < in->count; begin = in->end[i++]) {
        QP_TRY(stage_of_token(st, in, i, begin, out));
        QP_TRY(end_token(out));
    }
    return QP_OK;
}

/* ---- tokens ---- */

static const qp_added_token *added_with(const qp_pipeline *p, int32_t id)
{
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return &p->added[i];
    }
    return NULL;
}

/* An added token's text. tiktoken's are bytes as they stand, so they are put in letters that decoding turns back. */
static qp_status put_added(const qp_pipeline *p, strings *s, const char *text, size_t bytes)
{
    if (!p->keeps_bytes) return put(s, text, bytes);
    char letter[4];
    for (size_t i = 0; i < bytes; i++)
        QP_TRY(put(s, letter, (size_t)qp_utf8_write(qp_byte_letter((unsigned char)text[i]), letter)));
    return QP_OK;
}

static qp_status collect(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, strings *s)
{
    for (size_t i = 0; i < count; i++) {
        const qp_added_token *added = added_with(p, id[i]);
        int32_t piece = id[i] >= 0 && (size_t)id[i] < p->id_limit ? p->piece_of_id[id[i]] : -1;
        if (!added && piece < 0) continue; /* an id that is nothing decodes to nothing */
        const char *shown = added && added->shown ? added->shown : added ? added->text : NULL;
        size_t shown_bytes = added && added->shown ? added->shown_bytes : added ? added->bytes : 0;
        bool same = added && shown_bytes == added->bytes &&
                    (shown_bytes == 0 || memcmp(shown, added->text, shown_bytes) == 0);
        if (added && added->special && skip_special && same) continue;
        if (!p->has_decoder && s->count > 0) QP_TRY(put(s, " ", 1));
        QP_TRY(added ? put_added(p, s, shown, shown_bytes) : put(s, p->token[piece], p->token_bytes[piece]));
        QP_TRY(end_token(s));
    }
    return QP_OK;
}

qp_status qp_pipeline_decode(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, char **text,
                             size_t *bytes)
{
    strings a = {0}, b = {0};
    *text = NULL;
    *bytes = 0;
    qp_status status = collect(p, id, count, skip_special, &a);
    for (size_t i = 0; i < p->decoder.count && status == QP_OK; i++) {
        b.bytes = b.count = 0;
        status = run_stage(p, &p->decoder.stage[i], &a, &b);
        strings kept = a;
        a = b;
        b = kept;
    }
    if (status == QP_OK) status = put(&a, "", 0);
    if (status == QP_OK) {
        a.text[a.bytes] = '\0';
        *text = a.text;
        *bytes = a.bytes;
        a.text = NULL;
    }
    free_strings(&a);
    free_strings(&b);
    return status;
}
