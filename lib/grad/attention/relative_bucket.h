#ifndef QP_RELATIVE_BUCKET_H
#define QP_RELATIVE_BUCKET_H

#include <stdbool.h>

/* relative_bucket — T5's relative positions: qp_attention adds one learned number per head and bucket of distances to a
 * score (qp_attention_config.relative). Half of the buckets of a direction hold one distance each; the others widen
 * logarithmically up to `far`, and the last one also holds all larger distances.
 * Source  Raffel et al. 2020. */
typedef struct {
    bool both_ways; /* half of the buckets for keys before the query, half for keys after it; else the keys after it are
                       all in bucket 0 */
    int far;        /* 0: 128 */
} qp_relative_config;

/* qp_relative_bucket — the bucket, 0 .. buckets-1, of the distance key - query; buckets is even. With b buckets for a
 *   direction and n = |distance|:
 *     n < b/2   n
 *     n < far   b/2 + floor((b - b/2) ln(n / (b/2)) / ln(far / (b/2)))
 *     else      b - 1 */
int qp_relative_bucket(int distance, int buckets, const qp_relative_config *config);

#endif
