#include "data/batches/batcher.h"

#include <stdlib.h>
#include <string.h>

#include "data/batches/epoch_order.h"
#include "lib/base/random.h"

enum { POOL_BATCHES = 100, SOURCE_FACTOR = 4, MOST_ROWS = 1 << 30, MOST_SLOTS = 1 << 16 };
enum { PURPOSE_SEQUENCES = 0x736571, PURPOSE_BATCHES = 0x626174 };

/* One side of one slot. */
typedef struct {
    int32_t *id, *start;
} side_buffer;

typedef struct {
    side_buffer source, target;
    int32_t *source_row; /* of the target rows, if the corpus has it */
    qp_real *score;      /* of the sequences, likewise */
    qp_real *weight;
} slot_buffer;

struct qp_batcher {
    const qp_corpus *corpus;
    qp_batcher_options options;
    qp_epoch_order *draw; /* NULL: each sequence once */
    int64_t count;        /* sequences of this epoch, at most those of the corpus */
    int64_t tokens;       /* of them, on the side that is counted */
    int32_t *order;       /* [count] of this epoch */
    int32_t *scratch;     /* [sequences] for sorting; then the order of the batches */
    int32_t *first;       /* [batches + 1] indices into order; room for sequences + 1 */
    qp_elements *span;    /* [most_sequences] of the ids of a batch */
    int32_t batches;
    int64_t most_sequences, most_source, most_target; /* of any batch */
    slot_buffer *slot;
};

static int32_t source_length(const qp_batcher *b, int32_t sequence)
{
    return b->corpus->source.start ? qp_corpus_length(&b->corpus->source, sequence) : 0;
}

static int32_t target_length(const qp_batcher *b, int32_t sequence)
{
    return qp_corpus_length(&b->corpus->target, sequence);
}

/* The side that the size of a batch counts, and the side with only an upper bound: targets and sources, swapped if the
 * targets are answers. */
static int32_t counted_length(const qp_batcher *b, int32_t sequence)
{
    return b->corpus->answers ? source_length(b, sequence) : target_length(b, sequence);
}

static int32_t other_length(const qp_batcher *b, int32_t sequence)
{
    return b->corpus->answers ? target_length(b, sequence) : source_length(b, sequence);
}

static bool is_longer(const qp_batcher *b, int32_t one, int32_t other)
{
    int32_t first = counted_length(b, one), second = counted_length(b, other);
    return first != second ? first > second : other_length(b, one) > other_length(b, other);
}

/* Bottom-up merge sort, stable, in existing memory: qsort may allocate, and its order of equal elements varies. */
static void sort_by_length(qp_batcher *b, int32_t *order, int64_t count)
{
    int32_t *from = order, *to = b->scratch;
    for (int64_t width = 1; width < count; width *= 2) {
        for (int64_t begin = 0; begin < count; begin += 2 * width) {
            int64_t middle = begin + width < count ? begin + width : count;
            int64_t end = begin + 2 * width < count ? begin + 2 * width : count;
            int64_t left = begin, right = middle;
            for (int64_t i = begin; i < end; i++) {
                bool take_right = left == middle || (right < end && is_longer(b, from[left], from[right]));
                to[i] = from[take_right ? right++ : left++];
            }
        }
        int32_t *swapped = from;
        from = to;
        to = swapped;
    }
    if (from != order) memcpy(order, from, (size_t)count * sizeof *order);
}

/* How to cut the order: batches of at most `size`; if `batches` is not 0, each is near the mean of the rest divided by
 * the number of batches left. */
typedef struct {
    int64_t size;
    int32_t batches;
} cut_plan;

