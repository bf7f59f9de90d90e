#include "tokenizer/subword_nmt/subword_nmt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/subword_nmt/subword_nmt_file.h"
#include "lib/text/utf8.h"

static const char END[] = "</w>";
enum { END_BYTES = 4, UNNAMED = -1 };

/* A symbol of the word that is being joined: a piece of the text, with the end mark or without. */
typedef struct {
    const char *text;
    size_t bytes;
    int32_t id; /* in the symbols of the codes; UNNAMED: in no code */
    bool ends;  /* "</w>" belongs to it */
} part;

typedef struct {
    const qp_subword_nmt *codes;
    part *part;
    size_t count, part_capacity;
    char *out, *name;
    size_t bytes, capacity, name_capacity;
    const char **item; /* output parts of one word */
    size_t *item_bytes;
    size_t item_count, item_capacity, item_bytes_capacity;
    qp_regex_scratch regex;
} state;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "subword-nmt: out of memory; use shorter lines"); }

static qp_status put(state *s, const char *text, size_t bytes)
{
    if (!QP_GROW(s->out, s->capacity, s->bytes + bytes + 1)) return no_memory();
    if (bytes) memcpy(s->out + s->bytes, text, bytes);
    s->bytes += bytes;
    return QP_OK;
}

static qp_status add_item(state *s, const char *text, size_t bytes)
{
    if (!QP_GROW(s->item, s->item_capacity, s->item_count + 1)) return no_memory();
    if (!QP_GROW(s->item_bytes, s->item_bytes_capacity, s->item_count + 1)) return no_memory();
    s->item[s->item_count] = text;
    s->item_bytes[s->item_count++] = bytes;
    return QP_OK;
}

/* ---- joining ---- */

static qp_status id_of(state *s, const char *text, size_t bytes, bool ends, int32_t *id)
{
    if (!QP_GROW(s->name, s->name_capacity, bytes + END_BYTES)) return no_memory();
    memcpy(s->name, text, bytes);
    if (ends) memcpy(s->name + bytes, END, END_BYTES);
    *id = qp_vocabulary_find(&s->codes->symbols, s->name, bytes + (ends ? END_BYTES : 0));
    return QP_OK;
}

static qp_status lay_out(state *s, const char *word, size_t bytes)
{
    s->count = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        qp_utf8_next(word + at, bytes - at, &length);
        if (!QP_GROW(s->part, s->part_capacity, s->count + 2)) return no_memory();
        bool ends = at + length == bytes && !s->codes->own_end;
        part *p = &s->part[s->count++];
        *p = (part){word + at, length, UNNAMED, ends};
        QP_TRY(id_of(s, word + at, length, ends, &p->id));
    }
    if (!s->codes->own_end) return QP_OK;
    part *p = &s->part[s->count++];
    *p = (part){word + bytes, 0, UNNAMED, true};
    return id_of(s, "", 0, true, &p->id);
}

static int32_t rank_at(const state *s, size_t i)
{
    return qp_subword_nmt_rank(s->codes, s->part[i].id, s->part[i + 1].id);
}

/* Joins every occurrence of the pair, from left to right. */
static void join(state *s, int32_t rank)
{
    size_t made = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool joins = i + 1 < s->count && rank_at(s, i) == rank;
        part p = s->part[i];
        if (joins) {
            p.bytes += s->part[i + 1].bytes;
            p.ends = s->part[i + 1].ends;
            p.id = s->codes->code[rank].joined;
            i++;
        }
        s->part[made++] = p;
    }
    s->count = made;
}

static void join_all(state *s)
{
    while (s->count > 1) {
        int32_t best = INT32_MAX;
        for (size_t i = 0; i + 1 < s->count; i++) {
            int32_t rank = rank_at(s, i);
            if (rank >= 0 && rank < best) best = rank;
        }
        if (best == INT32_MAX) return;
        join(s, best);
    }
}

/* ---- splitting pieces that are not in the vocabulary ---- */

static qp_status is_allowed(state *s, const char *text, size_t bytes, bool last, bool *allowed)
{
    size_t extra = last ? 0 : strlen(s->codes->separator);
    if (!QP_GROW(s->name, s->name_capacity, bytes + extra + 1)) return no_memory();
    memcpy(s->name, text, bytes);
    memcpy(s->name + bytes, s->codes->separator, extra);
    *allowed = bytes + extra > 0 && qp_vocabulary_find(&s->codes->allowed, s->name, bytes + extra) >= 0;
    return QP_OK;
}

static qp_status give(state *s, const char *text, size_t bytes, bool last, int depth);

