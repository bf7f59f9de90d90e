#define _GNU_SOURCE /* qsort_r */
#include "tokenizer/learn/unigram_seeds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"
#include "tokenizer/learn/suffixes.h"
#include "tokenizer/models/trie.h"

enum { LONGEST_WORD = 64 }; /* longer words are cut, unless seeds are given */

/* A substring: the prefix of the sorted suffixes first .. last. */
typedef struct {
    uint32_t first, last;
    int32_t length;
    int64_t times;
} candidate;

typedef struct {
    candidate *list;
    size_t count, capacity;
} candidates;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "unigram training: out of memory; use less text"); }

void qp_unigram_seeds_free(qp_unigram_seeds *s)
{
    free(s->code);
    free(s->word_start);
    free(s->word_times);
    free(s->piece);
    free(s->match_start);
    free(s->match);
    *s = (qp_unigram_seeds){0};
}

/* ---- words, cut at characters that are part of no piece ---- */

static qp_status lay_out(qp_unigram_seeds *s, const int32_t *code, const size_t *start, const int64_t *times,
                         size_t words, size_t longest)
{
    size_t symbols = start[words] - start[0];
    s->code = malloc((2 * symbols + 1) * sizeof *s->code);
    s->word_start = malloc((symbols + 1) * sizeof *s->word_start);
    s->word_times = malloc((symbols + 1) * sizeof *s->word_times);
    if (!s->code || !s->word_start || !s->word_times) return no_memory();
    if (2 * symbols > INT32_MAX) return qp_fail(QP_EDATA, "unigram training: more than 2^30 characters; use less text");
    for (size_t w = 0; w < words; w++) {
        for (size_t i = start[w]; i < start[w + 1];) {
            size_t begin = i, limit = start[w + 1] - i > longest ? i + longest : start[w + 1];
            while (i < limit && code[i] >= 0) i++;
            if (i > begin) {
                s->word_start[s->word_count] = s->code_count;
                s->word_times[s->word_count++] = times[w];
                memcpy(s->code + s->code_count, code + begin, (i - begin) * sizeof *code);
                s->code_count += i - begin;
                s->code[s->code_count++] = -1;
            }
            if (i < start[w + 1] && code[i] < 0) i++;
        }
    }
    s->word_start[s->word_count] = s->code_count;
    return QP_OK;
}

/* ---- substrings from sorted suffixes ---- */

static qp_status add_candidate(candidates *c, size_t first, size_t last, int32_t length, int64_t times)
{
    if (!QP_GROW(c->list, c->capacity, c->count + 1)) return no_memory();
    c->list[c->count++] = (candidate){(uint32_t)first, (uint32_t)last, length, times};
    return QP_OK;
}

typedef struct {
    size_t first;
    int32_t length;
    int64_t before; /* weight of all suffixes before `first` */
} open_interval;

/* Visit the intervals of suffixes with a common prefix, with a stack; each prefix becomes a candidate. A suffix that is
 * longer than what it shares with its neighbors is a candidate too, if its word occurs more than once. */
static qp_status collect(const qp_suffixes *sorted, const int64_t *times_at, candidates *out)
{
    open_interval stack[QP_LONGEST_SUFFIX + 2];
    int depth = 0;
    int64_t sum = 0;
    for (size_t i = 0; i <= sorted->count; i++) {
        int32_t shared = i == 0 || i == sorted->count ? 0 : sorted->shared[i];
        int64_t before = sum;
        if (i > 0) {
            uint32_t place = sorted->order[i - 1];
            before = sum - times_at[place];
            int32_t alone = sorted->length[i - 1], left = i > 1 ? sorted->shared[i - 1] : 0;
            if (alone > left && alone > shared && times_at[place] > 1)
                QP_TRY(add_candidate(out, i - 1, i - 1, alone, times_at[place]));
        }
        size_t first = i ? i - 1 : 0;
        while (depth > 0 && stack[depth - 1].length > shared) {
            open_interval top = stack[--depth];
            QP_TRY(add_candidate(out, top.first, i - 1, top.length, sum - top.before));
            first = top.first;
            before = top.before;
        }
        if (shared > 0 && (depth == 0 || stack[depth - 1].length < shared))
            stack[depth++] = (open_interval){first, shared, before};
        if (i < sorted->count) sum += times_at[sorted->order[i]];
    }
    return QP_OK;
}

static int by_worth(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if ((a->length == 1) != (b->length == 1)) return a->length == 1 ? -1 : 1;
    int64_t worth_a = a->length == 1 ? 0 : a->times * a->length, worth_b = b->length == 1 ? 0 : b->times * b->length;
    if (worth_a != worth_b) return worth_a > worth_b ? -1 : 1;
    if (a->first != b->first) return a->first < b->first ? -1 : 1;
    return a->length < b->length ? -1 : a->length > b->length;
}

