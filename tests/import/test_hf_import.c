#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/hf_import.h"
#include "lib/import/torch_pickle.h"
#include "tests/import/import_folder.h"

TestSuite(hf_import, .init = folder_begin, .fini = folder_end);

static const qp_hf_wish no_wish;

/* An error whose message has these words. */
static void refused(const char *words)
{
    qp_hf_model made;
    qp_status status = qp_hf_import_model(folder_path(NULL), &no_wish, &made);
    cr_expect_neq(status, QP_OK, "%s", words);
    if (status == QP_OK) qp_hf_model_free(&made);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    cr_expect_null(made.model);
}

static const qp_real *values(const qp_hf_model *made, const char *name)
{
    qp_params *params = qp_model_params(made->model);
    int index = qp_params_find(params, name);
    cr_assert_geq(index, 0, "%s", name);
    return qp_params_value(params, index);
}

Test(hf_import, a_folder_becomes_a_model)
{
    qp_hf_model made;
    folder_gpt2("", NULL);
    folder_weights("model.safetensors");
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &no_wish, &made), QP_OK, "%s", qp_error_message());
    const qp_model_config *config = qp_model_config_of(made.model);
    cr_expect_eq(config->task, QP_TASK_LM);
    cr_expect_eq(config->dec_layers, 1);
    cr_expect_eq(config->max_length, 5);
    cr_expect(config->tied_embeddings);
    cr_expect_eq(made.ids.end, 2);
    /* ours is [out, in], theirs [in, out] */
    const qp_real *inner = values(&made, "decoder.layers.0.linear1.weight");
    int first = (int)strlen("h.0.mlp.c_fc.weight");
    for (int out = 0; out < 8; out++)
        for (int in = 0; in < 4; in++)
            cr_expect_float_eq((double)inner[out * 4 + in], (first + in * 8 + out) / 100.0, 1e-6);
    first = (int)strlen("transformer.wte.weight");
    cr_expect_float_eq((double)values(&made, "tgt_embed.weight")[1], (first + 1) / 100.0, 1e-6);
    qp_hf_model_free(&made);
}

Test(hf_import, a_prompt_begins_itself_where_the_tokenizer_puts_nothing_before_it)
{
    qp_hf_model made;
    folder_gpt2("", NULL);
    folder_weights("model.safetensors");
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &(qp_hf_wish){NULL, true, -1, -1}, &made), QP_OK);
    cr_expect_eq(qp_model_config_of(made.model)->start_id, QP_START_NONE);
    qp_hf_model_free(&made);
}

/* Ids of special tokens: -1 and null are none, of a list the first counts, others are of the vocabulary. */
Test(hf_import, special_ids)
{
    static const struct {
        const char *more, *wrong;
        int pad, begin;
    } row[] = {{"", NULL, -1, -1},
               {", \"pad_token_id\": 0, \"bos_token_id\": 5", NULL, 0, 5},
               {", \"pad_token_id\": -1", NULL, -1, -1},
               {", \"pad_token_id\": null", NULL, -1, -1},
               {", \"bos_token_id\": [3, 4]", NULL, -1, 3},
               {", \"pad_token_id\": 6", "pad_token_id: not an id of the vocabulary", 0, 0},
               {", \"bos_token_id\": -2", "bos_token_id: not an id of the vocabulary", 0, 0}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_hf_model made;
        folder_gpt2(row[i].more, NULL);
        folder_weights("model.safetensors");
        qp_status status = qp_hf_import_model(folder_path(NULL), &(qp_hf_wish){NULL, false, -1, -1}, &made);
        cr_assert_eq(status, row[i].wrong ? QP_EDATA : QP_OK, "%s: %s", row[i].more, qp_error_message());
        if (row[i].wrong) cr_expect(strstr(qp_error_message(), row[i].wrong), "%s", qp_error_message());
        if (row[i].wrong) continue;
        cr_expect(made.ids.pad == row[i].pad && made.ids.begin == row[i].begin && made.ids.end == 2, "%s: %d, %d, %d",
                  row[i].more, (int)made.ids.pad, (int)made.ids.begin, (int)made.ids.end);
        qp_hf_model_free(&made);
    }
}

