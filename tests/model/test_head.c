#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/random.h"
#include "lib/decode/search.h"
#include "lib/model/model_file.h"
#include "lib/train/gradient/shards.h"
#include "tests/model/model_check.h"
#include "tests/sanitized.h"

/* Every task over every kind of encoder: answers that follow from the sources are learned, and neither threads nor
 * neighbours in the batch change a bit. */

enum { LABELS = 4, HORIZON = 3, FEATURES = 2 };

static const char *const encoders[][2] = {
    {"encoder=transformer", NULL},         {"encoder=rnn", NULL},  {"encoder=lstm", NULL},     {"encoder=gru", NULL},
    {"encoder=gru", "bidirectional=true"}, {"encoder=conv", NULL}, {"encoder=text-cnn", NULL},
};
static const char *const tasks[][3] = {
    {"task=classify", NULL, NULL},
    {"task=classify", "pooling=last", NULL},
    {"task=classify", "pooling=mean", NULL},
    {"task=classify", "pooling=max", NULL},
    {"task=classify", "pooling=attention", NULL},
    {"task=tag", NULL, NULL},
    {"task=tag", "word_layers=1", NULL},
    {"task=tag", "crf=true", NULL},
    {"task=regress", NULL, "features=2"},
    {"task=regress", "pooling=attention", "features=2"},
    {"task=classify", NULL, "features=2"},
    {"task=mlm", NULL, NULL},
    {"task=autoencode", "bottleneck=40", NULL},
    {"task=classify", "pooling=class-token", NULL},
    {"task=classify", "pooling=class-token", "features=2"},
};
enum {
    ENCODERS = sizeof encoders / sizeof *encoders,
    TASKS = sizeof tasks / sizeof *tasks,
    FEW = 2, /* the last tasks, for transformers alone */
    ALL = ENCODERS * (TASKS - FEW) + FEW
};

static int task_of(int n)
{
    return n < ENCODERS * (TASKS - FEW) ? n / ENCODERS : TASKS - FEW + n - ENCODERS * (TASKS - FEW);
}

static qp_model *model_of(int n, const char *option, char what[200])
{
    const char *const *task = tasks[task_of(n)], *const *encoder =
                                                     encoders[n < ENCODERS * (TASKS - FEW) ? n % ENCODERS : 0];
    bool text = strstr(task[0], "autoencode") != NULL;
    const char *const setting[] = {task[0],
                                   text ? "decoder=gru" : "decoder=none",
                                   "labels=4",
                                   task[2],
                                   "horizon=3",
                                   encoder[0],
                                   encoder[1],
                                   task[1],
                                   text ? "attention=none" : NULL,
                                   text ? "context_feeding=true" : NULL,
                                   option};
    snprintf(what, 200, "%s %s %s %s", task[0], task[1] ? task[1] : "", task[2] ? task[2] : "", encoder[0]);
    return model_small(setting, sizeof setting / sizeof *setting);
}

/* ---- batches ---- */

typedef struct {
    model_pairs pairs;
    qp_batch batch;
    int32_t start[MODEL_SENTENCES + 1], id[MODEL_SENTENCES * MODEL_LONGEST];
    int32_t source_row[MODEL_SENTENCES * MODEL_LONGEST];
    qp_real source_value[MODEL_SENTENCES * MODEL_LONGEST * FEATURES], target_value[MODEL_SENTENCES * HORIZON];
} answers;

/* One answer a source: the label follows from its first symbol, the series from its sums. */
static void answer_once(answers *a, int count)
{
    const int32_t *start = a->pairs.source_start;
    for (int i = 0; i < count; i++) {
        double sum = 0;
        a->start[i] = i;
        a->id[i] = a->pairs.source_id[start[i]] % LABELS;
        for (int r = start[i]; r < start[i + 1]; r++) {
            a->source_value[FEATURES * r] = (qp_real)(a->pairs.source_id[r] - 6) / 4;
            a->source_value[FEATURES * r + 1] = (qp_real)(r - start[i]) / 4;
            sum += (double)a->source_value[FEATURES * r];
        }
        for (int h = 0; h < HORIZON; h++) a->target_value[HORIZON * i + h] = (qp_real)(sum / 4 + 0.1 * h);
    }
    a->start[count] = count;
}

/* Every second row of a source is asked for: its label, or the symbol that stood there before it was hidden. The first
 * source is asked for nothing. */
