#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/ct2_export.h"
#include "lib/export/ct2_variables.h"
#include "lib/export/ct2_writer.h"
#include "lib/export/misfit.h"
#include "lib/import/ctranslate2/ct2_model.h"
#include "tests/import/import_folder.h"
#include "tests/tokenizer/tokenizer_help.h"

TestSuite(ct2_export, .init = folder_begin, .fini = folder_end);

enum { WORDS = 7, OPTIONS = 40 };

/* A model of these options, NAME and VALUE in turn, whose weights all differ. */
static qp_model *make(const char *const option[OPTIONS])
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.dropout = 0;
    config.emb_size = 8;
    config.heads = 2;
    config.ff_size = 12;
    config.enc_layers = config.dec_layers = 2;
    config.max_length = 9;
    for (int i = 0; option[i]; i += 2)
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, option[i]), &config, "test", option[i + 1]), QP_OK,
                     "%s", qp_error_message());
    config.src_vocab_size = config.encoder == QP_KIND_NONE ? 0 : WORDS;
    config.tgt_vocab_size = WORDS;
    cr_assert_eq(qp_model_new_blank(&config, &model), QP_OK, "%s", qp_error_message());
    qp_real *value = qp_params_block(qp_model_params(model));
    for (size_t i = 0; i < qp_params_size(qp_model_params(model)); i++) value[i] = (qp_real)(i % 1009) / 64 - 7;
    return model;
}

static qp_model *write_and_read(qp_model *model, int type)
{
    const qp_model_config *m = qp_model_config_of(model);
    const qp_ct2_facts facts = {
        WORDS, WORDS - qp_ct2_writes_zero(model), (int32_t)m->start_id, m->norm_epsilon, m->begin_token, m->max_length};
    qp_ct2_facts of = facts;
    qp_ct2_file *file;
    qp_model *again;
    if (qp_ct2_writes_zero(model) && m->tied_embeddings_all) of.source_words--;
    cr_assert_eq(qp_ct2_save_model(model, folder_path(NULL), type), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_ct2_open(folder_path("model.bin"), &file), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_ct2_model(file, &of, &again), QP_OK, "%s", qp_error_message());
    qp_ct2_close(file);
    return again;
}

static void same(const char *what, qp_model *a, qp_model *b, double allowed)
{
    qp_params *ours = qp_model_params(a), *theirs = qp_model_params(b);
    cr_assert_eq(qp_params_count(ours), qp_params_count(theirs), "%s", what);
    for (int i = 0; i < qp_params_count(ours); i++) {
        const qp_parameter *p = qp_params_at(ours, i);
        int other = qp_params_find(theirs, p->name);
        cr_assert_geq(other, 0, "%s: %s", what, p->name);
        for (ptrdiff_t k = 0; k < (ptrdiff_t)p->rows * p->columns; k++) {
            double x = (double)qp_params_value(ours, i)[k], y = (double)qp_params_value(theirs, other)[k];
            cr_assert_leq(x > y ? x - y : y - x, allowed, "%s: %s: %g, %g", what, p->name, x, y);
        }
    }
    qp_model_free(b);
}

#define LM "task", "lm", "encoder", "none"
#define LLAMA "pos", "rope", "norm-type", "rms", "gated-ff", "true", "activation", "silu", "bias", "false"

static const char *const kinds[][OPTIONS] = {
    {"pos", "learned", "tied-embeddings-all", "true", "norm", "post", "output-bias", "true", "start-id", "3"},
    {"pos", "learned", "tied-embeddings", "false", "embedding-norm", "true", "final-norm", "false"},
    {"pos", "relative", "attention-scale", "1", "head-size", "6", "scale-output", "true", "gated-ff", "true",
     "norm-type", "rms", "bias", "false", "tied-embeddings-all", "true", "scale-embeddings", "false"},
    {LM, "pos", "learned", "scale-embeddings", "false", "activation", "gelu-tanh"},
    {LM, LLAMA, "kv-heads", "1", "qk-norm", "true", "rope-scaling", "linear", "rope-factor", "2"},
    {LM, LLAMA, "norm", "both", "output-softcap", "5", "qkv-bias", "true"},
    {LM, "pos", "rope", "rope-size", "2", "parallel", "shared", "tied-embeddings", "false"},
    {LM, "pos", "rope", "parallel", "separate"},
    {LM, LLAMA, "rope-base", "500000"},
    {"pos", "relative", "relative-buckets", "8", "relative-far", "20", "norm-type", "rms", "bias", "false",
     "tied-embeddings-all", "true", "scale-embeddings", "false", "attention-scale", "1"},
    {LM, "pos", "alibi", "embedding-norm", "true"},
    {LM, "pos", "learned", "emb-size", "64", "ff-size", "96"}}; /* arrays of more than one block of the writer */

Test(ct2_export, what_was_written_is_read_with_the_same_weights)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        qp_model *model = make(kinds[i]), *again = write_and_read(model, QP_CT2_FLOAT32);
        qp_model_config ours = *qp_model_config_of(model), theirs = *qp_model_config_of(again);
        qp_misfit misfit = {0};
        qp_misfit_find(&ours, &theirs, qp_model_first_token(model), &misfit);
        cr_expect_str_eq(misfit.list, "", "kind %d: %s", (int)i, misfit.list);
        same(*kinds[i], model, again, 0);
        qp_model_free(model);
    }
}