Test(hf_import, values_that_change_the_computation_are_refused_by_name)
{
    static const struct {
        const char *more, *words;
    } wrong[] = {{", \"activation_function\": \"quick_gelu\"", "activation_function"},
                 {", \"add_cross_attention\": true", "add_cross_attention"},
                 {", \"n_embd\": 1000000000000", "n_embd"},
                 {", \"n_layer\": \"two\"", "n_layer: not an integer"},
                 {", \"n_head\": 3", "n_head"},
                 {", \"layer_norm_epsilon\": \"small\"", "layer_norm_epsilon"},
                 {", \"eos_token_id\": 6", "eos_token_id"},
                 {", \"tie_word_embeddings\": false", "tie_word_embeddings"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *key = strchr(wrong[i].more, '"') + 1;
        char text[512];
        static const char *const usual[] = {"\"n_embd\": 4", "\"n_layer\": 1", "\"n_head\": 2", "\"eos_token_id\": 2"};
        snprintf(text, sizeof text,
                 "{\"model_type\": \"gpt2\", \"architectures\": [\"GPT2LMHeadModel\"], "
                 "\"n_positions\": 5, \"vocab_size\": 6%s",
                 wrong[i].more);
        for (int k = 0; k < 4; k++)
            if (strncmp(usual[k] + 1, key, strcspn(key, "\"")) != 0)
                snprintf(text + strlen(text), sizeof text - strlen(text), ", %s", usual[k]);
        strcat(text, "}");
        folder_gpt2("", NULL);
        folder_file("config.json", text);
        folder_weights("model.safetensors");
        refused(wrong[i].words);
    }
}

Test(hf_import, unknown_architectures_and_classes_are_named)
{
    folder_gpt2("", NULL);
    folder_weights("model.safetensors");
    folder_file("config.json", "{\"model_type\": \"xlnet\", \"architectures\": [\"XLNetLMHeadModel\"]}");
    refused("xlnet");
    folder_file("config.json", "{\"model_type\": \"gpt2\", \"architectures\": [\"GPT2DoubleHeadsModel\"]}");
    refused("GPT2DoubleHeadsModel");
    folder_file("config.json", "[1, 2]");
    refused("not an object");
    folder_file("config.json", "{\"model_type\"");
    refused("not JSON");
}

Test(hf_import, arrays_are_those_of_the_configuration)
{
    folder_gpt2("", "h.0.mlp.c_fc.weight");
    folder_weights("model.safetensors");
    refused("h.0.mlp.c_fc.weight is missing");
    folder_gpt2("", "h.0.mlp.c_fc.weight");
    folder_array("h.0.mlp.c_fc.weight", 4, 9, 0);
    folder_weights("model.safetensors");
    refused("h.0.mlp.c_fc.weight is [4, 9]");
    folder_gpt2("", NULL);
    folder_array("h.1.ln_1.weight", 4, 0, 0);
    folder_weights("model.safetensors");
    refused("h.1.ln_1.weight is not of the architecture");
}

Test(hf_import, shards_are_files_of_the_folder)
{
    qp_hf_model made;
    folder_gpt2("", "ln_f.bias");
    folder_weights("a.safetensors");
    folder_array("ln_f.bias", 4, 0, 0);
    folder_weights("b.safetensors");
    refused("neither model.safetensors nor");
    folder_file("model.safetensors.index.json", "{\"weight_map\": {\"ln_f.bias\": \"../b.safetensors\"}}");
    refused("no .safetensors file of this folder");
    folder_file("model.safetensors.index.json", "{\"weight_map\": {\"ln_f.bias\": \"b.safetensors\"}}");
    refused("is missing");
    char text[4096] = "{\"weight_map\": {\"ln_f.bias\": \"b.safetensors\"";
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(folder_path("a.safetensors"), &file), QP_OK);
    for (int i = 0; i < qp_safetensors_count(file); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ", \"%s\": \"a.safetensors\"",
                 qp_safetensors_at(file, i)->name);
    qp_safetensors_close(file);
    strcat(text, "}}");
    folder_file("model.safetensors.index.json", text);
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &no_wish, &made), QP_OK, "%s", qp_error_message());
    qp_hf_model_free(&made);
}

