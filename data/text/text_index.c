#include "data/text/text_index.h"

#include <limits.h>
#include <stdlib.h>
#include <xxhash.h>

#include "lib/base/array.h"

typedef struct {
    qp_text_index *index;
    bool blocks;
    qp_text_pairs *pairs;
    size_t piece_capacity, run_capacity;
    XXH3_state_t *hash;
} builder;

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "out of memory for the places of a text"); }

static qp_status add_run(builder *b)
{
    qp_text_index *index = b->index;
    if (!QP_GROW(index->run, b->run_capacity, (size_t)index->runs + 2)) return out_of_memory();
    index->run[index->runs++] = index->pieces;
    index->run[index->runs] = index->pieces;
    return QP_OK;
}

/* A piece begins. */
static qp_status add_piece(builder *b, const qp_text_place *place, bool in_run)
{
    qp_text_index *index = b->index;
    if (index->pieces == INT_MAX - 1 || !QP_GROW(index->piece, b->piece_capacity, (size_t)index->pieces + 2))
        return out_of_memory();
    if (!in_run) QP_TRY(add_run(b));
    index->piece[index->pieces++] = *place;
    index->run[index->runs] = index->pieces;
    return QP_OK;
}

/* The place before the pair just read: `before` is that after the one before it, perhaps at the end of another file. */
static bool turn_page(qp_text_place *before, const qp_text_place *after)
{
    bool turned = false;
    qp_reader_place *side[] = {&before->source, &before->target};
    const qp_reader_place *now[] = {&after->source, &after->target};
    for (int i = 0; i < 2; i++)
        if (side[i]->file != now[i]->file) {
            *side[i] = (qp_reader_place){.file = now[i]->file};
            turned = true;
        }
    return turned;
}

static bool is_blank(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (text[i] != ' ' && text[i] != '\t') return false;
    return true;
}

static qp_status look(builder *b, int64_t bytes)
{
    qp_text_index *index = b->index;
    int64_t in_piece = bytes;
    bool may_begin = true;
    for (;;) {
        qp_text_pair pair;
        bool more, compressed = index->pieces > 0 && qp_text_pairs_compressed(b->pairs);
        qp_text_place before = qp_text_pairs_tell(b->pairs);
        QP_TRY(qp_text_pairs_next(b->pairs, &pair, &more));
        if (!more) break;
        qp_text_place after = qp_text_pairs_tell(b->pairs);
        bool turned = turn_page(&before, &after);
        if (turned || (in_piece >= bytes && may_begin)) {
            QP_TRY(add_piece(b, &before, compressed && !turned));
            in_piece = 0;
        }
        may_begin = !b->blocks || is_blank(pair.target, pair.target_bytes);
        int64_t size = (int64_t)(pair.source_bytes + pair.target_bytes) + 1;
        in_piece += size;
        index->bytes += size;
        XXH3_64bits_update(b->hash, pair.target, pair.target_bytes + 1);
        if (pair.source) XXH3_64bits_update(b->hash, pair.source, pair.source_bytes + 1);
    }
    if (index->pieces == 0)
        return qp_fail(QP_EDATA, "%s: the file has no lines; give a corpus with text in it",
                       qp_text_pairs_path(b->pairs, false));
    index->piece[index->pieces] = qp_text_pairs_tell(b->pairs);
    index->hash = XXH3_64bits_digest(b->hash);
    return QP_OK;
}

static qp_status build(const qp_text_files *files, int64_t bytes, qp_text_index *index)
{
    qp_text_files whole = *files;
    whole.part.part = QP_PART_ALL;
    builder b = {.index = index, .blocks = files->blocks, .hash = XXH3_createState()};
    if (!b.hash) return out_of_memory();
    XXH3_64bits_reset(b.hash);
    qp_status status = qp_text_pairs_open(&whole, &b.pairs);
    if (status == QP_OK) {
        status = look(&b, bytes);
        qp_text_pairs_close(b.pairs);
    }
    XXH3_freeState(b.hash);
    return status;
}

/* Rank 0's index, to all. */
static qp_status spread(qp_cluster *cluster, qp_text_index *index)
{
    bool leads = qp_cluster_rank(cluster) == 0;
    qp_text_index got = *index;
    qp_cluster_broadcast(cluster, &got, sizeof got);
    if (!leads) {
        *index = got;
        index->piece = malloc(((size_t)got.pieces + 1) * sizeof *index->piece);
        index->run = malloc(((size_t)got.runs + 1) * sizeof *index->run);
    }
    QP_TRY(qp_cluster_agree(cluster, index->piece && index->run ? QP_OK : out_of_memory()));
    qp_cluster_broadcast(cluster, index->piece, ((size_t)got.pieces + 1) * sizeof *index->piece);
    qp_cluster_broadcast(cluster, index->run, ((size_t)got.runs + 1) * sizeof *index->run);
    return QP_OK;
}

qp_status qp_text_index_read(const qp_text_files *files, int64_t bytes, qp_cluster *cluster, qp_text_index *index)
{
    *index = (qp_text_index){0};
    qp_status status = qp_cluster_rank(cluster) == 0 ? build(files, bytes, index) : QP_OK;
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK && cluster) status = spread(cluster, index);
    if (status != QP_OK) qp_text_index_free(index);
    return status;
}

void qp_text_index_free(qp_text_index *index)
{
    free(index->piece);
    free(index->run);
    *index = (qp_text_index){0};
}

int qp_text_index_share(const qp_text_index *index, const qp_cluster *cluster, int rank)
{
    int piece = qp_cluster_share(cluster, index->pieces, rank), run = 0;
    while (run < index->runs && index->run[run] < piece) run++;
    return index->run[run];
}

qp_status qp_text_index_check(const qp_text_index *index, int end, const qp_text_pairs *text)
{
    if (qp_text_pairs_tell(text).digest == index->piece[end].digest) return QP_OK;
    return qp_fail(QP_EDATA,
                   "the content of %s is not what rank 0 read at the beginning; start all ranks with the same data, "
                   "and leave it unchanged",
                   qp_text_pairs_path(text, false));
}
