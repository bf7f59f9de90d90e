#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/hf_package.h"
#include "lib/import/marian/marian_package.h"
#include "lib/import/vocabulary_file.h"
#include "lib/store/npz.h"
#include "lib/text/json_writer.h"
#include "tests/import/import_folder.h"

TestSuite(marian, .init = folder_begin, .fini = folder_end);

/* ---- a model as Marian writes it ---- */

static const char usual[] =
    "dim-emb: %d\nenc-depth: %d\ndec-depth: %d\ntransformer-heads: %d\ntransformer-dim-ffn: %d\ntype: transformer\n"
    "dim-vocabs:\n  - 1\n  - 1\ninput-types:\n  []\ntransformer-preprocess: \"\"\ntransformer-postprocess: dan\n"
    "transformer-postprocess-emb: d\ntransformer-ffn-activation: swish\ntransformer-decoder-autoreg: self-attention\n"
    "transformer-tied-layers:\n  []\ntied-embeddings-all: true\ndropout: 0.1\n";

static qp_real *kept[400];
static float *singles[400];
static int arrays;

/* Part of the rows of a matrix of the model, transposed; of a vector, part of it as one row. */
static void add(qp_npz *npz, qp_params *params, const char *ours, int part, int parts, const char *theirs)
{
    int index = qp_params_find(params, ours);
    cr_assert_geq(index, 0, "%s", ours);
    const qp_parameter *p = qp_params_at(params, index);
    bool vector = p->rows == 1;
    int rows = (vector ? p->columns : p->rows) / parts, columns = vector ? 1 : p->columns;
    const qp_real *from = qp_params_value(params, index) + (ptrdiff_t)part * rows * columns;
    float *to = singles[arrays++] = malloc((size_t)rows * (size_t)columns * sizeof *to);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) to[c * rows + r] = (float)from[r * columns + c];
    qp_npz_add_floats(npz, theirs, 2, (int64_t[]){columns, rows}, to);
}

/* The arrays of one module: `ours`weight and bias become `theirs` with W and b and the letters of each part. */
static void add_linear(qp_npz *npz, qp_params *params, const char *ours, const char *theirs, const char *letters)
{
    char from[256], to[256];
    int parts = (int)strlen(letters);
    for (int i = 0; i < parts; i++)
        for (int bias = 0; bias < 2; bias++) {
            snprintf(from, sizeof from, "%s%s", ours, bias ? "bias" : "weight");
            snprintf(to, sizeof to, "%s_%c%c", theirs, bias ? 'b' : 'W', letters[i]);
            add(npz, params, from, i, parts, to);
        }
}

static void add_norm(qp_npz *npz, qp_params *params, const char *ours, const char *theirs)
{
    char from[256], to[256];
    for (int bias = 0; bias < 2; bias++) {
        snprintf(from, sizeof from, "%s.%s", ours, bias ? "bias" : "weight");
        snprintf(to, sizeof to, "%s_ln_%s", theirs, bias ? "bias" : "scale");
        add(npz, params, from, 0, 1, to);
    }
}

static void add_layer(qp_npz *npz, qp_params *params, const char *side, int layer)
{
    char us[32], them[32], ours[96], theirs[96];
    bool decodes = *side == 'd';
    const struct {
        const char *ours, *theirs, *letters; /* letters NULL: a norm */
    } part[] = {{"self_attn.in_proj_", "self", "qkv"},
                {"self_attn.out_proj.", "self", "o"},
                {"norm1", "self_Wo", NULL},
                {"linear1.", "ffn", "1"},
                {"linear2.", "ffn", "2"},
                {decodes ? "norm3" : "norm2", "ffn_ffn", NULL},
                {"multihead_attn.q_proj_", "context", "q"},
                {"multihead_attn.kv_proj_", "context", "kv"},
                {"multihead_attn.out_proj.", "context", "o"},
                {"norm2", "context_Wo", NULL}};
    snprintf(us, sizeof us, "%s.layers.%d", side, layer);
    snprintf(them, sizeof them, "%s_l%d", side, layer + 1);
    for (int i = 0; i < (decodes ? 10 : 6); i++) {
        snprintf(ours, sizeof ours, "%s.%s", us, part[i].ours);
        snprintf(theirs, sizeof theirs, "%s_%s", them, part[i].theirs);
        if (part[i].letters)
            add_linear(npz, params, ours, theirs, part[i].letters);
        else
            add_norm(npz, params, ours, theirs);
    }
}

