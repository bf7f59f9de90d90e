#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "lib/train/gradient/gradient_type.h"
#include "tests/train/allocations.h"
#include "tests/train/toy_loss.h"

/* Gradient of an update as one block; the caller frees it. */
static qp_real *gradient_of(toy *t, const qp_batch *batch, int count, int threads, int64_t shard_rows,
                            qp_shards_result *result)
{
    qp_shards *s;
    cr_assert_eq(qp_shards_new(t->params, threads, shard_rows, &s), QP_OK);
    qp_loss_function f = {.self = t, .loss = toy_loss};
    for (int again = 0; again < 3; again++)
        cr_assert_eq(qp_shards_run(s, &f, batch, count, 77, result), QP_OK, "%s", qp_error_message());
    size_t size = qp_params_size(t->params);
    qp_real *g = calloc(size, sizeof *g);
    for (size_t i = 0; i < size; i++)
        g[i] = result->gradient_count == 2 ? result->gradient[0][i] + result->gradient[1][i] : result->gradient[0][i];
    int depth = 0;
    while ((1 << depth) < result->shards) depth++;
    cr_assert_leq(qp_shards_blocks(s), threads + depth);
    cr_assert_gt(qp_shards_bytes(s), 0);
    qp_shards_free(s);
    return g;
}

Test(shards, the_number_depends_on_the_batch_alone)
{
    cr_assert_eq(qp_shards_count(127, 40, 0), 1);
    cr_assert_eq(qp_shards_count(128, 40, 0), 2);
    cr_assert_eq(qp_shards_count(128, 1, 0), 1);
    cr_assert_eq(qp_shards_count(3072, 64, 0), 2);
    cr_assert_eq(qp_shards_count(4096, 64, 0), 4);
    cr_assert_eq(qp_shards_count(8192, 64, 0), 8);
    cr_assert_eq(qp_shards_count(8192, 3, 0), 2);
    cr_assert_eq(qp_shards_count(10000000, 100000, 0), 64);
    cr_assert_eq(qp_shards_count(3072, 64, 512), 4);
}

Test(shards, any_thread_count_gives_the_same_bits)
{
    static toy_batch batch[3];
    for (int i = 0; i < 3; i++) toy_batch_fill(&batch[i], 100 + 30 * i, (uint64_t)i);
    const qp_batch list[] = {batch[0].batch, batch[1].batch, batch[2].batch};
    toy *t = toy_new(1);
    t->dropout = (qp_real)0.3;
    for (int count = 1; count <= 3; count++) {
        qp_shards_result first, result;
        qp_real *expected = gradient_of(t, list, count, 1, 64, &first);
        cr_assert_geq(first.shards, 8 * count);
        for (int threads = 2; threads <= 4; threads++) {
            qp_real *g = gradient_of(t, list, count, threads, 64, &result);
            cr_assert_eq(memcmp(g, expected, qp_params_size(t->params) * sizeof *g), 0, "%d threads", threads);
            cr_assert_eq(memcmp(&first.loss, &result.loss, sizeof first.loss), 0);
            free(g);
        }
        free(expected);
    }
    toy_free(t);
}

Test(shards, the_sum_is_the_gradient_of_the_whole)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 130, 5);
    toy *t = toy_new(2);
    qp_shards_result whole, cut;
    qp_real *a = gradient_of(t, &batch.batch, 1, 1, 1000000, &whole);
    qp_real *b = gradient_of(t, &batch.batch, 1, 2, 32, &cut);
    cr_assert_eq(whole.shards, 1);
    cr_assert_eq(cut.shards, 16 + 16 * (cut.target_rows + cut.source_rows >= 1024));
    cr_assert_eq(cut.target_rows, batch.start[130]);
    cr_assert_eq(cut.source_rows, 130);
    cr_assert_float_eq(whole.loss, cut.loss, 1e-4 * whole.loss);
    for (size_t i = 0; i < qp_params_size(t->params); i++) cr_assert_float_eq((double)a[i], (double)b[i], 1e-5);
    free(a);
    free(b);
    toy_free(t);
}