/* Replace candidates of one character: collect() finds none that is always followed by the same character. Sorted
 * suffixes with the same first character are neighbors. */
static qp_status collect_characters(const qp_suffixes *sorted, const qp_unigram_seeds *s, const int64_t *times_at,
                                    candidates *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (out->list[i].length > 1) out->list[kept++] = out->list[i];
    }
    out->count = kept;
    for (size_t first = 0, last; first < sorted->count; first = last) {
        int64_t times = 0;
        int32_t code = s->code[sorted->order[first]];
        for (last = first; last < sorted->count && s->code[sorted->order[last]] == code; last++)
            times += times_at[sorted->order[last]];
        QP_TRY(add_candidate(out, first, last - 1, 1, times));
    }
    return QP_OK;
}

/* ---- the pieces at each position ---- */

static int by_length(const void *left, const void *right, void *piece)
{
    const struct qp_seed *p = piece;
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    if (p[a].length != p[b].length) return p[a].length < p[b].length ? -1 : 1;
    return a < b ? -1 : a > b;
}

static qp_status list_matches(qp_unigram_seeds *s, const qp_suffixes *sorted, const candidate *chosen)
{
    size_t *fill = calloc(s->code_count + 1, sizeof *fill);
    int32_t *order = malloc(((size_t)s->piece_count + 1) * sizeof *order);
    s->match_start = calloc(s->code_count + 2, sizeof *s->match_start);
    qp_status status = fill && order && s->match_start ? QP_OK : no_memory();
    if (status == QP_OK) {
        for (int32_t p = 0; p < s->piece_count; p++) {
            order[p] = p;
            for (size_t k = chosen[p].first; k <= chosen[p].last; k++) s->match_start[sorted->order[k] + 1]++;
        }
        for (size_t i = 0; i < s->code_count; i++) s->match_start[i + 1] += s->match_start[i];
        memcpy(fill, s->match_start, s->code_count * sizeof *fill);
        s->match = malloc((s->match_start[s->code_count] + 1) * sizeof *s->match);
        if (!s->match) status = no_memory();
    }
    if (status == QP_OK) {
        qsort_r(order, (size_t)s->piece_count, sizeof *order, by_length, s->piece);
        for (int32_t i = 0; i < s->piece_count; i++) {
            const candidate *c = &chosen[order[i]];
            for (size_t k = c->first; k <= c->last; k++) s->match[fill[sorted->order[k]]++] = order[i];
        }
    }
    free(fill);
    free(order);
    return status;
}

static qp_status choose(qp_unigram_seeds *s, const qp_suffixes *sorted, candidates *c, size_t seed_count)
{
    if (c->count) qsort(c->list, c->count, sizeof *c->list, by_worth);
    size_t characters = 0;
    while (characters < c->count && c->list[characters].length == 1) characters++;
    if (c->count > characters + seed_count) c->count = characters + seed_count;
    s->piece = malloc((c->count + 1) * sizeof *s->piece);
    if (!s->piece) return no_memory();
    for (size_t i = 0; i < c->count; i++) {
        s->piece[i] = (struct qp_seed){sorted->order[c->list[i].first], c->list[i].length, c->list[i].times};
    }
    s->piece_count = (int32_t)c->count;
    s->character_count = (int32_t)characters;
    return list_matches(s, sorted, c->list);
}

qp_status qp_unigram_seeds_make(qp_unigram_seeds *s, const int32_t *code, const size_t *word_start,
                                const int64_t *word_times, size_t word_count, int longest, size_t seed_count)
{
    *s = (qp_unigram_seeds){0};
    qp_suffixes sorted = {0};
    candidates found = {0};
    qp_status status = lay_out(s, code, word_start, word_times, word_count, LONGEST_WORD);
    int64_t *times_at = status == QP_OK ? malloc((s->code_count + 1) * sizeof *times_at) : NULL;
    if (status == QP_OK && !times_at) status = no_memory();
    if (status == QP_OK) {
        for (size_t w = 0; w < s->word_count; w++) {
            for (size_t i = s->word_start[w]; i < s->word_start[w + 1]; i++) times_at[i] = s->word_times[w];
        }
        status = qp_suffixes_sort(&sorted, s->code, s->code_count, longest);
    }
    if (status == QP_OK) status = collect(&sorted, times_at, &found);
    if (status == QP_OK) status = collect_characters(&sorted, s, times_at, &found);
    if (status == QP_OK) status = choose(s, &sorted, &found, seed_count);
    free(times_at);
    free(found.list);
    qp_suffixes_free(&sorted);
    if (status != QP_OK) qp_unigram_seeds_free(s);
    return status;
}