/* The rows of a table, or numbers of a bias, but for the last one. */
static void add_words(qp_npz *npz, qp_params *params, const char *ours, const char *theirs)
{
    int index = qp_params_find(params, ours);
    const qp_parameter *p = qp_params_at(params, index);
    bool vector = p->rows == 1;
    int64_t shape[] = {vector ? 1 : p->rows - 1, vector ? p->columns - 1 : p->columns};
    const qp_real *from = qp_params_value(params, index);
    float *to = singles[arrays++] = malloc((size_t)(shape[0] * shape[1]) * sizeof *to);
    for (int64_t i = 0; i < shape[0] * shape[1]; i++) to[i] = (float)from[i];
    qp_npz_add_floats(npz, theirs, 2, shape, to);
}

/* numpy's header has one length for <i4 and |i1, so the options are added as numbers of 4 bytes and named bytes; the
 * shape then says 4 times as many, as text padded with NUL. */
static void add_options(qp_npz *npz, const char *options)
{
    size_t words = strlen(options) / 4 + 1;
    int32_t *text = calloc(words, 4);
    kept[0] = (void *)text;
    memcpy(text, options, strlen(options));
    qp_npz_add_integers(npz, "special:model.yml", 1, (int64_t[]){(int64_t)words}, text);
}

static void name_bytes(const char *path, size_t count_of_bytes)
{
    char *content, was[64], now[64];
    size_t bytes;
    cr_assert_eq(qp_file_read(path, 100000000, &content, &bytes), QP_OK);
    int length = snprintf(was, sizeof was, "'<i4', 'fortran_order': False, 'shape': (%zu,), }", count_of_bytes / 4);
    snprintf(now, sizeof now, "'|i1', 'fortran_order': False, 'shape': (%zu,), }", count_of_bytes);
    for (size_t at = 0; at + (size_t)length + 2 < bytes; at++)
        if (memcmp(content + at, was, (size_t)length) == 0) memcpy(content + at, now, strlen(now));
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(content, 1, bytes, file) == bytes && fclose(file) == 0);
    free(content);
}

/* NAME.npz of a model; more: more options. */
static void write_npz(const char *name, const qp_model *model, const char *more)
{
    char options[2048], path[512];
    const qp_model_config *m = qp_model_config_of(model);
    qp_params *params = qp_model_params(model);
    qp_npz *npz = qp_npz_new();
    arrays = 0;
    int used = snprintf(options, sizeof options, usual, (int)m->emb_size, (int)m->enc_layers, (int)m->dec_layers,
                        (int)m->heads, (int)m->ff_size);
    snprintf(options + used, sizeof options - (size_t)used, "%s", more);
    add_options(npz, options);
    add_words(npz, params, "embed.weight", "Wemb");
    add_words(npz, params, "generator.bias", "decoder_ff_logit_out_b");
    for (int i = 0; i < m->enc_layers; i++) add_layer(npz, params, "encoder", i);
    for (int i = 0; i < m->dec_layers; i++) add_layer(npz, params, "decoder", i);
    snprintf(path, sizeof path, "%s", folder_path(name));
    cr_assert_eq(qp_npz_save(npz, path), QP_OK, "%s", qp_error_message());
    name_bytes(path, (strlen(options) / 4 + 1) * 4);
    while (arrays > 0) free(singles[--arrays]);
    free(kept[0]);
}

/* ---- the same as transformers ---- */

