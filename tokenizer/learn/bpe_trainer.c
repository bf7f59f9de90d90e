#include "tokenizer/learn/bpe_trainer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/heap.h"
#include "tokenizer/models/pair_slots.h"

static const uint32_t NO_PAIR = UINT32_MAX;

/* The positions of a pair are a doubly linked list, in order. */
typedef struct {
    int32_t left, right;
    int64_t count;
    int32_t head, tail;
    bool learned, touched;
} pair_entry;

typedef struct {
    int64_t count; /* of the pair when it was queued */
    uint32_t pair;
} queued;

typedef struct {
    const qp_bpe_training *in;
    qp_vocabulary *vocabulary;
    qp_bpe *bpe;
    int32_t *symbol, *next, *previous, *chain_next, *chain_previous;
    uint32_t *pair_at, *word; /* of each place */
    pair_entry *pair;
    size_t pair_capacity;
    qp_pair_slots pairs; /* numbers of `pair`, plus 1 */
    queued *heap;
    size_t heap_count, heap_capacity;
    uint32_t *touched;
    size_t touched_count, touched_capacity;
    int32_t *length; /* code points of each piece */
    size_t length_capacity;
    int length_count;
} trainer;

static qp_status no_memory(void)
{
    return qp_fail(QP_EMEMORY, "bpe training: out of memory; use less text or raise --min-frequency");
}

static void free_trainer(trainer *t)
{
    free(t->symbol);
    free(t->next);
    free(t->previous);
    free(t->chain_next);
    free(t->chain_previous);
    free(t->pair_at);
    free(t->word);
    free(t->pair);
    qp_pair_slots_free(&t->pairs);
    free(t->heap);
    free(t->touched);
    free(t->length);
}

/* ---- pairs by their two ids ---- */

static qp_status find_pair(trainer *t, int32_t left, int32_t right, uint32_t *found)
{
    qp_pair_slot *slot = qp_pair_slots_place(&t->pairs, NULL, qp_pair(left, right));
    if (!slot) return no_memory();
    if (!slot->number) {
        if (!QP_GROW(t->pair, t->pair_capacity, t->pairs.count + 1)) return no_memory();
        t->pair[t->pairs.count++] = (pair_entry){.left = left, .right = right, .head = -1, .tail = -1};
        *slot = (qp_pair_slot){qp_pair(left, right), (uint32_t)t->pairs.count};
    }
    *found = slot->number - 1;
    return QP_OK;
}

/* ---- the queue: largest count first, ties by qp_bpe_tie; entries may be out of date ---- */

static int compare_texts(const trainer *t, int32_t a, int32_t b)
{
    size_t a_bytes, b_bytes;
    const char *x = qp_vocabulary_text(t->vocabulary, a, &a_bytes), *y = qp_vocabulary_text(t->vocabulary, b, &b_bytes);
    int order = memcmp(x, y, a_bytes < b_bytes ? a_bytes : b_bytes);
    return order != 0 ? order : a_bytes < b_bytes ? -1 : a_bytes > b_bytes;
}

static bool goes_before(const trainer *t, const queued *a, const queued *b)
{
    if (a->count != b->count) return a->count > b->count;
    const pair_entry *p = &t->pair[a->pair], *q = &t->pair[b->pair];
    if (t->in->tie == QP_TIE_SMALLER_IDS) return p->left != q->left ? p->left < q->left : p->right < q->right;
    int order = p->left == q->left ? 0 : compare_texts(t, p->left, q->left);
    return order != 0 ? order > 0 : compare_texts(t, p->right, q->right) > 0;
}

QP_HEAP(queue, queued, const trainer *, goes_before)

static qp_status push(trainer *t, uint32_t pair)
{
    if (!QP_GROW(t->heap, t->heap_capacity, t->heap_count + 1)) return no_memory();
    queue_push(t->heap, &t->heap_count, (queued){t->pair[pair].count, pair}, t);
    return QP_OK;
}

/* ---- places ---- */

