#include <criterion/criterion.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "data/batches/batcher.h"
#include "lib/base/hash_set.h"
#include "tests/data/text_fixture.h"

#define OPTIONS(kind_, size_, shuffle_, seed_, slots_)                                                                 \
    {                                                                                                                  \
        .kind = kind_, .size = size_, .shuffle = shuffle_, .seed = seed_, .slots = slots_                              \
    }

static qp_batcher *batcher_of(const qp_corpus *corpus, qp_batcher_options options)
{
    qp_batcher *batcher;
    cr_assert_eq(qp_batcher_new(corpus, &options, &batcher), QP_OK, "%s", qp_error_message());
    return batcher;
}

static int64_t begin(qp_batcher *batcher, int64_t epoch)
{
    qp_batch_source source = qp_batcher_source(batcher);
    int64_t count;
    cr_assert_eq(source.begin(source.self, epoch, &count), QP_OK);
    return count;
}

static qp_batch get(qp_batcher *batcher, int64_t number, int slot)
{
    qp_batch_source source = qp_batcher_source(batcher);
    qp_batch batch;
    cr_assert_eq(source.get(source.self, number, slot, &batch), QP_OK, "%s", qp_error_message());
    return batch;
}

static uint64_t hash_ids(const int32_t *id, int64_t count, uint64_t seed)
{
    return XXH64(id, (size_t)count * sizeof *id, seed);
}

static uint64_t hash_batch(const qp_batch *b)
{
    uint64_t hash = hash_ids(b->target.id, b->target.sequences.start[b->target.sequences.count], 0);
    hash = hash_ids(b->target.sequences.start, b->target.sequences.count + 1, hash);
    if (b->source.sequences.count == 0) return hash;
    hash = hash_ids(b->source.id, b->source.sequences.start[b->source.sequences.count], hash);
    return hash_ids(b->source.sequences.start, b->source.sequences.count + 1, hash);
}

static uint64_t hash_epoch(qp_batcher *batcher, int64_t epoch)
{
    uint64_t hash = 0;
    int64_t batches = begin(batcher, epoch);
    for (int64_t i = 0; i < batches; i++) {
        qp_batch batch = get(batcher, i, 0);
        hash = hash * 31 + hash_batch(&batch);
    }
    return hash;
}

/* One hash of a pair, whether from the corpus or from a batch. */
static uint64_t hash_pair(const int32_t *source, int source_count, const int32_t *target, int target_count)
{
    return hash_ids(target, target_count, hash_ids(source, source_count, 7)) | 1;
}

/* Every pair of the corpus comes once an epoch, source and target still together. */
static void expect_every_pair_once(const qp_corpus *c, qp_batcher *batcher, int64_t epoch)
{
    qp_hash_set pairs = {0};
    int64_t seen = 0, batches = begin(batcher, epoch);
    for (int64_t i = 0; i < c->sequences; i++)
        qp_hash_set_add(&pairs, hash_pair(c->source.id + c->source.start[i], qp_corpus_length(&c->source, i),
                                          c->target.id + c->target.start[i], qp_corpus_length(&c->target, i)));
    qp_hash_set left = {0};
    for (int64_t number = 0; number < batches; number++) {
        qp_batch b = get(batcher, number, 0);
        qp_sequences ss = b.source.sequences, ts = b.target.sequences;
        cr_assert_gt(ts.count, 0, "batch %ld is empty", number);
        cr_assert_eq(ss.count, ts.count);
        cr_assert(ss.start[0] == 0 && ts.start[0] == 0);
        for (int i = 0; i < ts.count; i++, seen++) {
            cr_assert_eq(b.target.id[ts.start[i + 1] - 1], QP_EOS);
            uint64_t hash = hash_pair(b.source.id + ss.start[i], qp_sequence_length(ss, i), b.target.id + ts.start[i],
                                      qp_sequence_length(ts, i));
            qp_hash_set_add(&left, hash);
            cr_assert_leq(qp_hash_set_get(&left, hash), qp_hash_set_get(&pairs, hash));
        }
    }
    cr_expect_eq(seen, c->sequences);
    qp_hash_set_free(&pairs);
    qp_hash_set_free(&left);
}