/* Cut the order into batches and return their number; store the cuts if `write`. */
static int32_t cut(qp_batcher *b, cut_plan plan, bool write)
{
    bool by_tokens = b->options.kind == QP_BATCH_TOKENS;
    int64_t other_limit = by_tokens ? SOURCE_FACTOR * b->options.size : MOST_ROWS;
    if (other_limit > MOST_ROWS) other_limit = MOST_ROWS;
    int64_t left = by_tokens ? b->tokens : b->count;
    int64_t weight = 0, other = 0, counted = 0;
    double goal = (double)plan.size;
    int32_t batches = 0, count = (int32_t)b->count;
    for (int32_t i = 0; i < count; i++) {
        int32_t more_counted = counted_length(b, b->order[i]), more_other = other_length(b, b->order[i]);
        int64_t more = by_tokens ? more_counted : 1;
        bool fits = weight + more <= plan.size && (double)weight + 0.5 * (double)more <= goal &&
                    other + more_other <= other_limit && counted + more_counted <= MOST_ROWS;
        if (i == 0 || !fits) {
            left -= weight;
            if (plan.batches > batches) goal = (double)left / (plan.batches - batches);
            if (write) b->first[batches] = i;
            batches++;
            weight = other = counted = 0;
        }
        weight += more;
        other += more_other;
        counted += more_counted;
    }
    if (write) b->first[batches] = count;
    return batches;
}

/* As few batches as the size allows, as even as possible. */
static int32_t cut_evenly(qp_batcher *b)
{
    int64_t low = 1, high = b->options.size; /* the smallest size that needs no more batches */
    int32_t batches = cut(b, (cut_plan){high, 0}, false);
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (cut(b, (cut_plan){middle, 0}, false) <= batches)
            high = middle;
        else
            low = middle + 1;
    }
    cut_plan even = {low, batches}, greedy = {low, 0};
    return cut(b, cut(b, even, false) <= batches ? even : greedy, true);
}

/* Number of sequences in POOL_BATCHES average batches. */
static int64_t pool_size(const qp_batcher *b)
{
    double per_batch = (double)b->options.size;
    if (b->options.kind == QP_BATCH_TOKENS) per_batch *= (double)b->count / (double)b->tokens;
    double pool = POOL_BATCHES * (per_batch < 1 ? 1 : per_batch);
    return pool < (double)b->count ? (int64_t)pool : b->count;
}

/* The sequences of an epoch, shuffled if that is wanted. */
static void draw(qp_batcher *b, uint64_t key, int64_t epoch)
{
    b->count = b->corpus->sequences;
    for (int64_t i = 0; i < b->count; i++) b->order[i] = (int32_t)i;
    if (b->draw)
        b->count = qp_epoch_order_draw(b->draw, key, epoch, b->order);
    else if (b->options.shuffle)
        qp_random_shuffle(qp_random_key(key, PURPOSE_SEQUENCES), b->order, b->count);
    b->tokens = 0;
    for (int64_t i = 0; i < b->count; i++) b->tokens += counted_length(b, b->order[i]);
}

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_batcher *b = self;
    uint64_t key = qp_random_key(b->options.seed, (uint64_t)epoch);
    draw(b, key, epoch);
    int64_t sequences = b->count;
    if (b->options.shuffle) {
        int64_t pool = pool_size(b);
        for (int64_t place = 0; place < sequences; place += pool)
            sort_by_length(b, b->order + place, place + pool < sequences ? pool : sequences - place);
    }
    b->batches = cut_evenly(b);
    for (int32_t i = 0; i < b->batches; i++) b->scratch[i] = i;
    if (b->options.shuffle) qp_random_shuffle(qp_random_key(key, PURPOSE_BATCHES), b->scratch, b->batches);
    *count = b->batches;
    return QP_OK;
}

static qp_status allocate_side(side_buffer *side, int64_t sequences, int64_t rows)
{
    side->id = malloc((size_t)rows * sizeof *side->id);
    side->start = malloc((size_t)(sequences + 1) * sizeof *side->start);
    if (!side->id || !side->start) {
        free(side->id);
        free(side->start);
        *side = (side_buffer){0};
        return qp_fail(QP_EMEMORY, "batches: no memory for %lld tokens; use a smaller --batch-size", (long long)rows);
    }
    return QP_OK;
}

