#include "lib/package/token_words.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/small_package.h"

/* The word of a piece. */
static void expect_word(const qp_tokenizer *tokenizer, const qp_token_words *words, const char *piece, const char *word)
{
    int32_t id = qp_tokenizer_find(tokenizer, piece);
    cr_assert_geq(id, 0, "%s", piece);
    cr_expect_str_eq(qp_token_word(words, id), word, "%s", piece);
}

Test(token_words, words_of_pieces)
{
    qp_token_words words;
    qp_tokenizer *tokenizer = small_tokenizer(QP_TOKENIZER_SPACE, "dog a\x01\x1f cat <s> dog\n");
    cr_assert_eq(qp_token_words_init(tokenizer, &words), QP_OK);
    cr_assert_eq(words.count, qp_tokenizer_size(tokenizer));
    expect_word(tokenizer, &words, "▁dog", "dog");
    expect_word(tokenizer, &words, "▁cat", "cat");
    expect_word(tokenizer, &words, "▁<s>", "<unk>"); /* it would be the begin of a line */
    cr_expect_str_eq(qp_token_word(&words, QP_PAD), "<pad>");
    cr_expect_str_eq(qp_token_word(&words, QP_UNK), "<unk>");
    cr_expect_str_eq(qp_token_word(&words, QP_BOS), "<s>");
    cr_expect_str_eq(qp_token_word(&words, QP_EOS), "</s>");
    qp_token_words_free(&words);
    cr_expect(!words.text && words.count == 0);
    qp_tokenizer_free(tokenizer);
    tokenizer = small_tokenizer(QP_TOKENIZER_CHAR, "a b\n");
    cr_assert_eq(qp_token_words_init(tokenizer, &words), QP_OK);
    expect_word(tokenizer, &words, "a", "a");
    expect_word(tokenizer, &words, "▁", "▁"); /* not of a tokenizer of words between spaces */
    qp_token_words_free(&words);
    qp_tokenizer_free(tokenizer);
}
