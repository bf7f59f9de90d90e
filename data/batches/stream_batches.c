#include "data/batches/stream_batches.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "data/text/corpus_share.h"
#include "lib/base/random.h"

enum { PURPOSE_RUNS = 0x72756e73, PURPOSE_PORTION = 0x706f72 };

/* Pieces that are read one after the other. */
typedef struct {
    int *piece; /* [count] in `order` */
    int count;
    qp_text_pairs *text; /* NULL before the first piece, and on other ranks */
} lane;

struct qp_stream {
    qp_stream_options options;
    lane lane[QP_STREAM_LANES];
    int lanes;
    int32_t *run;  /* [runs] in the order of the epoch */
    int *order;    /* [pieces] those of lane 0, then lane 1 ... */
    int *lane_of;  /* [runs] */
    int64_t epoch; /* of `order`; -1: none */
    int portions;
    int64_t loaded;           /* the portion in memory; -1: none */
    int64_t first;            /* number of the portion's first batch in the epoch */
    qp_text_batches *batches; /* of the portion; NULL: it has none */
    qp_batch_source inner;
};

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the order of the training text"); }

/* ---- the order of an epoch ---- */

static uint64_t seed_of(const qp_stream *s)
{
    const qp_text_batches_options *o = &s->options.batches;
    return o->window > 0 ? o->windows.seed : o->sequences.seed;
}

static int pieces_of(const qp_text_index *index, int run) { return index->run[run + 1] - index->run[run]; }

/* Each run, in random order, goes to the lane that has the fewest pieces. */
static void deal(qp_stream *s)
{
    const qp_text_index *index = s->options.index;
    for (int i = 0; i < s->lanes; i++) s->lane[i].count = 0;
    for (int r = 0; r < index->runs; r++) {
        int least = 0;
        for (int i = 1; i < s->lanes; i++)
            if (s->lane[i].count < s->lane[least].count) least = i;
        s->lane_of[r] = least;
        s->lane[least].count += pieces_of(index, s->run[r]);
    }
    int *next[QP_STREAM_LANES], *at = s->order;
    for (int i = 0; i < s->lanes; i++) {
        s->lane[i].piece = next[i] = at;
        at += s->lane[i].count;
    }
    for (int r = 0; r < index->runs; r++)
        for (int p = index->run[s->run[r]]; p < index->run[s->run[r] + 1]; p++) *next[s->lane_of[r]]++ = p;
}

static void begin_order(qp_stream *s, int64_t epoch)
{
    const qp_stream_options *o = &s->options;
    uint64_t key = qp_random_key(qp_random_key(seed_of(s), (uint64_t)epoch), PURPOSE_RUNS);
    for (int r = 0; r < o->index->runs; r++) s->run[r] = r;
    qp_random_shuffle(key, s->run, o->index->runs);
    deal(s);
    s->epoch = epoch;
    int longest = 0;
    for (int i = 0; i < s->lanes; i++) longest = s->lane[i].count > longest ? s->lane[i].count : longest;
    int64_t each = o->buffer / QP_STREAM_PIECE / s->lanes;
    s->portions = (int)((longest + (each < 1 ? 1 : each) - 1) / (each < 1 ? 1 : each));
}

/* Portions take even shares of every lane. */
static int lane_begin(const qp_stream *s, const lane *l, int64_t portion)
{
    return (int)((int64_t)l->count * portion / s->portions);
}

/* ---- one portion ---- */

static qp_status read_piece(qp_stream *s, lane *l, int piece, qp_corpus_builder *builder)
{
    const qp_text_index *index = s->options.index;
    if (!l->text) QP_TRY(qp_text_pairs_open(&s->options.corpus->files, &l->text));
    QP_TRY(qp_text_pairs_seek(l->text, &index->piece[piece], index->piece[piece + 1].line));
    QP_TRY(qp_corpus_read(s->options.corpus, l->text, builder));
    return qp_text_index_check(index, piece + 1, l->text);
}

/* The pieces of this rank's lanes. */
static qp_status read_lanes(qp_stream *s, int64_t portion)
{
    qp_corpus *corpus = s->options.portion;
    qp_corpus_builder builder = {.corpus = corpus};
    int rank = qp_cluster_rank(s->options.cluster);
    int first = qp_cluster_share(s->options.cluster, s->lanes, rank);
    int end = qp_cluster_share(s->options.cluster, s->lanes, rank + 1);
    for (lane *l = s->lane + first; l < s->lane + end; l++)
        for (int i = lane_begin(s, l, portion); i < lane_begin(s, l, portion + 1); i++)
            QP_TRY(read_piece(s, l, l->piece[i], &builder));
    if (corpus->sequences) qp_corpus_read_end(s->options.corpus, &builder);
    return QP_OK;
}

