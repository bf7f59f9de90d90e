#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/model/model_file.h"
#include "lib/model/model_transfer.h"

static qp_model *make_tagger(int task, int layers, int words, uint64_t seed, int word_layers, bool crf)
{
    qp_model_config c;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &c);
    c.task = task;
    c.word_layers = word_layers;
    c.crf = crf;
    if (task == QP_TASK_LM) c.encoder = QP_KIND_NONE;
    if (!qp_model_task_has_decoder(task)) c.decoder = QP_KIND_NONE;
    c.enc_layers = c.dec_layers = layers;
    c.emb_size = 8;
    c.ff_size = 16;
    c.heads = 2;
    c.src_vocab_size = c.tgt_vocab_size = words;
    c.labels = 3;
    cr_assert_eq(qp_model_new(&c, seed, &model), QP_OK, "%s", qp_error_message());
    return model;
}

static qp_model *make(int task, int layers, int words, uint64_t seed)
{
    return make_tagger(task, layers, words, seed, 0, false);
}

static const qp_real *value(const qp_model *model, const char *name)
{
    int index = qp_params_find(qp_model_params(model), name);
    cr_assert_geq(index, 0, "%s", name);
    return qp_params_value(qp_model_params(model), index);
}

static char path[64];
static void saved(const qp_model *model)
{
    snprintf(path, sizeof path, "/tmp/quipu-transfer-%d.safetensors", (int)getpid());
    cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
}

static const qp_transfer_words all = {.source.same = true, .target.same = true, .labels = true};

Test(model_transfer, takes_what_fits_and_tells_the_rest)
{
    qp_model *from = make(QP_TASK_TRANSLATE, 1, 20, 1), *to = make(QP_TASK_CLASSIFY, 2, 20, 2);
    qp_transfer told;
    saved(from);
    cr_assert_eq(qp_model_transfer(path, &all, qp_model_params(to), &told), QP_OK, "%s", qp_error_message());
    unlink(path);
    cr_assert_arr_eq(value(from, "src_embed.weight"), value(to, "src_embed.weight"), 20 * 8 * sizeof(qp_real));
    cr_assert_arr_eq(value(from, "encoder.layers.0.linear1.weight"), value(to, "encoder.layers.0.linear1.weight"),
                     16 * 8 * sizeof(qp_real));
    cr_assert(strstr(told.modules[QP_TRANSFER_TAKEN], "src_embed, encoder.layers.0"), "%s",
              told.modules[QP_TRANSFER_TAKEN]);
    cr_assert(strstr(told.modules[QP_TRANSFER_NEW], "encoder.layers.1") &&
              strstr(told.modules[QP_TRANSFER_NEW], "head"));
    cr_assert(strstr(told.modules[QP_TRANSFER_LEFT], "tgt_embed") &&
              strstr(told.modules[QP_TRANSFER_LEFT], "decoder.layers.0"));
    cr_assert_eq(told.count[QP_TRANSFER_TAKEN] + told.count[QP_TRANSFER_SHAPE] + told.count[QP_TRANSFER_REFUSED] +
                     told.count[QP_TRANSFER_NEW],
                 qp_params_count(qp_model_params(to)));
    qp_transfer_free(&told);
    qp_model_free(from);
    qp_model_free(to);
}

/* A model takes all of a model like it, from the first array of the file to the last. */
Test(model_transfer, all_of_the_same_model)
{
    static const int task[] = {QP_TASK_TRANSLATE, QP_TASK_CLASSIFY, QP_TASK_LM};
    for (int i = 0; i < 3; i++) {
        qp_model *from = make(task[i], 2, 20, 1), *to = make(task[i], 2, 20, 2);
        qp_transfer told;
        saved(from);
        cr_assert_eq(qp_model_transfer(path, &all, qp_model_params(to), &told), QP_OK, "%s", qp_error_message());
        unlink(path);
        const int count = qp_params_count(qp_model_params(to));
        for (int group = 0; group < QP_TRANSFER_GROUPS; group++)
            cr_expect_eq(told.count[group], group == QP_TRANSFER_TAKEN ? count : 0, "task %d, group %d: %d", task[i],
                         group, told.count[group]);
        for (int p = 0; p < count; p++) {
            const qp_parameter *at = qp_params_at(qp_model_params(to), p);
            cr_expect_arr_eq(value(from, at->name), value(to, at->name),
                             (size_t)at->rows * (size_t)at->columns * sizeof(qp_real), "%s", at->name);
        }
        qp_transfer_free(&told);
        qp_model_free(from);
        qp_model_free(to);
    }
}