/* Count the pair that begins at `place`, unless its piece would be too long. */
static qp_status add_place(trainer *t, int32_t place)
{
    int32_t left = t->symbol[place], right = t->symbol[t->next[place]];
    t->pair_at[place] = NO_PAIR;
    if (t->in->longest_piece && t->length[left] + t->length[right] > t->in->longest_piece) return QP_OK;
    uint32_t index = 0;
    QP_TRY(find_pair(t, left, right, &index));
    pair_entry *pair = &t->pair[index];
    pair->count += t->in->word_times[t->word[place]];
    t->pair_at[place] = index;
    t->chain_next[place] = -1;
    t->chain_previous[place] = pair->tail;
    if (pair->tail >= 0)
        t->chain_next[pair->tail] = place;
    else
        pair->head = place;
    pair->tail = place;
    if (!pair->touched) {
        if (!QP_GROW(t->touched, t->touched_capacity, t->touched_count + 1)) return no_memory();
        t->touched[t->touched_count++] = index;
        pair->touched = true;
    }
    return QP_OK;
}

static void remove_place(trainer *t, int32_t place)
{
    if (t->pair_at[place] == NO_PAIR) return;
    pair_entry *pair = &t->pair[t->pair_at[place]];
    int32_t before = t->chain_previous[place], after = t->chain_next[place];
    if (before >= 0)
        t->chain_next[before] = after;
    else
        pair->head = after;
    if (after >= 0)
        t->chain_previous[after] = before;
    else
        pair->tail = before;
    pair->count -= t->in->word_times[t->word[place]];
    t->pair_at[place] = NO_PAIR;
}

static qp_status queue_touched(trainer *t)
{
    for (size_t i = 0; i < t->touched_count; i++) {
        t->pair[t->touched[i]].touched = false;
        QP_TRY(push(t, t->touched[i]));
    }
    t->touched_count = 0;
    return QP_OK;
}

/* The length in code points of every new piece. */
static qp_status measure_pieces(trainer *t)
{
    if (!QP_GROW(t->length, t->length_capacity, (size_t)t->vocabulary->count)) return no_memory();
    for (; t->length_count < t->vocabulary->count; t->length_count++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(t->vocabulary, t->length_count, &bytes);
        int32_t length = 0;
        for (size_t i = 0; i < bytes; i++) length += ((unsigned char)text[i] & 0xC0) != 0x80;
        t->length[t->length_count] = length;
    }
    return QP_OK;
}

static qp_status take_arrays(trainer *t)
{
    size_t count = t->in->symbol_count ? t->in->symbol_count : 1;
    if (count > INT32_MAX) return qp_fail(QP_EDATA, "bpe training: more than 2^31 characters in words; use less text");
    t->symbol = malloc(count * sizeof *t->symbol);
    t->next = malloc(count * sizeof *t->next);
    t->previous = malloc(count * sizeof *t->previous);
    t->chain_next = malloc(count * sizeof *t->chain_next);
    t->chain_previous = malloc(count * sizeof *t->chain_previous);
    t->pair_at = malloc(count * sizeof *t->pair_at);
    t->word = malloc(count * sizeof *t->word);
    bool all = t->symbol && t->next && t->previous && t->chain_next && t->chain_previous && t->pair_at && t->word;
    return all ? QP_OK : no_memory();
}

static qp_status lay_out_words(trainer *t)
{
    const qp_bpe_training *in = t->in;
    QP_TRY(take_arrays(t));
    QP_TRY(measure_pieces(t));
    for (size_t w = 0; w < in->word_count; w++) {
        for (size_t i = in->word_start[w]; i < in->word_start[w + 1]; i++) {
            bool joined = i > in->word_start[w] && in->symbol[i] >= 0 && in->symbol[i - 1] >= 0;
            t->symbol[i] = in->symbol[i];
            t->word[i] = (uint32_t)w;
            t->next[i] = -1;
            t->pair_at[i] = NO_PAIR;
            t->previous[i] = joined ? (int32_t)i - 1 : -1;
            if (!joined) continue;
            t->next[i - 1] = (int32_t)i;
            QP_TRY(add_place(t, (int32_t)i - 1));
        }
    }
    return queue_touched(t);
}

/* ---- one merge ---- */

static int by_place(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return a < b ? -1 : a > b;
}

/* "aaa" must be merged from the left, so the list of a pair of equal symbols must be in order. It is, unless the same
 * piece was spelled in two ways. */
