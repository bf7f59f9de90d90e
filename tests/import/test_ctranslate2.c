#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/ctranslate2/ct2_model.h"
#include "lib/import/ctranslate2/ct2_package.h"
#include "lib/import/json_config.h"
#include "lib/import/vocabulary_file.h"
#include "tests/import/import_folder.h"

TestSuite(ctranslate2, .init = folder_begin, .fini = folder_end);

/* ---- what CTranslate2 computed ---- */

static void ids_of(const qp_vocabulary_names *names, const json_t *pieces, int32_t *id)
{
    for (size_t i = 0; i < json_array_size(pieces); i++)
        id[i] = qp_vocabulary_index(names, json_string_value(json_array_get(pieces, i)));
}

/* ln P of every token of a target, as `score` has it. */
static void check_line(const qp_model *model, qp_tape *tape, const qp_vocabulary_names *names, const json_t *source,
                       const json_t *tokens, const json_t *expected, double allowed)
{
    int32_t from[64], to[64];
    ids_of(names, source, from);
    ids_of(names, tokens, to);
    const int32_t start[2][2] = {{0, (int32_t)json_array_size(source)}, {0, (int32_t)json_array_size(tokens)}};
    qp_batch batch = {.source = {{.count = 1, .start = start[0]}, from},
                      .target = {{.count = 1, .start = start[1]}, to}};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor logits = qp_model_logits(model, tape, &batch, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    for (int t = 0; t < start[1][1]; t++) {
        const qp_real *row = qp_tensor_row(logits, t);
        double most = (double)row[0], sum = 0;
        for (int i = 1; i < logits.columns; i++) most = fmax(most, (double)row[i]);
        for (int i = 0; i < logits.columns; i++) sum += exp((double)row[i] - most);
        double found = (double)row[to[t]] - most - log(sum);
        cr_expect_float_eq(found, json_number_value(json_array_get(expected, (size_t)t)), allowed, "token %d: %g", t,
                           found);
    }
}

static void check_scores(const char *folder)
{
    char path[256];
    qp_vocabulary_names names;
    qp_json_config json;
    qp_ct2_file *file;
    qp_model *model;
    qp_tape *tape = qp_tape_new();
    snprintf(path, sizeof path, "%s/shared_vocabulary.json", folder);
    cr_assert_eq(qp_vocabulary_read(path, &names), QP_OK, "%s", qp_error_message());
    snprintf(path, sizeof path, "%s/model.bin", folder);
    cr_assert_eq(qp_ct2_open(path, &file), QP_OK, "%s", qp_error_message());
    const qp_ct2_facts facts = {names.count, names.count, 0, 1e-5, false, 0};
    cr_assert_eq(qp_ct2_model(file, &facts, &model), QP_OK, "%s", qp_error_message());
    qp_ct2_close(file);
    snprintf(path, sizeof path, "%s/expected.json", folder);
    cr_assert_eq(qp_json_config_open(path, &json), QP_OK, "%s", qp_error_message());
    const json_t *sources = qp_json_config_find(&json, "source"), *cases = qp_json_config_find(&json, "cases");
    int lines = 0;
    for (size_t c = 0; c < json_array_size(cases); c++) {
        const json_t *one = json_array_get(cases, c), *tokens = json_object_get(one, "tokens");
        double allowed = json_number_value(json_object_get(one, "atol"));
        if (strcmp(json_string_value(json_object_get(one, "case")), "score") != 0) continue;
        for (size_t i = 0; i < json_array_size(tokens); i++, lines++)
            check_line(model, tape, &names, json_array_get(sources, i), json_array_get(tokens, i),
                       json_array_get(json_object_get(one, "log_probs"), i), allowed);
    }
    cr_expect_geq(lines, 12);
    qp_json_config_close(&json);
    qp_vocabulary_names_free(&names);
    qp_model_free(model);
    qp_tape_free(tape);
}

Test(ctranslate2, scores_are_those_of_ctranslate2)
{
    if (!qp_folder_exists("../shared/oracles2/ctranslate2")) cr_skip_test("no ../shared/oracles2/ctranslate2");
    check_scores("../shared/oracles2/ctranslate2/marian_float32");
    check_scores("../shared/oracles2/ctranslate2/marian_int8");
}

/* ---- small folders ---- */

enum { WORDS = 6, WIDTH = 4, POSITIONS = 5 };

static qp_text_buffer out;
static int variables;
static size_t place_of_count;

static void put_number(uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) qp_text_put(&out, &(char){(char)(value >> 8 * i)}, 1);
}