Test(model_transfer, an_encoder_takes_a_language_models_decoder)
{
    qp_model *from = make(QP_TASK_LM, 1, 20, 1), *to = make(QP_TASK_TAG, 1, 20, 2);
    qp_transfer told;
    saved(from);
    cr_assert_eq(qp_model_transfer(path, &all, qp_model_params(to), &told), QP_OK, "%s", qp_error_message());
    unlink(path);
    cr_assert_arr_eq(value(from, "decoder.layers.0.linear2.weight"), value(to, "encoder.layers.0.linear2.weight"),
                     16 * 8 * sizeof(qp_real));
    cr_assert_arr_eq(value(from, "tgt_embed.weight"), value(to, "src_embed.weight"), 20 * 8 * sizeof(qp_real));
    qp_transfer_free(&told);
    qp_model_free(from);
    qp_model_free(to);
}

Test(model_transfer, other_words_and_shapes_stay)
{
    qp_model *from = make(QP_TASK_TRANSLATE, 1, 20, 1), *to = make(QP_TASK_TRANSLATE, 1, 20, 2);
    qp_transfer told;
    saved(from);
    qp_real before = value(to, "src_embed.weight")[0];
    const qp_transfer_words other = {.target.same = true, .labels = true};
    cr_assert_eq(qp_model_transfer(path, &other, qp_model_params(to), &told), QP_OK);
    cr_assert_eq(value(to, "src_embed.weight")[0], before);
    cr_assert_str_eq(told.modules[QP_TRANSFER_REFUSED], "src_embed");
    cr_assert_eq(value(to, "tgt_embed.weight")[0], value(from, "tgt_embed.weight")[0]);
    qp_transfer_free(&told);
    qp_model *wider = make(QP_TASK_TRANSLATE, 1, 21, 2);
    cr_assert_eq(qp_model_transfer(path, &all, qp_model_params(wider), &told), QP_OK);
    cr_assert_str_eq(told.modules[QP_TRANSFER_SHAPE], "src_embed, tgt_embed");
    qp_transfer_free(&told);
    unlink(path);
    cr_assert_eq(qp_model_transfer(path, &all, qp_model_params(wider), &told), QP_ENOINPUT);
    qp_model_free(from);
    qp_model_free(to);
    qp_model_free(wider);
}

/* Of another vocabulary the rows of common pieces are taken, in matrices and in the bias of the output. */
Test(model_transfer, rows_of_common_pieces)
{
    qp_model *from = make(QP_TASK_MLM, 1, 20, 1), *to = make(QP_TASK_MLM, 1, 22, 2);
    int32_t row[22];
    for (int i = 0; i < 22; i++) row[i] = i % 3 ? (i * 7) % 20 : -1;
    qp_transfer_words words = {
        .source = {.row = row, .rows = 22, .file_rows = 20}, .target.same = true, .labels = true};
    qp_transfer told;
    qp_real *bias = qp_params_value(qp_model_params(from), qp_params_find(qp_model_params(from), "head.bias"));
    for (int i = 0; i < 20; i++) bias[i] = (qp_real)(i + 1);
    saved(from);
    qp_real before[22 * 8];
    memcpy(before, value(to, "src_embed.weight"), sizeof before);
    cr_assert_eq(qp_model_transfer(path, &words, qp_model_params(to), &told), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < 22; i++) {
        const qp_real *theirs = row[i] < 0 ? before + i * 8 : value(from, "src_embed.weight") + row[i] * 8;
        cr_expect_arr_eq(value(to, "src_embed.weight") + i * 8, theirs, 8 * sizeof(qp_real), "row %d", i);
        cr_expect_eq(value(to, "head.bias")[i], row[i] < 0 ? 0 : bias[row[i]]);
    }
    cr_expect(strstr(told.modules[QP_TRANSFER_ROWS], "src_embed"), "%s", told.modules[QP_TRANSFER_ROWS]);
    qp_transfer_free(&told);
    words.source.file_rows = 21; /* the file has fewer */
    cr_assert_eq(qp_model_transfer(path, &words, qp_model_params(to), &told), QP_OK);
    cr_expect_eq(told.count[QP_TRANSFER_ROWS], 0);
    unlink(path);
    qp_transfer_free(&told);
    qp_model_free(from);
    qp_model_free(to);
}

