#define _GNU_SOURCE /* qsort_r */
#include "tokenizer/learn/word_counts.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"

/* Slots hold the number of a word + 1; 0 is free. */
typedef struct {
    qp_text text;
    uint32_t hash;
} word_key;

static inline bool slot_is_free(const uint32_t *slot) { return *slot == 0; }

static inline word_key slot_key(const qp_word_counts *counts, const uint32_t *slot)
{
    return (word_key){.hash = counts->word[*slot - 1].hash};
}

static inline uint64_t key_hash(const qp_word_counts *counts, word_key key)
{
    (void)counts;
    return key.hash;
}

static inline bool slot_has(const qp_word_counts *counts, const uint32_t *slot, word_key key)
{
    const struct qp_word *word = &counts->word[*slot - 1];
    return word->hash == key.hash && word->bytes == key.text.bytes &&
           memcmp(counts->text + word->start, key.text.text, key.text.bytes) == 0;
}

QP_HASH(word_slots, uint32_t, word_key, const qp_word_counts *, slot_is_free, slot_key, key_hash, slot_has)

struct qp_word_index {
    word_slots slots;
};

static void free_index(qp_word_counts *counts)
{
    if (counts->index) word_slots_free(&counts->index->slots);
    free(counts->index);
    counts->index = NULL;
}

void qp_word_counts_free(qp_word_counts *counts)
{
    free(counts->text);
    free(counts->word);
    free_index(counts);
    *counts = (qp_word_counts){0};
}

static qp_status no_memory(void)
{
    return qp_fail(QP_EMEMORY, "tokenizer training: out of memory for distinct words; use less text");
}

qp_status qp_word_counts_add(qp_word_counts *counts, const char *text, size_t bytes, int64_t times)
{
    if (bytes > UINT32_MAX) return qp_fail(QP_EDATA, "tokenizer training: a word above 4 GB; cut the text into lines");
    if (counts->count >= UINT32_MAX - 1)
        return qp_fail(QP_EDATA, "tokenizer training: more than 2^32 distinct words; use less text");
    if (!counts->index) counts->index = calloc(1, sizeof *counts->index);
    if (!counts->index) return no_memory();
    const word_key key = {{text, bytes}, (uint32_t)XXH3_64bits(text, bytes)};
    uint32_t *slot = word_slots_place(&counts->index->slots, counts, key);
    if (!slot) return no_memory();
    counts->total += times;
    if (*slot) {
        counts->word[*slot - 1].count += times;
        return QP_OK;
    }
    if (!QP_GROW(counts->text, counts->text_capacity, counts->text_bytes + bytes)) return no_memory();
    if (!QP_GROW(counts->word, counts->capacity, counts->count + 1)) return no_memory();
    counts->word[counts->count++] =
        (struct qp_word){.start = counts->text_bytes, .bytes = (uint32_t)bytes, .hash = key.hash, .count = times};
    if (bytes) memcpy(counts->text + counts->text_bytes, text, bytes);
    counts->text_bytes += bytes;
    *slot = (uint32_t)counts->count;
    counts->index->slots.count++;
    return QP_OK;
}

qp_status qp_word_counts_move(qp_word_counts *counts, qp_word_counts *from)
{
    for (size_t w = 0; w < from->count; w++) {
        qp_text text = qp_word_counts_text(from, w);
        QP_TRY(qp_word_counts_add(counts, text.text, text.bytes, from->word[w].count));
    }
    qp_word_counts_free(from);
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
    if (!counts->index) return QP_OK;
    word_slots_free(&counts->index->slots);
    for (size_t w = 0; w < kept; w++) {
        const word_key key = {qp_word_counts_text(counts, w), counts->word[w].hash};
        uint32_t *slot = word_slots_place(&counts->index->slots, counts, key);
        if (!slot) return no_memory();
        *slot = (uint32_t)w + 1;
        counts->index->slots.count++;
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
    free_index(counts);
    if (counts->count) {
        qsort_r(counts->word, counts->count, sizeof *counts->word, by_count_then_bytes, counts->text);
    }
}