Test(batcher, every_pair_comes_once_an_epoch)
{
    qp_corpus c;
    fixture_corpus(1500, 20, false, &c);
    qp_batcher_options options[] = {
        OPTIONS(QP_BATCH_TOKENS, 300, true, 1, 1),   OPTIONS(QP_BATCH_TOKENS, 300, false, 1, 1),
        OPTIONS(QP_BATCH_SENTENCES, 32, true, 1, 1), OPTIONS(QP_BATCH_TOKENS, 1, true, 1, 1),
        OPTIONS(QP_BATCH_SENTENCES, 1, true, 1, 1),  OPTIONS(QP_BATCH_TOKENS, 1 << 30, true, 1, 1)};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        qp_batcher *batcher = batcher_of(&c, options[i]);
        expect_every_pair_once(&c, batcher, 0);
        expect_every_pair_once(&c, batcher, 1);
        qp_batcher_free(batcher);
    }
    qp_corpus_free(&c);
}

/* The memory of a batch depends on the corpus, not on the largest batch that was asked for. */
Test(batcher, small_corpora_take_little_memory)
{
    qp_corpus c;
    fixture_corpus(100, 20, false, &c);
    const qp_batcher_options options[] = {OPTIONS(QP_BATCH_TOKENS, 1 << 30, true, 1, 1),
                                          OPTIONS(QP_BATCH_SENTENCES, 1 << 30, true, 1, 1)};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        qp_batcher *batcher = batcher_of(&c, options[i]);
        cr_assert_eq(begin(batcher, 0), 1);
        qp_batch batch = get(batcher, 0, 0);
        cr_expect_eq(batch.target.sequences.count, 100);
        cr_expect_lt(malloc_usable_size((void *)(uintptr_t)batch.target.id), 100000u);
        cr_expect_lt(malloc_usable_size((void *)(uintptr_t)batch.source.id), 100000u);
        cr_expect_lt(malloc_usable_size((void *)(uintptr_t)batch.source.sequences.start), 100000u);
        qp_batcher_free(batcher);
    }
    qp_corpus_free(&c);
}

Test(batcher, a_batch_is_a_function_of_seed_epoch_and_number)
{
    qp_corpus c;
    fixture_corpus(1000, 20, false, &c);
    qp_batcher *one = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 200, true, 5, 1));
    qp_batcher *same = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 200, true, 5, 3));
    qp_batcher *other = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 200, true, 6, 1));
    uint64_t third = hash_epoch(one, 3);
    cr_expect_neq(hash_epoch(one, 4), third);
    cr_expect_eq(hash_epoch(one, 3), third, "an epoch does not depend on the one before");
    cr_expect_eq(hash_epoch(same, 3), third);
    cr_expect_neq(hash_epoch(other, 3), third);
    begin(same, 3);
    begin(one, 3);
    qp_batch late = get(one, 17, 0), early = get(same, 17, 2);
    cr_expect_eq(hash_batch(&late), hash_batch(&early), "a batch does not depend on those before");
    qp_batcher_free(one);
    qp_batcher_free(same);
    qp_batcher_free(other);
    qp_corpus_free(&c);
}

/* Without the shuffle of batches they would come longest first: they are cut from sequences sorted by length. */
Test(batcher, batches_are_shuffled)
{
    qp_corpus c;
    fixture_corpus(1000, 20, false, &c);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_SENTENCES, 20, true, 5, 1));
    int64_t batches = begin(batcher, 0), longer = 0, shorter = 0;
    int last = 0;
    for (int64_t i = 0; i < batches; i++) {
        qp_batch b = get(batcher, i, 0);
        int length = qp_sequence_length(b.target.sequences, 0);
        if (i > 0) longer += length > last, shorter += length < last;
        last = length;
    }
    cr_expect_eq(batches, 50);
    cr_expect_gt(longer, 10, "%ld batches are longer than the one before", (long)longer);
    cr_expect_gt(shorter, 10, "%ld batches are shorter than the one before", (long)shorter);
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