Test(hf_import, the_message_for_pickles_says_how_to_convert_them)
{
    folder_gpt2("", NULL);
    folder_file("pytorch_model.bin", "PK");
    refused("save_pretrained");
}

/* The beginning of a zip archive whose first entry has this name. */
static void zip_file(const char *name, const char *entry)
{
    unsigned char header[30] = {'P', 'K', 3, 4, [26] = (unsigned char)strlen(entry)};
    FILE *stream = fopen(folder_path(name), "w");
    cr_assert_eq(fwrite(header, 1, sizeof header, stream), sizeof header);
    fputs(entry, stream);
    fclose(stream);
}

Test(hf_import, a_bare_pickle_is_refused_with_the_line_that_converts_it)
{
    static const char *const begins[] = {"\200\002\212", "\200\004"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        folder_file("a.bin", begins[i]);
        cr_expect(qp_torch_pickle_is(folder_path("a.bin")));
    }
    zip_file("a.bin", "archive/data.pkl");
    cr_expect(qp_torch_pickle_is(folder_path("a.bin")));
    cr_expect_eq(qp_torch_pickle_refuse(folder_path("a.bin")), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "torch.load('") && strstr(qp_error_message(), "weights_only=True"));
    zip_file("a.npz", "weight.npy");
    zip_file("a.zip", "model.pkl.txt");
    folder_file("b.bin", "\007\001");
    cr_expect_not(qp_torch_pickle_is(folder_path("a.npz")));
    cr_expect_not(qp_torch_pickle_is(folder_path("a.zip")));
    cr_expect_not(qp_torch_pickle_is(folder_path("b.bin")));
}

/* A ViT of one layer: 2 x 2 patches of an image of 4 x 4 with so many channels. */
static void vit_folder(int channels)
{
    static const char *const layer = "encoder.layer.0.";
    static const struct {
        const char *name;
        int rows, columns;
    } parts[] = {{"attention.attention.query", 4, 4}, {"attention.attention.key", 4, 4},
                 {"attention.attention.value", 4, 4}, {"attention.output.dense", 4, 4},
                 {"intermediate.dense", 8, 4},        {"output.dense", 4, 8},
                 {"layernorm_before", 4, 0},          {"layernorm_after", 4, 0}};
    static char name[16][64]; /* the writer borrows them */
    char text[512];
    snprintf(text, sizeof text,
             "{\"model_type\": \"vit\", \"architectures\": [\"ViTForImageClassification\"], \"hidden_size\": 4, "
             "\"num_hidden_layers\": 1, \"num_attention_heads\": 2, \"intermediate_size\": 8, \"image_size\": 4, "
             "\"patch_size\": [2, 2], \"id2label\": {\"0\": \"a\", \"1\": \"b\"}, \"num_channels\": %d}",
             channels);
    folder_file("config.json", text);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(name[2 * i], sizeof name[0], "%s%s.weight", layer, parts[i].name);
        folder_array(name[2 * i], parts[i].rows, parts[i].columns, (int)i);
        snprintf(name[2 * i + 1], sizeof name[0], "%s%s.bias", layer, parts[i].name);
        folder_array(name[2 * i + 1], parts[i].rows, 0, (int)i);
    }
    folder_array("embeddings.patch_embeddings.projection.weight", 4, 4 * channels, 3);
    folder_array("embeddings.patch_embeddings.projection.bias", 4, 0, 0);
    folder_array("embeddings.cls_token", 1, 4, 0);
    folder_array("embeddings.position_embeddings", 5, 4, 0);
    folder_array("layernorm.weight", 4, 0, 0);
    folder_array("layernorm.bias", 4, 0, 0);
    folder_array("classifier.weight", 2, 4, 0);
    folder_array("classifier.bias", 2, 0, 0);
    folder_weights("model.safetensors");
}

