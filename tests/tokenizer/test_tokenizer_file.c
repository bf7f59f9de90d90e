#include "tests/tokenizer/tokenizer_help.h"

#include <unistd.h>
#include <xxhash.h>

#include "lib/base/random.h"
#include "tokenizer/tokenizer_file.h"

static const char *const corpus[] = {"the cat sat on the mat", "the cat, the hat and the bat",
                                     "학교에 간다 학교에서 온다"};
enum { LINES = sizeof corpus / sizeof *corpus };

static char *trained_json(const char *type, size_t *bytes)
{
    qp_tokenizer_config config = test_config(type, 310);
    qp_tokenizer *t = test_train(&config, corpus, LINES);
    char *text;
    cr_assert_eq(qp_tokenizer_to_json(t, &text, bytes), QP_OK);
    qp_tokenizer_free(t);
    return text;
}

Test(tokenizer_file, json_there_and_back)
{
    static const char *const type[] = {"char", "byte", "word", "bpe", "byte-bpe", "unigram", "wordpiece", "space"};
    for (int i = 0; i < 8; i++) {
        size_t bytes, again_bytes;
        char *text = trained_json(type[i], &bytes), *again;
        qp_tokenizer *t;
        cr_assert_eq(qp_tokenizer_from_json("test", text, bytes, &t), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_tokenizer_to_json(t, &again, &again_bytes), QP_OK);
        cr_assert_str_eq(text, again);
        free(text);
        free(again);
        qp_tokenizer_free(t);
    }
}

Test(tokenizer_file, same_ids_after_loading)
{
    qp_tokenizer_config config = test_config("bpe", 330);
    qp_tokenizer *t = test_train(&config, corpus, LINES), *u;
    char path[] = "/tmp/qp_tokenizer_XXXXXX";
    close(mkstemp(path));
    cr_assert_eq(qp_tokenizer_save(t, path), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_tokenizer_load(path, &u), QP_OK, "%s", qp_error_message());
    char first[4096];
    snprintf(first, sizeof first, "%s", test_pieces(t, "the cat sat 학교에서 zebra"));
    cr_assert_str_eq(test_pieces(u, "the cat sat 학교에서 zebra"), first);
    unlink(path);
    qp_tokenizer_free(t);
    qp_tokenizer_free(u);
}

static void refuse(const char *text, size_t bytes)
{
    qp_tokenizer *t;
    cr_assert_eq(qp_tokenizer_from_json("test", text, bytes, &t), QP_EDATA, "accepted: %.80s", text);
    cr_assert_null(t);
    cr_assert(strlen(qp_error_message()) > 0);
}

/* `text` with the first `old` replaced by `fresh` must be refused: because of its checksum, and with a correct checksum
 * (where `signed_too`) because of its content. */
static void refuse_edit_as(const char *text, const char *old, const char *fresh, bool signed_too)
{
    const char *at = strstr(text, old);
    cr_assert_not_null(at, "%s", old);
    size_t bytes = strlen(text) + strlen(fresh) + 1;
    char *edited = malloc(bytes), sum[20];
    snprintf(edited, bytes, "%.*s%s%s", (int)(at - text), text, fresh, at + strlen(old));
    refuse(edited, strlen(edited));
    char *checksum = strstr(edited, "\"checksum\"");
    if (signed_too && checksum) {
        snprintf(sum, sizeof sum, "%016llx", (unsigned long long)XXH3_64bits(edited, (size_t)(checksum - edited)));
        memcpy(strstr(checksum, "xxh3:") + 5, sum, 16);
        refuse(edited, strlen(edited));
    }
    free(edited);
}

static void refuse_edit(const char *text, const char *old, const char *fresh)
{
    refuse_edit_as(text, old, fresh, true);
}