/* 256 sequences of one length, each of one id of its own. */
static void corpus_of_numbers(qp_corpus *c)
{
    enum { COUNT = 256 };
    memset(c, 0, sizeof *c);
    c->sequences = COUNT;
    c->target.id = malloc(2 * COUNT * sizeof *c->target.id);
    c->target.start = malloc((COUNT + 1) * sizeof *c->target.start);
    for (int i = 0; i <= COUNT; i++) c->target.start[i] = 2 * i;
    for (int i = 0; i < COUNT; i++) c->target.id[2 * i] = QP_SPECIAL_COUNT + i, c->target.id[2 * i + 1] = QP_EOS;
    c->statistics.target.tokens = 2 * COUNT;
}

/* Sequences of a batch are not neighbours in the file, and have other companions in the next epoch. */
Test(batcher, sequences_are_shuffled)
{
    qp_corpus c;
    corpus_of_numbers(&c);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_SENTENCES, 16, true, 5, 1));
    int follower[2][300] = {{0}}, neighbours = 0, same = 0;
    for (int epoch = 0; epoch < 2; epoch++) {
        int64_t batches = begin(batcher, epoch);
        for (int64_t i = 0; i < batches; i++) {
            qp_batch b = get(batcher, i, 0);
            for (int s = 0; s + 1 < b.target.sequences.count; s++) {
                int id = b.target.id[2 * s], next = b.target.id[2 * s + 2];
                follower[epoch][id] = next;
                neighbours += next == id + 1;
            }
        }
    }
    for (int id = QP_SPECIAL_COUNT; id < 300; id++) same += follower[0][id] && follower[0][id] == follower[1][id];
    cr_expect_lt(neighbours, 20, "%d of 480 sequences are followed by the next line of the file", neighbours);
    cr_expect_lt(same, 20, "%d of 240 sequences have the same follower in two epochs", same);
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

Test(batcher, budgets_are_kept_and_batches_are_even)
{
    qp_corpus c;
    fixture_corpus(5000, 20, false, &c);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 1000, true, 5, 1));
    int64_t batches = begin(batcher, 0), fewest = INT64_MAX, spread = 0;
    cr_expect_leq(batches, c.statistics.target.tokens / 1000 * 102 / 100 + 1);
    for (int64_t i = 0; i < batches; i++) {
        qp_batch b = get(batcher, i, 0);
        int64_t tokens = b.target.sequences.start[b.target.sequences.count];
        cr_expect_leq(tokens, 1000);
        if (tokens < fewest) fewest = tokens;
        int shortest = 1000, longest = 0;
        for (int s = 0; s < b.target.sequences.count; s++) {
            int length = qp_sequence_length(b.target.sequences, s);
            if (length < shortest) shortest = length;
            if (length > longest) longest = length;
        }
        spread += longest - shortest;
    }
    cr_expect_geq(fewest, 850, "a batch of %ld tokens", fewest);
    cr_expect_leq(spread, batches * 4, "lengths of a batch differ by %ld on average", spread / batches);
    qp_batcher_free(batcher);
    batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_SENTENCES, 64, true, 5, 1));
    batches = begin(batcher, 0);
    cr_expect_eq(batches, 79);
    for (int64_t i = 0; i < batches; i++) {
        qp_batch b = get(batcher, i, 0);
        cr_expect(b.target.sequences.count <= 64 && b.target.sequences.count > 32);
    }
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

Test(batcher, in_order_is_the_order_of_the_file)
{
    qp_corpus c;
    fixture_corpus(300, 20, false, &c);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 100, false, 5, 1));
    int64_t place = 0, batches = begin(batcher, 9);
    for (int64_t i = 0; i < batches; i++) {
        qp_batch b = get(batcher, i, 0);
        int32_t rows = b.target.sequences.start[b.target.sequences.count];
        cr_assert_arr_eq(b.target.id, c.target.id + place, (size_t)rows * sizeof(int32_t));
        place += rows;
    }
    cr_expect_eq(place, c.statistics.target.tokens);
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

