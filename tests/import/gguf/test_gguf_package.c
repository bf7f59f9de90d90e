#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/gguf/gguf_package.h"
#include "tests/import/gguf/gguf_bytes.h"
#include "tests/import/gguf/gguf_tiny.h"
#include "tests/import/import_folder.h"
#include "tokenizer/tokenizer_json.h"

static void set_up(void)
{
    folder_begin();
    gguf_begin(0);
}

TestSuite(gguf_package, .init = set_up, .fini = folder_end);

static qp_status read_package(qp_package **package)
{
    gguf_save(folder_path("m.gguf"), NULL);
    return qp_gguf_package(folder_path("m.gguf"), "", package);
}

static void refused(qp_status wanted, const char *words)
{
    qp_package *package;
    cr_expect_eq(read_package(&package), wanted, "%s", words);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_null(package);
    gguf_begin(0);
}

static void weights(void) { tiny_gated("llama", "", 0, 1, 0); }

static void encodes_to(const qp_package *p, const char *text, int count, const int32_t *wanted)
{
    int32_t *id;
    int found;
    cr_assert_eq(qp_tokenizer_encode(p->target, text, strlen(text), &id, &found), QP_OK);
    cr_expect_eq(found, count, "%s: %d ids", text, found);
    for (int i = 0; i < count && i < found; i++) cr_expect_eq(id[i], wanted[i], "%s: %d is %d", text, i, id[i]);
    free(id);
}

Test(gguf_package, pieces_with_scores)
{
    qp_package *p;
    tiny_keys("llama");
    tiny_vocabulary();
    weights();
    cr_assert_eq(read_package(&p), QP_OK, "%s", qp_error_message());
    encodes_to(p, "aa", 2, (const int32_t[]){5, 4});
    encodes_to(p, " a", 2, (const int32_t[]){3, 5});
    encodes_to(p, "b", 2, (const int32_t[]){3, 6 + 'b'});
    cr_expect_eq(qp_tokenizer_special(p->target)->begin, 1);
    cr_expect_eq(qp_tokenizer_special(p->target)->end, 2);
    cr_expect_eq(qp_model_config_of(p->model)->start_id, -1, "a text begins with <s>");
    char *json;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_to_json(p->target, &json, &bytes), QP_OK);
    cr_expect(strstr(json, "\"unk_name\": \"<unk>\""), "%.600s", json);
    cr_expect(strstr(json, "\"bos_name\": \"<s>\"") && strstr(json, "\"eos_name\": \"</s>\""), "%.600s", json);
    free(json);
    qp_package_free(p);
    gguf_begin(0);
    tiny_keys("llama");
    tiny_vocabulary();
    gguf_flag("tokenizer.ggml.add_space_prefix", 0);
    gguf_flag("tokenizer.ggml.add_bos_token", 0);
    weights();
    cr_assert_eq(read_package(&p), QP_OK, "%s", qp_error_message());
    encodes_to(p, "aa", 2, (const int32_t[]){4, 4});
    cr_expect_eq(qp_model_config_of(p->model)->start_id, QP_START_NONE);
    qp_package_free(p);
}

Test(gguf_package, bytes_with_merges)
{
    static const char *const pre[] = {"gpt-2", "llama-bpe", "qwen2", "smollm", NULL};
    static const int begins[] = {0, 1, 0, 0, 0};
    for (size_t i = 0; i < sizeof pre / sizeof *pre; i++) {
        qp_package *p;
        tiny_keys(pre[i] ? "llama" : "qwen2"); /* without the key, the architecture decides */
        tiny_bytes_vocabulary(pre[i]);
        tiny_gated("llama", "", 0, pre[i] != NULL, 0);
        cr_assert_eq(read_package(&p), QP_OK, "%s", qp_error_message());
        cr_expect_eq(qp_tokenizer_special(p->target)->end, 257);
        cr_expect_eq(qp_model_config_of(p->model)->start_id, begins[i] ? -1 : QP_START_NONE);
        encodes_to(p, "ab a", 3, (const int32_t[]){256, ' ', 'a'});
        qp_encoding e = {0};
        cr_assert_eq(qp_tokenizer_encode_pair(p->target, "a", 1, "b", 1, &e), QP_OK, "%s", qp_error_message());
        cr_expect_eq(e.count, begins[i] ? 4 : 2, "%d tokens of a pair", e.count);
        cr_expect(e.id[begins[i] != 0] == 'a' && e.id[e.count - 1] == 'b');
        cr_expect(!begins[i] || (e.id[0] == e.id[2] && e.id[0] != 'a'), "the token before each text");
        cr_expect(e.type_id[0] == 0 && e.type_id[e.count - 1] == 1);
        qp_encoding_free(&e);
        qp_package_free(p);
        gguf_begin(0);
    }
}

Test(gguf_package, wrong_vocabularies_are_refused_by_name)
{
    tiny_keys("llama");
    weights();
    refused(QP_ENOINPUT, "tokenizer.ggml.tokens; name a tokenizer");
    tiny_keys("llama");
    gguf_text("tokenizer.ggml.model", "bert");
    gguf_texts("tokenizer.ggml.tokens", 1, (const char *const[]){"a"});
    weights();
    refused(QP_EDATA, "tokenizer.ggml.model");
    tiny_keys("llama");
    tiny_bytes_vocabulary("tekken");
    weights();
    refused(QP_EDATA, "tokenizer.ggml.pre");
    tiny_keys("llama");
    tiny_vocabulary();
    gguf_number("tokenizer.ggml.padding_token_id", 262);
    weights();
    refused(QP_EDATA, "tokenizer.ggml.padding_token_id");
    tiny_keys("llama");
    tiny_vocabulary();
    gguf_flag("tokenizer.ggml.add_eos_token", 1);
    weights();
    refused(QP_EDATA, "tokenizer.ggml.add_eos_token");
    tiny_keys("llama");
    gguf_text("tokenizer.ggml.model", "llama");
    gguf_texts("tokenizer.ggml.tokens", 2, (const char *const[]){"a", "b"});
    gguf_reals("tokenizer.ggml.scores", 1, (const float[]){0});
    weights();
    refused(QP_EDATA, "not as many scores");
    tiny_keys("llama");
    gguf_text("tokenizer.ggml.model", "llama");
    gguf_texts("tokenizer.ggml.tokens", 2, (const char *const[]){"a", "b"});
    weights();
    refused(QP_EDATA, "tokenizer.ggml.scores: missing");
}