static void copy_file(const char *from, const char *name)
{
    char path[256], *content;
    size_t bytes;
    snprintf(path, sizeof path, "%s/%s", from, name);
    cr_assert_eq(qp_file_read(path, 100000000, &content, &bytes), QP_OK);
    folder_bytes(name, content, bytes);
    free(content);
}

/* vocab.yml of vocab.json without its last piece, <pad>. */
static void write_vocabulary(const char *folder)
{
    char path[256];
    qp_vocabulary_names names;
    qp_text_buffer yaml = {0};
    snprintf(path, sizeof path, "%s/vocab.json", folder);
    cr_assert_eq(qp_vocabulary_read(path, &names), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(names.name[names.count - 1], "<pad>");
    for (int i = 0; i < names.count - 1; i++) {
        char number[32];
        qp_json_string(&yaml, names.name[i], strlen(names.name[i]));
        snprintf(number, sizeof number, ": %d\n", i);
        qp_text_add(&yaml, number);
    }
    folder_bytes("vocab.yml", yaml.text, yaml.bytes);
    qp_text_free(&yaml);
    qp_vocabulary_names_free(&names);
}

static const int32_t from[] = {5, 17, 90, 0, 33, 8, 200, 41, 0}, to[] = {12, 100, 7, 0, 60, 61, 0};

static qp_tensor logits(const qp_package *p, qp_tape *tape)
{
    static const int32_t start[2][3] = {{0, 4, 9}, {0, 4, 7}};
    qp_batch batch = {.source = {{.count = 2, .start = start[0]}, from},
                      .target = {{.count = 2, .start = start[1]}, to}};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor made = qp_model_logits(p->model, tape, &batch, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    return made;
}

static void same_logits(const qp_package *a, const qp_package *b)
{
    qp_tape *tape[] = {qp_tape_new(), qp_tape_new()};
    qp_tensor first = logits(a, tape[0]), second = logits(b, tape[1]);
    cr_assert(first.rows == 7 && second.rows == 7 && first.columns == second.columns);
    for (int r = 0; r < 7; r++) /* the word that is read first is never written */
        cr_expect_arr_eq(qp_tensor_row(first, r), qp_tensor_row(second, r),
                         (size_t)(first.columns - 1) * sizeof(qp_real), "row %d", r);
    qp_tape_free(tape[0]);
    qp_tape_free(tape[1]);
}

static void same_ids(const qp_tokenizer *a, const qp_tokenizer *b)
{
    static const char text[] = "A small boat, and 12 people.";
    int32_t *id[2];
    int count[2];
    cr_assert_eq(qp_tokenizer_encode(a, text, strlen(text), &id[0], &count[0]), QP_OK);
    cr_assert_eq(qp_tokenizer_encode(b, text, strlen(text), &id[1], &count[1]), QP_OK);
    cr_assert(count[0] == count[1] && count[0] > 3);
    cr_expect_arr_eq(id[0], id[1], (size_t)count[0] * sizeof *id[0]);
    free(id[0]);
    free(id[1]);
}

Test(marian, logits_are_those_of_the_folder_of_transformers)
{
    static const char folder[] = "../shared/oracles2/hf_models/marian";
    qp_package *theirs, *ours;
    qp_text_buffer left_out = {0};
    if (!qp_folder_exists(folder)) cr_skip_test("no ../shared/oracles2/hf_models/marian");
    cr_assert_eq(qp_hf_package(folder, "", "", &left_out, &theirs), QP_OK, "%s", qp_error_message());
    qp_params *params = qp_model_params(theirs->model);
    const qp_parameter *p = qp_params_at(params, qp_params_find(params, "embed.weight"));
    qp_real *words = qp_params_value(params, qp_params_find(params, "embed.weight"));
    for (int i = 0; i < p->columns; i++) words[(p->rows - 1) * p->columns + i] = 0; /* Marian's decoder reads zeros */
    write_npz("model.npz", theirs->model, "");
    write_vocabulary(folder);
    copy_file(folder, "source.spm");
    copy_file(folder, "target.spm");
    cr_assert_eq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_TRANSFORMERS, &ours), QP_OK, "%s",
                 qp_error_message());
    same_logits(theirs, ours);
    same_ids(theirs->source, ours->source);
    same_ids(theirs->target, ours->target);
    cr_expect_eq(qp_tokenizer_special(ours->target)->end, qp_tokenizer_special(theirs->target)->end);
    qp_package_free(theirs);
    qp_package_free(ours);
}

