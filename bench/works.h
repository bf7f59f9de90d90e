/* works — the models, batches and optimizer of build/bench/train, scaling, rank_speed and cluster. */
#ifndef QP_BENCH_WORKS_H
#define QP_BENCH_WORKS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/model/model.h"
#include "lib/run/model_objective.h"
#include "lib/train/gradient/gradient_exchange.h"
#include "lib/train/optimizer.h"

#define BUCKET_MB 25 /* of --gradient-bucket */

typedef struct {
    const char *name;
    int kind; /* kind of encoder and decoder */
    bool translates;
    int vocabulary, width, feed_forward, heads, layers, sequences, length;
} work;

static const work works[] = {
    {"mt", QP_KIND_TRANSFORMER, true, 8000, 256, 1024, 8, 3, 64, 24},
    {"mt-untied", QP_KIND_TRANSFORMER, true, 8000, 256, 1024, 8, 3, 64, 24},
    {"lstm", QP_KIND_LSTM, false, 8000, 512, 0, 0, 2, 64, 64},
    {"gru", QP_KIND_GRU, false, 8000, 512, 0, 0, 2, 64, 64},
    {"gru-attention", QP_KIND_GRU, true, 8000, 256, 0, 0, 1, 64, 24},
    {"gpt-small", QP_KIND_TRANSFORMER, false, 65, 128, 512, 4, 4, 12, 64},
    {"gpt-base", QP_KIND_TRANSFORMER, false, 65, 384, 1536, 6, 6, 8, 256},
    {"gpt-4k", QP_KIND_TRANSFORMER, false, 65, 128, 512, 4, 2, 1, 4096},
    {"gpt-16k", QP_KIND_TRANSFORMER, false, 65, 128, 512, 4, 2, 1, 16384},
};

/* What a step needs. */
typedef struct {
    qp_model *model;
    qp_optimizer *optimizer;
    qp_batch batch;
    int32_t *start, *source, *target;
} trained;

static void die(qp_status status)
{
    if (status == QP_OK) return;
    fprintf(stderr, "%s\n", qp_error_message());
    exit(70);
}

static qp_model_config config_of(const work *w)
{
    qp_model_config c;
    qp_config_defaults(&qp_model_fields, &c);
    c.decoder = w->kind;
    c.enc_layers = c.dec_layers = w->layers;
    c.emb_size = w->width;
    if (w->kind == QP_KIND_TRANSFORMER) {
        c.ff_size = w->feed_forward;
        c.heads = w->heads;
    }
    c.dropout = c.attention_dropout = c.ff_dropout = 0;
    c.src_vocab_size = c.tgt_vocab_size = w->vocabulary;
    if (w->translates) {
        c.norm = QP_NORM_POST;
        c.tied_embeddings = strcmp(w->name, "mt") == 0;
    } else {
        c.task = QP_TASK_LM;
        c.encoder = QP_KIND_NONE;
        c.max_length = w->length;
        c.scale_embeddings = 0;
    }
    if (qp_model_kind_is_recurrent(w->kind)) {
        c.pos = QP_POS_NONE;
        c.tied_embeddings = 0;
        c.scale_embeddings = 0;
        c.bidirectional = w->translates;
        if (w->translates) c.hidden_size = 2 * w->width;
        if (w->translates) c.encoder = w->kind;
        if (!w->translates) c.attention = QP_ATTEND_NONE;
    } else if (!w->translates) {
        c.pos = QP_POS_LEARNED;
        c.bias = 0;
        qp_config_set(qp_config_find(&qp_model_fields, "activation"), &c, "activation", "gelu");
    }
    return c;
}

/* As the peer: embeddings from N(0, 0.02^2), the rest as the model initializes it. */
static void shrink_embeddings(qp_params *params)
{
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        if (strstr(p->name, "embed") || strstr(p->name, "position"))
            qp_init_fill((qp_init){.kind = QP_INIT_NORMAL, .gain = 0.02}, p->rows, p->columns, p->columns, p->rows,
                         (uint64_t)i, qp_params_value(params, i));
    }
}

static void make_batch(trained *b, const work *w)
{
    int rows = w->sequences * w->length;
    b->start = malloc(((size_t)w->sequences + 1) * sizeof *b->start);
    b->source = malloc((size_t)rows * sizeof *b->source);
    b->target = malloc((size_t)rows * sizeof *b->target);
    if (!b->start || !b->source || !b->target) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (int i = 0; i <= w->sequences; i++) b->start[i] = i * w->length;
    for (int r = 0; r < rows; r++) {
        b->source[r] = (int32_t)qp_random_below(1, (uint64_t)r, (uint64_t)w->vocabulary);
        b->target[r] = (int32_t)qp_random_below(2, (uint64_t)r, (uint64_t)w->vocabulary);
    }
    qp_sequences s = {.count = w->sequences, .start = b->start};
    b->batch.target = (qp_ids){s, b->target};
    if (w->translates) b->batch.source = (qp_ids){s, b->source};
}

static void make_optimizer(trained *b, qp_cluster *cluster)
{
    const qp_params *params = qp_model_params(b->model);
    int count = qp_params_count(params);
    qp_optimizer_span *span = calloc((size_t)count, sizeof *span);
    qp_optimizer_config c;
    qp_config_defaults(&qp_optimizer_fields, &c);
    c.beta2 = 0.999;
    if (!span) die(qp_fail(QP_EMEMORY, "out of memory"));
    for (int i = 0; i < count; i++) {
        const qp_parameter *p = qp_params_at(params, i);
        span[i] = (qp_optimizer_span){.offset = p->offset, .rows = p->rows, .columns = p->columns};
    }
    size_t size = qp_params_size(params);
    die(qp_optimizer_new_parts(&c, size, span, count, cluster, qp_gradient_buckets(size, BUCKET_MB), &b->optimizer));
    free(span);
}

/* cluster: the ranks that train it together; NULL: one process. */
static trained trained_of(const work *w, qp_cluster *cluster)
{
    trained t = {0};
    qp_model_config config = config_of(w);
    die(qp_model_new(&config, 1, &t.model));
    shrink_embeddings(qp_model_params(t.model));
    make_batch(&t, w);
    make_optimizer(&t, cluster);
    return t;
}

static void trained_free(trained *t)
{
    qp_optimizer_free(t->optimizer);
    qp_model_free(t->model);
    free(t->start), free(t->source), free(t->target);
}

static const work *find_work(const char *name)
{
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (strcmp(works[i].name, name) == 0) return &works[i];
    fprintf(stderr, "--model %s: unknown; one of", name);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++) fprintf(stderr, " %s", works[i].name);
    fprintf(stderr, "\n");
    exit(2);
}

#endif