static qp_status order_chain(trainer *t, uint32_t index)
{
    pair_entry *pair = &t->pair[index];
    size_t count = 0;
    bool ordered = true;
    for (int32_t p = pair->head; p >= 0; p = t->chain_next[p]) {
        ordered = ordered && (t->chain_next[p] < 0 || t->chain_next[p] > p);
        count++;
    }
    if (ordered) return QP_OK;
    int32_t *place = malloc(count * sizeof *place);
    if (!place) return no_memory();
    size_t n = 0;
    for (int32_t p = pair->head; p >= 0; p = t->chain_next[p]) place[n++] = p;
    qsort(place, count, sizeof *place, by_place);
    for (size_t i = 0; i < count; i++) {
        t->chain_previous[place[i]] = i ? place[i - 1] : -1;
        t->chain_next[place[i]] = i + 1 < count ? place[i + 1] : -1;
    }
    pair->head = place[0];
    pair->tail = place[count - 1];
    free(place);
    return QP_OK;
}

static qp_status join_at(trainer *t, int32_t place, int32_t merged)
{
    int32_t right = t->next[place], before = t->previous[place], after = t->next[right];
    remove_place(t, place);
    if (before >= 0) remove_place(t, before);
    if (after >= 0) remove_place(t, right);
    t->symbol[place] = merged;
    t->next[place] = after;
    if (after >= 0) t->previous[after] = place;
    if (before >= 0) QP_TRY(add_place(t, before));
    if (after >= 0) QP_TRY(add_place(t, place));
    return QP_OK;
}

/* The piece that `pair` spells: an existing one or a new one. */
static qp_status piece_of(trainer *t, const pair_entry *pair, int32_t *id)
{
    size_t left_bytes, right_bytes;
    const char *left = qp_vocabulary_text(t->vocabulary, pair->left, &left_bytes);
    const char *right = qp_vocabulary_text(t->vocabulary, pair->right, &right_bytes);
    char *text = malloc(left_bytes + right_bytes);
    if (!text) return no_memory();
    memcpy(text, left, left_bytes);
    memcpy(text + left_bytes, right, right_bytes);
    bool continuing = t->vocabulary->kind[pair->left] == QP_PIECE_CONTINUING;
    qp_piece_kind kind = continuing ? QP_PIECE_CONTINUING : QP_PIECE_NORMAL;
    *id = qp_vocabulary_find_kind(t->vocabulary, kind, text, left_bytes + right_bytes);
    qp_status status = QP_OK;
    if (*id < 0) status = qp_vocabulary_add(t->vocabulary, kind, text, left_bytes + right_bytes, id);
    free(text);
    return status;
}

static qp_status learn(trainer *t, uint32_t index)
{
    int32_t merged, left = t->pair[index].left, right = t->pair[index].right;
    QP_TRY(piece_of(t, &t->pair[index], &merged));
    QP_TRY(measure_pieces(t));
    if (!t->pair[index].learned) QP_TRY(qp_bpe_add(t->bpe, left, right, merged));
    t->pair[index].learned = true;
    if (left == right) QP_TRY(order_chain(t, index));
    while (t->pair[index].head >= 0) QP_TRY(join_at(t, t->pair[index].head, merged));
    return queue_touched(t);
}

static qp_status learn_all(trainer *t)
{
    int64_t least = t->in->least_frequency > 0 ? t->in->least_frequency : 1;
    size_t most = t->in->merge_count > 0 ? (size_t)t->in->merge_count : SIZE_MAX;
    while (t->heap_count > 0 && t->vocabulary->count < t->in->vocabulary_size && t->bpe->count < most) {
        queued best = queue_pop(t->heap, &t->heap_count, t);
        int64_t now = t->pair[best.pair].count;
        if (best.count > now && now > 0) QP_TRY(push(t, best.pair));
        if (best.count != now) continue; /* a newer entry is queued */
        if (now < least) break;
        QP_TRY(learn(t, best.pair));
    }
    return QP_OK;
}

qp_status qp_bpe_train(const qp_bpe_training *training, qp_vocabulary *vocabulary, qp_bpe *bpe)
{
    trainer t = {.in = training, .vocabulary = vocabulary, .bpe = bpe};
    qp_status status = lay_out_words(&t);
    if (status == QP_OK) status = learn_all(&t);
    free_trainer(&t);
    return status;
}
