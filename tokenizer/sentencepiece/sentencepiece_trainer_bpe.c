#include "tokenizer/sentencepiece/sentencepiece_trainer_bpe.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/heap.h"
#include "tokenizer/models/pair_slots.h"

enum { NO_SYMBOL = -1, INVALID = -2 };
static const uint32_t NO_PIECE = UINT32_MAX; /* the pair may not be a piece */

typedef struct {
    int32_t left, right; /* NO_SYMBOL: a character */
    size_t code;         /* offset of its code points */
    int32_t length;
    int64_t frequency;
    uint32_t *place; /* positions of its left half, ascending; some are out of date */
    size_t place_count, place_capacity;
    bool stale, pending, gone;
} symbol;

typedef struct {
    int64_t frequency;
    int32_t symbol;
} queued;

typedef struct {
    const qp_sentencepiece_config *config;
    const qp_sentencepiece_words *words;
    symbol *symbol;
    size_t symbol_count, symbol_capacity;
    int32_t *code; /* of all symbols */
    size_t code_count, code_capacity;
    qp_pair_slots numbers; /* of symbols, plus 1, or NO_PIECE */
    int32_t *at, *next, *previous; /* of each position: symbol, neighbours; -1: none */
    uint32_t *word;
    queued *heap;
    size_t heap_count, heap_capacity;
    int32_t *pending;
    size_t pending_count, pending_capacity;
} trainer;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece training: out of memory; use less text"); }

void qp_sentencepiece_pieces_free(qp_sentencepiece_pieces *pieces)
{
    free(pieces->code);
    free(pieces->start);
    *pieces = (qp_sentencepiece_pieces){0};
}

/* ---- symbols ---- */

static int compare_texts(const trainer *t, int32_t a, int32_t b)
{
    const symbol *x = &t->symbol[a], *y = &t->symbol[b];
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    for (int32_t i = 0; i < x->length; i++) {
        int32_t p = t->code[x->code + (size_t)i], q = t->code[y->code + (size_t)i];
        if (p != q) return p < q ? -1 : 1;
    }
    return 0;
}

static qp_status add_symbol(trainer *t, symbol fresh, int32_t *number)
{
    if (!QP_GROW(t->symbol, t->symbol_capacity, t->symbol_count + 1)) return no_memory();
    if (t->symbol_count >= INT32_MAX - 1) return qp_fail(QP_EDATA, "sentencepiece training: 2^31 pairs; use less text");
    *number = (int32_t)t->symbol_count;
    t->symbol[t->symbol_count++] = fresh;
    return QP_OK;
}

static qp_status find_character(trainer *t, int32_t code, int32_t *number)
{
    uint64_t key = qp_pair(NO_SYMBOL, code);
    qp_pair_slot *slot = qp_pair_slots_place(&t->numbers, NULL, key);
    if (!slot) return no_memory();
    if (slot->number) {
        *number = (int32_t)slot->number - 1;
        return QP_OK;
    }
    if (!QP_GROW(t->code, t->code_capacity, t->code_count + 1)) return no_memory();
    t->code[t->code_count] = code;
    QP_TRY(
        add_symbol(t, (symbol){.left = NO_SYMBOL, .right = NO_SYMBOL, .code = t->code_count++, .length = 1}, number));
    *slot = (qp_pair_slot){key, (uint32_t)*number + 1};
    t->numbers.count++;
    return QP_OK;
}

/* The symbol of a pair, or INVALID if it may not be a piece. */
static qp_status find_pair(trainer *t, int32_t left, int32_t right, int32_t *number)
{
    uint64_t key = qp_pair(left, right);
    qp_pair_slot *slot = qp_pair_slots_place(&t->numbers, NULL, key);
    if (!slot) return no_memory();
    if (slot->number) {
        *number = slot->number == NO_PIECE ? INVALID : (int32_t)slot->number - 1;
        return QP_OK;
    }
    size_t first = (size_t)t->symbol[left].length, second = (size_t)t->symbol[right].length, at = t->code_count;
    if (!QP_GROW(t->code, t->code_capacity, at + first + second)) return no_memory();
    memcpy(t->code + at, t->code + t->symbol[left].code, first * sizeof *t->code);
    memcpy(t->code + at + first, t->code + t->symbol[right].code, second * sizeof *t->code);
    *number = INVALID;
    if (qp_sentencepiece_may_be(t->config, t->code + at, first + second)) {
        symbol fresh = {.left = left, .right = right, .code = at, .length = (int32_t)(first + second), .stale = true};
        QP_TRY(add_symbol(t, fresh, number));
        t->code_count += first + second;
    }
    *slot = (qp_pair_slot){key, *number == INVALID ? NO_PIECE : (uint32_t)*number + 1};
    t->numbers.count++;
    return QP_OK;
}