static qp_tensor sequences_seen(void *self, qp_tape *tape, const qp_batch *shard)
{
    int *most = self;
    if (shard->target.sequences.count > *most) *most = shard->target.sequences.count;
    qp_tensor zero = qp_tape_tensor(tape, 1, 1);
    zero.value[0] = 0;
    return zero;
}

/* Gradients of 16 bits are those of 32, rounded at each sum; a type that is set again changes nothing. */
Test(shards, sums_of_another_type)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 200, 3);
    toy *t = toy_new(1);
    size_t size = qp_params_size(t->params);
    qp_real *sum[3];
    static const int type[3] = {QP_GRADIENT_FP32, QP_GRADIENT_BF16, QP_GRADIENT_FP32};
    for (int i = 0; i < 3; i++) {
        qp_shards *s;
        qp_shards_result result;
        qp_loss_function f = {.self = t, .loss = toy_loss};
        cr_assert_eq(qp_shards_new(t->params, 2, 64, &s), QP_OK);
        cr_assert_eq(qp_shards_set_type(s, QP_GRADIENT_BF16), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_shards_set_type(s, type[i]), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_shards_set_type(s, type[i]), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_shards_run(s, &f, &batch.batch, 1, 77, &result), QP_OK, "%s", qp_error_message());
        cr_assert_gt(result.shards, 4);
        sum[i] = calloc(size, sizeof **sum);
        for (int block = 0; block < result.gradient_count; block++)
            for (size_t k = 0; k < size; k++) sum[i][k] += result.gradient[block][k];
        qp_shards_free(s);
    }
    double largest = 0, apart = 0;
    for (size_t k = 0; k < size; k++) {
        largest = fmax(largest, fabs((double)sum[0][k]));
        apart = fmax(apart, fabs((double)(sum[1][k] - sum[0][k])));
        cr_assert_eq(sum[0][k], sum[2][k]);
    }
    cr_assert(apart > 0 && apart < 0.03 * largest, "%g of %g", apart, largest);
    for (int i = 0; i < 3; i++) free(sum[i]);
    toy_free(t);
}

/* A loss that compares the sequences of a batch sees all of them at once, however many rows they have. */
Test(shards, a_batch_can_stay_whole)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 80, 1);
    toy *t = toy_new(3);
    qp_shards *s;
    qp_shards_result result;
    int count = batch.batch.target.sequences.count;
    cr_assert_eq(qp_shards_new(t->params, 1, 16, &s), QP_OK);
    for (int whole = 0; whole < 2; whole++) {
        int most = 0;
        qp_loss_function f = {.self = &most, .loss = sequences_seen, .whole = whole};
        cr_assert_eq(qp_shards_run(s, &f, &batch.batch, 1, 77, &result), QP_OK);
        cr_expect(whole ? most == count && result.shards == 1 : most < count && result.shards > 1);
    }
    qp_shards_free(s);
    toy_free(t);
}

/* Three batches of unequal size: the mean of their own means, and of their gradients. */
Test(shards, batches_can_count_alike)
{
    static toy_batch batch[3];
    for (int i = 0; i < 3; i++) toy_batch_fill(&batch[i], 20 + 60 * i, (uint64_t)i);
    const qp_batch list[] = {batch[0].batch, batch[1].batch, batch[2].batch};
    toy *t = toy_new(3);
    qp_shards *s;
    qp_loss_function f = {.self = t, .loss = toy_loss};
    qp_shards_result all, one;
    size_t size = qp_params_size(t->params);
    double *expected = calloc(size, sizeof *expected), loss = 0;
    for (int b = 0; b < 3; b++) {
        qp_real *g = gradient_of(t, &list[b], 1, 1, 64, &one);
        for (size_t i = 0; i < size; i++) expected[i] += (double)g[i] / 3;
        loss += one.loss / (double)one.target_rows / 3;
        free(g);
    }
    cr_assert_eq(qp_shards_new(t->params, 2, 64, &s), QP_OK);
    qp_shards_set_batch_mean(s);
    cr_assert_eq(qp_shards_run(s, &f, list, 3, 77, &all), QP_OK);
    cr_expect_float_eq(all.loss / (double)all.target_rows, loss, 1e-5 * loss);
    for (size_t i = 0; i < size; i++) {
        double sum = (double)all.gradient[0][i] + (double)all.gradient[1][i];
        cr_expect_float_eq(sum, expected[i], 1e-5, "%zu: %g, not %g", i, sum, expected[i]);
    }
    qp_shards_free(s);
    free(expected);
    toy_free(t);
}