Test(batcher, a_small_file_is_one_batch_and_monolingual_has_no_source)
{
    qp_corpus c;
    fixture_corpus(3, 5, true, &c);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 4096, true, 5, 1));
    cr_expect_eq(begin(batcher, 0), 1);
    qp_batch b = get(batcher, 0, 0);
    cr_expect_eq(b.source.sequences.count, 0);
    cr_expect_eq(b.target.sequences.count, 3);
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

Test(batcher, corpora_of_one_and_no_sequence)
{
    qp_corpus c, none = {0};
    qp_batcher *batcher;
    fixture_corpus(1, 5, false, &c);
    batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 4096, true, 5, 1));
    cr_expect_eq(begin(batcher, 0), 1);
    cr_expect_eq(get(batcher, 0, 0).target.sequences.count, 1);
    qp_batcher_free(batcher);
    cr_expect_eq(qp_batcher_new(&none, &(qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 4096, true, 5, 1), &batcher),
                 QP_EDATA);
    cr_expect_null(batcher);
    qp_corpus_free(&c);
}

/* A line of a thousand source words and one target word must not swell a batch. */
Test(batcher, long_sources_close_a_batch)
{
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    for (int i = 0; i < 20; i++) {
        for (int w = 0; w < 1000; w++) fputs("a ", stream);
        fputs("\tb\n", stream);
    }
    fclose(stream);
    qp_text_codec codec = fixture_words();
    qp_corpus_options options = {.files = {.kind = QP_TEXT_TABBED, .source = fixture_file("wide.tsv", text, bytes)},
                                 .source_codec = &codec,
                                 .target_codec = &codec,
                                 .when_longer = QP_LONG_SKIP};
    qp_corpus c;
    cr_assert_eq(qp_corpus_load(&options, &c), QP_OK, "%s", qp_error_message());
    free(text);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 600, true, 5, 1));
    int64_t batches = begin(batcher, 0);
    cr_expect_eq(batches, 10, "%ld batches", batches);
    for (int64_t i = 0; i < batches; i++) {
        qp_batch b = get(batcher, i, 0);
        cr_expect_leq(b.source.sequences.start[b.source.sequences.count], 2400);
    }
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

Test(batcher, slots_live_side_by_side_and_nothing_is_allocated_again)
{
    qp_corpus c;
    fixture_corpus(1000, 20, false, &c);
    qp_batcher *batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 200, true, 5, 3));
    begin(batcher, 0);
    qp_batch first = get(batcher, 4, 0);
    uint64_t hash = hash_batch(&first);
    get(batcher, 5, 1);
    get(batcher, 6, 2);
    cr_expect_eq(hash_batch(&first), hash, "another slot has changed it");
    struct mallinfo2 before = mallinfo2();
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        int64_t batches = begin(batcher, epoch);
        for (int64_t i = 0; i < batches; i++) get(batcher, i, (int)(i % 3));
    }
    cr_expect_eq(mallinfo2().uordblks, before.uordblks);
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}

Test(batcher, refuses_what_does_not_exist)
{
    qp_corpus c;
    fixture_corpus(10, 20, false, &c);
    qp_batcher *batcher;
    cr_expect_eq(qp_batcher_new(&c, &(qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 0, true, 5, 1), &batcher), QP_EUSAGE);
    cr_expect_eq(qp_batcher_new(&c, &(qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, INT64_MAX, true, 5, 1), &batcher),
                 QP_EUSAGE);
    cr_expect_eq(qp_batcher_new(&c, &(qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 10, true, 5, 0), &batcher),
                 QP_EUSAGE);
    batcher = batcher_of(&c, (qp_batcher_options)OPTIONS(QP_BATCH_TOKENS, 4096, true, 5, 1));
    qp_batch_source source = qp_batcher_source(batcher);
    qp_batch batch;
    cr_expect_eq(source.get(source.self, 0, 0, &batch), QP_EBUG, "no epoch has begun");
    begin(batcher, 0);
    cr_expect_eq(source.get(source.self, 1, 0, &batch), QP_EBUG);
    cr_expect_eq(source.get(source.self, -1, 0, &batch), QP_EBUG);
    cr_expect_eq(source.get(source.self, 0, 1, &batch), QP_EBUG);
    qp_batcher_free(batcher);
    qp_corpus_free(&c);
}