/* ---- frequencies ---- */

static void count_places(trainer *t, symbol *s)
{
    if (!s->stale) return;
    size_t kept = 0;
    s->frequency = 0;
    for (size_t i = 0; i < s->place_count; i++) {
        uint32_t place = s->place[i];
        int32_t right = t->next[place];
        if (t->at[place] != s->left || right < 0 || t->at[right] != s->right) continue;
        s->place[kept++] = place;
        s->frequency += t->words->times[t->word[place]];
    }
    s->place_count = kept;
    s->stale = false;
}

static bool goes_before(const trainer *t, const queued *a, const queued *b)
{
    return a->frequency != b->frequency ? a->frequency > b->frequency : compare_texts(t, a->symbol, b->symbol) < 0;
}

QP_HEAP(queue, queued, const trainer *, goes_before)

static qp_status push(trainer *t, int32_t number)
{
    if (!QP_GROW(t->heap, t->heap_capacity, t->heap_count + 1)) return no_memory();
    queue_push(t->heap, &t->heap_count, (queued){t->symbol[number].frequency, number}, t);
    return QP_OK;
}

static qp_status push_pending(trainer *t)
{
    for (size_t i = 0; i < t->pending_count; i++) {
        symbol *s = &t->symbol[t->pending[i]];
        s->pending = false;
        if (s->gone) continue;
        count_places(t, s);
        QP_TRY(push(t, t->pending[i]));
    }
    t->pending_count = 0;
    return QP_OK;
}

static qp_status add_place(trainer *t, int32_t left, int32_t right)
{
    int32_t number;
    if (left < 0 || right < 0) return QP_OK;
    QP_TRY(find_pair(t, t->at[left], t->at[right], &number));
    if (number == INVALID) return QP_OK;
    symbol *s = &t->symbol[number];
    if (!QP_GROW(s->place, s->place_capacity, s->place_count + 1)) return no_memory();
    s->place[s->place_count++] = (uint32_t)left;
    if (s->pending) return QP_OK;
    if (!QP_GROW(t->pending, t->pending_capacity, t->pending_count + 1)) return no_memory();
    t->pending[t->pending_count++] = number;
    s->pending = true;
    return QP_OK;
}

static qp_status make_stale(trainer *t, int32_t left, int32_t right, int32_t joined)
{
    int32_t number;
    if (left < 0 || right < 0) return QP_OK;
    QP_TRY(find_pair(t, t->at[left], t->at[right], &number));
    if (number != INVALID && number != joined) t->symbol[number].stale = true;
    return QP_OK;
}

/* ---- the words ---- */

static qp_status lay_out(trainer *t)
{
    const qp_sentencepiece_words *w = t->words;
    size_t count = w->start[w->count];
    if (count > INT32_MAX) return qp_fail(QP_EDATA, "sentencepiece training: 2^31 characters; use less text");
    t->at = malloc((count + 1) * sizeof *t->at);
    t->next = malloc((count + 1) * sizeof *t->next);
    t->previous = malloc((count + 1) * sizeof *t->previous);
    t->word = malloc((count + 1) * sizeof *t->word);
    if (!t->at || !t->next || !t->previous || !t->word) return no_memory();
    for (size_t k = 0; k < w->count; k++) {
        for (size_t i = w->start[k]; i < w->start[k + 1]; i++) {
            QP_TRY(find_character(t, w->code[i], &t->at[i]));
            t->word[i] = (uint32_t)k;
            t->previous[i] = i > w->start[k] ? (int32_t)i - 1 : -1;
            t->next[i] = i + 1 < w->start[k + 1] ? (int32_t)i + 1 : -1;
            QP_TRY(add_place(t, t->previous[i], (int32_t)i));
        }
    }
    return push_pending(t);
}