/* Splits a symbol into the pair it was made of, and those again where needed. */
static qp_status split(state *s, const char *text, size_t bytes, bool last, int depth)
{
    int32_t id;
    QP_TRY(id_of(s, text, bytes, last, &id));
    int32_t rank = id < 0 || depth > 5000 ? -1 : s->codes->split_of[id];
    if (rank < 0) return add_item(s, text, bytes);
    size_t left;
    qp_vocabulary_text(&s->codes->symbols, s->codes->code[rank].left, &left);
    if (left > bytes) return add_item(s, text, bytes);
    QP_TRY(give(s, text, left, false, depth + 1));
    return give(s, text + left, bytes - left, last, depth + 1);
}

static qp_status give(state *s, const char *text, size_t bytes, bool last, int depth)
{
    bool allowed = true;
    if (s->codes->limited) QP_TRY(is_allowed(s, text, bytes, last, &allowed));
    return allowed ? add_item(s, text, bytes) : split(s, text, bytes, last, depth);
}

static qp_status encode_word(state *s, const char *word, size_t bytes)
{
    size_t length = 0;
    qp_regex_match whole = {0};
    if (s->codes->glossary_count) {
        QP_TRY(qp_regex_part(&s->regex, word, bytes));
        QP_TRY(qp_regex_find(&s->codes->whole_any, &s->regex, 0, &whole));
    }
    if (bytes) qp_utf8_next(word, bytes, &length);
    if (whole.found || length == bytes) return add_item(s, word, bytes);
    QP_TRY(lay_out(s, word, bytes));
    join_all(s);
    if (s->part[s->count - 1].ends && s->part[s->count - 1].bytes == 0 && s->count > 1) s->count--;
    for (size_t i = 0; i < s->count; i++) QP_TRY(give(s, s->part[i].text, s->part[i].bytes, i + 1 == s->count, 0));
    return QP_OK;
}

/* ---- words, glossaries, lines ---- */

/* Cuts at the matches of glossary number `index`, and the parts at those of the next ones. */
static qp_status isolate(state *s, const char *word, size_t bytes, size_t index)
{
    if (index == s->codes->glossary_count) return encode_word(s, word, bytes);
    qp_regex_match match;
    size_t done = 0;
    QP_TRY(qp_regex_part(&s->regex, word, bytes));
    QP_TRY(qp_regex_find(&s->codes->whole_glossary[index], &s->regex, 0, &match));
    if (match.found) return isolate(s, word, bytes, index + 1);
    while (done < bytes) {
        QP_TRY(qp_regex_part(&s->regex, word, bytes)); /* the parts are searched with the same scratch */
        QP_TRY(qp_regex_find(&s->codes->glossary[index], &s->regex, done, &match));
        if (!match.found || match.end == match.begin) break;
        if (match.begin > done) QP_TRY(isolate(s, word + done, match.begin - done, index + 1));
        QP_TRY(isolate(s, word + match.begin, match.end - match.begin, index + 1));
        done = match.end;
    }
    return done < bytes ? isolate(s, word + done, bytes - done, index + 1) : QP_OK;
}

static bool is_edge(char c) { return c == ' ' || c == '\r' || c == '\n'; }

static qp_status apply_words(state *s, const char *text, size_t bytes)
{
    bool first = true;
    for (const char *at = text, *end; at < text + bytes; at = end + 1) {
        end = memchr(at, ' ', (size_t)(text + bytes - at));
        if (!end) end = text + bytes;
        if (end == at) continue;
        s->item_count = 0;
        QP_TRY(isolate(s, at, (size_t)(end - at), 0));
        for (size_t i = 0; i < s->item_count; i++) {
            if (!first) QP_TRY(put(s, " ", 1));
            first = false;
            QP_TRY(put(s, s->item[i], s->item_bytes[i]));
            if (i + 1 < s->item_count) QP_TRY(put(s, s->codes->separator, strlen(s->codes->separator)));
        }
    }
    return QP_OK;
}

static void free_state(state *s)
{
    free(s->part);
    free(s->name);
    free(s->out);
    free(s->item);
    free(s->item_bytes);
    qp_regex_scratch_free(&s->regex);
}

qp_status qp_subword_nmt_apply(const qp_subword_nmt *codes, const char *line, size_t bytes, char **out,
                               size_t *out_bytes)
{
    state s = {.codes = codes};
    size_t begin = 0, end = bytes;
    *out = NULL;
    *out_bytes = 0;
    QP_TRY(qp_regex_text(&s.regex, line, bytes));
    while (begin < end && is_edge(line[begin])) begin++;
    while (end > begin && is_edge(line[end - 1])) end--;
    qp_status status = put(&s, line, begin);
    if (status == QP_OK) status = apply_words(&s, line + begin, end - begin);
    if (status == QP_OK && end > begin) status = put(&s, line + end, bytes - end);
    if (status == QP_OK) {
        s.out[s.bytes] = '\0';
        *out = s.out;
        *out_bytes = s.bytes;
        s.out = NULL;
    }
    free_state(&s);
    return status;
}