Test(hf_import, a_vision_transformer_reads_patches_as_its_preprocessor_says)
{
    qp_hf_model made;
    vit_folder(2);
    folder_file("preprocessor_config.json", "{\"image_mean\": [0.5, 0.5], \"image_std\": 0.25}");
    cr_assert_eq(qp_hf_import_model(folder_path(NULL), &no_wish, &made), QP_OK, "%s", qp_error_message());
    const qp_model_config *config = qp_model_config_of(made.model);
    cr_expect_eq(config->task, QP_TASK_CLASSIFY);
    cr_expect_eq(config->features, 8);
    cr_expect_eq(qp_image_patches(&made.images), 4);
    cr_expect_float_eq(made.images.mean, 127.5, 1e-9);
    cr_expect_float_eq(made.images.deviation, 63.75, 1e-9);
    cr_expect_float_eq((double)values(&made, "src_embed.weight")[0], 0.03, 1e-6);
    bool is;
    cr_expect(qp_hf_is(folder_path(NULL), "vit", &is) == QP_OK && is);
    cr_expect(qp_hf_is(folder_path(NULL), "pegasus", &is) == QP_OK && !is);
    cr_expect_eq(qp_hf_is(folder_path("nowhere"), "vit", &is), QP_ENOINPUT);
    qp_hf_model_free(&made);
    folder_file("preprocessor_config.json", "{\"image_std\": [0.5, 0]}");
    refused("image_std");
    folder_file("preprocessor_config.json", "{\"do_center_crop\": true}");
    refused("do_center_crop");
    vit_folder(0);
    refused("num_channels");
}

/* Colors have a mean and a deviation each, as soon as one of these differs; of other channels that is refused. */
Test(hf_import, means_and_deviations_of_colors)
{
    static const struct {
        const char *text;
        bool by_channel;
        double mean[3], deviation[3]; /* of numbers from 0 to 255 */
    } row[] = {
        {"{}", false, {127.5, 127.5, 127.5}, {127.5, 127.5, 127.5}},
        {"{\"image_mean\": [0.2, 0.2, 0.2], \"image_std\": [1, 1, 1]}", false, {51, 51, 51}, {255, 255, 255}},
        {"{\"image_mean\": [0.2, 0.2, 0.4], \"image_std\": 1}", true, {51, 51, 102}, {255, 255, 255}},
        {"{\"image_mean\": 0.2, \"image_std\": [1, 1, 0.2]}", true, {51, 51, 51}, {255, 255, 51}},
        {"{\"image_mean\": [0.2, 0.4, 0.6], \"image_std\": [0.2, 0.4, 1]}", true, {51, 102, 153}, {51, 102, 255}},
        {"{\"do_normalize\": false}", false, {0, 0, 0}, {255, 255, 255}},
        {"{\"do_rescale\": false, \"image_mean\": 3, \"image_std\": 2}", false, {3, 3, 3}, {2, 2, 2}},
        {"{\"rescale_factor\": 0.5, \"image_mean\": 3, \"image_std\": 2}", false, {6, 6, 6}, {4, 4, 4}},
    };
    vit_folder(3);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_hf_model made;
        folder_file("preprocessor_config.json", row[i].text);
        cr_assert_eq(qp_hf_import_model(folder_path(NULL), &no_wish, &made), QP_OK, "%s", qp_error_message());
        const qp_image_format *f = &made.images;
        cr_expect_eq(f->by_channel, row[i].by_channel, "%s", row[i].text);
        cr_expect_float_eq(f->mean, row[i].mean[0], 1e-9, "%s: %g", row[i].text, f->mean);
        cr_expect_float_eq(f->deviation, row[i].deviation[0], 1e-9, "%s: %g", row[i].text, f->deviation);
        for (int c = 0; c < 3; c++)
            cr_expect(fabs(f->mean_of[c] - row[i].mean[c]) < 1e-9 &&
                          fabs(f->deviation_of[c] - row[i].deviation[c]) < 1e-9,
                      "%s: color %d: %g %g", row[i].text, c, f->mean_of[c], f->deviation_of[c]);
        qp_hf_model_free(&made);
    }
    vit_folder(2);
    folder_file("preprocessor_config.json", "{\"image_std\": [1, 0.5]}");
    refused("image_mean");
}