/* Copy one side of the sequences order[begin..end) into the slot's buffer. */
static qp_status gather(const qp_batcher *b, const qp_corpus_side *side, const side_buffer *buffer, int32_t begin,
                        int32_t end, qp_ids *ids)
{
    int32_t rows = 0;
    for (int32_t i = begin; i < end; i++) {
        int32_t length = qp_corpus_length(side, b->order[i]);
        buffer->start[i - begin] = rows;
        b->span[i - begin] = (qp_elements){side->start[b->order[i]], length};
        rows += length;
    }
    buffer->start[end - begin] = rows;
    *ids = (qp_ids){{.count = end - begin, .start = buffer->start}, buffer->id};
    return qp_spread_take(&side->spread, side->id, sizeof *side->id, b->span, end - begin, buffer->id);
}

static void gather_read(const qp_batcher *b, int32_t *source_row, int32_t begin, int32_t end)
{
    const qp_corpus *c = b->corpus;
    for (int32_t i = begin; i < end; i++) {
        int32_t length = target_length(b, b->order[i]);
        memcpy(source_row, c->source_row + c->target.start[b->order[i]], (size_t)length * sizeof *source_row);
        source_row += length;
    }
}

/* A number of each sequence order[first..end), where the corpus has them. */
static qp_status gather_numbers(const qp_batcher *b, const qp_real *number, int32_t first, int32_t end,
                                qp_real **gathered)
{
    if (!number) return QP_OK;
    if (!*gathered) *gathered = malloc((size_t)b->most_sequences * sizeof **gathered);
    if (!*gathered) return qp_fail(QP_EMEMORY, "batches: no memory for a number of each sequence");
    for (int32_t i = first; i < end; i++) (*gathered)[i - first] = number[b->order[i]];
    return QP_OK;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_batcher *b = self;
    memset(batch, 0, sizeof *batch);
    if (number < 0 || number >= b->batches || slot < 0 || slot >= b->options.slots)
        return qp_fail(QP_EBUG, "batches: number %lld of %d, slot %d of %d", (long long)number, b->batches, slot,
                       b->options.slots);
    slot_buffer *buffer = &b->slot[slot];
    if (b->corpus->source.start && !buffer->source.id)
        QP_TRY(allocate_side(&buffer->source, b->most_sequences, b->most_source));
    if (!buffer->target.id) QP_TRY(allocate_side(&buffer->target, b->most_sequences, b->most_target));
    int32_t place = b->scratch[number], first = b->first[place], end = b->first[place + 1];
    if (b->corpus->source.start) QP_TRY(gather(b, &b->corpus->source, &buffer->source, first, end, &batch->source));
    QP_TRY(gather(b, &b->corpus->target, &buffer->target, first, end, &batch->target));
    if (b->corpus->source_row) {
        if (!buffer->source_row) buffer->source_row = malloc((size_t)b->most_target * sizeof *buffer->source_row);
        if (!buffer->source_row) return qp_fail(QP_EMEMORY, "batches: no memory for the source rows");
        gather_read(b, buffer->source_row, first, end);
        batch->source_row = buffer->source_row;
    }
    QP_TRY(gather_numbers(b, b->corpus->score, first, end, &buffer->score));
    QP_TRY(gather_numbers(b, b->corpus->weight, first, end, &buffer->weight));
    batch->score = buffer->score;
    batch->weight = buffer->weight;
    return QP_OK;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/* The most rows of a side whose longest sequence is `longest`. */
static int64_t most_rows(const qp_batcher *b, int64_t longest, bool counted)
{
    int64_t size = b->options.size;
    int64_t rows = b->options.kind == QP_BATCH_SENTENCES ? size * longest : counted ? size : SOURCE_FACTOR * size;
    return most(least(rows, MOST_ROWS), longest);
}

/* An upper bound of the batches of all epochs. */
static void bound_batches(qp_batcher *b)
{
    const qp_corpus *c = b->corpus;
    int64_t size = b->options.size, longest_source = 0, longest_target = 0;
    for (int64_t i = 0; i < c->sequences; i++) {
        longest_source = most(longest_source, source_length(b, (int32_t)i));
        longest_target = most(longest_target, target_length(b, (int32_t)i));
    }
    b->most_sequences = least(size, c->sequences); /* each holds at least one token */
    b->most_target = most_rows(b, longest_target, !c->answers);
    b->most_source = most_rows(b, longest_source, c->answers);
    bool repeats = b->options.group != NULL; /* a short sequence may be left out for a long one */
    b->most_target = least(b->most_target, repeats ? c->sequences * longest_target : c->statistics.target.tokens);
    b->most_source = least(b->most_source, repeats ? c->sequences * longest_source : c->statistics.source.tokens);
}

/* What is drawn other than each sequence once. */
static qp_status plan_draw(qp_batcher *b)
{
    const qp_batcher_options *o = &b->options;
    int64_t sequences = b->corpus->sequences;
    qp_epoch_order_options options = {.sequences = sequences,
                                      .group = o->group,
                                      .groups = o->group ? o->groups : 0,
                                      .share = o->share,
                                      .curriculum = o->curriculum};
    if (!o->group && o->curriculum == 0) return QP_OK;
    int32_t *rank = b->first; /* not used yet */
    for (int64_t i = 0; i < sequences; i++) b->order[i] = (int32_t)i;
    sort_by_length(b, b->order, sequences);
    for (int64_t i = 0; i < sequences; i++) rank[b->order[i]] = (int32_t)(sequences - 1 - i);
    return qp_epoch_order_new(&options, o->curriculum ? rank : NULL, &b->draw);
}

qp_status qp_batcher_new(const qp_corpus *corpus, const qp_batcher_options *options, qp_batcher **batcher)
{
    *batcher = NULL;
    if (options->size < 1 || options->size > MOST_ROWS)
        return qp_fail(QP_EUSAGE, "batch-size %lld: out of bounds; give 1 to %d", (long long)options->size, MOST_ROWS);
    if (options->slots < 1 || options->slots > MOST_SLOTS)
        return qp_fail(QP_EUSAGE, "accum %d: out of bounds; give 1 to %d", options->slots, MOST_SLOTS);
    if (corpus->sequences < 1) return qp_fail(QP_EDATA, "batches: the corpus is empty; give one with text in it");
    size_t sequences = (size_t)corpus->sequences;
    qp_batcher *b = calloc(1, sizeof *b);
    if (b) {
        b->corpus = corpus;
        b->options = *options;
        b->order = malloc(sequences * sizeof *b->order);
        b->scratch = malloc(sequences * sizeof *b->scratch);
        b->first = malloc((sequences + 1) * sizeof *b->first);
        b->slot = calloc((size_t)options->slots, sizeof *b->slot);
    }
    if (!b || !b->order || !b->scratch || !b->first || !b->slot) {
        qp_batcher_free(b);
        return qp_fail(QP_EMEMORY, "batches: no memory for the order of %zu sequences", sequences);
    }
    bound_batches(b);
    b->span = malloc((size_t)b->most_sequences * sizeof *b->span);
    qp_status status = b->span ? plan_draw(b) : qp_fail(QP_EMEMORY, "batches: no memory for their sequences");
    if (status == QP_OK)
        *batcher = b;
    else
        qp_batcher_free(b);
    return status;
}

qp_batch_source qp_batcher_source(qp_batcher *batcher)
{
    return (qp_batch_source){.self = batcher, .begin = begin, .get = get};
}

void qp_batcher_free(qp_batcher *batcher)
{
    if (!batcher) return;
    for (int i = 0; batcher->slot && i < batcher->options.slots; i++) {
        free(batcher->slot[i].source.id);
        free(batcher->slot[i].source.start);
        free(batcher->slot[i].target.id);
        free(batcher->slot[i].target.start);
        free(batcher->slot[i].source_row);
        free(batcher->slot[i].score);
        free(batcher->slot[i].weight);
    }
    qp_epoch_order_free(batcher->draw);
    free(batcher->slot);
    free(batcher->order);
    free(batcher->scratch);
    free(batcher->first);
    free(batcher->span);
    free(batcher);
}
