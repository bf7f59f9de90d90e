#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/hf_export.h"
#include "lib/store/safetensors.h"
#include "tests/import/import_folder.h"

TestSuite(hf_export, .init = folder_begin, .fini = folder_end);

static const qp_hf_wish no_wish;

static qp_hf_written written(const qp_hf_model *made)
{
    qp_special_ids ids = {made->ids.pad, made->ids.begin, made->ids.end, -1, -1};
    return (qp_hf_written){"m.safetensors", made->model, made->labels, NULL, ids};
}

/* Writes a model into the folder and reads it again. */
static bool round_trip(const qp_hf_model *made, const char *folder, qp_hf_choice *choice, qp_hf_model *again)
{
    const qp_hf_written w = written(made);
    if (qp_hf_export_model(&w, folder, choice) != QP_OK) return false;
    qp_status status = qp_hf_import_model(folder, &no_wish, again);
    free(choice->config);
    return status == QP_OK;
}

/* Equal configurations, labels, ids and weights, to the bit. */
static void same_model(const char *name, const qp_hf_model *a, const qp_hf_model *b)
{
    char one[QP_FIELD_TEXT_BYTES], other[QP_FIELD_TEXT_BYTES];
    qp_params *ours = qp_model_params(a->model), *theirs = qp_model_params(b->model);
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        cr_expect_str_eq(qp_config_get(field, qp_model_config_of(a->model), one, sizeof one),
                         qp_config_get(field, qp_model_config_of(b->model), other, sizeof other), "%s: %s", name,
                         field->name);
    }
    cr_expect_eq(memcmp(&a->ids, &b->ids, sizeof a->ids), 0, "%s: ids", name);
    cr_expect_str_eq(a->labels ? a->labels : "", b->labels ? b->labels : "", "%s: labels", name);
    cr_assert_eq(qp_params_size(ours), qp_params_size(theirs), "%s", name);
    cr_expect_eq(memcmp(qp_params_block(ours), qp_params_block(theirs), qp_params_size(ours) * sizeof(qp_real)), 0,
                 "%s: weights", name);
}

/* Every array that is written is one of the file it was read from, with the same shape; *count of them. */
static void same_names(const char *name, const char *from, const char *to, int *count)
{
    qp_safetensors *a, *b;
    char path[4096];
    snprintf(path, sizeof path, "%s/model.safetensors", from);
    cr_assert_eq(qp_safetensors_open(path, &a), QP_OK, "%s", qp_error_message());
    snprintf(path, sizeof path, "%s/model.safetensors", to);
    cr_assert_eq(qp_safetensors_open(path, &b), QP_OK, "%s", qp_error_message());
    *count = qp_safetensors_count(b);
    for (int i = 0; i < *count; i++) {
        const qp_stored *made = qp_safetensors_at(b, i), *was = qp_safetensors_find(a, made->name);
        cr_expect(was, "%s: %s is not in the original", name, made->name);
        cr_expect(!was || (was->dimensions == made->dimensions && was->shape[0] == made->shape[0]), "%s: %s", name,
                  made->name);
    }
    qp_safetensors_close(a);
    qp_safetensors_close(b);
}

Test(hf_export, what_was_imported_is_exported_and_imported_to_the_bit)
{
    static const char *const names[] = {"gpt2",
                                        "gpt2_untied",
                                        "llama",
                                        "llama_bias",
                                        "llama_tied_theta",
                                        "llama_rope_linear",
                                        "llama_rope_dynamic",
                                        "llama_rope_llama3",
                                        "llama_rope_yarn",
                                        "mistral",
                                        "qwen2",
                                        "qwen3",
                                        "bert_mlm",
                                        "bert_classify",
                                        "bert_tag",
                                        "bert_qa",
                                        "marian",
                                        "marian_relu_noscale",
                                        "bart",
                                        "mbart",
                                        "pegasus",
                                        "t5_relu",
                                        "t5_gated"};
    int arrays = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char from[256];
        qp_hf_model made, again;
        qp_hf_choice choice;
        snprintf(from, sizeof from, "../shared/oracles2/hf_models/%s", names[i]);
        if (!qp_folder_exists(from)) cr_skip_test("no ../shared/oracles2/hf_models");
        cr_assert_eq(qp_hf_import_model(from, &no_wish, &made), QP_OK, "%s", qp_error_message());
        cr_assert(round_trip(&made, folder_path(NULL), &choice, &again), "%s: %s", names[i], qp_error_message());
        same_model(names[i], &made, &again);
        same_names(names[i], from, folder_path(NULL), &arrays);
        cr_expect_gt(arrays, 10, "%s", names[i]);
        qp_hf_model_free(&made);
        qp_hf_model_free(&again);
    }
}

