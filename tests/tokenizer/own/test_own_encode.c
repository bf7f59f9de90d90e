#include "lib/base/batch.h"
#include "tests/tokenizer/tokenizer_help.h"

/* Pairs for every type of our own tokenizers: BOS, the first text, EOS, the second text, EOS; each piece with its span,
 * its type and its text. */

Test(own_encode, pairs)
{
    static const char *const type[] = {"bpe", "unigram", "word", "char", "byte", "space"}, *const line[] = {
                                                                                               "ab ba a b"};
    static const char first[] = "ba ab", second[] = "a b";
    for (size_t t = 0; t < sizeof type / sizeof *type; t++) {
        const qp_tokenizer_config config = test_config(type[t], 300);
        qp_tokenizer *tokenizer = test_train(&config, line, 1);
        qp_encoding pair = {0}, alone[2] = {{.spans = true}, {.spans = true}};
        cr_assert_eq(qp_tokenizer_encode_into(tokenizer, first, strlen(first), &alone[0]), QP_OK);
        cr_assert_eq(qp_tokenizer_encode_into(tokenizer, second, strlen(second), &alone[1]), QP_OK);
        for (int texts = 1; texts <= 2; texts++) {
            cr_assert_eq(qp_tokenizer_encode_pair(tokenizer, first, strlen(first), texts == 2 ? second : NULL,
                                                  texts == 2 ? strlen(second) : 0, &pair),
                         QP_OK, "%s", qp_error_message());
            cr_expect(pair.id[0] == QP_BOS && pair.type_id[0] == 0 && pair.sequence[0] == -1, "%s", type[t]);
            int at = 1;
            for (int k = 0; k < texts; k++) {
                for (int i = 0; i < alone[k].count; i++, at++) {
                    cr_assert_lt(at, pair.count);
                    cr_expect(pair.id[at] == alone[k].id[i] && pair.begin[at] == alone[k].begin[i] &&
                                  pair.end[at] == alone[k].end[i],
                              "%s: %d", type[t], at);
                    cr_expect(pair.type_id[at] == k && pair.sequence[at] == k, "%s: %d", type[t], at);
                }
                cr_expect(pair.id[at] == QP_EOS && pair.type_id[at] == k && pair.sequence[at] == -1, "%s", type[t]);
                at++;
            }
            cr_expect_eq(pair.count, at, "%s", type[t]);
        }
        for (int k = 0; k < 2; k++) qp_encoding_free(&alone[k]);
        qp_encoding_free(&pair);
        qp_tokenizer_free(tokenizer);
    }
}
