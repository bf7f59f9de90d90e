#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "data/batches/tbptt_batches.h"
#include "tests/data/text_fixture.h"

static int32_t last_token; /* of the text; the first input is the token that ends it */

/* tbptt_batches over a text of distinct tokens, so that a token identifies its position. */
static void text_of(int tokens, qp_corpus *corpus)
{
    *corpus = (qp_corpus){.sequences = 1};
    corpus->target.id = malloc((size_t)tokens * sizeof *corpus->target.id);
    corpus->target.start = calloc(2, sizeof *corpus->target.start);
    corpus->target.start[1] = tokens;
    for (int i = 0; i < tokens; i++) last_token = corpus->target.id[i] = 100 + i;
}

static qp_tbptt_batches *streams_of(const qp_corpus *corpus, qp_tbptt_batches_options options)
{
    qp_tbptt_batches *streams;
    cr_assert_eq(qp_tbptt_batches_new(corpus, &options, &streams), QP_OK, "%s", qp_error_message());
    return streams;
}

/* One epoch: every sequence continues that of the batch before. Returns the rows; *first the first token. */
static int read_epoch(qp_tbptt_batches *streams, int64_t epoch, int window, int *seen, int *first)
{
    qp_batch_source source = qp_tbptt_batches_source(streams);
    int64_t count;
    int rows = 0, at[64], before = 0;
    cr_assert_eq(source.begin(source.self, epoch, &count), QP_OK);
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(source.get(source.self, b, 0, &batch), QP_OK);
        qp_sequences s = batch.target.sequences;
        cr_assert(s.count >= 1 && batch.source.sequences.count == 0 && (b == 0 || s.count <= before));
        cr_assert(batch.carry.row == source.carry && batch.carry.width == 3 && batch.carry.empty == (b == 0));
        before = s.count;
        for (int i = 0; i < s.count; i++) {
            cr_assert(qp_sequence_length(s, i) >= 1 && qp_sequence_length(s, i) <= window);
            int place = batch.target.id[s.start[i]] - 100;
            if (b)
                cr_assert_eq(place, at[i], "batch %d sequence %d", (int)b, i);
            else if (i == 0)
                *first = place;
            for (int r = s.start[i]; r < s.start[i + 1]; r++, place++) {
                cr_assert_eq(batch.target.id[r], 100 + place);
                cr_assert_eq(batch.input[r], place ? 99 + place : last_token);
                seen[place]++;
                rows++;
            }
            at[i] = place;
        }
    }
    cr_assert_eq(source.get(source.self, count, 0, &(qp_batch){0}), QP_EBUG);
    return rows;
}

Test(tbptt_batches, in_order_every_token_is_a_target_once)
{
    for (int tokens = 1; tokens < 40; tokens++)
        for (int size = 1; size < 6; size++) {
            qp_corpus corpus;
            text_of(tokens, &corpus);
            qp_tbptt_batches *s = streams_of(&corpus,
                                             (qp_tbptt_batches_options){.window = 3, .size = size, .carry_width = 3});
            int seen[40] = {0}, first;
            cr_assert_eq(read_epoch(s, 0, 3, seen, &first), tokens, "%d tokens, %d streams", tokens, size);
            for (int i = 0; i < tokens; i++)
                cr_assert_eq(seen[i], 1, "%d tokens, %d streams: token %d", tokens, size, i);
            qp_tbptt_batches_free(s);
            qp_corpus_free(&corpus);
        }
}

Test(tbptt_batches, shuffled_whole_windows_from_another_offset_each_epoch)
{
    qp_corpus corpus;
    text_of(103, &corpus);
    qp_tbptt_batches *s = streams_of(
        &corpus, (qp_tbptt_batches_options){.window = 10, .size = 4, .shuffle = true, .seed = 5, .carry_width = 3});
    int offsets[10] = {0}, different = 0;
    for (int epoch = 0; epoch < 40; epoch++) {
        int seen[103] = {0}, again[103] = {0}, first, first_again;
        int rows = read_epoch(s, epoch, 10, seen, &first);
        cr_assert(rows == 80 && first >= 0 && first < 10, "%d rows from %d", rows, first);
        read_epoch(s, epoch, 10, again, &first_again);
        cr_assert_eq(memcmp(seen, again, sizeof seen), 0, "not a function of seed and epoch");
        offsets[first]++;
        for (int i = 0; i < 103; i++) cr_assert_leq(seen[i], 1);
    }
    for (int i = 0; i < 10; i++) different += offsets[i] > 0;
    cr_assert_gt(different, 6);
    qp_tbptt_batches_free(s);
    qp_corpus_free(&corpus);
}

Test(tbptt_batches, wrong_sizes_are_reported)
{
    qp_corpus corpus;
    qp_tbptt_batches *s;
    text_of(20, &corpus);
    qp_tbptt_batches_options options = {.window = 5, .size = 4, .shuffle = true, .carry_width = 3};
    cr_assert_eq(qp_tbptt_batches_new(&corpus, &options, &s), QP_OK);
    qp_tbptt_batches_free(s);
    options.size = 5;
    cr_assert_eq(qp_tbptt_batches_new(&corpus, &options, &s), QP_EDATA);
    options.window = 0;
    cr_assert_eq(qp_tbptt_batches_new(&corpus, &options, &s), QP_EUSAGE);
    cr_assert_null(s);
    qp_corpus_free(&corpus);
}
