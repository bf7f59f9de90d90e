#include "tokenizer/sentencepiece/sentencepiece_sample.h"

#include <math.h>

#include "tests/tokenizer/tokenizer_help.h"

#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

static const char *const corpus[] = {"the cat and the hat of the man", "the man has a hat and a cat",
                                     "a cat has the hat", "the hat of a man"};
static const char text[] = "the man has a hat";
enum { BYTES = sizeof text - 1, WANTED = 8, DRAWS = 200 };

static qp_sentencepiece *learn_with(int type, const qp_sentencepiece_symbols *symbols)
{
    qp_sentencepiece_config config;
    qp_config_defaults(&qp_sentencepiece_fields, &config);
    config.model_type = type;
    config.vocab_size = 40;
    config.hard_vocab_limit = 0;
    test_lines lines = {corpus, sizeof corpus / sizeof *corpus, 0};
    char *content;
    size_t bytes;
    qp_sentencepiece *m = NULL;
    qp_status status = qp_sentencepiece_train(&config, symbols, test_next_line, &lines, &content, &bytes);
    if (status == QP_OK) status = qp_sentencepiece_read("trained", content, bytes, &m);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    free(content);
    return m;
}

static qp_sentencepiece *learn(int type) { return learn_with(type, &(qp_sentencepiece_symbols){0}); }

static void says_the_text(const qp_sentencepiece *m, const qp_encoding *e)
{
    char *decoded;
    size_t bytes;
    cr_assert_eq(qp_sentencepiece_decode(m, e->id, (size_t)e->count, false, &decoded, &bytes), QP_OK);
    cr_expect_str_eq(decoded, text);
    free(decoded);
}

static double score_of(const qp_sentencepiece *m, const qp_encoding *e)
{
    double sum = 0;
    for (int i = 0; i < e->count; i++) sum += (double)m->score[e->id[i]];
    return sum;
}

/* Different segmentations of the text, the best first, each with the sum of its pieces' scores. */
Test(sentencepiece_sample, the_n_best)
{
    qp_sentencepiece *m = learn(QP_SPM_TRAIN_UNIGRAM);
    qp_encoding list[WANTED] = {0}, best = {0};
    double score[WANTED];
    size_t found;
    cr_assert_eq(qp_sentencepiece_nbest(m, text, BYTES, WANTED, list, score, &found), QP_OK, "%s", qp_error_message());
    cr_assert_eq(found, WANTED);
    cr_assert_eq(qp_sentencepiece_encode(m, text, BYTES, &best), QP_OK);
    cr_expect_eq(list[0].count, best.count);
    for (size_t i = 0; i < found; i++) {
        says_the_text(m, &list[i]);
        cr_expect_float_eq(score[i], score_of(m, &list[i]), 1e-3);
        if (i == 0) continue;
        cr_expect_leq(score[i], score[i - 1]);
        cr_expect(list[i].count != list[i - 1].count ||
                  memcmp(list[i].id, list[i - 1].id, (size_t)list[i].count * sizeof *list[i].id) != 0);
    }
    cr_assert_eq(qp_sentencepiece_nbest(m, "", 0, WANTED, list, score, &found), QP_OK);
    cr_expect(found == 1 && list[0].count == 0 && score[0] == 0, "the empty text has one segmentation");
    for (int i = 0; i < WANTED; i++) qp_encoding_free(&list[i]);
    qp_encoding_free(&best);
    qp_sentencepiece_free(m);
}

/* A user-defined symbol counts 0.1 for each of its characters but the first, those of two and three bytes too. */
Test(sentencepiece_sample, user_defined_symbols_score_by_their_characters)
{
    static const char *const symbol[] = {"x", "the", "\xC3\xA9z", "\xED\x95\x9C\xEA\xB8\x80"};
    static const int characters[] = {1, 3, 2, 2};
    for (size_t k = 0; k < 4; k++) {
        qp_sentencepiece *m = learn_with(QP_SPM_TRAIN_UNIGRAM,
                                         &(qp_sentencepiece_symbols){.user = &symbol[k], .user_count = 1});
        qp_encoding list = {0};
        double score, others = 0;
        size_t found;
        int seen = 0;
        cr_assert_eq(qp_sentencepiece_nbest(m, symbol[k], strlen(symbol[k]), 1, &list, &score, &found), QP_OK);
        for (int i = 0; i < list.count; i++)
            if (m->type[list.id[i]] == QP_SPM_USER_DEFINED)
                seen++;
            else
                others += (double)m->score[list.id[i]];
        cr_assert(found == 1 && seen == 1, "%s: %d", symbol[k], seen);
        cr_expect_float_eq(score - others, 0.1 * (characters[k] - 1), 1e-5, "%s: %g", symbol[k], score - others);
        qp_encoding_free(&list);
        qp_sentencepiece_free(m);
    }
}

/* Draws of a key are always the same; of the best alone, of the three best, of all: more and more of them. */
Test(sentencepiece_sample, draws)
{
    static const int size[] = {1, 3, -1};
    qp_sentencepiece *m = learn(QP_SPM_TRAIN_UNIGRAM);
    qp_sentencepiece_sampler sampler = {0};
    qp_encoding drawn = {0}, again = {0};
    int kinds[3] = {0};
    for (int s = 0; s < 3; s++) {
        double seen[DRAWS];
        cr_assert_eq(qp_sentencepiece_sampler_begin(&sampler, m, text, BYTES, size[s], 0.1), QP_OK);
        for (int i = 0; i < DRAWS; i++) {
            cr_assert_eq(qp_sentencepiece_sampler_draw(&sampler, 7, (uint64_t)i, &drawn), QP_OK);
            cr_assert_eq(qp_sentencepiece_sampler_draw(&sampler, 7, (uint64_t)i, &again), QP_OK);
            says_the_text(m, &drawn);
            cr_expect(again.count == drawn.count &&
                      memcmp(again.id, drawn.id, (size_t)drawn.count * sizeof *drawn.id) == 0);
            double score = score_of(m, &drawn);
            int k = 0;
            while (k < kinds[s] && fabs(seen[k] - score) > 1e-6) k++;
            if (k == kinds[s]) seen[kinds[s]++] = score;
        }
    }
    cr_expect(kinds[0] == 1 && kinds[1] > 1 && kinds[1] <= 3 && kinds[2] > 3, "%d %d %d", kinds[0], kinds[1], kinds[2]);
    qp_sentencepiece_sampler_free(&sampler);
    qp_encoding_free(&drawn);
    qp_encoding_free(&again);
    qp_sentencepiece_free(m);
    m = learn(QP_SPM_TRAIN_BPE);
    cr_expect_eq(qp_sentencepiece_sampler_begin(&sampler, m, text, BYTES, 1, 1), QP_EUSAGE, "not a unigram model");
    qp_sentencepiece_sampler_free(&sampler);
    qp_sentencepiece_free(m);
}
