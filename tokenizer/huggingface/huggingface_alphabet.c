#include "tokenizer/huggingface/huggingface_alphabet.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text"); }

typedef struct {
    int32_t code;
    int64_t count;
} letter;

static int by_count(const void *left, const void *right)
{
    const letter *a = left, *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return a->code < b->code ? -1 : a->code > b->code;
}

static int by_code(const void *left, const void *right)
{
    const letter *a = left, *b = right;
    return a->code < b->code ? -1 : a->code > b->code;
}

qp_status qp_hf_add_alphabet(const qp_hf_training *in, const qp_word_counts *words, qp_vocabulary *v)
{
    enum { CODES = 0x110000 };
    int64_t *times = calloc(CODES, sizeof *times);
    letter *list = NULL;
    size_t count = 0, capacity = 0, bytes = in->initial_alphabet ? strlen(in->initial_alphabet) : 0, length;
    if (!times) return no_memory();
    for (size_t w = 0; w < words->count; w++) {
        const struct qp_word *word = &words->word[w];
        for (size_t at = 0; at < word->bytes; at += length) {
            int32_t code = qp_utf8_next(words->text + word->start + at, word->bytes - at, &length);
            if (code >= 0 && times[code] < INT64_MAX - word->count) times[code] += word->count;
        }
    }
    for (size_t at = 0; at < bytes; at += length) {
        int32_t code = qp_utf8_next(in->initial_alphabet + at, bytes - at, &length);
        if (code >= 0) times[code] = INT64_MAX;
    }
    qp_status status = QP_OK;
    for (int32_t code = 0; code < CODES && status == QP_OK; code++) {
        if (times[code] == 0) continue;
        if (!QP_GROW(list, capacity, count + 1)) status = no_memory();
        if (status == QP_OK) list[count++] = (letter){code, times[code]};
    }
    if (status == QP_OK && count) qsort(list, count, sizeof *list, by_count);
    if (in->limit_alphabet > 0 && count > (size_t)in->limit_alphabet) count = (size_t)in->limit_alphabet;
    if (status == QP_OK && count) qsort(list, count, sizeof *list, by_code);
    for (size_t i = 0; i < count && status == QP_OK; i++) {
        char text[4];
        length = qp_utf8_write(list[i].code, text);
        if (qp_vocabulary_find(v, text, length) < 0)
            status = qp_vocabulary_add(v, QP_PIECE_NORMAL, text, length, NULL);
    }
    free(times);
    free(list);
    return status;
}