/* A shard larger than a piece runs as several; the same gradient, less memory. */
Test(shards, a_large_shard_runs_in_pieces)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 390, 5);
    toy *t = toy_new(2);
    qp_shards_result large, small, again;
    qp_real *a = gradient_of(t, &batch.batch, 1, 1, 1000000, &large);
    qp_real *b = gradient_of(t, &batch.batch, 1, 2, 64, &small);
    qp_real *c = gradient_of(t, &batch.batch, 1, 2, 1000000, &again);
    cr_assert_gt(large.target_rows + large.source_rows, 3 * QP_PIECE_ROWS);
    cr_assert_eq(large.shards, 1);
    cr_assert_float_eq(large.loss, small.loss, 1e-4 * large.loss);
    for (size_t i = 0; i < qp_params_size(t->params); i++) cr_assert_float_eq((double)a[i], (double)b[i], 1e-5);
    cr_assert_eq(memcmp(a, c, qp_params_size(t->params) * sizeof *a), 0);
    free(a), free(b), free(c);
    toy_free(t);
}

typedef struct {
    toy *toy;
    int calls;
} counting;

static qp_tensor counted_loss(void *self, qp_tape *tape, const qp_batch *shard)
{
    counting *c = self;
    __atomic_add_fetch(&c->calls, 1, __ATOMIC_RELAXED);
    return toy_loss(c->toy, tape, shard);
}

/* Passes of a batch of two shards, each of two sequences and one row more than `rows`. */
static int passes(int rows, bool recurrent)
{
    static int32_t id[2 * QP_LARGE_PIECE_ROWS + 2];
    const int32_t half = rows / 2, start[] = {0, half + 1, 2 * half + 1, 3 * half + 2, 4 * half + 2};
    for (int r = 0; r < start[4]; r++) id[r] = 4 + r % 15;
    const qp_batch batch = {.target = {{.count = 4, .start = start}, id}};
    counting c = {toy_new(2), 0};
    qp_shards *s;
    qp_shards_result result;
    cr_assert_eq(qp_shards_new(c.toy->params, 1, 0, &s), QP_OK);
    const qp_loss_function f = {.self = &c, .loss = counted_loss, .recurrent = recurrent};
    cr_assert_eq(qp_shards_run(s, &f, &batch, 1, 77, &result), QP_OK);
    cr_assert_eq(result.shards, 2);
    qp_shards_free(s);
    toy_free(c.toy);
    return c.calls;
}

/* One row more than a piece holds needs a second piece. */
Test(shards, no_piece_is_too_large)
{
    cr_expect_eq(passes(QP_PIECE_ROWS, false), 4);
    cr_expect_eq(passes(QP_PIECE_ROWS - 2, false), 2);
    cr_expect_eq(passes(QP_LARGE_PIECE_ROWS, true), 4);
    cr_expect_eq(passes(QP_LARGE_PIECE_ROWS - 2, true), 2);
}

