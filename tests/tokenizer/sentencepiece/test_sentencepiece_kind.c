#include "tokenizer/sentencepiece/sentencepiece_kind.h"

#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

/* A model of characters with the special pieces at these ids, -1: none. */
static qp_sentencepiece *characters(int begin, int end, int unknown, int rules, bool prefix, bool spaces)
{
    static const char *const line[] = {"ab ab", "ab ab", "ab ab"};
    qp_sentencepiece_symbols none = {0};
    qp_sentencepiece_config config;
    test_lines lines = {line, 3, 0};
    qp_sentencepiece *m;
    char *content;
    size_t bytes;
    qp_config_defaults(&qp_sentencepiece_fields, &config);
    config.model_type = QP_SPM_TRAIN_CHAR;
    config.vocab_size = 7;
    config.hard_vocab_limit = false;
    config.bos_id = begin;
    config.eos_id = end;
    config.unk_id = unknown;
    config.normalization_rule_name = rules;
    config.add_dummy_prefix = prefix;
    config.remove_extra_whitespaces = !spaces;
    cr_assert_eq(qp_sentencepiece_train(&config, &none, test_next_line, &lines, &content, &bytes), QP_OK, "%s",
                 qp_error_message());
    cr_assert_eq(qp_sentencepiece_read("trained", content, bytes, &m), QP_OK, "%s", qp_error_message());
    free(content);
    return m;
}

/* "piece/type/sequence" of one text and of two. */
static void expect_pair(const qp_sentencepiece *m, const char *second, const char *wanted)
{
    char found[300] = "";
    qp_encoding e = {0};
    const qp_text a = {"ba", 2}, b = {"a", 1};
    cr_assert_eq(qp_sentencepiece_kind.encode_pair(m, a, second ? &b : NULL, &e), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < e.count; i++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s/%d/%d", i ? " " : "",
                 qp_sentencepiece_kind.piece(m, e.id[i]), e.type_id[i], e.sequence[i]);
    cr_expect_str_eq(found, wanted, "%s", found);
    qp_encoding_free(&e);
}

/* BOS before the first text and EOS after each, whatever their ids are, 0 too. */
Test(sentencepiece_kind, beginnings_and_ends_of_pairs)
{
    static const struct {
        int begin, end, unknown;
        const char *one, *two;
    } row[] = {
        {1, 2, 0, "<s>/0/-1 b/0/0 a/0/0 </s>/0/-1", "<s>/0/-1 b/0/0 a/0/0 </s>/0/-1 a/1/1 </s>/1/-1"},
        {0, 1, 2, "<s>/0/-1 b/0/0 a/0/0 </s>/0/-1", "<s>/0/-1 b/0/0 a/0/0 </s>/0/-1 a/1/1 </s>/1/-1"},
        {1, 0, 2, "<s>/0/-1 b/0/0 a/0/0 </s>/0/-1", "<s>/0/-1 b/0/0 a/0/0 </s>/0/-1 a/1/1 </s>/1/-1"},
        {-1, 1, 0, "b/0/0 a/0/0 </s>/0/-1", "b/0/0 a/0/0 </s>/0/-1 a/1/1 </s>/1/-1"},
        {1, -1, 0, "<s>/0/-1 b/0/0 a/0/0", "<s>/0/-1 b/0/0 a/0/0 a/1/1"},
        {-1, -1, 0, "b/0/0 a/0/0", "b/0/0 a/0/0 a/1/1"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_sentencepiece *m = characters(row[i].begin, row[i].end, row[i].unknown, QP_SPM_IDENTITY, false, false);
        expect_pair(m, NULL, row[i].one);
        expect_pair(m, "a", row[i].two);
        qp_sentencepiece_free(m);
    }
}

/* sentencepiece 0.2.3 gives these normal forms. */
Test(sentencepiece_kind, normal_forms)
{
    static const struct {
        int rules;
        bool prefix, spaces;
        const char *text, *normal;
    } row[] = {{QP_SPM_NFKC, true, false, "  \uFF41  b\u00A0", "\u2581a\u2581b"},
               {QP_SPM_IDENTITY, false, false, "  a  b ", "a\u2581b"},
               {QP_SPM_IDENTITY, true, true, "  a  b ", "\u2581\u2581\u2581a\u2581\u2581b\u2581"}};
    for (int i = 0; i < 3; i++) {
        qp_sentencepiece *m = characters(1, 2, 0, row[i].rules, row[i].prefix, row[i].spaces);
        char *normal;
        size_t bytes;
        cr_assert_eq(qp_sentencepiece_kind.normalize(m, (qp_text){row[i].text, strlen(row[i].text)}, &normal, &bytes),
                     QP_OK, "%s", qp_error_message());
        cr_expect_str_eq(normal, row[i].normal, "'%s'", normal);
        cr_expect_eq(bytes, strlen(normal));
        free(normal);
        cr_assert_eq(qp_sentencepiece_kind.normalize(m, (qp_text){"", 0}, &normal, &bytes), QP_OK);
        cr_expect(bytes == 0 && normal[0] == '\0', "'%s'", normal);
        free(normal);
        qp_sentencepiece_free(m);
    }
}
