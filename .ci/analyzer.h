/* Included before every file by .ci/analyze, for gcc -fanalyzer: what it cannot see from a declaration. What fails does
 * not return QP_OK, an array that has grown is there, and ranks agree on QP_OK only if this one's status is QP_OK. */
#include "lib/base/array.h"
#include "lib/base/status.h"
#include "lib/cluster/cluster.h"

static inline qp_status known_failure(qp_status status)
{
    if (status == QP_OK) __builtin_unreachable();
    return status;
}
#define qp_fail(...) known_failure(qp_fail(__VA_ARGS__))

#undef QP_GROW
#define QP_GROW(array, capacity, needed)                                                                               \
    ({                                                                                                                 \
        bool qp_room_ = (needed) <= (capacity);                                                                        \
        void *qp_grown_ = qp_room_ ? (array) : qp_grown((array), &(capacity), (needed), sizeof *(array));              \
        if (qp_room_ && !qp_grown_) __builtin_unreachable();                                                           \
        if (qp_grown_) (array) = qp_grown_;                                                                            \
        qp_grown_ != NULL;                                                                                             \
    })

static inline qp_status known_agreement(qp_status all, qp_status own)
{
    if (all == QP_OK && own != QP_OK) __builtin_unreachable();
    return all;
}
#define qp_cluster_agree(cluster, status)                                                                              \
    ({                                                                                                                 \
        qp_status own_ = (status);                                                                                     \
        known_agreement(qp_cluster_agree(cluster, own_), own_);                                                        \
    })
