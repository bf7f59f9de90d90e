#include "tokenizer/own/own_alphabet.h"

#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

enum { CODES = 0x110000 };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

static int by_count_then_code(const void *left, const void *right)
{
    const struct qp_alphabet_code *a = left, *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

static int by_code(const void *left, const void *right)
{
    const struct qp_alphabet_code *a = left, *b = right;
    return a->code < b->code ? -1 : a->code > b->code;
}

/* times[code]: how often each code point occurs. Returns all characters, bytes that are not UTF-8 included. */
static int64_t count_codes(const qp_word_counts *words, int64_t *times)
{
    int64_t total = 0;
    for (size_t w = 0; w < words->count; w++) {
        qp_text word = qp_word_counts_text(words, w);
        for (size_t at = 0, length; at < word.bytes; at += length) {
            int32_t code = qp_utf8_next(word.text + at, word.bytes - at, &length);
            total += words->word[w].count;
            if (code != QP_INVALID_CODE) times[code] += words->word[w].count;
        }
    }
    return total;
}

qp_status qp_own_alphabet_make(const qp_word_counts *words, double coverage, int64_t least, qp_own_alphabet *a)
{
    int64_t *times = calloc(CODES, sizeof *times), covered = 0;
    if (!times) return no_memory();
    size_t capacity = 0, kept = 0;
    a->characters = count_codes(words, times);
    qp_status status = QP_OK;
    for (int32_t code = 0; code < CODES && status == QP_OK; code++) {
        if (times[code] == 0 || !qp_own_may_be_piece(code)) continue;
        if (!QP_GROW(a->entry, capacity, a->count + 1))
            status = no_memory();
        else
            a->entry[a->count++] = (struct qp_alphabet_code){code, times[code]};
    }
    free(times);
    if (status != QP_OK) return status;
    if (a->count) qsort(a->entry, a->count, sizeof *a->entry, by_count_then_code);
    double wanted = coverage * (double)a->characters;
    while (kept < a->count && (double)covered < wanted && a->entry[kept].count >= least)
        covered += a->entry[kept++].count;
    a->count = kept;
    a->uncovered = a->characters - covered;
    return QP_OK;
}

void qp_own_alphabet_sort(qp_own_alphabet *a)
{
    if (a->count) qsort(a->entry, a->count, sizeof *a->entry, by_code);
}

void qp_own_alphabet_free(qp_own_alphabet *a)
{
    free(a->entry);
    *a = (qp_own_alphabet){0};
}
