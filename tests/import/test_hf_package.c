#include "lib/import/hf_package.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/import/import_folder.h"
#include "tokenizer/tokenizer_file.h"

TestSuite(hf_package, .init = folder_begin, .fini = folder_end);

enum { WORD, UNKNOWN, FIRST, LAST, PAD };

/* A tokenizer of one word, with this template and padding. */
static qp_tokenizer *tokenizer_of(const char *template, const char *padding, const char *word)
{
    char json[2000];
    qp_tokenizer *tokenizer;
    snprintf(json, sizeof json,
             "{\"version\":\"1.0\",\"truncation\":null,\"padding\":%s,\"added_tokens\":["
             "{\"id\":1,\"content\":\"<unk>\",\"special\":true},{\"id\":2,\"content\":\"[CLS]\",\"special\":true},"
             "{\"id\":3,\"content\":\"[SEP]\",\"special\":true},{\"id\":4,\"content\":\"<pad>\",\"special\":true}],"
             "\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"decoder\":null,\"post_processor\":"
             "{\"type\":\"TemplateProcessing\",\"single\":[%s],\"pair\":[],\"special_tokens\":{"
             "\"[CLS]\":{\"id\":\"[CLS]\",\"ids\":[2],\"tokens\":[\"[CLS]\"]},"
             "\"[SEP]\":{\"id\":\"[SEP]\",\"ids\":[3],\"tokens\":[\"[SEP]\"]}}},"
             "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"%s\":0,\"<unk>\":1,\"[CLS]\":2,\"[SEP]\":3,\"<pad>\":4},"
             "\"unk_token\":\"<unk>\"}}",
             padding, template, word);
    folder_file("tokenizer.json", json);
    cr_assert_eq(qp_tokenizer_load(folder_path("tokenizer.json"), &tokenizer), QP_OK, "%s", qp_error_message());
    return tokenizer;
}

#define TEXT "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"
#define CLS "{\"SpecialToken\":{\"id\":\"[CLS]\",\"type_id\":0}}"
#define SEP "{\"SpecialToken\":{\"id\":\"[SEP]\",\"type_id\":0}}"
#define FILLED(side, length)                                                                                           \
    "{\"strategy\":{\"Fixed\":" #length "},\"direction\":\"" side "\",\"pad_to_multiple_of\":null,\"pad_id\":4,"       \
    "\"pad_type_id\":0,\"pad_token\":\"<pad>\"}"

/* The tokens around a text, whether the vocabulary has the word or not; padding is not among them. */
Test(hf_package, what_a_tokenizer_puts_around_a_text)
{
    static const struct {
        const char *template, *padding;
        qp_hf_frame frame;
    } row[] = {
        {TEXT, "null", {-1, -1}},
        {CLS "," TEXT "," SEP, "null", {FIRST, LAST}},
        {CLS "," TEXT, "null", {FIRST, -1}},
        {TEXT "," SEP, "null", {-1, LAST}},
        {CLS "," SEP "," TEXT, "null", {LAST, -1}},
        {TEXT "," CLS "," SEP, "null", {-1, FIRST}},
        {TEXT, FILLED("Right", 4), {-1, -1}},
        {TEXT, FILLED("Left", 4), {-1, -1}},
        {CLS "," TEXT "," SEP, FILLED("Right", 6), {FIRST, LAST}},
        {CLS "," TEXT "," SEP, FILLED("Left", 6), {FIRST, LAST}},
        {TEXT "," SEP, FILLED("Left", 6), {-1, LAST}},
        {CLS "," TEXT, FILLED("Right", 6), {FIRST, -1}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int known = 0; known < 2; known++) {
            qp_tokenizer *t = tokenizer_of(row[i].template, row[i].padding, known ? "a" : "word");
            qp_hf_frame f;
            cr_assert_eq(qp_hf_frame_of(t, &f), QP_OK, "%s", qp_error_message());
            cr_expect(f.before == row[i].frame.before && f.after == row[i].frame.after, "row %zu, %d: %d %d", i, known,
                      f.before, f.after);
            qp_tokenizer_free(t);
        }
}

/* Roles that are given replace those of the names; ids that are not there, or have no piece, change nothing. */
Test(hf_package, roles_of_ids)
{
    qp_tokenizer *t = tokenizer_of(TEXT, "null", "a");
    const qp_special_ids *s = qp_tokenizer_special(t);
    cr_assert(s->begin == FIRST && s->end == LAST && s->pad == PAD, "%d %d %d", s->begin, s->end, s->pad);
    cr_expect_eq(qp_import_set_roles(t, -1, -1, -1), QP_OK);
    cr_expect(s->begin == FIRST && s->end == LAST && s->pad == PAD);
    cr_expect_eq(qp_import_set_roles(t, PAD, FIRST, -1), QP_OK, "%s", qp_error_message());
    cr_expect(s->begin == PAD && s->end == FIRST && s->pad == PAD, "%d %d %d", s->begin, s->end, s->pad);
    cr_expect_eq(qp_import_set_roles(t, WORD, LAST, UNKNOWN), QP_OK, "%s", qp_error_message());
    cr_expect(s->begin == WORD && s->end == LAST && s->pad == UNKNOWN, "%d %d %d", s->begin, s->end, s->pad);
    cr_expect_eq(qp_import_set_roles(t, 900, 900, 900), QP_OK, "%s", qp_error_message());
    cr_expect(s->begin == WORD && s->end == LAST && s->pad == UNKNOWN, "%d %d %d", s->begin, s->end, s->pad);
    qp_tokenizer_free(t);
}

/* Embeddings of other projects may have rows that no piece has, but none may be missing. */
Test(hf_package, rows_and_pieces)
{
    qp_tokenizer *t = tokenizer_of(TEXT, "null", "a");
    cr_expect_eq(qp_import_check_rows("model", t, 5), QP_OK);
    cr_expect_eq(qp_import_check_rows("model", t, 8), QP_OK);
    cr_expect_eq(qp_import_check_rows("model", t, 4), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "model: its tokenizer has 5 pieces, its embedding 4 rows"), "%s",
              qp_error_message());
    qp_tokenizer_free(t);
}