/* A tagger with other labels takes the word layers, but neither the output layer nor the CRF. */
Test(model_transfer, word_layers_know_no_label)
{
    qp_model *from = make_tagger(QP_TASK_TAG, 1, 20, 1, 1, true), *to = make_tagger(QP_TASK_TAG, 1, 20, 2, 1, true);
    qp_transfer told;
    saved(from);
    qp_real before = value(to, "head.weight")[0];
    const qp_transfer_words other = {.source.same = true, .target.same = true};
    cr_assert_eq(qp_model_transfer(path, &other, qp_model_params(to), &told), QP_OK);
    unlink(path);
    cr_expect_arr_eq(value(from, "head.words.weight_hh_l0"), value(to, "head.words.weight_hh_l0"),
                     32 * 8 * sizeof(qp_real));
    cr_expect_eq(value(to, "head.weight")[0], before);
    cr_expect_eq(told.count[QP_TRANSFER_REFUSED], 5, "weight, bias, transitions, start, end: %s",
                 told.modules[QP_TRANSFER_REFUSED]);
    qp_transfer_free(&told);
    qp_model_free(from);
    qp_model_free(to);
}

/* Files of other tools have no checksum. */
Test(model_transfer, a_file_without_checksum_is_accepted)
{
    static const char header[] = "{\"src_embed.weight\":{\"dtype\":\"F32\",\"shape\":[20,8],\"data_offsets\":[0,640]}}";
    static const float number[160] = {0.5F};
    const uint64_t bytes = sizeof header - 1;
    qp_model *to = make(QP_TASK_CLASSIFY, 1, 20, 2);
    qp_transfer transfer;
    snprintf(path, sizeof path, "/tmp/quipu-transfer-%d.safetensors", (int)getpid());
    FILE *stream = fopen(path, "wb");
    fwrite(&bytes, sizeof bytes, 1, stream);
    fwrite(header, 1, sizeof header - 1, stream);
    fwrite(number, sizeof number, 1, stream);
    fclose(stream);
    qp_status status = qp_model_transfer(path, &all, qp_model_params(to), &transfer);
    unlink(path);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    cr_assert_eq(value(to, "src_embed.weight")[0], (qp_real)0.5);
    qp_transfer_free(&transfer);
    qp_model_free(to);
}

/* An adapter of rank 1 for one weight: alpha, and arrays NAME.lora_A and NAME.lora_B, or `extra`, an array more. */
static qp_status filled(const char *alpha, const char *extra, int columns, qp_params *params)
{
    static const qp_real one[64] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int64_t a[] = {1, columns}, b[] = {20, 1};
    char adapter[80];
    qp_safetensors *file;
    snprintf(adapter, sizeof adapter, "%s.lora", path);
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_metadata(writer, QP_ADAPTER_ALPHA, alpha);
    qp_safetensors_writer_add(writer, "src_embed.weight.lora_A", QP_DTYPE_F32, 2, a, one);
    qp_safetensors_writer_add(writer, "src_embed.weight.lora_B", QP_DTYPE_F32, 2, b, one);
    if (extra) qp_safetensors_writer_add(writer, extra, QP_DTYPE_F32, 2, a, one);
    cr_assert_eq(qp_safetensors_writer_save(writer, adapter), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_safetensors_open(adapter, &file), QP_OK, "%s", qp_error_message());
    qp_status status = qp_adapter_fill(file, path, params);
    qp_safetensors_close(file);
    unlink(adapter);
    return status;
}

/* W + alpha/rank B A; what the model does not have is refused, wherever it is in the file. */
Test(model_transfer, adapters_are_added_to_their_base)
{
    qp_model *base = make(QP_TASK_CLASSIFY, 1, 20, 2), *to = make(QP_TASK_CLASSIFY, 1, 20, 5);
    qp_params *params = qp_model_params(to);
    saved(base);
    cr_assert_eq(filled("3", NULL, 8, params), QP_OK, "%s", qp_error_message());
    for (int r = 0; r < 20; r++)
        for (int c = 0; c < 8; c++)
            cr_expect_float_eq((double)value(to, "src_embed.weight")[r * 8 + c],
                               (double)value(base, "src_embed.weight")[r * 8 + c] + 3.0 * (r < 8 ? r + 1 : 0) * (c + 1),
                               1e-4, "row %d column %d", r, c);
    cr_expect_eq(value(to, "head.weight")[3], value(base, "head.weight")[3]);
    cr_expect_eq(filled("0", NULL, 8, params), QP_EDATA, "alpha");
    cr_expect_eq(filled("inf", NULL, 8, params), QP_EDATA, "alpha");
    cr_expect_eq(filled("3", NULL, 7, params), QP_EDATA, "a width that is not the weight's");
    static const char *const strange[] = {"a", "src_embed.weight.lora_C", "zzz", "zzz.lora_B"};
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        cr_expect_eq(filled("3", strange[i], 8, params), QP_EDATA, "%s", strange[i]);
        cr_expect(strstr(qp_error_message(), strange[i]), "%s", qp_error_message());
    }
    unlink(path);
    qp_model_free(base);
    qp_model_free(to);
}
