#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "data/batches/window_batches.h"
#include "tests/data/text_fixture.h"

static int32_t last_token; /* of the text; the first input is the token that ends it */

/* window_batches over a text of distinct tokens, so that a token identifies its position. */
static void stream_of(int tokens, qp_corpus *corpus)
{
    *corpus = (qp_corpus){.sequences = 1};
    corpus->target.id = malloc((size_t)tokens * sizeof *corpus->target.id);
    corpus->target.start = calloc(2, sizeof *corpus->target.start);
    corpus->target.start[1] = tokens;
    for (int i = 0; i < tokens; i++) last_token = corpus->target.id[i] = 100 + i;
}

static qp_window_batches *windows_of(const qp_corpus *corpus, qp_window_batches_options options)
{
    qp_window_batches *windows;
    cr_assert_eq(qp_window_batches_new(corpus, &options, &windows), QP_OK, "%s", qp_error_message());
    return windows;
}

/* Every target of an epoch counted in seen[]; inputs are one position earlier. Returns the rows. */
static int read_epoch(qp_window_batches *windows, int64_t epoch, int64_t size, int window, int *seen, int *first)
{
    qp_batch_source source = qp_window_batches_source(windows);
    int64_t count;
    int rows = 0;
    *first = -1;
    cr_assert_eq(source.begin(source.self, epoch, &count), QP_OK);
    for (int64_t b = 0; b < count; b++) {
        qp_batch batch;
        cr_assert_eq(source.get(source.self, b, 0, &batch), QP_OK);
        qp_sequences s = batch.target.sequences;
        cr_assert(s.count >= 1 && s.count <= size && batch.source.sequences.count == 0);
        for (int i = 0; i < s.count; i++) {
            cr_assert_leq(qp_sequence_length(s, i), window);
            for (int r = s.start[i]; r < s.start[i + 1]; r++) {
                int place = batch.target.id[r] - 100;
                if (*first < 0) *first = place;
                cr_assert_eq(batch.input[r], place ? 99 + place : last_token);
                if (r > s.start[i]) cr_assert_eq(batch.target.id[r], batch.target.id[r - 1] + 1);
                seen[place]++;
                rows++;
            }
        }
    }
    cr_assert_eq(source.get(source.self, count, 0, &(qp_batch){0}), QP_EBUG);
    return rows;
}

Test(window_batches, in_order_every_token_is_a_target_once)
{
    for (int tokens = 1; tokens < 40; tokens++) {
        qp_corpus corpus;
        stream_of(tokens, &corpus);
        qp_window_batches *windows = windows_of(&corpus,
                                                (qp_window_batches_options){.window = 7, .size = 2, .slots = 1});
        int seen[40] = {0}, first;
        cr_assert_eq(read_epoch(windows, tokens, 2, 7, seen, &first), tokens);
        for (int i = 0; i < tokens; i++) cr_assert_eq(seen[i], 1);
        cr_assert_eq(first, 0);
        qp_window_batches_free(windows);
        qp_corpus_free(&corpus);
    }
}

Test(window_batches, shuffled_whole_windows_from_another_offset_each_epoch)
{
    qp_corpus corpus;
    stream_of(103, &corpus);
    qp_window_batches_options options = {.window = 10, .size = 4, .shuffle = true, .seed = 5, .slots = 1};
    qp_window_batches *windows = windows_of(&corpus, options), *again = windows_of(&corpus, options);
    int total[103] = {0}, offsets[10] = {0}, changed = 0;
    for (int64_t epoch = 1; epoch <= 60; epoch++) {
        int seen[103] = {0}, same[103] = {0}, first, first_again;
        int rows = read_epoch(windows, epoch, 4, 10, seen, &first);
        read_epoch(again, epoch, 4, 10, same, &first_again);
        cr_assert(memcmp(seen, same, sizeof seen) == 0 && first == first_again, "not a function of seed and epoch");
        int begin = 0;
        while (!seen[begin]) begin++;
        cr_assert(begin < 10 && rows == (103 - begin) / 10 * 10);
        for (int i = 0; i < 103; i++) {
            cr_assert_eq(seen[i], i >= begin && i < begin + rows);
            total[i] += seen[i];
        }
        offsets[begin]++;
        changed += first != begin;
    }
    for (int i = 0; i < 103; i++) cr_assert_gt(total[i], 0);
    for (int i = 0; i < 10; i++) cr_assert_gt(offsets[i], 0);
    cr_assert_gt(changed, 30, "the order of the windows is not shuffled");
    qp_window_batches_free(windows);
    qp_window_batches_free(again);
    qp_corpus_free(&corpus);
}

Test(window_batches, options_and_short_text_are_reported)
{
    qp_corpus corpus;
    stream_of(9, &corpus);
    qp_window_batches *windows;
    qp_window_batches_options options = {.window = 10, .size = 1, .shuffle = true, .slots = 1};
    cr_assert_eq(qp_window_batches_new(&corpus, &options, &windows), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "9 tokens") && strstr(qp_error_message(), "--lm-window"), "%s",
              qp_error_message());
    options.window = 9;
    windows = windows_of(&corpus, options);
    for (int64_t epoch = 0; epoch < 20; epoch++) {
        int seen[9] = {0}, first;
        cr_assert_eq(read_epoch(windows, epoch, 1, 9, seen, &first), 9, "one window, always from the beginning");
    }
    qp_window_batches_free(windows);
    const qp_window_batches_options wrong[] = {{.window = 0, .size = 1, .slots = 1},
                                               {.window = 4, .size = 0, .slots = 1},
                                               {.window = 4, .size = 1, .slots = 0},
                                               {.window = 1 << 20, .size = 1 << 20, .slots = 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(qp_window_batches_new(&corpus, &wrong[i], &windows), QP_EUSAGE, "%zu", i);
    qp_corpus_free(&corpus);
}

/* Lines become one stream in which their ends are tokens; empty ones count. */
Test(window_batches, running_text_keeps_empty_lines)
{
    qp_text_codec bytes = fixture_bytes();
    qp_corpus_options options = {
        .files = {.kind = QP_TEXT_ONE_FILE, .target = fixture_text("running", "ab\n\n\303\244\n\n")},
        .target_codec = &bytes,
        .running_text = true};
    qp_corpus corpus;
    cr_assert_eq(qp_corpus_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    const int32_t expected[] = {4 + 'a', 4 + 'b', QP_EOS, QP_EOS, 4 + 0xC3, 4 + 0xA4, QP_EOS, QP_EOS};
    cr_assert_eq(corpus.target.start[corpus.sequences], 8);
    cr_assert_arr_eq(corpus.target.id, expected, sizeof expected);
    cr_assert_eq(corpus.statistics.target.tokens, 8);
    cr_assert_eq(corpus.statistics.target.characters, 7);
    cr_assert_eq(corpus.statistics.empty, 0);
    qp_corpus_free(&corpus);
    options.running_text = false;
    cr_assert_eq(qp_corpus_load(&options, &corpus), QP_OK);
    cr_assert_eq(corpus.statistics.empty, 2);
    cr_assert_eq(corpus.statistics.target.characters, 5);
    qp_corpus_free(&corpus);
}
