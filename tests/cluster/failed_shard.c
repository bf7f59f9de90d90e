/* failed_shard - run by several ranks (tests/cluster/failures.sh): a shard fails on one of them. Every rank gets the
 * reason with the rank's name, and the next update has the bits of a process alone, because no message of the failed
 * one is left on its way. Prints what is wrong; exit code 1 then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/train/gradient/gradient_exchange.h"
#include "tests/train/toy_loss.h"

enum { SENTENCES = 96, FEW = 2, BAD_ID = TOY_VOCABULARY - 2, SHARD_ROWS = 16 };

static int wrong;

static void check(const qp_cluster *cluster, bool good, const char *what, int sentence)
{
    if (good) return;
    wrong = 1;
    fprintf(stderr, "%s: %s after sentence %d failed: %s\n", qp_cluster_place(cluster), what, sentence,
            qp_error_message());
}

static qp_shards *shards_of(toy *t, qp_cluster *cluster, int type, int buckets)
{
    qp_shards *s;
    if (qp_shards_new(t->params, 2, SHARD_ROWS, &s) != QP_OK || qp_shards_set_type(s, type) != QP_OK ||
        qp_shards_set_cluster(s, cluster, NULL, buckets) != QP_OK)
        exit(1);
    return s;
}

/* The gradient as one block. */
static bool gradient_of(qp_shards *s, toy *t, const qp_batch *batch, qp_real *sum)
{
    const qp_loss_function function = {.self = t, .loss = toy_loss};
    qp_shards_result result;
    if (qp_shards_run(s, &function, batch, 1, 7, &result) != QP_OK) return false;
    for (size_t i = 0; i < qp_params_size(t->params); i++)
        sum[i] = result.gradient[0][i] + (result.gradient_count > 1 ? result.gradient[1][i] : 0);
    return true;
}

/* The rank whose shard holds the sentence. */
static int rank_of(const qp_cluster *cluster, const qp_batch *batch, int sentence)
{
    qp_shard_list list = {0};
    int shard = 0, rank = 0;
    if (qp_shard_list_cut(&list, batch, 1, SHARD_ROWS, false) != QP_OK) exit(1);
    while (list.shard[shard].end <= sentence) shard++;
    while (qp_cluster_share(cluster, list.count, rank + 1) <= shard) rank++;
    qp_shard_list_free(&list);
    return rank;
}

static void fail_at(qp_shards *s, toy *t, toy_batch *b, int sentence, const qp_cluster *cluster)
{
    qp_real *unused = malloc(qp_params_size(t->params) * sizeof *unused);
    char rank[40];
    int32_t id = b->source_id[sentence];
    b->source_id[sentence] = BAD_ID;
    bool failed = !gradient_of(s, t, &b->batch, unused);
    b->source_id[sentence] = id;
    snprintf(rank, sizeof rank, "rank %d of %d", rank_of(cluster, &b->batch, sentence), qp_cluster_ranks(cluster));
    check(cluster, failed && strstr(qp_error_message(), "toy: id 21") && strstr(qp_error_message(), rank),
          "not the reason", sentence);
    free(unused);
}

static void try_batch(toy *t, qp_cluster *cluster, int sentences, int type, int buckets)
{
    static toy_batch batch;
    size_t size = qp_params_size(t->params);
    qp_real *alone = malloc(size * sizeof *alone), *together = malloc(size * sizeof *together);
    toy_batch_fill(&batch, sentences, 3);
    qp_shards *one = shards_of(t, NULL, type, 1), *several = shards_of(t, cluster, type, buckets);
    if (!gradient_of(one, t, &batch.batch, alone)) exit(1);
    for (int sentence = 0; sentence < sentences; sentence += sentences > 10 ? 19 : 1) {
        fail_at(several, t, &batch, sentence, cluster);
        bool same = gradient_of(several, t, &batch.batch, together) &&
                    memcmp(alone, together, size * sizeof *alone) == 0;
        check(cluster, same, "another gradient", sentence);
    }
    qp_shards_free(one);
    qp_shards_free(several);
    free(alone);
    free(together);
}

int main(void)
{
    qp_cluster *cluster;
    if (qp_cluster_open(&cluster) != QP_OK || !cluster) {
        fprintf(stderr, "failed_shard: no ranks: %s\n", qp_error_message());
        return 1;
    }
    toy *t = toy_new(1);
    t->fail_above = BAD_ID - 1;
    for (int type = 0; type < QP_GRADIENT_TYPE_COUNT; type++)
        for (int buckets = 1; buckets <= 5; buckets += 2) {
            try_batch(t, cluster, SENTENCES, type, buckets);
            try_batch(t, cluster, FEW, type, buckets); /* fewer shards than ranks */
        }
    toy_free(t);
    qp_cluster_close(cluster);
    return wrong;
}