static void put_name(const char *name)
{
    put_number((uint32_t)strlen(name) + 1, 2);
    qp_text_put(&out, name, strlen(name) + 1);
}

static void put_array(const char *name, uint32_t rows, uint32_t columns)
{
    put_name(name);
    put_number(columns ? 2 : 1, 1);
    put_number(rows, 4);
    if (columns) put_number(columns, 4);
    put_number(0, 1);
    uint32_t count = rows * (columns ? columns : 1);
    put_number(count * 4, 4);
    for (uint32_t i = 0; i < count; i++) {
        float value = (float)((double)(i % 7) / 8 - 0.25);
        qp_text_put(&out, &value, 4);
    }
    variables++;
}

static void put_flag(const char *name, int value)
{
    put_name(name);
    put_number(0, 1);
    put_number(1, 1);
    put_number(1, 4);
    put_number((uint32_t)value, 1);
    variables++;
}

static void put_part(const char *layer, const char *part, uint32_t rows, uint32_t columns)
{
    char name[128];
    snprintf(name, sizeof name, "%s/%s/weight", layer, part);
    put_array(name, rows, columns);
    snprintf(name, sizeof name, "%s/%s/bias", layer, part);
    put_array(name, rows, 0);
}

static void put_norm(const char *layer, const char *part)
{
    char name[128];
    snprintf(name, sizeof name, "%s/%s/layer_norm/gamma", layer, part);
    put_array(name, WIDTH, 0);
    snprintf(name, sizeof name, "%s/%s/layer_norm/beta", layer, part);
    put_array(name, WIDTH, 0);
}

static void put_side(const char *layer, bool decodes)
{
    put_part(layer, "self_attention/linear_0", 3 * WIDTH, WIDTH);
    put_part(layer, "self_attention/linear_1", WIDTH, WIDTH);
    put_norm(layer, "self_attention");
    if (decodes) {
        put_part(layer, "attention/linear_0", WIDTH, WIDTH);
        put_part(layer, "attention/linear_1", 2 * WIDTH, WIDTH);
        put_part(layer, "attention/linear_2", WIDTH, WIDTH);
        put_norm(layer, "attention");
    }
    put_part(layer, "ffn/linear_0", 8, WIDTH);
    put_part(layer, "ffn/linear_1", WIDTH, 8);
    put_norm(layer, "ffn");
}

/* model.bin of one layer on each side, of this specification; flag: one more variable, 1. */
static void write_model(const char *spec, const char *flag)
{
    variables = 0;
    out = (qp_text_buffer){0};
    put_number(6, 4);
    put_name(spec);
    put_number(7, 4);
    place_of_count = out.bytes;
    put_number(0, 4);
    put_array("decoder/embeddings/weight", WORDS, WIDTH);
    put_array("decoder/projection/bias", WORDS, 0);
    put_array("decoder/position_encodings/encodings", POSITIONS, WIDTH);
    put_side("encoder/layer_0", false);
    put_side("decoder/layer_0", true);
    put_flag("encoder/num_heads", 2);
    put_flag("decoder/num_heads", 2);
    put_flag("encoder/pre_norm", 0);
    put_flag("decoder/pre_norm", 0);
    put_flag("encoder/activation", 2);
    put_flag("decoder/activation", 2);
    put_flag("decoder/start_from_zero_embedding", 1);
    if (flag) put_flag(flag, 1);
    put_number(3, 4);
    put_name("decoder/projection/weight");
    put_name("decoder/embeddings/weight");
    put_name("encoder/embeddings_0/weight");
    put_name("decoder/embeddings/weight");
    put_name("encoder/position_encodings/encodings");
    put_name("decoder/position_encodings/encodings");
    out.text[place_of_count] = (char)variables;
    folder_bytes("model.bin", out.text, out.bytes);
}

