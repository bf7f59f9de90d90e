#include "tests/tokenizer/tokenizer_help.h"

#include <math.h>

#include "lib/base/random.h"
#include "tokenizer/models/bpe_dropout.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/tokenizer_trainer.h"

typedef struct {
    int left;
} source;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    static const char *const text[] = {"the cat sat on the mat", "a dog and a cat sat there",
                                       "banana bandana 한국어 한국"};
    source *s = self;
    *line = s->left > 0 ? text[s->left-- % 3] : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QP_OK;
}

static qp_tokenizer *trained(int type, int64_t size)
{
    qp_tokenizer_config config;
    source s = {60};
    qp_tokenizer *t;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.type = type;
    config.vocab_size = size;
    cr_assert_eq(qp_tokenizer_train(&config, next_line, &s, NULL, &t), QP_OK, "%s", qp_error_message());
    return t;
}

static const char text[] = "the cat sat on the banana, 한국어 \xFF!";

static void expect_whole(const qp_tokenizer *t, const qp_encoding *e)
{
    char *back;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_decode(t, e->id, e->count, &back, &bytes), QP_OK);
    cr_assert_str_eq(back, text);
    free(back);
    for (int i = 0; e->spans && i < e->count; i++) {
        cr_assert(e->begin[i] <= e->end[i] && e->end[i] <= sizeof text - 1);
        cr_assert(i == 0 || e->begin[i - 1] <= e->begin[i]);
    }
}

static bool same(const qp_encoding *a, const qp_encoding *b)
{
    return a->count == b->count && memcmp(a->id, b->id, (size_t)a->count * sizeof *a->id) == 0;
}

static void check_random(int type, int64_t size, qp_tokenizer_random how, bool varies)
{
    qp_tokenizer *t = trained(type, size);
    qp_encoding best = {.spans = true}, one = {.spans = true}, again = {0};
    int different = 0;
    cr_assert_eq(qp_tokenizer_encode_into(t, text, sizeof text - 1, &best), QP_OK);
    for (uint64_t i = 0; i < 50; i++) {
        cr_assert_eq(qp_tokenizer_encode_random(t, &how, 7, i, text, sizeof text - 1, &one), QP_OK);
        cr_assert_eq(qp_tokenizer_encode_random(t, &how, 7, i, text, sizeof text - 1, &again), QP_OK);
        cr_assert(same(&one, &again));
        expect_whole(t, &one);
        different += !same(&one, &best);
    }
    if (varies)
        cr_assert_gt(different, 10);
    else
        cr_assert_eq(different, 0);
    cr_assert_eq(qp_tokenizer_encode_into(t, text, sizeof text - 1, &one), QP_OK);
    cr_assert(same(&one, &best), "plain encoding is plain again");
    qp_encoding_free(&best);
    qp_encoding_free(&one);
    qp_encoding_free(&again);
    qp_tokenizer_free(t);
}

Test(tokenizer_sample, merges_left_out)
{
    check_random(QP_TOKENIZER_BPE, 330, (qp_tokenizer_random){.dropout = 0.2}, true);
    check_random(QP_TOKENIZER_BYTE_BPE, 320, (qp_tokenizer_random){.dropout = 0.2}, true);
    check_random(QP_TOKENIZER_BPE, 330, (qp_tokenizer_random){.dropout = 0}, false);
    check_random(QP_TOKENIZER_BYTE_BPE, 320, (qp_tokenizer_random){.dropout = 0}, false);
}

Test(tokenizer_sample, everything_left_out)
{
    qp_tokenizer *t = trained(QP_TOKENIZER_BYTE_BPE, 320);
    qp_encoding e = {0};
    qp_tokenizer_random how = {.dropout = 1};
    cr_assert_eq(qp_tokenizer_encode_random(t, &how, 1, 1, text, sizeof text - 1, &e), QP_OK);
    cr_assert_eq(e.count, (int)sizeof text); /* one piece a byte, and the space in front */
    qp_encoding_free(&e);
    qp_tokenizer_free(t);
}