static void drop_portion(qp_stream *s)
{
    qp_text_batches_free(s->batches);
    s->batches = NULL;
    s->inner = (qp_batch_source){0};
    qp_corpus_free(s->options.portion);
}

/* Too little text for a batch: tokens outside of whole windows are left out. */
static bool too_short(const qp_stream *s)
{
    const qp_corpus *corpus = s->options.portion;
    int64_t window = s->options.batches.window;
    return corpus->sequences == 0 || (window > 0 && corpus->target.start[corpus->sequences] < window);
}

/* Reads a portion; *count of its batches. */
static qp_status load(qp_stream *s, int64_t portion, int64_t *count)
{
    const qp_stream_options *o = &s->options;
    qp_text_batches_options batches = o->batches;
    *count = 0;
    s->loaded = -1;
    drop_portion(s);
    QP_TRY(qp_cluster_agree(o->cluster, read_lanes(s, portion)));
    QP_TRY(qp_corpus_join(o->cluster, o->corpus->to_itself, true, o->portion));
    if (too_short(s)) return QP_OK;
    batches.windows.seed = batches.sequences.seed = qp_random_key(qp_random_key(seed_of(s), PURPOSE_PORTION),
                                                                  (uint64_t)portion);
    QP_TRY(qp_text_batches_new(o->portion, &batches, &s->batches));
    s->inner = qp_text_batches_source(s->batches);
    QP_TRY(s->inner.begin(s->inner.self, s->epoch, count));
    s->loaded = portion;
    return QP_OK;
}

static qp_status more(void *self, qp_batch_place *place, int64_t *count)
{
    qp_stream *s = self;
    int64_t batches = 0;
    while (place->portion < s->portions) {
        if (place->portion == s->loaded)
            QP_TRY(s->inner.begin(s->inner.self, s->epoch, &batches));
        else
            QP_TRY(load(s, place->portion, &batches));
        if (batches > 0) break;
        place->portion++;
    }
    s->first = place->first;
    *count = place->first + batches;
    return QP_OK;
}

/* About how many batches the epoch has, by its first portion. */
static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    qp_stream *s = self;
    qp_batch_place place = {0};
    if (s->epoch != epoch) s->loaded = -1;
    if (s->epoch != epoch) begin_order(s, epoch);
    QP_TRY(more(s, &place, count));
    *count *= s->portions;
    if (*count > 0) return QP_OK;
    return qp_fail(QP_EDATA, "%s: no line can be used; check the file and --max-length",
                   s->options.corpus->files.source ? s->options.corpus->files.source : s->options.corpus->files.target);
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    qp_stream *s = self;
    if (!s->inner.get || number < s->first)
        return qp_fail(QP_EBUG, "stream: batch %lld is not in this portion", (long long)number);
    return s->inner.get(s->inner.self, number - s->first, slot, batch);
}

qp_status qp_stream_new(const qp_stream_options *options, qp_stream **stream)
{
    *stream = NULL;
    qp_stream *s = calloc(1, sizeof *s);
    if (!s) return out_of_memory();
    size_t runs = (size_t)options->index->runs;
    s->options = *options;
    s->epoch = s->loaded = -1;
    int64_t pieces = options->buffer / QP_STREAM_PIECE; /* of a portion */
    s->lanes = pieces < QP_STREAM_LANES ? pieces < 1 ? 1 : (int)pieces : QP_STREAM_LANES;
    if (s->lanes > options->index->runs) s->lanes = options->index->runs;
    s->run = malloc(runs * sizeof *s->run);
    s->lane_of = malloc(runs * sizeof *s->lane_of);
    s->order = malloc((size_t)options->index->pieces * sizeof *s->order);
    if (s->run && s->lane_of && s->order) {
        *stream = s;
        return QP_OK;
    }
    qp_stream_free(s);
    return out_of_memory();
}

qp_batch_source qp_stream_source(qp_stream *stream)
{
    return (qp_batch_source){.self = stream, .begin = begin, .get = get, .more = more};
}

void qp_stream_free(qp_stream *s)
{
    if (!s) return;
    for (int i = 0; i < s->lanes; i++) qp_text_pairs_close(s->lane[i].text);
    qp_text_batches_free(s->batches);
    free(s->run);
    free(s->lane_of);
    free(s->order);
    free(s);
}
