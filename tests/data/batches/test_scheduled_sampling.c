#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "data/batches/scheduled_sampling.h"

/* scheduled_sampling over one fixed batch of pairs. */
enum { PAIRS = 60, LENGTH = 6, ROWS = PAIRS * LENGTH, VOCABULARY = 15 };
static int32_t start[PAIRS + 1], id[ROWS];

static qp_status begin(void *self, int64_t epoch, int64_t *count)
{
    (void)self;
    (void)epoch;
    *count = 2;
    return QP_OK;
}

static qp_status get(void *self, int64_t number, int slot, qp_batch *batch)
{
    (void)self;
    (void)number;
    (void)slot;
    qp_ids all = {{.count = PAIRS, .start = start}, id};
    *batch = (qp_batch){.source = all, .target = all};
    return QP_OK;
}

static qp_model *make_model(void)
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.encoder = config.decoder = QP_KIND_GRU;
    config.enc_layers = config.dec_layers = 1;
    config.emb_size = 8;
    config.init_gain = 2;
    config.src_vocab_size = config.tgt_vocab_size = VOCABULARY;
    cr_assert_eq(qp_model_new(&config, 3, &model), QP_OK, "%s", qp_error_message());
    return model;
}

/* What is read of batch `number` of an epoch. */
static void read_batch(const qp_model *model, double rate, int64_t epoch, int64_t number, int threads, int32_t *input)
{
    qp_scheduled_sampling_options options = {
        .texts = {.begin = begin, .get = get}, .model = model, .rate = rate, .seed = 5, .slots = 2, .threads = threads};
    qp_scheduled_sampling *reading;
    cr_assert_eq(qp_scheduled_sampling_new(&options, &reading), QP_OK, "%s", qp_error_message());
    qp_batch_source source = qp_scheduled_sampling_source(reading);
    int64_t count;
    qp_batch batch;
    cr_assert_eq(source.begin(source.self, epoch, &count), QP_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(source.get(source.self, number, 1, &batch), QP_OK, "%s", qp_error_message());
    cr_assert_eq(batch.target.id, id);
    memcpy(input, batch.input, ROWS * sizeof *input);
    cr_expect_eq(source.get(source.self, number, 2, &batch), QP_EBUG);
    qp_scheduled_sampling_free(reading);
}

Test(scheduled_sampling, as_many_own_words_as_asked_and_always_the_same)
{
    int32_t half[ROWS], all[ROWS], other[ROWS];
    for (int i = 0; i <= PAIRS; i++) start[i] = i * LENGTH;
    for (int r = 0; r < ROWS; r++) id[r] = r % LENGTH == LENGTH - 1 ? QP_EOS : QP_SPECIAL_COUNT + r * 7 % 11;
    qp_model *model = make_model();
    read_batch(model, 1, 0, 0, 1, all);
    read_batch(model, 0.3, 0, 0, 1, half);
    int changed[2] = {0};
    for (int r = 0; r < ROWS; r++) {
        if (r % LENGTH == 0) cr_assert(all[r] == QP_BOS && half[r] == QP_BOS);
        changed[0] += r % LENGTH && all[r] != id[r - 1];
        changed[1] += r % LENGTH && half[r] != id[r - 1];
    }
    cr_expect(changed[0] > 200 && changed[1] > 50 && changed[1] < 130, "%d and %d of %d", changed[0], changed[1], ROWS);
    for (int threads = 1; threads <= 4; threads++) {
        read_batch(model, 0.3, 0, 0, threads, other);
        cr_expect_arr_eq(half, other, sizeof half, "%d threads", threads);
    }
    read_batch(model, 0.3, 0, 1, 1, other);
    cr_expect_neq(memcmp(half, other, sizeof half), 0, "another batch draws again");
    read_batch(model, 0.3, 1, 0, 1, other);
    cr_expect_neq(memcmp(half, other, sizeof half), 0, "another epoch draws again");
    qp_model_free(model);
}

Test(scheduled_sampling, a_share_out_of_bounds_is_refused)
{
    qp_scheduled_sampling *reading;
    qp_scheduled_sampling_options options = {.slots = 1, .rate = 0};
    cr_expect_eq(qp_scheduled_sampling_new(&options, &reading), QP_EUSAGE);
    options.rate = 1.5;
    cr_expect_eq(qp_scheduled_sampling_new(&options, &reading), QP_EUSAGE);
}
