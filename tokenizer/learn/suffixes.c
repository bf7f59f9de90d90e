#include "tokenizer/learn/suffixes.h"

#include <stdlib.h>

void qp_suffixes_free(qp_suffixes *suffixes)
{
    free(suffixes->order);
    free(suffixes->shared);
    free(suffixes->length);
    *suffixes = (qp_suffixes){0};
}

typedef struct {
    const int32_t *code;
    int longest;
} sorter;

static int32_t key_at(const sorter *s, uint32_t place, int depth)
{
    return depth < s->longest ? s->code[place + (uint32_t)depth] : -1;
}

static void exchange(uint32_t *order, size_t a, size_t b)
{
    uint32_t kept = order[a];
    order[a] = order[b];
    order[b] = kept;
}

static int32_t median(int32_t a, int32_t b, int32_t c)
{
    if (a < b) return b < c ? b : a < c ? c : a;
    return a < c ? a : b < c ? c : b;
}

/* Insertion sort, for a few suffixes that agree up to `depth`. */
static void insert_sorted(const sorter *s, uint32_t *order, size_t count, int depth)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = i; k > 0; k--) {
            int d = depth;
            int32_t a, b;
            do {
                a = key_at(s, order[k - 1], d);
                b = key_at(s, order[k], d);
                d++;
            } while (a == b && a >= 0);
            if (a <= b) break;
            exchange(order, k - 1, k);
        }
    }
}

/* Partition in three by the character at `depth`. The loop continues with the largest part, so the stack is at most
 * log2(count) deep. */
static void sort_range(const sorter *s, uint32_t *order, size_t count, int depth)
{
    while (count > 1) {
        if (count < 12) {
            insert_sorted(s, order, count, depth);
            return;
        }
        int32_t pivot = median(key_at(s, order[count / 7], depth), key_at(s, order[count / 2], depth),
                               key_at(s, order[count - count / 5], depth));
        size_t low = 0, high = count;
        for (size_t i = 0; i < high;) {
            int32_t key = key_at(s, order[i], depth);
            if (key < pivot) {
                exchange(order, low++, i++);
            } else if (key > pivot) {
                exchange(order, i, --high);
            } else {
                i++;
            }
        }
        size_t equal = pivot < 0 ? 0 : high - low, above = count - high;
        if (equal >= low && equal >= above) {
            sort_range(s, order, low, depth);
            sort_range(s, order + high, above, depth);
            order += low;
            count = equal;
            depth++;
        } else if (low >= above) {
            sort_range(s, order + low, equal, depth + 1);
            sort_range(s, order + high, above, depth);
            count = low;
        } else {
            sort_range(s, order + low, equal, depth + 1);
            sort_range(s, order, low, depth);
            order += high;
            count = above;
        }
    }
}

qp_status qp_suffixes_sort(qp_suffixes *suffixes, const int32_t *code, size_t count, int longest)
{
    *suffixes = (qp_suffixes){0};
    suffixes->order = malloc((count + 1) * sizeof *suffixes->order);
    suffixes->shared = calloc(count + 1, sizeof *suffixes->shared);
    suffixes->length = calloc(count + 1, sizeof *suffixes->length);
    if (!suffixes->order || !suffixes->shared || !suffixes->length) {
        qp_suffixes_free(suffixes);
        return qp_fail(QP_EMEMORY, "unigram training: out of memory; use less text");
    }
    sorter s = {code, longest};
    for (size_t i = 0; i < count; i++) {
        if (code[i] >= 0) suffixes->order[suffixes->count++] = (uint32_t)i;
    }
    sort_range(&s, suffixes->order, suffixes->count, 0);
    for (size_t i = 0; i < suffixes->count; i++) {
        int length = 0, shared = 0;
        uint32_t place = suffixes->order[i];
        while (key_at(&s, place, length) >= 0) length++;
        suffixes->length[i] = (uint16_t)length;
        if (i == 0) continue;
        uint32_t before = suffixes->order[i - 1];
        while (shared < length && key_at(&s, before, shared) == key_at(&s, place, shared)) shared++;
        suffixes->shared[i] = (uint16_t)shared;
    }
    return QP_OK;
}
