#include "data/text/corpus_statistics.h"

#include <stdlib.h>
#include <string.h>

#include "data/text/text_pairs.h"
#include "lib/base/hash_set.h"
#include "lib/base/random.h"
#include "lib/text/normalize.h"

static int compare_lengths(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank: the ceil(p*n/100)-th of n sorted lengths. */
static int32_t percentile(const int32_t *sorted, int64_t count, int64_t p)
{
    int64_t rank = (count * p + 99) / 100;
    return sorted[rank > 0 ? rank - 1 : 0];
}

qp_status qp_corpus_length_statistics(const qp_corpus_side *side, int64_t sequences, qp_length_statistics *statistics)
{
    memset(statistics, 0, sizeof *statistics);
    int32_t *length = malloc((size_t)sequences * sizeof *length);
    if (!length) return qp_fail(QP_EMEMORY, "corpus: no memory for %lld lengths", (long long)sequences);
    for (int64_t i = 0; i < sequences; i++) length[i] = qp_corpus_length(side, i);
    qsort(length, (size_t)sequences, sizeof *length, compare_lengths);
    *statistics = (qp_length_statistics){
        .mean = (double)side->start[sequences] / (double)sequences,
        .shortest = length[0],
        .median = percentile(length, sequences, 50),
        .percentile_90 = percentile(length, sequences, 90),
        .percentile_95 = percentile(length, sequences, 95),
        .percentile_99 = percentile(length, sequences, 99),
        .longest = length[sequences - 1],
    };
    free(length);
    return QP_OK;
}

/* Hashes of the training lines: each side, and both together. */
typedef struct {
    qp_hash_set source, target, pair;
    size_t shortest; /* bytes of a line that counts */
    qp_overlap_statistics *statistics;
} line_sets;

typedef struct {
    uint64_t source, target, pair;
} pair_hashes;

/* Of the text in NFC; where there is no memory for that, of its bytes. */
static uint64_t hash_normal(const char *text, size_t bytes)
{
    qp_mapped_text room = {0};
    const qp_text normal = qp_nfc_or_text(text, bytes, &room);
    uint64_t hash = qp_hash_text(normal.text, normal.bytes);
    qp_mapped_text_free(&room);
    return hash;
}

static pair_hashes hashes_of(const qp_text_pair *pair)
{
    pair_hashes hashes = {0, hash_normal(pair->target, pair->target_bytes), 0};
    if (pair->source) hashes.source = hash_normal(pair->source, pair->source_bytes);
    hashes.pair = qp_random_key(hashes.source, hashes.target) | 1; /* 0 marks an empty slot */
    return hashes;
}

static qp_status note_training(line_sets *sets, const qp_text_pair *pair)
{
    if (pair->target_bytes < sets->shortest) return QP_OK;
    pair_hashes hashes = hashes_of(pair);
    if (pair->source) QP_TRY(qp_hash_set_add(&sets->source, hashes.source));
    QP_TRY(qp_hash_set_add(&sets->target, hashes.target));
    sets->statistics->repeated_training_pairs += qp_hash_set_get(&sets->pair, hashes.pair) > 0;
    return qp_hash_set_add(&sets->pair, hashes.pair);
}

static qp_status note_validation(line_sets *sets, const qp_text_pair *pair)
{
    if (pair->target_bytes < sets->shortest) return QP_OK;
    pair_hashes hashes = hashes_of(pair);
    sets->statistics->pairs++;
    if (pair->source) sets->statistics->seen_sources += qp_hash_set_get(&sets->source, hashes.source) > 0;
    sets->statistics->seen_targets += qp_hash_set_get(&sets->target, hashes.target) > 0;
    sets->statistics->seen_pairs += qp_hash_set_get(&sets->pair, hashes.pair) > 0;
    return QP_OK;
}

static qp_status each_pair(const qp_text_files *files, qp_status (*note)(line_sets *sets, const qp_text_pair *pair),
                           line_sets *sets)
{
    qp_text_pairs *text;
    QP_TRY(qp_text_pairs_open(files, &text));
    qp_text_pair pair;
    bool more = true;
    qp_status status = QP_OK;
    while (status == QP_OK && more) {
        status = qp_text_pairs_next(text, &pair, &more);
        if (status == QP_OK && more) status = note(sets, &pair);
    }
    qp_text_pairs_close(text);
    return status;
}

qp_status qp_corpus_overlap_statistics(const qp_text_files *training, const qp_text_files *validation, size_t shortest,
                                       qp_overlap_statistics *statistics)
{
    memset(statistics, 0, sizeof *statistics);
    line_sets sets = {.shortest = shortest, .statistics = statistics};
    qp_status status = each_pair(training, note_training, &sets);
    if (status == QP_OK) status = each_pair(validation, note_validation, &sets);
    qp_hash_set_free(&sets.source);
    qp_hash_set_free(&sets.target);
    qp_hash_set_free(&sets.pair);
    return status;
}

double qp_percent(int64_t part, int64_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0.0; }