static void answer_rows(answers *a, int count, bool hide)
{
    int rows = 0;
    for (int i = 0; i < count; i++) {
        a->start[i] = rows;
        for (int r = a->pairs.source_start[i]; i > 0 && r < a->pairs.source_start[i + 1]; r += 2) {
            a->source_row[rows] = r - a->pairs.source_start[i];
            a->id[rows++] = hide ? a->pairs.source_id[r] : a->pairs.source_id[r] % LABELS;
            if (hide && r % 3 == 0 && r > a->pairs.source_start[i]) a->pairs.source_id[r] = QP_UNK;
        }
    }
    a->start[count] = rows;
}

static const qp_batch *batch_of(answers *a, int task, int count)
{
    bool rows = strstr(tasks[task][0], "tag") || strstr(tasks[task][0], "mlm");
    qp_batch pairs = model_reversed_pairs(&a->pairs, count, 5);
    a->batch = (qp_batch){.source = pairs.source, .target = {{count, a->start, NULL}, a->id}};
    if (strstr(tasks[task][0], "autoencode")) {
        a->batch.target = pairs.source;
        return &a->batch;
    }
    if (rows)
        answer_rows(a, count, strstr(tasks[task][0], "mlm") != NULL);
    else
        answer_once(a, count);
    if (rows) a->batch.source_row = a->source_row;
    if (!tasks[task][2]) return &a->batch;
    a->batch.source.id = NULL;
    a->batch.source_value = a->source_value;
    a->batch.features = FEATURES;
    if (!strstr(tasks[task][0], "regress")) return &a->batch;
    a->batch.target.id = NULL;
    a->batch.target_value = a->target_value;
    a->batch.outputs = HORIZON;
    return &a->batch;
}

/* ---- tests ---- */

static void check_learning(int first, int last)
{
    char what[200];
    for (int n = first; n < last; n++) {
        answers a;
        const qp_batch *batch = batch_of(&a, task_of(n), 12);
        qp_model *model = model_of(n, NULL, what);
        double loss = model_train(model, batch, SANITIZED ? 5 : 150, 0.01); /* it would take half a minute there */
        cr_expect_lt(loss, SANITIZED ? 10 : 0.1, "%s: loss %g", what, loss);
        qp_model_free(model);
    }
}

Test(test_head, classification_is_learned) { check_learning(0, 5 * ENCODERS); }
Test(test_head, rows_and_series_and_texts_are_learned) { check_learning(5 * ENCODERS, ALL); }

static qp_tensor loss_of(void *self, qp_tape *tape, const qp_batch *shard)
{
    return qp_model_loss(self, tape, shard, qp_model_config_of(self)->crf ? 0 : (qp_real)0.1);
}

/* Loss and gradient of an update by `threads`, many small shards; the caller frees the gradient. */
static qp_real *gradient_of(qp_model *model, const qp_batch *batch, int threads, double *loss)
{
    qp_shards *shards;
    qp_shards_result result;
    qp_params *params = qp_model_params(model);
    const qp_loss_function function = {.self = model, .loss = loss_of};
    cr_assert_eq(qp_shards_new(params, threads, 16, &shards), QP_OK);
    cr_assert_eq(qp_shards_run(shards, &function, batch, 1, 7, &result), QP_OK, "%s", qp_error_message());
    cr_expect_geq(result.shards, 4);
    size_t size = qp_params_size(params);
    qp_real *sum = malloc(size * sizeof *sum);
    for (size_t i = 0; i < size; i++)
        sum[i] = result.gradient[0][i] + (result.gradient_count == 2 ? result.gradient[1][i] : 0);
    *loss = result.loss;
    qp_shards_free(shards);
    return sum;
}

Test(test_head, threads_give_the_same_bits)
{
    char what[200];
    for (int n = 0; n < ALL; n++) {
        answers a;
        const qp_batch *batch = batch_of(&a, task_of(n), MODEL_SENTENCES);
        qp_model *model = model_of(n, "dropout=0.2", what);
        double loss, other;
        qp_real *first = gradient_of(model, batch, 1, &loss);
        cr_expect(isfinite(loss) && loss > 0, "%s", what);
        for (int threads = 2; threads <= 4; threads++) {
            qp_real *again = gradient_of(model, batch, threads, &other);
            cr_expect_eq(loss, other, "%s: %d threads", what, threads);
            cr_expect_eq(memcmp(first, again, qp_params_size(qp_model_params(model)) * sizeof *first), 0, "%s", what);
            free(again);
        }
        free(first);
        qp_model_free(model);
    }
}

