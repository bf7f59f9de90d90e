#include "tokenizer/sentencepiece/sentencepiece_word_ids.h"

#include <math.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece_chunk_ids.h"
#include "tokenizer/sentencepiece/sentencepiece_internal.h"
#include "lib/text/utf8.h"

/* Words between spaces are read without a copy of the text and without the rules. When a character is met that the
 * rules may change, the text from the last space on goes to qp_sentencepiece_chunk_ids. */

static const char SPACE_SIGN[] = "\xE2\x96\x81"; /* U+2581 */
enum { SIGN = 3, NO_WORD = -1 };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

typedef struct {
    const char *text;
    size_t bytes, begin, at; /* begin: the spaces before the word */
    size_t signs;            /* their number in the normal form */
} reader;

/* The index of the first space in eight bytes, little-endian; 8: none. */
static inline size_t first_space(uint64_t eight)
{
    uint64_t ones = 0x0101010101010101u, spaces = eight ^ 0x20 * ones;
    uint64_t found = (spaces - ones) & ~spaces & 0x80 * ones;
    return found ? (size_t)__builtin_ctzll(found) / 8 : 8;
}

/* The piece that is the whole next word, or NO_WORD. */
static inline int32_t whole_word(const qp_word_table *table, const reader *r, size_t *length)
{
    uint64_t part[2];
    size_t left = r->bytes - r->at;
    const char *text = r->text + r->at;
    if (left >= sizeof part) {
        memcpy(part, text, sizeof part);
    } else {
        memset(part, ' ', sizeof part);
        memcpy(part, text, left);
    }
    *length = first_space(part[0]);
    if (*length == 8) *length += first_space(part[1]);
    return qp_word_table_find(table, text, *length, left);
}

/* Writes the characters up to the next space as symbols, where the ids go; false: the rules may change one. */
static bool read_letters(const qp_sentencepiece_fast *fast, reader *r, int32_t *symbol, size_t *count)
{
    size_t n = 0, at = r->at;
    for (; n < r->signs; n++) symbol[n] = fast->sign_id;
    for (size_t length; at < r->bytes; at += length) {
        int32_t code = qp_utf8_next(r->text + at, r->bytes - at, &length);
        int32_t piece = code >= 0 && code <= 0xFFFF ? fast->letter[code] : -1;
        if (piece < 0) break;
        symbol[n++] = piece;
    }
    r->at = at;
    *count = n;
    return at == r->bytes || r->text[at] == ' ';
}

/* Sends the word, with its signs before it, through the lattice. */
static qp_status segment(qp_sentencepiece_run *list, const reader *r, size_t begin)
{
    qp_mapped_text *out = &list->scratch->normal;
    qp_unigram_path *path = &list->scratch->path;
    size_t bytes = r->at - begin, front = SIGN * r->signs;
    if (!QP_GROW(out->text, out->capacity, front + bytes + 1)) return no_memory();
    for (size_t i = 0; i < front; i += SIGN) memcpy(out->text + i, SPACE_SIGN, SIGN);
    memcpy(out->text + front, r->text + begin, bytes);
    out->bytes = front + bytes;
    QP_TRY(qp_unigram_continue(&list->model->unigram, out->text, out->bytes, &list->score, path));
    for (size_t i = 0; i < path->count; i++) {
        const qp_unigram_piece *p = &path->piece[i];
        qp_sentencepiece_put(list, out->text + p->begin, p->bytes, p->id);
    }
    return QP_OK;
}

static qp_status take_word(qp_sentencepiece_run *list, reader *r)
{
    const qp_sentencepiece *m = list->model;
    bool unigram = m->model_type == QP_SPM_UNIGRAM;
    size_t length, begin = r->at, count;
    int32_t *symbol = list->ids.id + list->ids.count;
    if (r->signs == 1 && (!unigram || fabsf(list->score) < QP_CERTAIN_SCORE)) {
        int32_t id = whole_word(&m->fast->word, r, &length);
        if (id >= 0) {
            *symbol = id;
            list->ids.count++;
            list->after_unknown = false;
            if (unigram) list->score += m->unigram_score[id];
            r->at += length;
            return QP_OK;
        }
    }
    if (!read_letters(m->fast, r, symbol, &count)) {
        r->at = r->begin;
        return qp_sentencepiece_chunk_ids(list, r->text, r->bytes, &r->at);
    }
    if (unigram) return segment(list, r, begin);
    QP_TRY(qp_bpe_apply(&m->fast->bpe, &list->scratch->bpe, symbol, &count));
    list->ids.count += count;
    list->after_unknown = list->after_unknown && count == 0;
    return QP_OK;
}

qp_status qp_sentencepiece_word_ids(qp_sentencepiece_run *list, const char *text, size_t bytes)
{
    const qp_sentencepiece *m = list->model;
    bool drop = m->remove_extra_spaces;
    reader r = {.text = text, .bytes = bytes};
    if (bytes > INT32_MAX / 4) return qp_fail(QP_EDATA, "sentencepiece: text of 2^29 bytes or more; cut it into lines");
    if (!QP_GROW(list->ids.id, list->ids.capacity, list->ids.count + bytes + 2)) return no_memory();
    r.at = qp_sentencepiece_leading_spaces(m, text, bytes);
    r.signs = m->add_dummy_prefix;
    while (r.at < bytes) {
        for (; r.at < bytes && text[r.at] == ' '; r.at++) r.signs += !drop || r.signs == 0;
        if (r.at == bytes && drop) break;
        QP_TRY(r.at == bytes ? qp_sentencepiece_chunk_ids(list, text, bytes, &r.begin) : take_word(list, &r));
        r.begin = r.at;
        r.signs = 0;
    }
    return QP_OK;
}