/* ---- small folders ---- */

enum { WORDS = 6, WIDTH = 4 };

static qp_model *small_model(void)
{
    qp_model_config m;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &m);
    m.task = QP_TASK_TRANSLATE;
    m.encoder = m.decoder = QP_KIND_TRANSFORMER;
    m.emb_size = WIDTH;
    m.heads = 2;
    m.ff_size = 8;
    m.enc_layers = 1;
    m.dec_layers = 2;
    m.norm = QP_NORM_POST;
    m.final_norm = false;
    m.tied_embeddings_all = true;
    m.output_bias = QP_SWITCH_ON;
    m.src_vocab_size = m.tgt_vocab_size = WORDS + 1;
    m.start_id = WORDS;
    cr_assert_eq(qp_model_new(&m, 1, &model), QP_OK, "%s", qp_error_message());
    return model;
}

static void write_folder(const char *more)
{
    qp_model *model = small_model();
    write_npz("model.npz", model, more);
    qp_model_free(model);
    folder_sentencepiece("source.spm");
    folder_sentencepiece("target.spm");
    folder_file("vocab.yml", "</s>: 0\n<unk>: 1\n\"\\u2581\": 2\na: 3\nb: 4\nc: 5\n");
}

Test(marian, a_folder_becomes_a_package)
{
    qp_package *p;
    qp_model *model = small_model();
    write_folder("");
    cr_expect(qp_marian_is(folder_path(NULL)) && qp_marian_is("x/model.npz") && !qp_marian_is("tests"));
    cr_assert_eq(qp_marian_package(folder_path("model.npz"), "", QP_MARIAN_AS_MARIAN, &p), QP_OK, "%s",
                 qp_error_message());
    const qp_model_config *m = qp_model_config_of(p->model);
    cr_expect(m->dec_layers == 2 && m->heads == 2 && m->norm == QP_NORM_POST && m->tied_embeddings_all);
    cr_expect(m->sinusoid == QP_SINUSOID_FAIRSEQ && m->norm_epsilon == 1e-9 && m->start_id == WORDS);
    cr_expect_eq(qp_tokenizer_special(p->target)->end, 0);
    qp_params *params = qp_model_params(p->model), *written = qp_model_params(model);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *one = qp_params_at(params, i);
        bool words = strcmp(one->name, "embed.weight") == 0 || strcmp(one->name, "generator.bias") == 0;
        size_t last = !words ? 0 : one->rows == 1 ? 1 : WIDTH, count = (size_t)one->rows * (size_t)one->columns - last;
        const qp_real *value = qp_params_value(params, i);
        int index = qp_params_find(written, one->name);
        cr_assert_geq(index, 0, "%s", one->name);
        cr_expect_arr_eq(value, qp_params_value(written, index), count * sizeof *value, "%s", one->name);
        for (size_t k = 0; k < last; k++) cr_expect_eq(value[count + k], one->rows == 1 ? -100 : 0, "%s", one->name);
    }
    qp_model_free(model);
    qp_package_free(p);
}