/* The largest power of two with enough rows and at least a sequence in each shard. */
Test(shards, their_number)
{
    const int64_t few = QP_SHARD_SPLIT_ROWS, many = 1000000;
    cr_expect_eq(qp_shards_count(few - 1, 100, 0), 1);
    cr_expect_eq(qp_shards_count(few, 100, 0), 2);
    cr_expect_eq(qp_shards_count(few, 2, 0), 2);
    cr_expect_eq(qp_shards_count(few, 1, 0), 1);
    for (int sequences = 1; sequences <= 9; sequences++) {
        static const int count[] = {0, 1, 2, 2, 4, 4, 4, 4, 8, 8};
        cr_expect_eq(qp_shards_count(many, sequences, 64), count[sequences], "%d sequences", sequences);
    }
    cr_expect_eq(qp_shards_count(4 * few, 100, few), 4);
    cr_expect_eq(qp_shards_count(4 * few - 1, 100, few), 2);
    cr_expect_eq(qp_shards_count(INT32_MAX, 1000000, 1), QP_SHARDS_MAX);
    cr_expect_eq(qp_shards_count(3072, 64, QP_SHARD_ROWS), 2);
    cr_expect_eq(qp_shards_count(3072, 64, 1536), 2);
    cr_expect_eq(qp_shards_count(3072, 64, 1537), 1); /* larger ones are asked for */
    cr_expect_eq(qp_shards_count(4096, 64, 2048), 2);
}

/* What the decoder reads is cut with the targets it belongs to. */
static qp_tensor loss_of_pairs(void *self, qp_tape *tape, const qp_batch *shard)
{
    qp_sequences s = shard->target.sequences;
    if (!shard->input) return qp_tape_fail(tape, QP_EBUG, "no input");
    for (int r = 0; r < s.start[s.count]; r++)
        if (shard->input[r] != shard->target.id[r] + 100) return qp_tape_fail(tape, QP_EBUG, "row %d", r);
    return toy_loss(self, tape, shard);
}

Test(shards, inputs_are_cut_like_targets)
{
    static toy_batch batch;
    static int32_t input[5000];
    toy_batch_fill(&batch, 390, 5);
    for (int r = 0; r < batch.start[390]; r++) input[r] = batch.id[r] + 100;
    batch.batch.input = input;
    toy *t = toy_new(2);
    qp_loss_function f = {.self = t, .loss = loss_of_pairs};
    for (int64_t rows = 64; rows <= 1000000; rows *= 100) {
        qp_shards *s;
        qp_shards_result result;
        cr_assert_eq(qp_shards_new(t->params, 2, rows, &s), QP_OK);
        cr_assert_eq(qp_shards_evaluate(s, &f, &batch.batch, 1, &result), QP_OK, "%s", qp_error_message());
        cr_assert_eq(result.shards > 1, rows == 64);
        qp_shards_free(s);
    }
    toy_free(t);
}

/* Every part of a batch is cut where its sequences are: all arrays hold their own index, and `score` the sequence. */
enum { CUT_SEQUENCES = 200, CUT_FEATURES = 3, CUT_OUTPUTS = 2, CUT_COLUMNS = 4 };

static int32_t cut_source[CUT_SEQUENCES + 1], cut_target[CUT_SEQUENCES + 1];

static bool begins_with(const qp_real *value, int index) { return value && value[0] == (qp_real)index; }

static qp_tensor loss_of_parts(void *self, qp_tape *tape, const qp_batch *shard)
{
    int first = shard->score ? (int)shard->score[0] : 0, count = shard->target.sequences.count;
    int source = cut_source[first], target = cut_target[first];
    bool right = shard->score && shard->score[count - 1] == (qp_real)(first + count - 1) &&
                 shard->source.sequences.count == count && shard->source.sequences.start[0] == 0 &&
                 qp_sequence_rows(shard->source.sequences) == cut_source[first + count] - source &&
                 shard->source.id[0] == source && shard->target.id[0] == 4 + target % 15 &&
                 shard->segment[0] == source && shard->source_row[0] == target &&
                 begins_with(shard->source_value, source * CUT_FEATURES) && shard->features == CUT_FEATURES &&
                 begins_with(shard->target_value, target * CUT_OUTPUTS) && shard->outputs == CUT_OUTPUTS &&
                 begins_with(shard->weight, first) &&
                 begins_with(shard->noise, first * CUT_COLUMNS) && shard->noise_columns == CUT_COLUMNS &&
                 begins_with(shard->carry.row, first * CUT_COLUMNS) && shard->carry.width == CUT_COLUMNS;
    if (!right) return qp_tape_fail(tape, QP_EBUG, "sequences from %d", first);
    return toy_loss(self, tape, &(qp_batch){.target = shard->target});
}

