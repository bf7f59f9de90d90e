#include "tests/tokenizer/tokenizer_help.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/text/base64.h"
#include "lib/text/byte_letters.h"
#include "lib/text/text_buffer.h"
#include "lib/text/utf8.h"
#include "tests/tokenizer/corners.h"
#include "tokenizer/tokenizer_formats.h"

/* The letters of all bytes as Hugging Face's trainers number them: those that show themselves first. */
static void add_letters(qp_text_buffer *out)
{
    int id = 0;
    for (int shown = 1; shown >= 0; shown--) {
        for (int byte = 0; byte < 256; byte++) {
            char letter[5] = {0};
            if ((qp_byte_letter((unsigned char)byte) == byte) != shown) continue;
            qp_utf8_write(qp_byte_letter((unsigned char)byte), letter);
            bool escaped = byte == '"' || byte == '\\';
            qp_text_format(out, "%s\"%s%s\":%d", id ? "," : "", escaped ? "\\" : "", letter, id);
            id++;
        }
    }
}

static char *whole_content(const corner *c, size_t *bytes)
{
    qp_text_buffer out = {0}, letters = {0};
    char *text, *vocabulary;
    for (int byte = 0; c->head == CORNER_RANKS && byte < 256; byte++) {
        const char one = (char)byte;
        qp_base64_write(&out, &one, 1);
        qp_text_format(&out, " %d\n", byte);
    }
    if (c->head == CORNER_BYTE_LEVEL) {
        const char *mark = strstr(c->content, "%s");
        add_letters(&letters);
        cr_assert_eq(qp_text_finish(&letters, &vocabulary, NULL), QP_OK);
        qp_text_put(&out, c->content, (size_t)(mark - c->content));
        qp_text_add(&out, vocabulary);
        qp_text_add(&out, mark + 2);
        free(vocabulary);
    } else {
        qp_text_put(&out, c->content, c->bytes);
    }
    cr_assert_eq(qp_text_finish(&out, &text, bytes), QP_OK);
    return text;
}

static qp_tokenizer *open_corner(const corner *c)
{
    char path[] = "/tmp/qp_corner_XXXXXX";
    size_t bytes;
    char *content = whole_content(c, &bytes);
    int file = mkstemp(path);
    cr_assert_eq(write(file, content, bytes), (ssize_t)bytes);
    close(file);
    qp_tokenizer *t = NULL;
    qp_status status = qp_tokenizer_import(&(qp_import){.path = {path}, .count = 1, .pattern = c->pattern}, &t);
    cr_assert_eq(status, QP_OK, "%s: %s", c->file, qp_error_message());
    unlink(path);
    free(content);
    return t;
}

Test(corners, ids_of_the_original_tools)
{
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        const corner *c = &corners[i];
        qp_tokenizer *t = open_corner(c);
        qp_encoding e = {0};
        char ids[400] = {0};
        size_t bytes = strlen(c->text), made = 0;
        qp_status status = c->parsed ? qp_tokenizer_encode_parsed(t, c->text, bytes, &e)
                                     : qp_tokenizer_encode_into(t, c->text, bytes, &e);
        cr_assert_eq(status, QP_OK, "%s: %s", c->file, qp_error_message());
        for (int k = 0; k < e.count; k++)
            made += (size_t)snprintf(ids + made, sizeof ids - made, "%s%d", k ? " " : "", e.id[k]);
        if (c->begins) ids[strlen(c->ids)] = '\0';
        cr_expect_str_eq(ids, c->ids, "%s: %s", c->file, ids);
        qp_encoding_free(&e);
        qp_tokenizer_free(t);
    }
}

static const corner *corner_of(const char *file)
{
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
        if (strcmp(corners[i].file, file) == 0) return &corners[i];
    }
    cr_assert_fail("%s", file);
    return NULL;
}

Test(corners, ids_that_are_taken_are_warned_of)
{
    qp_tokenizer *taken = open_corner(corner_of("added_id_taken.json"));
    qp_tokenizer *other = open_corner(corner_of("added_id_other_than_vocab.json"));
    qp_tokenizer *fine = open_corner(corner_of("template_special.json"));
    cr_assert(strstr(qp_tokenizer_info(taken).warning, "\"<y>\" has the id 5, not 2: that id is taken"));
    cr_assert(strstr(qp_tokenizer_info(other).warning, "\"<x>\" has the id 3, not 99"));
    cr_assert_null(qp_tokenizer_info(fine).warning);
    qp_tokenizer_free(taken);
    qp_tokenizer_free(other);
    qp_tokenizer_free(fine);
}

static void expect_decoded(const qp_tokenizer *t, const int32_t *id, int count, const char *plain, const char *all)
{
    char *text;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_decode(t, id, count, &text, &bytes), QP_OK);
    cr_expect_str_eq(text, plain);
    free(text);
    cr_assert_eq(qp_tokenizer_decode_all(t, id, count, &text, &bytes), QP_OK);
    cr_expect_str_eq(text, all);
    free(text);
}

Test(corners, special_tokens_in_text)
{
    const int32_t id[] = {1, 3, 2}, control[] = {1, 4, 3, 2};
    qp_tokenizer *t = open_corner(corner_of("template_special.json"));
    expect_decoded(t, id, 3, "a b", "a <s> b");
    cr_assert_eq(qp_tokenizer_role(t, 3), QP_TOKEN_SPECIAL);
    cr_assert_eq(qp_tokenizer_role(t, 1), QP_TOKEN_NORMAL);
    qp_tokenizer_free(t);
    t = open_corner(corner_of("bpe_unused_char.model"));
    expect_decoded(t, control, 4, "ab", "<s> ab</s>");
    cr_assert_eq(qp_tokenizer_role(t, 0), QP_TOKEN_SPECIAL);
    qp_encoding e = {0};
    cr_assert_eq(qp_tokenizer_encode_parsed(t, "ab", 2, &e), QP_EUSAGE);
    qp_tokenizer_free(t);
}

Test(corners, special_tokens_named_with_ranks)
{
    corner c = *corner_of("gap.tiktoken");
    size_t bytes;
    char path[] = "/tmp/qp_corner_XXXXXX", *content = whole_content(&c, &bytes);
    int file = mkstemp(path);
    cr_assert_eq(write(file, content, bytes), (ssize_t)bytes);
    close(file);
    free(content);
    qp_import in = {.path = {path}, .count = 1, .pattern = "gpt2", .special_tokens = "<|end|>=400,<a=b>=401"};
    qp_tokenizer *t = NULL;
    cr_assert_eq(qp_tokenizer_import(&in, &t), QP_OK, "%s", qp_error_message());
    qp_encoding e = {0};
    cr_assert_eq(qp_tokenizer_encode_parsed(t, "hello<|end|><a=b>", 17, &e), QP_OK);
    cr_assert(e.count == 3 && e.id[0] == 258 && e.id[1] == 400 && e.id[2] == 401);
    cr_assert_eq(qp_tokenizer_role(t, 400), QP_TOKEN_SPECIAL);
    qp_encoding_free(&e);
    qp_tokenizer_free(t);
    static const char *const wrong[] = {"x", "x=", "=5", "x=258", "x=5y", "x=400,,", "x=-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        in.special_tokens = wrong[i];
        cr_expect_eq(qp_tokenizer_import(&in, &t), QP_EUSAGE, "%s", wrong[i]);
        const char *why = strcmp(wrong[i], "x=258") == 0 ? "258 is the id of a rank" : "is not of the form NAME=ID";
        cr_expect(strstr(qp_error_message(), why), "%s: %s", wrong[i], qp_error_message());
    }
    unlink(path);
}
