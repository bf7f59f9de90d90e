#ifndef QP_OPTIMIZER_INTERNAL_H
#define QP_OPTIMIZER_INTERNAL_H

#include <stdbool.h>

#include "lib/train/optimizer.h"
#include "lib/train/rules/rule_table.h"

/* A tile is the unit of work of a thread; a chunk (QP_RULE_CHUNK) stays in the first-level cache between two kernels.
 * Both are part of the arithmetic (order of the norm's sum), so they do not depend on the machine. */
enum { QP_OPTIMIZER_TILE = 16384, QP_OPTIMIZER_STATES = QP_RULE_STATES_MAX + 2 };

/* A piece is part of one span; a tile is a run of pieces. */
typedef struct {
    size_t offset, count;
    bool decay;
    int group;
} qp_optimizer_piece;

/* What the update of spans of one rate has in common. */
typedef struct {
    double factor; /* on the learning rate */
    qp_real shrink;
    qp_rule_constants constants;
} qp_rate_group;

struct qp_optimizer {
    qp_optimizer_config config;
    const qp_rule *rule;
    size_t size;
    int64_t updates;
    int rule_states, states;
    qp_real *state[QP_OPTIMIZER_STATES]; /* those of the rule, then slow weights, then the ema */
    qp_real *slow, *ema;                 /* among them, or NULL */
    qp_optimizer_piece *piece;
    int piece_count;
    int *tile; /* [tiles+1] first piece of each tile */
    int tile_count;
    double *partial;  /* [tiles] sums of squares */
    double *row_sums; /* rules of whole parameters: 2 for each row of the tallest one */
    qp_real *scratch; /* theirs */
    qp_optimizer_span *span;
    int span_count;
    qp_rate_group *group; /* [spans] the different rates */
    int groups;
    qp_cluster *cluster; /* whose ranks each update some parts; NULL: this process updates all */
    int rank, ranks;     /* 0 of 1 if it is not divided */
    int rounds, parts;   /* rounds * ranks */
    size_t *part;        /* [parts+1] bytes at which they begin */
    size_t *part_sums;   /* [parts+1] the same in `partial` */
};

/* The factor of a span on the learning rate. */
static inline double qp_span_rate(const qp_optimizer_span *span) { return span->rate > 0 ? span->rate : 1; }

/* Whether this process updates a tile. */
static inline bool qp_optimizer_owns(const qp_optimizer *o, int tile)
{
    int part = (int)(((int64_t)(tile + 1) * o->parts - 1) / o->tile_count); /* the last one that begins up to it */
    return part % o->ranks == o->rank;
}

/* The real at which a part begins. */
static inline size_t qp_optimizer_part_begin(const qp_optimizer *o, int part)
{
    return o->part[part] / sizeof(qp_real);
}

#endif