Test(shards, every_part_of_a_batch_is_cut_like_its_sequences)
{
    enum { ROWS = CUT_SEQUENCES * 9 };
    static int32_t source_id[ROWS], target_id[ROWS], own_index[ROWS];
    static qp_real number[ROWS * CUT_COLUMNS];
    for (int i = 0; i < CUT_SEQUENCES; i++) {
        cut_source[i + 1] = cut_source[i] + 1 + i % 8;
        cut_target[i + 1] = cut_target[i] + 1 + i * 3 % 7;
    }
    for (int r = 0; r < ROWS; r++) source_id[r] = own_index[r] = r, target_id[r] = 4 + r % 15;
    for (int k = 0; k < ROWS * CUT_COLUMNS; k++) number[k] = (qp_real)k;
    const qp_batch batch = {.source = {{.count = CUT_SEQUENCES, .start = cut_source}, source_id},
                            .target = {{.count = CUT_SEQUENCES, .start = cut_target}, target_id},
                            .segment = own_index,
                            .source_row = own_index,
                            .source_value = number,
                            .features = CUT_FEATURES,
                            .target_value = number,
                            .outputs = CUT_OUTPUTS,
                            .score = number,
                            .weight = number,
                            .noise = number,
                            .noise_columns = CUT_COLUMNS,
                            .carry = {.row = number, .width = CUT_COLUMNS}};
    toy *t = toy_new(2);
    qp_loss_function f = {.self = t, .loss = loss_of_parts};
    qp_shards *s;
    qp_shards_result result;
    cr_assert_eq(qp_shards_new(t->params, 2, 64, &s), QP_OK);
    cr_assert_eq(qp_shards_evaluate(s, &f, &batch, 1, &result), QP_OK, "%s", qp_error_message());
    cr_assert_gt(result.shards, 4);
    qp_shards_free(s);
    toy_free(t);
}

Test(shards, odd_numbers_of_shards_and_one)
{
    static toy_batch batch[3];
    for (int i = 0; i < 3; i++) toy_batch_fill(&batch[i], 3, (uint64_t)i); /* one shard each */
    const qp_batch list[] = {batch[0].batch, batch[1].batch, batch[2].batch};
    toy *t = toy_new(3);
    qp_shards_result one, three;
    free(gradient_of(t, list, 1, 2, 0, &one));
    cr_assert_eq(one.shards, 1);
    cr_assert_eq(one.gradient_count, 1);
    qp_real *g = gradient_of(t, list, 3, 3, 0, &three);
    cr_assert_eq(three.shards, 3);
    cr_assert_eq(three.gradient_count, 2);
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        qp_shards_result r;
        free(gradient_of(t, &list[i], 1, 1, 0, &r));
        sum += r.loss;
    }
    cr_assert_float_eq(sum, three.loss, 1e-4);
    free(g);
    toy_free(t);
}

