#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/model/model.h"
#include "lib/train/gradient/shards.h"

/* Fewer sequences than threads: the others run tiles of the operations. */
enum { LENGTH = 700, VOCABULARY = 300, WIDTH = 64 };

static qp_model *new_model(void)
{
    qp_model_config c;
    qp_config_defaults(&qp_model_fields, &c);
    c.task = QP_TASK_LM;
    c.encoder = QP_KIND_NONE;
    c.decoder = QP_KIND_TRANSFORMER;
    c.dec_layers = 1;
    c.emb_size = WIDTH;
    c.ff_size = 4 * WIDTH;
    c.heads = 2;
    c.pos = QP_POS_LEARNED;
    c.max_length = LENGTH;
    c.dropout = c.attention_dropout = c.ff_dropout = 0.1;
    c.tgt_vocab_size = VOCABULARY;
    qp_model *model;
    cr_assert_eq(qp_model_new(&c, 1, &model), QP_OK, "%s", qp_error_message());
    return model;
}

static qp_tensor loss(void *self, qp_tape *tape, const qp_batch *shard) { return qp_model_loss(self, tape, shard, 0); }

/* Loss and gradient of an update, after one that touched all memory. */
static double gradient_of(qp_model *model, const qp_batch *batch, int threads, bool bf16, qp_real *gradient)
{
    const qp_loss_function function = {.self = model, .loss = loss};
    qp_shards *shards;
    qp_shards_result result;
    cr_assert_eq(qp_shards_new(qp_model_params(model), threads, 0, &shards), QP_OK);
    if (bf16) qp_shards_set_bf16(shards);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(qp_shards_run(shards, &function, batch, 1, 5, &result), QP_OK, "%s", qp_error_message());
    size_t size = qp_params_size(qp_model_params(model));
    for (size_t i = 0; i < size; i++)
        gradient[i] = result.gradient[0][i] + (result.gradient_count > 1 ? result.gradient[1][i] : 0);
    double sum = result.loss;
    cr_assert_eq(qp_shards_evaluate(shards, &function, batch, 1, &result), QP_OK, "%s", qp_error_message());
    qp_shards_free(shards);
    return sum + result.loss;
}

static void same_bits(int sequences, const int *threads, int count, bool bf16)
{
    int32_t id[3 * LENGTH];
    for (int r = 0; r < 3 * LENGTH; r++) id[r] = (int32_t)qp_random_below(1, (uint64_t)r, VOCABULARY);
    qp_model *model = new_model();
    size_t bytes = qp_params_size(qp_model_params(model)) * sizeof(qp_real);
    qp_real *one = malloc(bytes), *several = malloc(bytes);
    const int32_t start[] = {0, LENGTH, 2 * LENGTH, 3 * LENGTH};
    const qp_batch batch = {.target = {{.count = sequences, .start = start}, id}};
    double expected = gradient_of(model, &batch, 1, bf16, one);
    for (int i = 0; i < count; i++) {
        cr_expect_eq(gradient_of(model, &batch, threads[i], bf16, several), expected, "%d threads", threads[i]);
        cr_expect_arr_eq(several, one, bytes, "%d sequences, %d threads, bf16 %d", sequences, threads[i], bf16);
    }
    free(one);
    free(several);
    qp_model_free(model);
}

Test(shards_team, threads_without_a_shard_do_not_change_the_bits)
{
    static const int threads[] = {2, 3, 4, 7};
    same_bits(1, threads, 4, false);
    same_bits(3, threads, 4, false);
}

Test(shards_team, threads_do_not_change_the_bits_of_bf16)
{
    static const int threads[] = {2, 3, 4, 7};
    same_bits(1, threads, 4, true);
}

/* Products in bfloat16 change the gradient by less than rounding 1 part in 256 would, and the loss hardly. */
Test(shards_team, bf16_is_near_fp32)
{
    int32_t id[LENGTH];
    for (int r = 0; r < LENGTH; r++) id[r] = (int32_t)qp_random_below(1, (uint64_t)r, VOCABULARY);
    qp_model *model = new_model();
    size_t size = qp_params_size(qp_model_params(model));
    qp_real *gradient[2] = {malloc(size * sizeof(qp_real)), malloc(size * sizeof(qp_real))};
    const int32_t start[] = {0, LENGTH};
    const qp_batch batch = {.target = {{.count = 1, .start = start}, id}};
    double sum[2], length = 0, distance = 0;
    for (int bf16 = 0; bf16 < 2; bf16++) sum[bf16] = gradient_of(model, &batch, 1, bf16, gradient[bf16]);
    for (size_t i = 0; i < size; i++) {
        length += (double)gradient[0][i] * (double)gradient[0][i];
        distance += pow((double)gradient[0][i] - (double)gradient[1][i], 2);
    }
    cr_expect_neq(sum[0], sum[1]);
    cr_expect_float_eq(sum[0] / sum[1], 1, 1e-3);
    cr_expect_lt(sqrt(distance / length), 0.02, "%g", sqrt(distance / length));
    cr_expect_gt(distance, 0);
    free(gradient[0]);
    free(gradient[1]);
    qp_model_free(model);
}