Test(tokenizer_file, edited_files_are_refused)
{
    size_t bytes;
    char *text = trained_json("bpe", &bytes);
    refuse_edit(text, "quipu-tokenizer", "other");
    refuse_edit(text, "\"version\": 2", "\"version\": 3");
    refuse_edit(text, "\"version\": 2", "\"version\": \"two\"");
    refuse_edit(text, "\"version\": 2", "\"version\": 2, \"extra\": 1");
    refuse_edit(text, "\"bpe\"", "\"bpf\"");
    refuse_edit(text, "\"nfc\"", "\"nfx\"");
    refuse_edit_as(text, "\"nfc\"", "\"nfkc\"", false);
    refuse_edit(text, "\"together\"", "\"never\"");
    refuse_edit(text, "\"<pad>\"", "\"<pat>\"");
    refuse_edit(text, "\"<0x00>\"", "\"<0x01>\"");
    refuse_edit(text, "\"\u2581the\"", "\"\u2581\"");
    refuse_edit(text, "\"\u2581the\"", "\"\"");
    refuse_edit(text, "\"\u2581the\"", "\" the\"");
    refuse_edit(text, "\"\u2581the\"", "7");
    refuse_edit(text, "\"\u2581the\"", "\"a\\u0000b\"");
    refuse_edit(text, "\"merges\": [", "\"merges\": [\"nothing\",");
    refuse_edit(text, "\"merges\": [", "\"merges\": [\"a \",");
    refuse_edit(text, "\"merges\": [", "\"merges\": [\" \",");
    refuse_edit(text, "\"merges\": [", "\"merges\": [\"x y z\",");
    refuse_edit(text, "\"merges\": [", "\"merges\": [\"t h\",\"t h\",");
    refuse_edit(text, "\"merges\": [", "\"merges\": [5,");
    refuse_edit(text, "\"merges\": [", "\"merges\": {\"a\":[");
    refuse_edit_as(text, "xxh3:", "xxh3:f", false);
    refuse_edit(text, "\"scores\": [", "\"scores\": [1");
    free(text);
    text = trained_json("unigram", &bytes);
    refuse_edit(text, "\"scores\": [", "\"scores\": [0,");
    refuse_edit(text, "\"scores\": [\n  0", "\"scores\": [\n  1.0");
    refuse_edit(text, "\"scores\": [\n  0", "\"scores\": [\n  \"0\"");
    refuse_edit_as(text, "\"scores\": [\n  0", "\"scores\": [\n  -0.5", false);
    free(text);
    text = trained_json("byte-bpe", &bytes);
    refuse_edit(text, "\u0120the", "\u3042the");
    free(text);
}

Test(tokenizer_file, cut_and_damaged_files_do_no_harm)
{
    size_t bytes;
    char *text = trained_json("bpe", &bytes);
    for (size_t cut = 0; cut < bytes; cut += 37) {
        char *copy = malloc(cut + 1); /* its own block, so that a sanitizer sees a read past its end */
        memcpy(copy, text, cut);
        refuse(copy, cut);
        free(copy);
    }
    for (uint64_t n = 0; n < 300; n++) {
        size_t place = qp_random_below(n, 0, bytes);
        char old = text[place], fresh = (char)qp_random_below(n, 1, 256);
        text[place] = fresh;
        qp_tokenizer *t;
        qp_status status = qp_tokenizer_from_json("test", text, bytes, &t);
        cr_assert((status == QP_OK) == (t != NULL));
        qp_tokenizer_free(t);
        text[place] = old;
    }
    refuse("[]", 2);
    refuse("{}", 2);
    refuse("", 0);
    free(text);
}

/* As version 1 of the format was written. */
static const char old_file[] = "{\n"
                               " \"format\": \"quipu-tokenizer\",\n"
                               " \"version\": 1,\n"
                               " \"unicode\": \"15.0.0\",\n"
                               " \"type\": \"bpe\",\n"
                               " \"normalization\": \"nfc\",\n"
                               " \"lower_case\": false,\n"
                               " \"byte_fallback\": false,\n"
                               " \"digits\": \"together\",\n"
                               " \"pieces\": [\n"
                               "  \"<pad>\",\n"
                               "  \"<s>\",\n"
                               "  \"</s>\",\n"
                               "  \"<unk>\",\n"
                               "  \"▁\",\n"
                               "  \"a\",\n"
                               "  \"c\",\n"
                               "  \"e\",\n"
                               "  \"h\",\n"
                               "  \"t\",\n"
                               "  \"▁t\",\n"
                               "  \"at\",\n"
                               "  \"he\",\n"
                               "  \"▁the\"\n"
                               " ],\n"
                               " \"merges\": [\n"
                               "  \"▁ t\",\n"
                               "  \"a t\",\n"
                               "  \"h e\",\n"
                               "  \"▁t he\"\n"
                               " ],\n"
                               " \"scores\": [],\n"
                               " \"checksum\": \"xxh3:ff7e64814ed0a2db\"\n"
                               "}\n";

Test(tokenizer_file, files_of_version_1_are_read)
{
    qp_tokenizer *t;
    cr_assert_eq(qp_tokenizer_from_json("old", old_file, strlen(old_file), &t), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(test_pieces(t, "the hat x"), "\u2581the \u2581 h at \u2581 <unk>");
    char *text;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_to_json(t, &text, &bytes), QP_OK);
    cr_assert_not_null(strstr(text, "\"version\": 2"));
    free(text);
    qp_tokenizer_free(t);
    refuse_edit_as(old_file, "\"\u2581the", "\"\u2581tha", false);
    refuse_edit_as(old_file, "\"nfc\"", "\"nfd\"", false);
}
