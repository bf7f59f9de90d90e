#include "cli/evaluate/bleu_pieces.h"

#include <criterion/criterion.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/metric/scores.h"
#include "tests/cli/small_model.h"

static void set_up(void)
{
    small_model_write("unused.safetensors", false); /* also writes the text "corpus" */
    cr_assert_eq(RUN(qp_tokenizer_train_main, NULL, "train", "--type", "word", "-o", "words.json", "corpus"), 0, "%s",
                 small_err);
}

TestSuite(bleu_pieces, .init = set_up, .fini = small_model_clean);

static double bleu(qp_scores *scores, const char *hypothesis, const char *reference)
{
    const qp_text text = {hypothesis, strlen(hypothesis)}, right = {reference, strlen(reference)};
    qp_scores_reset(scores);
    cr_assert_eq(qp_scores_add(scores, text, &right, 1), QP_OK, "%s", qp_error_message());
    return qp_scores_value(scores, 0);
}

/* Unknown words are their own text: equal ones match, different ones do not. */
Test(bleu_pieces, words_of_a_tokenizer)
{
    qp_scores scores;
    qp_bleu_splitter splitter;
    char signature[200];
    cr_assert_eq(qp_scores_init(&scores, "bleu"), QP_OK);
    cr_assert_eq(qp_bleu_pieces_open("./words.json", &splitter, &scores.bleu), QP_OK, "%s", qp_error_message());
    cr_expect_float_eq(bleu(&scores, "the cat sees zebras", "the cat sees zebras"), 100, 1e-9);
    cr_expect_lt(bleu(&scores, "the cat sees zebras", "the cat sees gnus"), 100);
    cr_expect(strstr(qp_scores_signature(&scores, 0, signature, sizeof signature), "tok:words.json"), "%s", signature);
    qp_bleu_pieces_close(&splitter);
}

Test(bleu_pieces, names_and_mistakes)
{
    qp_bleu_splitter splitter;
    qp_bleu_config config = {0};
    cr_expect_eq(qp_bleu_pieces_open("char", &splitter, &config), QP_OK);
    cr_expect(!config.pieces && !splitter.tokenizer);
    cr_expect_eq(qp_bleu_pieces_open("no-such", &splitter, &config), QP_EUSAGE);
    cr_expect_eq(qp_bleu_pieces_open("corpus", &splitter, &config), QP_EDATA, "not a tokenizer");
    qp_bleu_pieces_close(&splitter);
}