/* One source of the batch and its answers, counted from 0. */
static qp_batch alone(const qp_batch *all, int i, int32_t start[4])
{
    const int32_t *source = all->source.sequences.start, *target = all->target.sequences.start;
    start[0] = start[2] = 0;
    start[1] = source[i + 1] - source[i];
    start[3] = target[i + 1] - target[i];
    qp_batch one = *all;
    one.source.sequences = (qp_sequences){.count = 1, .start = start};
    one.target.sequences = (qp_sequences){.count = 1, .start = start + 2};
    if (all->source.id) one.source.id += source[i];
    if (all->target.id) one.target.id += target[i];
    if (all->source_row) one.source_row += target[i];
    if (all->source_value) one.source_value += source[i] * FEATURES;
    return one;
}

/* With packed weights, as when a model is used: a source alone has the scores it has among others, to the bit; and the
 * answers are not looked at. */
Test(test_head, a_batch_of_one_gives_the_same_bits)
{
    char what[200];
    for (int n = 0; n < ALL; n++) {
        answers a;
        qp_batch all = *batch_of(&a, task_of(n), 6);
        qp_model *model = model_of(n, NULL, what);
        qp_tape *tape = qp_tape_new();
        if (!strstr(what, "autoencode")) all.target.id = NULL;
        all.target_value = NULL;
        cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_logits(model, tape, &all, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s: %s", what, qp_tape_message(tape));
        cr_assert_eq(scores.rows, all.target.sequences.start[6], "%s", what);
        for (int i = 0; i < 6; i++) {
            int32_t start[4];
            qp_batch one = alone(&all, i, start);
            qp_tensor mine = qp_model_logits(model, tape, &one, NULL);
            cr_assert_eq(qp_tape_status(tape), QP_OK, "%s: %s", what, qp_tape_message(tape));
            size_t bytes = (size_t)mine.rows * (size_t)mine.columns * sizeof *mine.value;
            cr_expect_eq(memcmp(mine.value, qp_tensor_row(scores, all.target.sequences.start[i]), bytes), 0, "%s",
                         what);
        }
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

/* Searching from the one vector finds the source again. */
Test(test_head, an_autoencoder_makes_its_source_again)
{
    static const char *const decoder[][3] = {{"decoder=transformer", NULL, NULL},
                                             {"decoder=lstm", "attention=none", "context_feeding=true"},
                                             {"decoder=gru", NULL, NULL}};
    for (int d = 0; d < 3; d++) {
        const char *const setting[] = {"task=autoencode", "encoder=gru", "bottleneck=48",
                                       decoder[d][0],     decoder[d][1], decoder[d][2]};
        qp_model *model = model_small(setting, 6);
        model_pairs p;
        qp_batch batch = model_reversed_pairs(&p, 12, 5);
        batch.target = batch.source;
        double loss = model_train(model, &batch, 250, 0.01);
        cr_expect_lt(loss, 0.05, "%s: %g", decoder[d][0], loss);
        memcpy(p.target_id, p.source_id, sizeof p.target_id);
        qp_search_config config;
        qp_config_defaults(&qp_search_fields, &config);
        config.beam_size = 1;
        qp_search_result result[12];
        qp_tape *tape = qp_tape_new();
        cr_assert_eq(qp_search(model, tape, batch.source, &config, false, result), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < 12; i++) {
            const qp_hypothesis *best = &result[i].best[0];
            size_t rows = (size_t)(p.source_start[i + 1] - p.source_start[i]);
            cr_expect_eq((size_t)best->count, rows, "%s", decoder[d][0]);
            cr_expect_eq(memcmp(best->id, p.source_id + p.source_start[i], rows * sizeof(int32_t)), 0, "%s",
                         decoder[d][0]);
            qp_search_result_free(&result[i]);
        }
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

Test(test_head, attention_pooling_gives_its_map)
{
    char what[200];
    answers a;
    const qp_batch *batch = batch_of(&a, 4, 6);
    qp_model *model = model_of(4 * ENCODERS + 3, NULL, what);
    qp_tape *tape = qp_tape_new();
    qp_model_maps *maps = calloc(1, sizeof *maps);
    qp_tape_begin(tape, QP_INFER, 0);
    qp_model_logits(model, tape, batch, maps);
    cr_assert_eq(maps->count, 1);
    const qp_real *weight = maps->entry[0].map.weights.value;
    cr_assert_eq(maps->entry[0].map.weights.rows, a.pairs.source_start[6]);
    for (int i = 0; i < 6; i++) {
        double sum = 0;
        for (int r = a.pairs.source_start[i]; r < a.pairs.source_start[i + 1]; r++) sum += (double)weight[r];
        cr_expect_float_eq(sum, 1, 1e-5);
    }
    free(maps);
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(test_head, files_are_opened_again)
{
    char what[200], path[64];
    snprintf(path, sizeof path, "head-%d.safetensors", (int)getpid());
    for (int n = 0; n < ALL; n++) {
        qp_model *model = model_of(n, NULL, what);
        qp_model *loaded;
        qp_model_texts texts;
        cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_model_file_load(path, &loaded, &texts), QP_OK, "%s: %s", what, qp_error_message());
        size_t bytes = qp_params_size(qp_model_params(model)) * sizeof(qp_real);
        cr_expect_eq(memcmp(qp_params_block(qp_model_params(model)), qp_params_block(qp_model_params(loaded)), bytes),
                     0);
        const qp_model_config *before = qp_model_config_of(model), *after = qp_model_config_of(loaded);
        cr_expect(before->task == after->task && before->pooling == after->pooling && before->labels == after->labels,
                  "%s", what);
        cr_expect(before->features == after->features && before->horizon == after->horizon, "%s", what);
        qp_model_free(loaded);
        qp_model_texts_free(&texts);
        qp_model_free(model);
    }
    unlink(path);
}

Test(test_head, rows_outside_a_source_are_refused)
{
    char what[200];
    answers a;
    for (int bad = -1; bad <= 20; bad += 21) {
        qp_batch batch = *batch_of(&a, 5, 6);
        qp_model *model = model_of(5 * ENCODERS, NULL, what);
        qp_tape *tape = qp_tape_new();
        a.source_row[0] = bad;
        qp_tape_begin(tape, QP_INFER, 0);
        qp_model_logits(model, tape, &batch, NULL);
        cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
        qp_tape_begin(tape, QP_INFER, 0);
        batch.source_row = NULL;
        qp_model_logits(model, tape, &batch, NULL);
        cr_expect_eq(qp_tape_status(tape), QP_ESHAPE);
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

static bool given(const void *self, const char *name) { return self && strcmp(self, name) == 0; }

Test(test_head, what_follows_from_the_task_is_filled_in)
{
    qp_model_config c;
    qp_config_defaults(&qp_model_fields, &c);
    c.task = QP_TASK_LM;
    qp_model_config_complete(&c, given, NULL);
    cr_expect(c.encoder == QP_KIND_NONE && c.decoder == QP_KIND_TRANSFORMER);
    qp_config_defaults(&qp_model_fields, &c);
    c.task = QP_TASK_TAG;
    qp_model_config_complete(&c, given, "decoder");
    cr_expect_eq(c.decoder, QP_KIND_TRANSFORMER);
    c.labels = 3;
    c.src_vocab_size = 9;
    cr_expect_eq(qp_model_config_check(&c), QP_EUSAGE);
    cr_expect_not_null(strstr(qp_error_message(), "--decoder none"));
    qp_model_config_complete(&c, given, NULL);
    cr_expect_eq(qp_model_config_check(&c), QP_OK);
    c.pooling = QP_POOLING_MAX;
    cr_expect_eq(qp_model_config_check(&c), QP_EUSAGE);
    c.task = QP_TASK_CLASSIFY;
    c.encoder = QP_KIND_GRU;
    c.pooling = QP_POOLING_CLASS_TOKEN;
    cr_expect_eq(qp_model_config_check(&c), QP_EUSAGE);
    qp_config_defaults(&qp_model_fields, &c);
    c.task = QP_TASK_AUTOENCODE;
    c.decoder = QP_KIND_GRU;
    qp_model_config_complete(&c, given, NULL);
    cr_expect(c.attention == QP_ATTEND_NONE && c.context_feeding);
}