Test(tokenizer_sample, drawn_segmentations)
{
    check_random(QP_TOKENIZER_UNIGRAM, 310, (qp_tokenizer_random){.alpha = 0.2}, true);
    check_random(QP_TOKENIZER_UNIGRAM, 310, (qp_tokenizer_random){.alpha = 500}, false);
}

/* How often a pair survives dropout p: "ab" alone is joined with probability 1 - p. */
Test(tokenizer_sample, dropout_has_its_rate)
{
    enum { DRAWS = 20000 };
    qp_bpe bpe = {0};
    qp_bpe_scratch scratch = {0};
    cr_assert_eq(qp_bpe_add(&bpe, 0, 1, 2), QP_OK);
    cr_assert_eq(qp_bpe_add(&bpe, 2, 2, 3), QP_OK);
    int joined = 0, twice = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        qp_random_merges random = {.dropout = 0.3, .key = qp_random_key(5, i)};
        int32_t pair[] = {0, 1}, four[] = {0, 1, 0, 1};
        size_t count = 2, all = 4;
        cr_assert_eq(qp_bpe_apply_dropout(&bpe, &scratch, &random, pair, &count), QP_OK);
        cr_assert_eq(qp_bpe_apply_dropout(&bpe, &scratch, &random, four, &all), QP_OK);
        joined += count == 1;
        twice += all == 1;
    }
    /* two pairs: the first join fails with p^2, the second with p, the third with p */
    cr_assert_float_eq(joined / (double)DRAWS, 0.7, 0.015);
    cr_assert_float_eq(twice / (double)DRAWS, (1 - 0.09) * 0.7 * 0.7, 0.015);
    qp_bpe_free(&bpe);
    qp_bpe_scratch_free(&scratch);
}

Test(tokenizer_sample, n_best)
{
    enum { BEST = 40 };
    qp_tokenizer *t = trained(QP_TOKENIZER_UNIGRAM, 310);
    qp_encoding plain = {0}, best[BEST] = {0};
    double score[BEST];
    size_t found;
    for (int i = 0; i < BEST; i++) best[i].spans = true;
    cr_assert_eq(qp_tokenizer_encode_into(t, text, sizeof text - 1, &plain), QP_OK);
    cr_assert_eq(qp_tokenizer_encode_nbest(t, text, sizeof text - 1, BEST, best, score, &found), QP_OK);
    cr_assert_eq(found, BEST);
    cr_assert(same(&plain, &best[0]));
    for (size_t i = 0; i < found; i++) {
        expect_whole(t, &best[i]);
        cr_assert(i == 0 || score[i] <= score[i - 1]);
        for (size_t k = 0; k < i; k++) cr_assert(!same(&best[i], &best[k]), "%zu and %zu", i, k);
    }
    cr_assert_eq(qp_tokenizer_encode_nbest(t, "", 0, BEST, best, score, &found), QP_OK);
    cr_assert(found == 1 && best[0].count == 0);
    for (int i = 0; i < BEST; i++) qp_encoding_free(&best[i]);
    qp_encoding_free(&plain);
    qp_tokenizer_free(t);
}

Test(tokenizer_sample, refused_by_name)
{
    qp_tokenizer *t = trained(QP_TOKENIZER_WORD, 300);
    qp_encoding e = {0};
    double score;
    size_t found;
    cr_assert_eq(qp_tokenizer_encode_random(t, &(qp_tokenizer_random){.dropout = 0.1}, 1, 1, "a", 1, &e), QP_EUSAGE);
    cr_assert_eq(qp_tokenizer_encode_nbest(t, "a", 1, 1, &e, &score, &found), QP_EUSAGE);
    qp_encoding_free(&e);
    qp_tokenizer_free(t);
}