/* The names that OPUS-MT gives, with decoder.yml and without. */
Test(marian, names_of_opus_mt)
{
    qp_package *p;
    static const char *const names[][2] = {{"model.npz", "opus.spm32k-spm32k.transformer-align.model1.npz.best.npz"},
                                           {"vocab.yml", "opus.spm32k-spm32k.vocab.yml"}};
    char was[300], now[300], decoder[400];
    write_folder("");
    for (int i = 0; i < 2; i++) {
        snprintf(was, sizeof was, "%s", folder_path(names[i][0]));
        snprintf(now, sizeof now, "%s", folder_path(names[i][1]));
        cr_assert_eq(rename(was, now), 0);
    }
    cr_expect(qp_marian_is(folder_path(NULL)));
    for (int file = 0; file < 2; file++) { /* the folder, and the model's file */
        const char *path = folder_path(file ? names[0][1] : NULL);
        cr_assert_eq(qp_marian_package(path, "", QP_MARIAN_AS_MARIAN, &p), QP_OK, "%s", qp_error_message());
        cr_expect_null(p->decoding);
        qp_package_free(p);
    }
    snprintf(decoder, sizeof decoder,
             "models:\n  - %s\nvocabs:\n  - %s\n  - %s\nbeam-size: 6\nnormalize: 1\nword-penalty: 0\nmini-batch: 1\n"
             "maxi-batch: 1\nmaxi-batch-sort: src\nrelative-paths: true\nmax-length-factor: 3\n",
             names[0][1], names[1][1], names[1][1]);
    folder_file("decoder.yml", decoder);
    cr_assert_eq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_MARIAN, &p), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(p->decoding,
                     "{\"rules\":{\"beam_size\":\"6\",\"length_rule\":\"power\",\"length_penalty\":\"1\"}}");
    qp_package_free(p);
    folder_file("second.vocab.yml", "</s>: 0\n");
    cr_assert_eq(qp_file_remove_tree(folder_path("decoder.yml")), QP_OK);
    cr_expect_eq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_MARIAN, &p), QP_ENOINPUT, "two vocabularies");
}

/* --tokenizer: one sentencepiece model for both sides, or the folder of the vocabularies and models. */
Test(marian, tokenizers_are_elsewhere)
{
    qp_package *p;
    char path[200];
    qp_model_free(small_model());
    write_folder("");
    folder_sentencepiece("both.spm");
    cr_assert_eq(qp_file_remove_tree(folder_path("source.spm")), QP_OK);
    cr_assert_eq(qp_file_remove_tree(folder_path("target.spm")), QP_OK);
    snprintf(path, sizeof path, "%s", folder_path("both.spm"));
    cr_expect_eq(qp_marian_package(folder_path(NULL), path, QP_MARIAN_AS_MARIAN, &p), QP_OK, "%s", qp_error_message());
    qp_package_free(p);
    cr_expect_eq(qp_marian_package(folder_path("model.npz"), path, QP_MARIAN_AS_MARIAN, &p), QP_OK, "%s",
                 qp_error_message());
    qp_package_free(p);
    cr_expect_neq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_MARIAN, &p), QP_OK, "source.spm is gone");
    snprintf(path, sizeof path, "%s", folder_path("elsewhere"));
    cr_assert_eq(qp_folder_make(path), QP_OK);
    folder_file("elsewhere/vocab.yml", "</s>: 0\n<unk>: 1\n\"\\u2581\": 2\na: 3\nb: 4\nc: 5\n");
    folder_sentencepiece("elsewhere/source.spm");
    folder_sentencepiece("elsewhere/target.spm");
    cr_expect_eq(qp_marian_package(folder_path("model.npz"), path, QP_MARIAN_AS_MARIAN, &p), QP_OK, "%s",
                 qp_error_message());
    qp_package_free(p);
}

static void refused(const char *words)
{
    qp_package *p;
    cr_expect_neq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_TRANSFORMERS, &p), QP_OK, "%s", words);
    cr_expect_null(p);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
}

static void opens(void)
{
    qp_package *p;
    cr_expect_eq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_TRANSFORMERS, &p), QP_OK, "%s",
                 qp_error_message());
    qp_package_free(p);
}