static void write_folder(void)
{
    folder_sentencepiece("source.spm");
    folder_sentencepiece("target.spm");
    write_model("TransformerSpec", NULL);
    qp_text_free(&out);
    folder_file("config.json",
                "{\"decoder_start_token\": \"</s>\", \"eos_token\": \"</s>\", \"layer_norm_epsilon\": null}");
    folder_file("shared_vocabulary.txt", "</s>\n<unk>\n\xe2\x96\x81\na\nb\nc\n");
}

static void refused(const char *words)
{
    qp_package *p;
    cr_expect_neq(qp_ct2_package(folder_path(NULL), "", &p), QP_OK, "%s", words);
    cr_expect_null(p);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
}

Test(ctranslate2, a_folder_becomes_a_package)
{
    qp_package *p;
    write_folder();
    cr_expect(qp_ct2_is(folder_path(NULL)));
    cr_assert_eq(qp_ct2_package(folder_path(NULL), "", &p), QP_OK, "%s", qp_error_message());
    const qp_model_config *m = qp_model_config_of(p->model);
    cr_expect_eq(m->tgt_vocab_size, WORDS + 1);
    cr_expect_eq(m->start_id, WORDS);
    cr_expect_eq(m->heads, 2);
    cr_expect_eq(m->norm, QP_NORM_POST);
    cr_expect(m->tied_embeddings_all);
    cr_expect_eq(qp_tokenizer_special(p->target)->end, 0);
    qp_params *params = qp_model_params(p->model);
    const qp_real *bias = qp_params_value(params, qp_params_find(params, "generator.bias"));
    const qp_real *words = qp_params_value(params, qp_params_find(params, "embed.weight"));
    cr_expect_eq(bias[WORDS], -100);
    cr_expect_float_eq((double)bias[1], -0.125, 1e-6);
    for (int i = 0; i < WIDTH; i++) cr_expect_eq(words[WORDS * WIDTH + i], 0);
    cr_expect_float_eq((double)words[2], 0, 1e-6);
    qp_package_free(p);
}

Test(ctranslate2, what_cannot_be_read_is_named)
{
    write_folder();
    folder_file("shared_vocabulary.txt", "</s>\n<unk>\na\n");
    refused("not a row for each word");
    folder_file("config.json", "{\"eos_token\": \"<end>\"}");
    refused("eos_token");
    write_folder();
    cr_assert_eq(qp_file_remove_tree(folder_path("target.spm")), QP_OK);
    refused("target.spm is not there");
    write_folder();
    write_model("WhisperSpec", NULL);
    refused("a WhisperSpec");
    static const char *const flags[] = {"encoder/layer_0/ffn/linear_0_noact/weight", "decoder/rotary_dim",
                                        "encoder/multi_query_attention", "decoder/alibi"};
    for (int i = 0; i < 4; i++) {
        qp_text_free(&out);
        write_model("TransformerSpec", flags[i]);
        refused(strrchr(flags[i], '/') + (i == 0 ? 0 : 1));
        qp_ct2_file *file;
        qp_model *model = NULL;
        const qp_ct2_facts facts = {WORDS, WORDS, 0, 1e-5, false, 0};
        cr_assert_eq(qp_ct2_open(folder_path("model.bin"), &file), QP_OK);
        cr_expect_eq(qp_ct2_model(file, &facts, &model), QP_EDATA);
        cr_expect_null(model, "nothing is left to free");
        qp_ct2_close(file);
    }
    qp_text_free(&out);
}

/* Every file that is cut off, and every changed byte of the names and shapes: an error, or a model; no crash. */
Test(ctranslate2, damaged_files)
{
    qp_package *p;
    write_folder();
    write_model("TransformerSpec", NULL);
    for (size_t bytes = 0; bytes < out.bytes; bytes += bytes < 200 ? 1 : 13) {
        folder_bytes("model.bin", out.text, bytes);
        cr_expect_eq(qp_ct2_package(folder_path(NULL), "", &p), QP_EDATA, "cut after %zu bytes", bytes);
    }
    int opened = 0;
    for (size_t at = 0; at < out.bytes; at += 5) {
        char was = out.text[at];
        out.text[at] = (char)(was ^ (at % 2 ? 0x80 : 0x01));
        folder_bytes("model.bin", out.text, out.bytes);
        opened += qp_ct2_package(folder_path(NULL), "", &p) == QP_OK;
        qp_package_free(p);
        out.text[at] = was;
    }
    cr_expect_gt(opened, 10);
    qp_text_free(&out);
}
