/* Included before every file by .ci/analyze, for gcc -fanalyzer: what it cannot see from a declaration. What fails does
 * not return QP_OK, and an array that has grown is there. */
#include "lib/base/array.h"
#include "lib/base/status.h"

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