Test(shards, evaluation_is_the_loss_without_dropout)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 130, 5);
    toy *t = toy_new(2);
    qp_shards *s;
    qp_loss_function f = {.self = t, .loss = toy_loss};
    qp_shards_result train, infer[4];
    cr_assert_eq(qp_shards_new(t->params, 1, 64, &s), QP_OK);
    cr_assert_eq(qp_shards_run(s, &f, &batch.batch, 1, 1, &train), QP_OK);
    qp_shards_free(s);
    t->dropout = (qp_real)0.5;
    for (int threads = 1; threads <= 4; threads++) {
        cr_assert_eq(qp_shards_new(t->params, threads, 64, &s), QP_OK);
        cr_assert_eq(qp_shards_evaluate(s, &f, &batch.batch, 1, &infer[threads - 1]), QP_OK);
        cr_assert_eq(infer[threads - 1].loss, infer[0].loss);
        cr_assert_eq(qp_shards_blocks(s), 0);
        qp_shards_free(s);
    }
    cr_assert_float_eq(train.loss, infer[0].loss, 1e-5 * train.loss);
    toy_free(t);
}

Test(shards, a_failing_shard_is_reported_and_the_next_update_works)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 130, 5);
    toy *t = toy_new(2);
    t->fail_above = 3;
    qp_loss_function f = {.self = t, .loss = toy_loss};
    qp_shards_result r;
    for (int threads = 1; threads <= 3; threads++) {
        qp_shards *s;
        t->fail_above = 3;
        cr_assert_eq(qp_shards_new(t->params, threads, 32, &s), QP_OK);
        cr_assert_eq(qp_shards_run(s, &f, &batch.batch, 1, 1, &r), QP_EDATA);
        cr_assert_not_null(strstr(qp_error_message(), "toy: id"));
        t->fail_above = 0;
        cr_assert_eq(qp_shards_run(s, &f, &batch.batch, 1, 1, &r), QP_OK);
        qp_shards_free(s);
    }
    toy_free(t);
}

Test(shards, wrong_batches_are_refused)
{
    static toy_batch batch;
    toy_batch_fill(&batch, 5, 5);
    toy *t = toy_new(2);
    qp_shards *s;
    qp_loss_function f = {.self = t, .loss = toy_loss};
    qp_shards_result r;
    cr_assert_eq(qp_shards_new(t->params, 2, 32, &s), QP_OK);
    qp_batch bad = batch.batch;
    bad.target.sequences.count = 0;
    cr_assert_eq(qp_shards_run(s, &f, &bad, 1, 1, &r), QP_ESHAPE);
    bad = batch.batch;
    bad.source.sequences.count = 3;
    cr_assert_eq(qp_shards_run(s, &f, &bad, 1, 1, &r), QP_ESHAPE);
    bad = batch.batch;
    bad.target.sequences.length = batch.start;
    cr_assert_eq(qp_shards_run(s, &f, &bad, 1, 1, &r), QP_ESHAPE);
    qp_shards_free(s);
    toy_free(t);
}

Test(shards, nothing_is_allocated_after_the_first_update)
{
    static toy_batch batch[2];
    for (int i = 0; i < 2; i++) toy_batch_fill(&batch[i], 130, (uint64_t)i);
    const qp_batch list[] = {batch[0].batch, batch[1].batch};
    toy *t = toy_new(1);
    qp_loss_function f = {.self = t, .loss = toy_loss};
    for (int threads = 1; threads <= 2; threads++) {
        qp_shards *s;
        qp_shards_result r;
        cr_assert_eq(qp_shards_new(t->params, threads, 64, &s), QP_OK);
        for (int i = 0; i < 2; i++) cr_assert_eq(qp_shards_run(s, &f, list, 2, 1, &r), QP_OK);
        long before = allocations();
        for (int i = 0; i < 20; i++)
            if (qp_shards_run(s, &f, list + i % 2, 1 + (i % 3 == 0 && i % 2 == 0), (uint64_t)i, &r) != QP_OK) abort();
        cr_assert_eq(allocations(), before, "%ld allocations with %d threads", allocations() - before, threads);
        qp_shards_free(s);
    }
    void *volatile seen = malloc(10); /* the counter itself works */
    cr_assert(!ALLOCATIONS_COUNTED || allocations() > 0);
    free(seen);
    toy_free(t);
}