Test(hf_export, a_folder_written_here_has_their_names_and_layout)
{
    qp_hf_model made, again;
    qp_hf_choice choice;
    int arrays = 0;
    folder_gpt2("", NULL);
    folder_weights("model.safetensors");
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &no_wish, &made), QP_OK, "%s", qp_error_message());
    char to[256];
    snprintf(to, sizeof to, "%s", folder_path("out"));
    cr_assert(round_trip(&made, to, &choice, &again), "%s", qp_error_message());
    cr_expect_str_eq(choice.class->name, "GPT2LMHeadModel");
    same_model("gpt2", &made, &again);
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(folder_path("out/model.safetensors"), &file), QP_OK);
    const qp_stored *inner = qp_safetensors_find(file, "transformer.h.0.mlp.c_fc.weight");
    cr_assert(inner && inner->shape[0] == 4 && inner->shape[1] == 8);
    qp_real value[32];
    cr_assert_eq(qp_safetensors_reals(file, inner, value), QP_OK);
    int first = (int)strlen("h.0.mlp.c_fc.weight");
    for (int k = 0; k < 32; k++) cr_expect_float_eq((double)value[k], (first + k) / 100.0, 1e-6);
    arrays = qp_safetensors_count(file);
    cr_expect_eq(arrays, 16);
    qp_safetensors_close(file);
    qp_hf_model_free(&made);
    qp_hf_model_free(&again);
}

/* A model of these options, without weights. */
static qp_hf_model blank(const char *const *option)
{
    qp_model_config config;
    qp_hf_model made = {.ids = {-1, -1, -1, -1, -1}};
    qp_config_defaults(&qp_model_fields, &config);
    for (int i = 0; option[i]; i += 2)
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, option[i]), &config, "test", option[i + 1]), QP_OK);
    config.src_vocab_size = config.tgt_vocab_size = 9;
    cr_assert_eq(qp_model_new_blank(&config, &made.model), QP_OK, "%s", qp_error_message());
    return made;
}

/* A model of these options cannot be written; the message has these words. */
static void refused(const char *const *option, const char *words)
{
    qp_hf_model made = blank(option);
    qp_hf_choice choice;
    const qp_hf_written w = written(&made);
    cr_expect_eq(qp_hf_export_model(&w, folder_path(NULL), &choice), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_not(qp_file_exists(folder_path("config.json")));
    qp_hf_model_free(&made);
}

#define SMALL "emb-size", "8", "heads", "2", "ff-size", "16", "enc-layers", "1", "dec-layers", "1"

#define LLAMA                                                                                                          \
    "task", "lm", "encoder", "none", SMALL, "norm-type", "rms", "gated-ff", "true", "bias", "false",                   \
        "scale-embeddings", "false", "activation", "silu", "pos", "rope"

/* The length that was learned is kept with every way to read longer texts, where it is not the model's own. */
Test(hf_export, rotary_positions_that_are_scaled)
{
    static const char *const scaling[] = {"linear", "llama3", "yarn"}, *const length[] = {"64", "128", "256"};
    for (int i = 0; i < 9; i++) {
        const char *const option[] = {LLAMA, "max-length", "128", "rope-scaling", scaling[i / 3], "rope-factor", "4",
                                      "rope-length", length[i % 3], NULL};
        qp_hf_model made = blank(option), again;
        qp_hf_choice choice;
        cr_assert(round_trip(&made, folder_path(NULL), &choice, &again), "%s: %s", scaling[i / 3], qp_error_message());
        const qp_model_config *was = qp_model_config_of(made.model), *is = qp_model_config_of(again.model);
        int64_t learned = is->rope_length ? is->rope_length : is->max_length;
        cr_expect_eq(is->rope_scaling, was->rope_scaling, "%s", scaling[i / 3]);
        cr_expect_eq(learned, was->rope_length, "%s of %s: %d", scaling[i / 3], length[i % 3], (int)learned);
        qp_hf_model_free(&made);
        qp_hf_model_free(&again);
    }
}

/* Options that a model does not read, or that say what is so without them, do not keep it from being written. */
Test(hf_export, options_without_an_effect)
{
    static const char *const more[][2] = {
        {"experts-per-token", "3"}, {"relative-buckets", "64"}, {"relative-far", "300"}, {"first-position", "5"},
        {"sinusoid", "halves"},     {"head-size", "4"},         {"rope-size", "4"},      {"rope-length", "512"},
        {"qkv-bias", "false"},      {"kv-heads", "2"},          {"rope-slow", "2"},
        {"ff-dropout", "0.1"},      {"init-gain", "3"},         {"layer-drop", "0.2"}};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        const char *const option[] = {LLAMA, more[i][0], more[i][1], NULL};
        qp_hf_model made = blank(option);
        qp_hf_choice choice;
        const qp_hf_written w = written(&made);
        qp_status status = qp_hf_export_model(&w, folder_path(NULL), &choice);
        cr_expect_eq(status, QP_OK, "%s %s: %s", more[i][0], more[i][1], qp_error_message());
        if (status == QP_OK) {
            cr_expect_str_eq(choice.class->name, "LlamaForCausalLM", "%s", more[i][0]);
            free(choice.config);
        }
        qp_hf_model_free(&made);
    }
}

Test(hf_export, what_no_architecture_computes_is_refused_with_the_options_that_would_fit)
{
    refused((const char *const[]){"task", "lm", "encoder", "none", SMALL, "activation", "relu", NULL},
            "gpt2 needs --pos learned --scale-embeddings=false");
    refused((const char *const[]){"task", "lm", "encoder", "none", SMALL, "norm-type", "rms", "gated-ff", "true",
                                  "bias", "false", "scale-embeddings", "false", "activation", "silu", NULL},
            "llama needs --pos rope");
    refused((const char *const[]){"task", "lm", "encoder", "none", "decoder", "gru", SMALL, NULL},
            "--decoder transformer");
    refused((const char *const[]){"task", "autoencode", "encoder", "gru", "decoder", "gru", SMALL, NULL},
            "no architecture for --task autoencode");
}