/* Whether a package of this model is written, with a tokenizer of its seven pieces on both sides. */
static qp_status export_of(const char *const option[OPTIONS])
{
    static const char *const line[] = {"a b"};
    qp_tokenizer_config config = test_config("char", 100);
    qp_package *package;
    config.byte_fallback = QP_FALLBACK_FALSE;
    qp_tokenizer *tokenizer = test_train(&config, line, 1);
    cr_assert_eq(qp_tokenizer_size(tokenizer), WORDS);
    cr_assert_eq(qp_package_new(&package), QP_OK);
    qp_model *model = make(option);
    qp_package_set_model(package, model);
    bool lm = qp_model_config_of(model)->encoder == QP_KIND_NONE;
    qp_package_set_tokenizers(package, lm ? NULL : tokenizer, tokenizer);
    qp_status status = qp_ct2_export(package, "m", folder_path("out"), QP_CT2_FLOAT32);
    qp_package_free(package);
    return status;
}

Test(ct2_export, what_fits)
{
    static const struct {
        const char *option[OPTIONS], *needs;
    } row[] = {{{"encoder", "gru"}, "--encoder transformer"},
               {{LM, "decoder", "gru"}, "--decoder transformer"},
               {{"norm", "both"}, "--norm pre"},
               {{"kv-heads", "1"}, "--kv-heads 2"},
               {{"pos", "rope", "rope-scaling", "dynamic", "rope-factor", "2"}, "--rope-scaling none"},
               {{LM, LLAMA, "rope-scaling", "llama3", "rope-factor", "4", "rope-length", "8"}, "--rope-scaling none"},
               {{"pos", "alibi"}, "--pos learned"},
               {{LM, "pos", "none"}, "--pos learned"},
               {{"activation", "elu"}, "--activation relu"},
               {{LM, "experts", "2"}, "--experts 0"},
               {{"attention-window", "3"}, "--attention-window 0"},
               {{"task", "autoencode"}, "CTranslate2 has no model for --task autoencode"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        cr_expect_eq(export_of(kinds[i]), QP_OK, "kind %d: %s", (int)i, qp_error_message());
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        cr_expect_eq(export_of(row[i].option), QP_EUSAGE, "%s", row[i].needs);
        cr_expect(strstr(qp_error_message(), row[i].needs), "'%s' is not in: %s", row[i].needs, qp_error_message());
    }
}

Test(ct2_export, a_model_whose_decoder_reads_zeros_first_is_one_again)
{
    static const char *const option[OPTIONS] = {
        "pos", "learned", "tied-embeddings-all", "true", "output-bias", "true", "start-id", "6"};
    qp_model *model = make(option);
    qp_params *params = qp_model_params(model);
    cr_expect_not(qp_ct2_writes_zero(model));
    qp_params_value(params, qp_params_find(params, "generator.bias"))[WORDS - 1] = QP_CT2_NEVER;
    cr_expect_not(qp_ct2_writes_zero(model));
    memset(qp_params_value(params, qp_params_find(params, "embed.weight")) + 8 * (WORDS - 1), 0, 8 * sizeof(qp_real));
    cr_expect(qp_ct2_writes_zero(model));
    qp_model *again = write_and_read(model, QP_CT2_FLOAT32);
    cr_expect_eq(qp_model_config_of(again)->start_id, WORDS - 1);
    cr_expect_eq(qp_model_config_of(again)->tgt_vocab_size, WORDS);
    same("zero", model, again, 0);
    qp_model_free(model);
}

/* Rows of int8 have 127 steps to their largest magnitude, 8.8 at most; 16 bits round to 11 digits. */
Test(ct2_export, numbers_of_fewer_bits)
{
    static const char *const option[OPTIONS] = {LM, "pos", "learned", "emb-size", "64", "ff-size", "96"};
    qp_model *model = make(option);
    same("int8", model, write_and_read(model, QP_CT2_INT8), 8.8 / 254 + 1e-6);
    /* only matrices of weights are packed: positions and norms are exact */
    qp_model *packed = write_and_read(model, QP_CT2_INT8);
    qp_params *ours = qp_model_params(model), *theirs = qp_model_params(packed);
    int exact = 0;
    for (int i = 0; i < qp_params_count(ours); i++) {
        const qp_parameter *p = qp_params_at(ours, i);
        if (p->rows > 1 && !strstr(p->name, "positions")) continue;
        const qp_real *value = qp_params_value(theirs, qp_params_find(theirs, p->name));
        for (int k = 0; k < p->rows * p->columns; k++)
            cr_expect_eq(value[k], qp_params_value(ours, i)[k], "%s", p->name);
        exact++;
    }
    cr_expect_gt(exact, 5);
    qp_model_free(packed);
    same("float16", model, write_and_read(model, QP_CT2_FLOAT16), 8.8 / 2048);
    qp_model_free(model);
}
