#include "data/text/corpus_share.h"

#include <stdlib.h>
#include <string.h>

#include "data/text/corpus_builder.h"
#include "lib/base/files/file_list.h"

/* Text of a piece. */
enum { PIECE_BYTES = 1 << 16 };

/* What a rank has read. */
typedef struct {
    int64_t sequences, ids[2]; /* of source and target */
    qp_corpus_statistics statistics;
} part;

/* One array of all parts. */
typedef struct {
    qp_cluster *cluster;
    bool spread;       /* ids stay where they are */
    const part *parts; /* [ranks] */
    size_t *start;     /* [ranks+1] bytes */
} joiner;

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "out of memory for the corpus; use --stream, a shorter one or a smaller --max-length");
}

static void add_side(qp_side_statistics *all, const qp_side_statistics *more)
{
    all->tokens += more->tokens;
    all->unknown += more->unknown;
    all->characters += more->characters;
    if (more->longest <= all->longest) return;
    all->longest = more->longest;
    all->longest_line = more->longest_line;
}

static void add_statistics(qp_corpus_statistics *all, const qp_corpus_statistics *more)
{
    all->lines += more->lines;
    all->empty += more->empty;
    all->skipped += more->skipped;
    all->cut += more->cut;
    all->unseen += more->unseen;
    add_side(&all->source, &more->source);
    add_side(&all->target, &more->target);
}

/* Replaces *list by that of all ranks, whose parts are at joiner.start; `bytes` before them are this list's own. */
static qp_status join_list(joiner *j, void *list, size_t before)
{
    void **mine = list;
    int rank = qp_cluster_rank(j->cluster), ranks = qp_cluster_ranks(j->cluster);
    char *all = malloc(before + j->start[ranks] + 1);
    size_t own = j->start[rank + 1] - j->start[rank];
    if (all && own) memcpy(all + before + j->start[rank], (char *)*mine + before, own);
    qp_status status = qp_cluster_agree(j->cluster, all ? QP_OK : out_of_memory());
    if (status == QP_OK) status = qp_cluster_gather(j->cluster, j->start, 1, all + before);
    if (status != QP_OK) {
        free(all);
        return status;
    }
    free(*mine);
    *mine = all;
    return QP_OK;
}

/* Notes which rank keeps which ids of a side. */
static qp_status note_parts(const joiner *j, int side, qp_spread *spread)
{
    int ranks = qp_cluster_ranks(j->cluster);
    spread->first = malloc(((size_t)ranks + 1) * sizeof *spread->first);
    QP_TRY(qp_cluster_agree(j->cluster, spread->first ? QP_OK : out_of_memory()));
    spread->cluster = j->cluster;
    spread->first[0] = 0;
    for (int r = 0; r < ranks; r++) spread->first[r + 1] = spread->first[r] + j->parts[r].ids[side];
    return QP_OK;
}

/* A list of a number of `bytes` for each id of a side. */
static qp_status join_by_id(joiner *j, int side, size_t bytes, void *list)
{
    int ranks = qp_cluster_ranks(j->cluster);
    for (int r = 0; r < ranks; r++) j->start[r + 1] = j->start[r] + (size_t)j->parts[r].ids[side] * bytes;
    return join_list(j, list, 0);
}

/* The lists of one side. Offsets follow from the lengths: each rank's begin at 0. */
static qp_status join_side(joiner *j, int side, bool spread, qp_corpus_side *ids)
{
    int ranks = qp_cluster_ranks(j->cluster);
    QP_TRY(spread ? note_parts(j, side, &ids->spread) : join_by_id(j, side, sizeof *ids->id, &ids->id));
    for (int r = 0; r < ranks; r++) j->start[r + 1] = j->start[r] + (size_t)j->parts[r].sequences * sizeof *ids->start;
    QP_TRY(join_list(j, &ids->start, sizeof *ids->start));
    int64_t sequence = 0, base = 0;
    ids->start[0] = 0;
    for (int r = 0; r < ranks; r++) {
        for (int64_t i = 0; i < j->parts[r].sequences; i++) ids->start[++sequence] += base;
        base += j->parts[r].ids[side];
    }
    return QP_OK;
}

static qp_status join_scores(joiner *j, qp_corpus *corpus)
{
    int ranks = qp_cluster_ranks(j->cluster);
    if (!qp_cluster_any(j->cluster, corpus->score != NULL)) return QP_OK;
    for (int r = 0; r < ranks; r++)
        j->start[r + 1] = j->start[r] + (size_t)j->parts[r].sequences * sizeof *corpus->score;
    return join_list(j, &corpus->score, 0);
}

