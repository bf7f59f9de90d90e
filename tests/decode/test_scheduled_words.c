#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/predict.h"
#include "lib/decode/scheduled_words.h"
#include "tests/decode/decode_support.h"

enum { COUNT = 75, VOCABULARY = 20, ROWS = COUNT * 10 };

/* Targets are the sources themselves: what is read is asked for, not what is learned. */
static qp_batch batch_of(qp_ids *sources)
{
    *sources = support_sources(COUNT, VOCABULARY, 4);
    return (qp_batch){.source = *sources, .target = *sources};
}

static void read_words(const qp_model *model, const qp_batch *batch, const uint8_t *coin, int threads, int32_t *input)
{
    cr_assert_eq(qp_scheduled_words(model, batch, coin, threads, input), QP_OK, "%s", qp_error_message());
}

Test(scheduled_words, without_coins_the_target_is_read)
{
    static uint8_t coin[ROWS];
    static int32_t input[ROWS];
    qp_ids sources;
    qp_batch batch = batch_of(&sources);
    qp_model *model = support_model(VOCABULARY, 3, 0);
    read_words(model, &batch, coin, 1, input);
    for (int i = 0; i < COUNT; i++)
        for (int r = sources.sequences.start[i]; r < sources.sequences.start[i + 1]; r++)
            cr_assert_eq(input[r], r == sources.sequences.start[i] ? QP_BOS : sources.id[r - 1]);
    support_sources_free(&sources);
    qp_model_free(model);
}

/* Where a coin fell, the token read is the best one of the full pass over all that was read before it. */
Test(scheduled_words, with_coins_the_best_token_is_read)
{
    static uint8_t coin[ROWS];
    static int32_t input[ROWS], again[ROWS];
    qp_ids sources;
    qp_batch batch = batch_of(&sources);
    qp_model *model = support_model(VOCABULARY, 3, 0);
    int rows = sources.sequences.start[COUNT], own = 0, other = 0;
    for (int r = 0; r < rows; r++) coin[r] = qp_random_uniform(9, (uint64_t)r) < 0.6;
    read_words(model, &batch, coin, 1, input);
    batch.input = input;
    qp_real *score = malloc((size_t)(rows * VOCABULARY) * sizeof *score);
    cr_assert_eq(qp_predict(model, &batch, 1, score), QP_OK);
    for (int i = 0; i < COUNT; i++)
        for (int r = sources.sequences.start[i] + 1; r < sources.sequences.start[i + 1]; r++) {
            int best = qp_predict_best(score + (ptrdiff_t)(r - 1) * VOCABULARY, VOCABULARY);
            cr_assert_eq(input[r], coin[r] ? best : sources.id[r - 1], "sequence %d, row %d", i, r);
            own += coin[r];
            other += input[r] != sources.id[r - 1];
        }
    cr_expect(own > rows / 3 && other > own / 2, "%d own, %d other words of %d", own, other, rows);
    for (int threads = 2; threads <= 4; threads++) {
        read_words(model, &batch, coin, threads, again);
        cr_expect_arr_eq(input, again, (size_t)rows * sizeof *input, "%d threads", threads);
    }
    free(score);
    support_sources_free(&sources);
    qp_model_free(model);
}

/* The words of a sequence do not depend on the others of its batch, however many there are. */
Test(scheduled_words, any_number_of_sequences)
{
    static const int count[] = {1, 31, 32, 33, 63, 64, 65};
    static uint8_t coin[ROWS];
    static int32_t all[ROWS], some[ROWS];
    qp_ids sources;
    qp_batch batch = batch_of(&sources);
    qp_model *model = support_model(VOCABULARY, 3, 0);
    for (int r = 0; r < sources.sequences.start[COUNT]; r++) coin[r] = r % 3 > 0;
    read_words(model, &batch, coin, 1, all);
    for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
        memset(some, -1, sizeof some);
        batch.source.sequences.count = batch.target.sequences.count = count[i];
        read_words(model, &batch, coin, 2, some);
        const int rows = sources.sequences.start[count[i]];
        cr_expect_arr_eq(some, all, (size_t)rows * sizeof *some, "%d sequences", count[i]);
        cr_expect_eq(some[rows], -1);
    }
    support_sources_free(&sources);
    qp_model_free(model);
}

Test(scheduled_words, a_batch_without_sources_is_refused)
{
    static const int32_t start[] = {0, 2}, id[] = {5, QP_EOS};
    static const uint8_t coin[2];
    int32_t input[2];
    qp_model *model = support_model(VOCABULARY, 3, 0);
    qp_batch batch = {.target = {{.count = 1, .start = start}, id}};
    cr_expect_eq(qp_scheduled_words(model, &batch, coin, 1, input), QP_ESHAPE);
    qp_model_free(model);
}