static qp_status join_places(trainer *t, int32_t number)
{
    size_t count = t->symbol[number].place_count;
    for (size_t i = 0; i < count; i++) {
        int32_t left = (int32_t)t->symbol[number].place[i], right = t->next[left];
        if (right < 0 || t->at[left] != t->symbol[number].left || t->at[right] != t->symbol[number].right) continue;
        int32_t before = t->previous[left], after = t->next[right];
        QP_TRY(make_stale(t, before, left, number));
        QP_TRY(make_stale(t, right, after, number));
        t->at[left] = number;
        t->at[right] = NO_SYMBOL;
        t->next[left] = after;
        t->next[right] = -1;
        if (after >= 0) t->previous[after] = left;
        QP_TRY(add_place(t, before, left));
        QP_TRY(add_place(t, left, after));
    }
    free(t->symbol[number].place);
    t->symbol[number].place = NULL;
    t->symbol[number].place_count = t->symbol[number].place_capacity = 0;
    t->symbol[number].gone = true;
    return QP_OK;
}

static int32_t best_symbol(trainer *t, qp_status *status)
{
    while (t->heap_count > 0) {
        queued top = queue_pop(t->heap, &t->heap_count, t);
        symbol *s = &t->symbol[top.symbol];
        if (s->gone || top.frequency != s->frequency) continue;
        if (!s->stale) return top.symbol;
        count_places(t, s);
        *status = push(t, top.symbol);
        if (*status != QP_OK) break;
    }
    return NO_SYMBOL;
}

static qp_status keep_piece(const trainer *t, int32_t number, qp_sentencepiece_pieces *p)
{
    const symbol *s = &t->symbol[number];
    size_t made = p->start[p->count];
    if (!QP_GROW(p->code, p->code_capacity, made + (size_t)s->length)) return no_memory();
    if (!QP_GROW(p->start, p->start_capacity, p->count + 2)) return no_memory();
    memcpy(p->code + made, t->code + s->code, (size_t)s->length * sizeof *p->code);
    p->start[++p->count] = made + (size_t)s->length;
    return QP_OK;
}

static qp_status learn(trainer *t, size_t wanted, qp_sentencepiece_pieces *pieces)
{
    qp_word_counts learned = {0};
    qp_status status = QP_OK;
    if (!QP_GROW(pieces->start, pieces->start_capacity, 1)) return no_memory();
    pieces->start[0] = 0;
    while (pieces->count < wanted && status == QP_OK) {
        int32_t best = best_symbol(t, &status);
        if (best == NO_SYMBOL) break;
        const symbol *s = &t->symbol[best];
        size_t before = learned.count;
        status = qp_word_counts_add(&learned, (const char *)(t->code + s->code), (size_t)s->length * sizeof *t->code,
                                    1);
        if (status != QP_OK) break;
        if (learned.count == before) { /* the same text from another pair */
            t->symbol[best].gone = true;
            continue;
        }
        status = keep_piece(t, best, pieces);
        if (status == QP_OK) status = join_places(t, best);
        if (status == QP_OK) status = push_pending(t);
    }
    qp_word_counts_free(&learned);
    return status;
}

qp_status qp_sentencepiece_bpe_train(const qp_sentencepiece_config *config, const qp_sentencepiece_words *words,
                                     size_t wanted, qp_sentencepiece_pieces *pieces)
{
    trainer t = {.config = config, .words = words};
    *pieces = (qp_sentencepiece_pieces){0};
    qp_status status = lay_out(&t);
    if (status == QP_OK) status = learn(&t, wanted, pieces);
    for (size_t i = 0; i < t.symbol_count; i++) free(t.symbol[i].place);
    free(t.symbol);
    free(t.code);
    qp_pair_slots_free(&t.numbers);
    free(t.at);
    free(t.next);
    free(t.previous);
    free(t.word);
    free(t.heap);
    free(t.pending);
    if (status != QP_OK) qp_sentencepiece_pieces_free(pieces);
    return status;
}