static qp_status join_all(joiner *j, bool to_itself, qp_corpus *corpus)
{
    bool source = !to_itself && qp_cluster_any(j->cluster, corpus->source.start != NULL);
    bool rows = qp_cluster_any(j->cluster, corpus->source_row != NULL);
    if (source) QP_TRY(join_side(j, 0, j->spread, &corpus->source));
    QP_TRY(join_side(j, 1, j->spread && !corpus->answers, &corpus->target));
    if (rows) QP_TRY(join_by_id(j, 1, sizeof *corpus->source_row, &corpus->source_row));
    QP_TRY(join_scores(j, corpus));
    corpus->sequences = 0;
    corpus->statistics = (qp_corpus_statistics){0};
    for (int r = 0; r < qp_cluster_ranks(j->cluster); r++) {
        corpus->sequences += j->parts[r].sequences;
        add_statistics(&corpus->statistics, &j->parts[r].statistics);
    }
    if (to_itself) corpus->source = corpus->target;
    if (corpus->sequences < INT32_MAX) return QP_OK;
    return qp_fail(QP_EDATA, "the training text has more than %d lines; use --stream or a shorter corpus",
                   INT32_MAX - 1);
}

qp_status qp_corpus_join(qp_cluster *cluster, bool to_itself, bool spread, qp_corpus *corpus)
{
    if (!cluster) return QP_OK;
    size_t ranks = (size_t)qp_cluster_ranks(cluster);
    part *parts = calloc(ranks, sizeof *parts), *mine = parts ? &parts[qp_cluster_rank(cluster)] : NULL;
    joiner j = {cluster, spread, parts, malloc((ranks + 1) * sizeof *j.start)};
    qp_status status = parts && j.start ? QP_OK : out_of_memory();
    if (status == QP_OK) {
        int64_t n = corpus->sequences;
        *mine = (part){.sequences = n, .statistics = corpus->statistics};
        mine->ids[0] = corpus->source.start ? corpus->source.start[n] : 0;
        mine->ids[1] = corpus->target.start ? corpus->target.start[n] : 0;
        for (size_t r = 0; r <= ranks; r++) j.start[r] = r * sizeof *parts;
        if (to_itself) corpus->source = (qp_corpus_side){0};
    }
    status = qp_cluster_agree(cluster, status);
    if (status == QP_OK) status = qp_cluster_gather(cluster, j.start, 1, parts);
    if (status == QP_OK) j.start[0] = 0;
    if (status == QP_OK) status = join_all(&j, to_itself, corpus);
    free(parts);
    free(j.start);
    return status;
}

/* ---- reading ---- */

static qp_status read_part(const qp_text_files *files, qp_cluster *cluster, const qp_text_index *index,
                           const qp_corpus_reader *reader, qp_corpus *corpus)
{
    int rank = qp_cluster_rank(cluster);
    int first = qp_text_index_share(index, cluster, rank), end = qp_text_index_share(index, cluster, rank + 1);
    qp_corpus_builder builder = {.corpus = corpus};
    qp_text_pairs *text;
    if (first == end) return QP_OK;
    QP_TRY(qp_text_pairs_open(files, &text));
    qp_status status = qp_text_pairs_seek(text, &index->piece[first], index->piece[end].line);
    if (status == QP_OK) status = reader->read(reader->self, text, &builder);
    if (status == QP_OK) status = qp_text_index_check(index, end, text);
    qp_text_pairs_close(text);
    if (status == QP_OK && corpus->sequences) qp_corpus_builder_end(&builder);
    return status;
}

qp_status qp_corpus_share_read(const qp_text_files *files, qp_cluster *cluster, const qp_corpus_reader *reader,
                               qp_corpus *corpus)
{
    qp_text_index index;
    QP_TRY(qp_text_index_read(files, PIECE_BYTES, cluster, &index));
    qp_status status = qp_cluster_agree(cluster, read_part(files, cluster, &index, reader, corpus));
    qp_text_index_free(&index);
    return status;
}

bool qp_corpus_share_whole(const qp_text_files *files, bool by_file)
{
    return by_file || files->weights || (files->source && qp_file_list_once(files->source)) ||
           (files->target && qp_file_list_once(files->target));
}

static qp_status read_pairs(const void *self, qp_text_pairs *text, qp_corpus_builder *builder)
{
    return qp_corpus_read(self, text, builder);
}

qp_status qp_corpus_load_shared(const qp_corpus_options *options, qp_cluster *cluster, qp_corpus *corpus)
{
    if (!cluster || qp_corpus_share_whole(&options->files, options->by_file)) return qp_corpus_load(options, corpus);
    const qp_corpus_reader reader = {options, read_pairs};
    *corpus = (qp_corpus){0};
    QP_TRY(qp_corpus_check_length(options->max_length));
    qp_status status = qp_corpus_share_read(&options->files, cluster, &reader, corpus);
    if (options->to_itself) corpus->statistics.source = corpus->statistics.target;
    if (status == QP_OK) status = qp_corpus_join(cluster, options->to_itself, options->spread, corpus);
    qp_corpus_builder builder = {.corpus = corpus};
    const char *path = options->files.source ? options->files.source : options->files.target;
    if (status == QP_OK) status = qp_corpus_builder_check(&builder, path, options->max_length);
    if (status != QP_OK) qp_corpus_free(corpus);
    return status;
}
