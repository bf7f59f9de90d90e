#include "lib/export/hf_tokenizer_files.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/import/import_folder.h"
#include "tokenizer/tokenizer_trainer.h"

TestSuite(hf_tokenizer_files, .init = folder_begin, .fini = folder_end);

static qp_tokenizer *pieces_of(const char *text)
{
    qp_tokenizer_config config;
    qp_tokenizer *tokenizer;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.vocab_size = 300;
    folder_file("text", text);
    const char *path = folder_path("text");
    cr_assert_eq(qp_tokenizer_train_files(&config, &path, 1, NULL, &tokenizer), QP_OK, "%s", qp_error_message());
    return tokenizer;
}

/* A package of this task whose tokenizers are written into "out". */
static void save(int task, bool begins, qp_tokenizer *source, qp_tokenizer *target)
{
    qp_package package = {0};
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = task;
    config.emb_size = config.ff_size = 8;
    config.heads = 2;
    config.enc_layers = config.dec_layers = 1;
    config.labels = 2;
    config.max_length = 20;
    config.begin_token = begins;
    if (task != QP_TASK_TRANSLATE) config.decoder = QP_KIND_NONE;
    if (task == QP_TASK_LM) config.encoder = QP_KIND_NONE, config.decoder = QP_KIND_TRANSFORMER;
    config.src_vocab_size = qp_tokenizer_size(source);
    config.tgt_vocab_size = qp_tokenizer_size(target);
    cr_assert_eq(qp_model_new_blank(&config, &package.model), QP_OK, "%s", qp_error_message());
    package.source = source;
    package.target = target;
    cr_assert_eq(qp_hf_save_tokenizers(&package, folder_path("out")), QP_OK, "%s", qp_error_message());
    qp_model_free(package.model);
}

static json_t *read_json(const char *name)
{
    json_error_t error;
    json_t *root = json_load_file(folder_path(name), 0, &error);
    cr_assert_not_null(root, "%s: %s", name, error.text);
    return root;
}

/* "<s>:0 A:0 </s>:0": the items of a template with their types. */
static void expect_template(const char *name, const char *kind, const char *expected)
{
    char text[200] = "";
    json_t *root = read_json(name), *item;
    const json_t *template = json_object_get(root, "post_processor");
    if (json_object_get(template, "processors")) template = json_array_get(json_object_get(template, "processors"), 1);
    cr_assert_str_eq(json_string_value(json_object_get(template, "type")), "TemplateProcessing");
    size_t i;
    json_array_foreach (json_object_get(template, kind), i, item) {
        const char *key = json_object_iter_key(json_object_iter(item));
        const json_t *value = json_object_get(item, key);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s:%d", i ? " " : "",
                 json_string_value(json_object_get(value, "id")),
                 (int)json_integer_value(json_object_get(value, "type_id")));
    }
    cr_expect_str_eq(text, expected, "%s of %s: %s", kind, name, text);
    json_decref(root);
}

Test(hf_tokenizer_files, what_a_model_reads_before_and_after)
{
    qp_tokenizer *t = pieces_of("a bird sees a bird\nthe bird\n");
    save(QP_TASK_CLASSIFY, true, t, t);
    expect_template("out/tokenizer.json", "single", "<s>:0 A:0 </s>:0");
    expect_template("out/tokenizer.json", "pair", "<s>:0 A:0 </s>:0 B:1 </s>:1");
    json_t *config = read_json("out/tokenizer_config.json");
    cr_expect_str_eq(json_string_value(json_object_get(config, "cls_token")), "<s>");
    cr_expect_str_eq(json_string_value(json_object_get(config, "sep_token")), "</s>");
    cr_expect_null(json_object_get(config, "bos_token"));
    cr_expect_eq(json_integer_value(json_object_get(config, "model_max_length")), 21, "and the token before it");
    cr_expect_eq(json_array_size(json_object_get(config, "model_input_names")), 2);
    json_decref(config);
    save(QP_TASK_CLASSIFY, false, t, t);
    expect_template("out/tokenizer.json", "single", "A:0 </s>:0");
    expect_template("out/tokenizer.json", "pair", "A:0 </s>:0 B:1 </s>:1");
    save(QP_TASK_LM, false, t, t);
    expect_template("out/tokenizer.json", "single", "<s>:0 A:0");
    config = read_json("out/tokenizer_config.json");
    cr_expect_str_eq(json_string_value(json_object_get(config, "bos_token")), "<s>");
    cr_expect_str_eq(json_string_value(json_object_get(config, "eos_token")), "</s>");
    cr_expect_eq(json_integer_value(json_object_get(config, "model_max_length")), 20);
    json_decref(config);
    cr_expect_not(qp_folder_exists(folder_path("out/target")));
    qp_tokenizer_free(t);
}

/* A translator with two vocabularies has a folder for each. */
Test(hf_tokenizer_files, two_vocabularies)
{
    qp_tokenizer *source = pieces_of("a bird\n"), *target = pieces_of("ein vogel\n");
    save(QP_TASK_TRANSLATE, false, source, target);
    expect_template("out/tokenizer.json", "single", "A:0 </s>:0");
    expect_template("out/target/tokenizer.json", "single", "A:0 </s>:0");
    qp_tokenizer_free(source);
    qp_tokenizer_free(target);
}

/* Every special token of our own vocabularies is marked in the file. */
Test(hf_tokenizer_files, special_tokens_are_marked)
{
    qp_tokenizer *t = pieces_of("a bird\n");
    save(QP_TASK_TRANSLATE, false, t, t);
    json_t *root = read_json("out/tokenizer.json"), *token;
    int found[QP_SPECIAL_COUNT] = {0};
    size_t i;
    json_array_foreach (json_object_get(root, "added_tokens"), i, token) {
        int id = (int)json_integer_value(json_object_get(token, "id"));
        if (id < QP_SPECIAL_COUNT) found[id]++;
        cr_expect_str_eq(json_string_value(json_object_get(token, "content")), qp_tokenizer_piece(t, id));
        cr_expect(json_is_true(json_object_get(token, "special")) &&
                  json_is_false(json_object_get(token, "normalized")));
    }
    for (int id = 0; id < QP_SPECIAL_COUNT; id++) cr_expect_eq(found[id], 1, "token %d", id);
    json_decref(root);
    qp_tokenizer_free(t);
}