/* ---- given seeds ---- */

static qp_status trie_of(const qp_unigram_given *given, qp_trie *trie)
{
    qp_trie_key *key = malloc((given->count + 1) * sizeof *key);
    char *text = malloc(4 * given->start[given->count] + 1);
    size_t made = 0;
    qp_status status = key && text ? QP_OK : no_memory();
    for (size_t p = 0; status == QP_OK && p < given->count; p++) {
        key[p] = (qp_trie_key){.text = text + made, .value = (int32_t)p};
        for (size_t i = given->start[p]; i < given->start[p + 1]; i++)
            made += qp_utf8_write(given->code[i], text + made);
        key[p].bytes = (size_t)(text + made - key[p].text);
    }
    if (status == QP_OK) status = qp_trie_build(trie, key, given->count);
    free(key);
    free(text);
    return status;
}

/* The given pieces that begin at each position of the words. */
static qp_status match_words(qp_unigram_seeds *s, const qp_trie *trie, size_t pieces)
{
    size_t capacity = 0, made = 0;
    for (size_t p = 0; p < pieces; p++) s->piece[p].place = UINT32_MAX;
    for (size_t place = 0; place < s->code_count; place++) {
        int32_t node = 0;
        s->match_start[place] = made;
        for (size_t i = place; s->code[i] >= 0; i++) {
            char byte[4];
            size_t bytes = qp_utf8_write(s->code[i], byte), k = 0;
            while (k < bytes && qp_trie_step(trie, &node, (unsigned char)byte[k])) k++;
            if (k < bytes) break;
            int32_t piece = trie->unit[node].value;
            if (piece < 0) continue;
            if (!QP_GROW(s->match, capacity, made + 1)) return no_memory();
            s->match[made++] = piece;
            if (s->piece[piece].place == UINT32_MAX) s->piece[piece].place = (uint32_t)place;
        }
    }
    s->match_start[s->code_count] = made;
    return QP_OK;
}

qp_status qp_unigram_seeds_match(qp_unigram_seeds *s, const int32_t *code, const size_t *word_start,
                                 const int64_t *word_times, size_t word_count, const qp_unigram_given *given)
{
    *s = (qp_unigram_seeds){0};
    qp_trie trie = {0};
    uint8_t *found = malloc(given->count + 1);
    int32_t *number = malloc((given->count + 1) * sizeof *number);
    qp_status status = lay_out(s, code, word_start, word_times, word_count, SIZE_MAX);
    if (status == QP_OK) status = trie_of(given, &trie);
    s->match_start = calloc(s->code_count + 2, sizeof *s->match_start);
    s->piece = malloc((given->count + 1) * sizeof *s->piece);
    if (status == QP_OK && (!found || !number || !s->match_start || !s->piece)) status = no_memory();
    if (status == QP_OK) {
        for (size_t p = 0; p < given->count; p++) {
            int32_t length = (int32_t)(given->start[p + 1] - given->start[p]);
            s->piece[p] = (struct qp_seed){.length = length, .times = given->times[p]};
        }
        s->piece_count = (int32_t)given->count;
        s->character_count = (int32_t)given->characters;
        status = match_words(s, &trie, given->count);
    }
    if (status == QP_OK) {
        for (size_t p = 0; p < given->count; p++) found[p] = s->piece[p].place != UINT32_MAX;
        qp_unigram_seeds_keep(s, found, number);
    }
    qp_trie_free(&trie);
    free(found);
    free(number);
    if (status != QP_OK) qp_unigram_seeds_free(s);
    return status;
}

void qp_unigram_seeds_keep(qp_unigram_seeds *s, const uint8_t *keep, int32_t *new_number)
{
    int32_t kept = 0, characters = 0;
    for (int32_t p = 0; p < s->piece_count; p++) {
        new_number[p] = keep[p] ? kept : -1;
        if (!keep[p]) continue;
        characters += p < s->character_count;
        s->piece[kept++] = s->piece[p];
    }
    s->piece_count = kept;
    s->character_count = characters;
    size_t made = 0, begin = 0;
    for (size_t place = 0; place < s->code_count; place++) {
        size_t end = s->match_start[place + 1];
        for (size_t k = begin; k < end; k++) {
            if (new_number[s->match[k]] >= 0) s->match[made++] = new_number[s->match[k]];
        }
        begin = end;
        s->match_start[place + 1] = made;
    }
}
