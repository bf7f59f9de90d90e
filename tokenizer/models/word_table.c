#include "tokenizer/models/word_table.h"

#include <stdlib.h>

void qp_word_table_free(qp_word_table *table)
{
    free(table->slot);
    free(table->filter);
    *table = (qp_word_table){0};
}

static void put(qp_word_table *table, struct qp_word_slot word)
{
    uint64_t hash = qp_word_hash(word.low, word.high);
    size_t i = (size_t)hash & table->mask, bit = qp_word_bit(hash, table->mask);
    table->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
    while (table->slot[i].id >= 0) i = (i + 1) & table->mask;
    table->slot[i] = word;
}

/* At most half full, so that a search is short and ends. */
static qp_status grow(qp_word_table *table)
{
    size_t old_count = table->slot ? table->mask + 1 : 0, count = old_count ? 2 * old_count : 1024;
    if (2 * (table->count + 1) <= old_count) return QP_OK;
    struct qp_word_slot *old = table->slot, *fresh = malloc(count * sizeof *fresh);
    uint64_t *filter = calloc(count / 8, sizeof *filter);
    if (!fresh || !filter) {
        free(fresh);
        free(filter);
        return qp_fail(QP_EMEMORY, "vocabulary: out of memory; use a smaller one");
    }
    free(table->filter);
    table->filter = filter;
    for (size_t i = 0; i < count; i++) fresh[i] = (struct qp_word_slot){0, 0, -1};
    table->slot = fresh;
    table->mask = count - 1;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].id >= 0) put(table, old[i]);
    }
    free(old);
    return QP_OK;
}

qp_status qp_word_table_add(qp_word_table *table, const char *text, size_t bytes, int32_t id)
{
    uint64_t part[2] = {0, 0};
    if (bytes == 0 || bytes > QP_LONGEST_TABLE_WORD) return qp_fail(QP_EBUG, "word table: a word of %zu bytes", bytes);
    if (qp_word_table_find(table, text, bytes, bytes) >= 0) return QP_OK;
    QP_TRY(grow(table));
    memcpy(part, text, bytes);
    put(table, (struct qp_word_slot){part[0], part[1] | (uint64_t)bytes << 56, id});
    table->count++;
    return QP_OK;
}
