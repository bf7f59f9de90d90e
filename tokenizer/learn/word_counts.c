#define _GNU_SOURCE /* qsort_r */
#include "tokenizer/learn/word_counts.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"

void qp_word_counts_free(qp_word_counts *counts)
{
    free(counts->text);
    free(counts->word);
    free(counts->slot);
    *counts = (qp_word_counts){0};
}

static qp_status no_memory(void)
{
    return qp_fail(QP_EMEMORY, "tokenizer training: out of memory for distinct words; use less text");
}

static qp_status grow_slots(qp_word_counts *counts)
{
    if (2 * (counts->count + 1) <= counts->slot_count) return QP_OK;
    if (counts->count >= UINT32_MAX - 1) {
        return qp_fail(QP_EDATA, "tokenizer training: more than 2^32 distinct words; use less text");
    }
    size_t count = counts->slot_count ? 2 * counts->slot_count : 4096;
    uint32_t *fresh = calloc(count, sizeof *fresh);
    if (!fresh) return no_memory();
    for (size_t w = 0; w < counts->count; w++) {
        size_t i = counts->word[w].hash & (count - 1);
        while (fresh[i]) i = (i + 1) & (count - 1);
        fresh[i] = (uint32_t)w + 1;
    }
    free(counts->slot);
    counts->slot = fresh;
    counts->slot_count = count;
    return QP_OK;
}

qp_status qp_word_counts_add(qp_word_counts *counts, const char *text, size_t bytes, int64_t times)
{
    if (bytes > UINT32_MAX) return qp_fail(QP_EDATA, "tokenizer training: a word above 4 GB; cut the text into lines");
    QP_TRY(grow_slots(counts));
    uint32_t hash = (uint32_t)XXH3_64bits(text, bytes);
    size_t i = hash & (counts->slot_count - 1);
    for (; counts->slot[i]; i = (i + 1) & (counts->slot_count - 1)) {
        struct qp_word *word = &counts->word[counts->slot[i] - 1];
        if (word->hash == hash && word->bytes == bytes && memcmp(counts->text + word->start, text, bytes) == 0) {
            word->count += times;
            return QP_OK;
        }
    }
    if (!QP_GROW(counts->text, counts->text_capacity, counts->text_bytes + bytes)) return no_memory();
    if (!QP_GROW(counts->word, counts->capacity, counts->count + 1)) return no_memory();
    counts->word[counts->count++] =
        (struct qp_word){.start = counts->text_bytes, .bytes = (uint32_t)bytes, .hash = hash, .count = times};
    memcpy(counts->text + counts->text_bytes, text, bytes);
    counts->text_bytes += bytes;
    counts->slot[i] = (uint32_t)counts->count;
    return QP_OK;
}

/* The least count that at most `left` words have. */
static int64_t least_kept(const qp_word_counts *counts, size_t left)
{
    int64_t least = 0;
    for (size_t kept = SIZE_MAX; kept > left;) {
        int64_t next = INT64_MAX;
        kept = 0;
        for (size_t w = 0; w < counts->count; w++) {
            int64_t count = counts->word[w].count;
            if (count <= least) continue;
            kept++;
            if (count < next) next = count;
        }
        if (kept > left) least = next;
    }
    return least + 1;
}

qp_status qp_word_counts_forget(qp_word_counts *counts, size_t left)
{
    if (counts->count <= left) return QP_OK;
    int64_t least = least_kept(counts, left);
    size_t kept = 0, bytes = 0;
    for (size_t w = 0; w < counts->count; w++) {
        struct qp_word word = counts->word[w];
        if (word.count < least) continue;
        memmove(counts->text + bytes, counts->text + word.start, word.bytes);
        word.start = bytes;
        bytes += word.bytes;
        counts->word[kept++] = word;
    }
    counts->count = kept;
    counts->text_bytes = bytes;
    if (!counts->slot) return QP_OK;
    memset(counts->slot, 0, counts->slot_count * sizeof *counts->slot);
    for (size_t w = 0; w < kept; w++) {
        size_t i = counts->word[w].hash & (counts->slot_count - 1);
        while (counts->slot[i]) i = (i + 1) & (counts->slot_count - 1);
        counts->slot[i] = (uint32_t)w + 1;
    }
    return QP_OK;
}

static int by_count_then_bytes(const void *left, const void *right, void *text)
{
    const struct qp_word *a = left, *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    size_t shorter = a->bytes < b->bytes ? a->bytes : b->bytes;
    int order = memcmp((char *)text + a->start, (char *)text + b->start, shorter);
    if (order != 0) return order;
    return a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

void qp_word_counts_sort(qp_word_counts *counts)
{
    free(counts->slot);
    counts->slot = NULL;
    counts->slot_count = 0;
    if (counts->count) {
        qsort_r(counts->word, counts->count, sizeof *counts->word, by_count_then_bytes, counts->text);
    }
}
