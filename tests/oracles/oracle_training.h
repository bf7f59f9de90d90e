#ifndef QP_ORACLE_TRAINING_H
#define QP_ORACLE_TRAINING_H

#include "tests/oracles/oracle.h"

/* oracle_training — the parts of a training case that depend on the kind of model. */

typedef struct training training;

/* A kind of model: how to build it, its batches and its loss; names as in the case. */
typedef struct {
    const char *kind; /* NULL: any of oracle_model.h */
    void (*make)(training *t);
    void (*batch)(training *t, int number, qp_batch *batch);
    qp_tensor (*loss)(training *t, qp_tape *tape, const qp_batch *batch);
    oracle_split *split;
    void (*free)(training *t); /* of `self`; NULL: nothing to free */
} training_row;

struct training {
    oracle *o;
    const char *kind;
    const training_row *row;
    int number; /* of the batch */
    qp_real smoothing, tokens_per_text;
    qp_real unit;                /* rows per sequence, in the batch */
    qp_real *loss, *norm, *rate; /* [steps] */
    qp_real *last;               /* the weights after the last step */
    size_t bytes;                /* of them */
    int steps, accumulate;
    char folder[64]; /* of the run; "": none */
    void *self;      /* of the kind */
};

/* The case's names are the library's. */
oracle_split oracle_split_nothing;

/* Kinds in oracle_training_blocks.c, ended by a row of zeros. */
extern const training_row oracle_training_blocks[];

#endif
