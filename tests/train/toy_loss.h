#ifndef QP_TESTS_TOY_LOSS_H
#define QP_TESTS_TOY_LOSS_H

/* A model small enough to be seen through, for the tests of the trainer: the logits of a target token come from the
 * token before it, logits = W2 dropout(tanh(W1 e)) + b. */

#include <stdlib.h>

#include "lib/base/batch.h"
#include "lib/base/random.h"
#include "lib/grad/loss/op_loss.h"
#include "lib/grad/op_basic.h"
#include "lib/grad/op_dropout.h"
#include "lib/grad/op_embedding.h"
#include "lib/grad/op_linear.h"
#include "lib/nn/params.h"
#include "lib/train/gradient/shards.h"

enum { TOY_VOCABULARY = 23, TOY_WIDTH = 16, TOY_BATCHES = 6 };

typedef struct {
    qp_params *params;
    int embedding, inner, inner_bias, outer, outer_bias;
    qp_real dropout;
    int fail_above;   /* a shard with an id above this fails; 0: none does */
    int poison_after; /* from this call on the loss is NaN; 0: never */
    int calls;
} toy;

static inline toy *toy_new(uint64_t seed)
{
    toy *t = calloc(1, sizeof *t);
    qp_init init = {.kind = QP_INIT_XAVIER_UNIFORM, .gain = 1}, zero = qp_init_constant(0);
    t->params = qp_params_new();
    t->embedding = qp_params_add(t->params, TOY_VOCABULARY, TOY_WIDTH, init, "embedding");
    t->inner = qp_params_add(t->params, TOY_WIDTH, TOY_WIDTH, init, "inner.weight");
    t->inner_bias = qp_params_add(t->params, 1, TOY_WIDTH, zero, "inner.bias");
    t->outer = qp_params_add(t->params, TOY_VOCABULARY, TOY_WIDTH, init, "outer.weight");
    t->outer_bias = qp_params_add(t->params, 1, TOY_VOCABULARY, zero, "outer.bias");
    qp_params_finish(t->params);
    qp_params_initialise(t->params, seed);
    return t;
}

static inline void toy_free(toy *t)
{
    qp_params_free(t->params);
    free(t);
}

static inline qp_tensor toy_loss(void *self, qp_tape *tape, const qp_batch *shard)
{
    toy *t = self;
    qp_sequences s = shard->target.sequences;
    int rows = s.start[s.count];
    int32_t *before = qp_tape_memory(tape, (size_t)rows * sizeof *before);
    for (int i = 0; before && i < s.count; i++)
        for (int r = s.start[i]; r < s.start[i + 1]; r++) {
            before[r] = r == s.start[i]
                            ? (shard->source.sequences.count ? shard->source.id[shard->source.sequences.start[i]]
                                                             : QP_BOS)
                            : shard->target.id[r - 1];
            if (t->fail_above && before[r] > t->fail_above)
                return qp_tape_fail(tape, QP_EDATA, "toy: id %d", before[r]);
        }
    qp_tensor x = qp_embedding(tape, qp_param(tape, t->params, t->embedding), rows, before, 1, NULL, (qp_tensor){0});
    x = qp_linear(tape, x, qp_param(tape, t->params, t->inner), qp_param(tape, t->params, t->inner_bias));
    x = qp_dropout(tape, qp_activation(tape, x, QP_TANH, 0), t->dropout);
    x = qp_linear(tape, x, qp_param(tape, t->params, t->outer), qp_param(tape, t->params, t->outer_bias));
    x = qp_cross_entropy(tape, x, shard->target.id, &(qp_cross_entropy_config){.reduction = QP_SUM});
    if (t->poison_after && __atomic_add_fetch(&t->calls, 1, __ATOMIC_RELAXED) >= t->poison_after && x.value)
        x.value[0] = (qp_real)(0.0 / 0.0);
    return x;
}

/* A batch of `count` sentences, lengths 1..12, each target token a fixed function of the one before. */
typedef struct {
    int32_t start[400], id[5000], source_start[400], source_id[400];
    qp_batch batch;
} toy_batch;

static inline void toy_batch_fill(toy_batch *b, int count, uint64_t key)
{
    int rows = 0;
    for (int i = 0; i < count; i++) {
        b->start[i] = rows;
        b->source_start[i] = i;
        int32_t id = (int32_t)(4 + qp_random_below(key, (uint64_t)(2 * i), 15));
        b->source_id[i] = id;
        int length = 1 + (int)qp_random_below(key, (uint64_t)(2 * i + 1), 12);
        for (int k = 0; k < length; k++) b->id[rows++] = id = (int32_t)(4 + (id * 7 + 3) % 15);
    }
    b->start[count] = rows;
    b->source_start[count] = count;
    b->batch = (qp_batch){.source = {{.count = count, .start = b->source_start}, b->source_id},
                          .target = {{.count = count, .start = b->start}, b->id}};
}

static inline qp_status toy_source_begin(void *self, int64_t epoch, int64_t *count)
{
    (void)self;
    (void)epoch;
    *count = 4;
    return QP_OK;
}

static inline qp_status toy_source_get(void *self, int64_t number, int slot, qp_batch *batch)
{
    toy_batch *made = self;
    (void)slot;
    toy_batch_fill(made, 20, (uint64_t)number);
    *batch = made->batch;
    return QP_OK;
}

/* Four batches an epoch, of twenty sentences each, one after the other in `room`. */
static inline qp_batch_source toy_source(toy_batch *room)
{
    return (qp_batch_source){.self = room, .begin = toy_source_begin, .get = toy_source_get};
}

#endif
