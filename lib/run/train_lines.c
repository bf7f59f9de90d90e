#include "lib/run/train_lines.h"

#include <stdlib.h>
#include <string.h>

/* Text of a piece. */
enum { PIECE_BYTES = 1 << 16 };

/* ---- reading ---- */

static int rank_begin(const qp_train_lines *l, int next)
{
    return qp_text_index_share(&l->index, l->cluster, qp_cluster_rank(l->cluster) + next);
}

static qp_status begin(qp_train_lines *l)
{
    if (l->pairs) return QP_OK;
    QP_TRY(qp_text_pairs_twice(l->files, "for the tokenizer and for the model; name a file, or --tokenizer FILE"));
    qp_text_files files = *l->files;
    files.weights = NULL;
    if (l->cluster) QP_TRY(qp_text_index_read(&files, PIECE_BYTES, l->cluster, &l->index));
    QP_TRY(qp_text_pairs_open(&files, &l->pairs));
    int first = l->cluster ? rank_begin(l, 0) : 0, end = l->cluster ? rank_begin(l, 1) : 0;
    return first < end ? qp_text_pairs_seek(l->pairs, &l->index.piece[first], l->index.piece[end].line) : QP_OK;
}

/* The next pair of this rank's part. */
static qp_status next_pair(qp_train_lines *l, bool *more)
{
    *more = !l->cluster || rank_begin(l, 0) < rank_begin(l, 1);
    if (*more) QP_TRY(qp_text_pairs_next(l->pairs, &l->pair, more));
    if (*more || !l->cluster || rank_begin(l, 0) == rank_begin(l, 1)) return QP_OK;
    return qp_text_index_check(&l->index, rank_begin(l, 1), l->pairs);
}

qp_status qp_train_lines_next(void *self, const char **line, size_t *bytes)
{
    qp_train_lines *l = self;
    QP_TRY(begin(l));
    if (l->pending) {
        l->pending = false;
        *line = l->pair.target;
        *bytes = l->pair.target_bytes;
        return QP_OK;
    }
    bool more;
    QP_TRY(next_pair(l, &more));
    *line = NULL;
    if (!more) return QP_OK;
    bool source = l->source && l->pair.source;
    l->pending = source && l->target;
    *line = source ? l->pair.source : l->pair.target;
    *bytes = source ? l->pair.source_bytes : l->pair.target_bytes;
    return QP_OK;
}

void qp_train_lines_close(qp_train_lines *l)
{
    qp_text_pairs_close(l->pairs);
    qp_text_index_free(&l->index);
}

/* ---- counts of all ranks ---- */

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "out of memory for the words of the training text; give a --tokenizer FILE");
}

/* What a rank has counted. */
enum { PART_TEXT, PART_WORDS, PART_SUMS, MOST_SUMS = 4, PART = PART_SUMS + MOST_SUMS };

/* Gathers the lists of all ranks, of `bytes` from this one: those of rank r are at start[r] of *all. */
static qp_status gather(qp_cluster *cluster, const void *mine, const size_t *start, char **all)
{
    int rank = qp_cluster_rank(cluster), ranks = qp_cluster_ranks(cluster);
    *all = malloc(start[ranks] + 1);
    if (*all && start[rank + 1] > start[rank]) memcpy(*all + start[rank], mine, start[rank + 1] - start[rank]);
    QP_TRY(qp_cluster_agree(cluster, *all ? QP_OK : out_of_memory()));
    return qp_cluster_gather(cluster, start, 1, *all);
}

/* Counts in the order of the ranks, which is that of the text. */
static qp_status add_all(int ranks, const int64_t *part, const char *text, const char *words, qp_word_counts *counts)
{
    for (int r = 0; r < ranks; r++, part += PART) {
        for (int64_t w = 0; w < part[PART_WORDS]; w++, words += sizeof(struct qp_word)) {
            struct qp_word word;
            memcpy(&word, words, sizeof word);
            QP_TRY(qp_word_counts_add(counts, text + word.start, word.bytes, word.count));
        }
        text += part[PART_TEXT];
    }
    return QP_OK;
}

/* The counts of all ranks, given their sizes; start [ranks+1] is memory. */
static qp_status join_counts(qp_cluster *cluster, const int64_t *part, size_t *start, qp_word_counts *counts)
{
    int ranks = qp_cluster_ranks(cluster);
    char *text = NULL, *words = NULL;
    start[0] = 0;
    for (int r = 0; r < ranks; r++) start[r + 1] = start[r] + (size_t)part[r * PART + PART_TEXT];
    qp_status status = gather(cluster, counts->text, start, &text);
    for (int r = 0; r < ranks; r++)
        start[r + 1] = start[r] + (size_t)part[r * PART + PART_WORDS] * sizeof(struct qp_word);
    if (status == QP_OK) status = gather(cluster, counts->word, start, &words);
    qp_word_counts_free(counts);
    if (status == QP_OK) status = qp_cluster_agree(cluster, add_all(ranks, part, text, words, counts));
    free(text);
    free(words);
    return status;
}

static qp_status join(void *self, qp_status status, qp_word_counts *words, int64_t *sum, int sums)
{
    qp_cluster *cluster = self;
    size_t ranks = (size_t)qp_cluster_ranks(cluster), *start = malloc((ranks + 1) * sizeof *start);
    int64_t mine[PART] = {(int64_t)words->text_bytes, (int64_t)words->count};
    char *parts = NULL;
    if (status == QP_OK && !start) status = out_of_memory();
    status = qp_cluster_agree(cluster, status);
    for (int i = 0; i < sums; i++) mine[PART_SUMS + i] = sum[i];
    for (size_t r = 0; status == QP_OK && r <= ranks; r++) start[r] = r * sizeof mine;
    if (status == QP_OK) status = gather(cluster, mine, start, &parts);
    const int64_t *part = (const int64_t *)(const void *)parts;
    if (status == QP_OK) status = join_counts(cluster, part, start, words);
    for (int i = 0; status == QP_OK && i < sums; i++) {
        sum[i] = 0;
        for (size_t r = 0; r < ranks; r++) sum[i] += part[r * PART + PART_SUMS + (size_t)i];
    }
    free(parts);
    free(start);
    return status;
}

qp_counts_join qp_train_counts_join(qp_cluster *cluster)
{
    return cluster ? (qp_counts_join){cluster, join} : (qp_counts_join){0};
}