Test(marian, what_cannot_be_read_is_named)
{
    static const char *const options[][2] = {{"right-left: true\n", "right-left"},
                                             {"transformer-pool: true\n", "transformer-pool"},
                                             {"transformer-postprocess-top: n\n", "transformer-postprocess-top"},
                                             {"transformer-train-positions: true\n", "transformer-train-positions"},
                                             {"transformer-decoder-dim-ffn: 9\n", "transformer-decoder-dim-ffn"},
                                             {"lemma-dim-emb: 8\n", "lemma-dim-emb"},
                                             {"transformer-decoder-ffn-depth: 3\n", "transformer-decoder-ffn-depth"},
                                             {"type: s2s\n", "model.npz"}, /* a key twice */
                                             {"a: &b c\nd: *b\n", "YAML"},
                                             {"a: [\n", "YAML"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        write_folder(options[i][0]);
        refused(options[i][1]);
    }
    write_folder("transformer-decoder-dim-ffn: 8\ntransformer-decoder-ffn-depth: 0\nright-left: false\n");
    opens();
    folder_file("vocab.yml", "</s>: 0\n<unk>: 1\na: 2\n");
    refused("array Wemb has 6 rows, its vocabulary 3 words");
    folder_file("vocab.yml", "b: 0\n<unk>: 1\na: 2\n");
    refused("no </s>");
    write_folder("");
    cr_assert_eq(qp_file_remove_tree(folder_path("target.spm")), QP_OK);
    refused("target.spm is not there");
    cr_assert_eq(qp_file_remove_tree(folder_path("vocab.yml")), QP_OK);
    refused("not one vocab.yml is there");
}

Test(marian, decoder_yml_names_the_files)
{
    write_folder("");
    cr_assert_eq(rename(folder_path("vocab.yml"), "marian.vocab.tmp"), 0);
    cr_assert_eq(rename("marian.vocab.tmp", folder_path("opus.vocab.yml")), 0);
    folder_file("decoder.yml", "relative-paths: true\nmodels:\n  - model.npz\nvocabs:\n  - opus.vocab.yml\n"
                               "  - opus.vocab.yml\nbeam-size: 6\n");
    opens();
    static const char *const wrong[][2] = {
        {"models: [model.npz, model.npz]\nvocabs: [opus.vocab.yml]\n", "several"},
        {"models: [../model.npz]\nvocabs: [opus.vocab.yml]\n", "models"},
        {"models: [/etc/model.npz]\nvocabs: [opus.vocab.yml]\n", "models"},
        {"models: [model.npz]\nvocabs: [opus.spm]\n", "vocabs"},
        {"models: [model.npz]\nvocabs: []\n", "vocabs"},
        {"models: {a: b}\nvocabs: [opus.vocab.yml]\n", "models"},
        {"vocabs: [opus.vocab.yml]\n", "models"},
        {"- model.npz\n", "not an object"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_file("decoder.yml", wrong[i][0]);
        refused(wrong[i][1]);
    }
}

/* Every file that is cut off, and changed bytes: an error, or a model; no crash. */
Test(marian, damaged_files)
{
    char *content;
    size_t bytes;
    qp_package *p;
    int opened = 0;
    write_folder("");
    cr_assert_eq(qp_file_read(folder_path("model.npz"), 100000000, &content, &bytes), QP_OK);
    for (size_t cut = 0; cut < bytes; cut += 37) {
        folder_bytes("model.npz", content, cut);
        cr_expect_eq(qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_MARIAN, &p), QP_EDATA, "after %zu", cut);
    }
    for (size_t at = 0; at < bytes; at += 19) {
        content[at] ^= at % 2 ? (char)0x80 : 0x01;
        folder_bytes("model.npz", content, bytes);
        opened += qp_marian_package(folder_path(NULL), "", QP_MARIAN_AS_MARIAN, &p) == QP_OK;
        qp_package_free(p);
        content[at] ^= at % 2 ? (char)0x80 : 0x01;
    }
    cr_expect_gt(opened, 10);
    free(content);
}
