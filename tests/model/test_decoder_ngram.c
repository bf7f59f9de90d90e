#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/decode/score.h"
#include "lib/model/model_file.h"
#include "lib/ngram/ngram_train.h"
#include "lib/store/safetensors.h"
#include "tests/model/model_check.h"

/* Tokens: the four special ones, then a b c, then two strangers. */
enum { TOKENS = 9 };

typedef struct {
    int next;
} some_lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    static const char *const text[] = {"a b c a b", "a b", "b a a c", "", "c a b", "c <unk> a", NULL};
    *line = text[((some_lines *)self)->next];
    *bytes = *line ? strlen(*line) : 0;
    ((some_lines *)self)->next += *line != NULL;
    return QP_OK;
}

static qp_ngram *learn(int order)
{
    some_lines lines = {0};
    qp_ngram_config config = {.order = order, .interpolate_unigrams = true, .unknown_is_word = true};
    qp_ngram *made = NULL;
    cr_assert_eq(qp_ngram_train(&config, next_line, &lines, NULL, &made), QP_OK, "%s", qp_error_message());
    return made;
}

static qp_model *ngram_model(int order)
{
    static const char *const name[] = {"a", "b", "c"};
    qp_model_config config;
    qp_model *model;
    int32_t word[TOKENS];
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_LM;
    config.encoder = QP_KIND_NONE;
    config.decoder = QP_KIND_NGRAM;
    config.tgt_vocab_size = TOKENS;
    cr_assert_eq(qp_model_new_blank(&config, &model), QP_OK, "%s", qp_error_message());
    qp_ngram *ngram = learn(order);
    for (int i = 0; i < TOKENS; i++) word[i] = i >= 4 && i < 7 ? qp_ngram_find(ngram, name[i - 4], 1) : -1;
    cr_assert_eq(qp_model_ngram_set(model, ngram, word), QP_OK);
    return model;
}

Test(decoder_ngram, probabilities_of_tokens)
{
    for (int order = 1; order <= 4; order++) {
        qp_model *model = ngram_model(order);
        const qp_ngram *ngram = qp_model_ngram(model, NULL);
        static const int32_t start[] = {0, 4, 6}, id[] = {4, 5, QP_UNK, QP_EOS, 8, QP_EOS};
        qp_batch batch = {.target = {{.count = 2, .start = start}, id}};
        qp_tape *tape = qp_tape_new();
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_logits(model, tape, &batch, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        for (int r = 0; r < scores.rows; r++) {
            double sum = 0;
            for (int i = 0; i < TOKENS; i++) sum += exp((double)qp_tensor_row(scores, r)[i]);
            cr_assert_float_eq(sum, 1, 1e-5, "order %d row %d: %g", order, r, sum);
        }
        /* P(b | <s> a) and, of a stranger, a third of P(<unk> | <s>) */
        int32_t before[] = {1, qp_ngram_find(ngram, "a", 1)};
        double b = log(10) * qp_ngram_log10(ngram, before, 2, qp_ngram_find(ngram, "b", 1), NULL);
        double unknown = log(10) * qp_ngram_log10(ngram, before, 1, 0, NULL) - log(3);
        cr_assert_float_eq((double)qp_tensor_row(scores, 1)[5], b, 1e-5);
        cr_assert_float_eq((double)qp_tensor_row(scores, 4)[8], unknown, 1e-5);
        cr_assert_float_eq((double)qp_tensor_row(scores, 4)[QP_UNK], unknown, 1e-5);
        cr_assert(isinf((double)qp_tensor_row(scores, 0)[QP_PAD]) && isinf((double)qp_tensor_row(scores, 0)[QP_BOS]));
        qp_tape_free(tape);
        qp_model_free(model);
    }
}

/* Special ids that come after the words change who shares the probability of the unknown word. */
Test(decoder_ngram, other_special_ids)
{
    static const qp_special_ids other[] = {{-1, 1, 2, 3, -1}, {0, 1, 2, -1, -1}, {0, 1, 2, 3, -1},
                                           {8, 1, 2, 3, -1},  {3, 0, 2, 1, -1}};
    static const int32_t start[] = {0, 3}, id[] = {4, 8, QP_EOS};
    qp_model *model = ngram_model(2);
    qp_tape *tape = qp_tape_new();
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        qp_model_set_special(model, other[i], other[i]);
        qp_tape_begin(tape, QP_INFER, 0);
        qp_batch batch = {.target = {{.count = 1, .start = start}, id}};
        qp_tensor scores = qp_model_logits(model, tape, &batch, NULL);
        cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
        for (int r = 0; r < scores.rows; r++) {
            double sum = 0;
            for (int k = 0; k < TOKENS; k++) sum += exp((double)qp_tensor_row(scores, r)[k]);
            cr_expect_float_eq(sum, 1, 1e-5, "%zu: row %d sums to %g", i, r, sum);
        }
    }
    qp_tape_free(tape);
    qp_model_free(model);
}

Test(decoder_ngram, stepping_equals_the_full_pass)
{
    static const int32_t start[] = {0, 7, 9}, id[] = {4, 5, 6, 7, 4, 5, QP_EOS, 6, QP_EOS};
    qp_model *model = ngram_model(3);
    qp_batch batch = {.target = {{.count = 2, .start = start}, id}};
    qp_tape *tape = qp_tape_new(), *other = qp_tape_new();
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor full = qp_model_logits(model, tape, &batch, NULL);
    qp_state *state;
    static const int32_t nothing[3];
    qp_tape_begin(other, QP_INFER, 0);
    cr_assert_eq(qp_model_start(model, other, (qp_ids){.sequences = {.count = 2, .start = nothing}}, &state), QP_OK);
    for (int t = 0; t < 7; t++) {
        /* the second text ends after two tokens, and the rows change their places before that */
        int32_t last[2] = {t ? id[t - 1] : QP_BOS, t == 1 ? id[7] : QP_BOS};
        int rows = t < 2 ? 2 : 1;
        if (t == 1) {
            cr_assert_eq(qp_state_reorder(state, (const int32_t[]){1, 0}, 2), QP_OK);
            last[0] = id[7], last[1] = id[0];
        }
        if (t == 2) cr_assert_eq(qp_state_reorder(state, (const int32_t[]){1}, 1), QP_OK);
        qp_tape_begin(other, QP_INFER, 0);
        qp_tensor scores = qp_model_step(model, other, last, state, NULL);
        cr_assert_eq(qp_tape_status(other), QP_OK, "%s", qp_tape_message(other));
        for (int r = 0; r < rows; r++) {
            int text = t == 1 ? 1 - r : r;
            cr_assert_eq(
                memcmp(qp_tensor_row(scores, r), qp_tensor_row(full, text ? 7 + t : t), TOKENS * sizeof(qp_real)), 0,
                "token %d text %d", t, text);
        }
    }
    qp_state_free(state);
    qp_tape_free(tape);
    qp_tape_free(other);
    qp_model_free(model);
}

/* ---- the file ---- */

static char path[64];
static void make_path(void) { snprintf(path, sizeof path, "/tmp/quipu-test-ngram-%ld", (long)getpid()); }

static double total(const qp_model *model)
{
    static const int32_t start[] = {0, 6}, id[] = {4, 5, 6, 4, 8, QP_EOS};
    qp_batch batch = {.target = {{.count = 1, .start = start}, id}};
    qp_real log_probability[6];
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_score(model, tape, &batch, log_probability), QP_OK, "%s", qp_error_message());
    qp_tape_free(tape);
    double sum = 0;
    for (int i = 0; i < 6; i++) sum += (double)log_probability[i];
    return sum;
}

Test(decoder_ngram, the_same_after_saving_and_loading)
{
    make_path();
    for (int order = 1; order <= 5; order++) {
        qp_model *model = ngram_model(order);
        qp_model *loaded;
        qp_model_texts texts;
        cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_model_file_load(path, &loaded, &texts), QP_OK, "%s", qp_error_message());
        cr_assert_eq(total(model), total(loaded));
        qp_model_free(loaded);
        qp_model_texts_free(&texts);
        qp_model_free(model);
    }
    unlink(path);
}

/* Arrays of one file with one of them changed, sealed with a right checksum. */
static qp_status load_with(const char *name, qp_dtype dtype, int64_t count, const void *value)
{
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(path, &file), QP_OK, "%s", qp_error_message());
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    void *copy[40];
    for (int i = 0; i < qp_safetensors_metadata_count(file); i++)
        if (strcmp(qp_safetensors_metadata_key(file, i), QP_CHECKSUM_KEY) != 0)
            qp_safetensors_writer_metadata(writer, qp_safetensors_metadata_key(file, i),
                                           qp_safetensors_metadata_value(file, i));
    for (int i = 0; i < qp_safetensors_count(file); i++) {
        const qp_stored *stored = qp_safetensors_at(file, i);
        copy[i] = malloc(stored->bytes + 1);
        cr_assert_eq(qp_safetensors_bytes(file, stored, copy[i]), QP_OK);
        if (strcmp(stored->name, name) == 0)
            qp_safetensors_writer_add(writer, name, dtype, 1, &count, value);
        else
            qp_safetensors_writer_add(writer, stored->name, stored->dtype, stored->dimensions, stored->shape, copy[i]);
    }
    char changed[80];
    snprintf(changed, sizeof changed, "%s-changed", path);
    cr_assert_eq(qp_safetensors_writer_save(writer, changed), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < qp_safetensors_count(file); i++) free(copy[i]);
    qp_safetensors_close(file);
    qp_model *loaded;
    qp_model_texts texts;
    qp_status status = qp_model_file_load(changed, &loaded, &texts);
    qp_model_free(loaded);
    qp_model_texts_free(&texts);
    unlink(changed);
    return status;
}

Test(decoder_ngram, damaged_files_are_refused)
{
    make_path();
    qp_model *model = ngram_model(2);
    cr_assert_eq(qp_model_file_save(path, model, NULL), QP_OK);
    const int32_t token[TOKENS] = {-1, -1, -1, -1, 3, 4, 6, -1, -1}, far[TOKENS] = {-1, -1, -1, -1, 3, 4, 99, -1, -1};
    const int64_t child[] = {0, 2, 1, 0, 0, 0, 0}, many[] = {0, 1, 2, 3, 4, 5, 1000000};
    const float numbers[] = {0, 0, 0, NAN, 0, 0};
    static const char words[] = "<unk>\0<s>\0</s>\0a\0b b\0c";
    cr_assert_eq(load_with("none", QP_DTYPE_I32, 0, NULL), QP_OK, "%s", qp_error_message());
    cr_assert_eq(load_with("ngram.token_word", QP_DTYPE_I32, TOKENS, far), QP_EDATA);
    cr_assert_eq(load_with("ngram.token_word", QP_DTYPE_I32, TOKENS - 1, token), QP_EDATA);
    cr_assert_eq(load_with("ngram.1.child", QP_DTYPE_I64, 7, child), QP_EDATA);
    cr_assert_eq(load_with("ngram.1.child", QP_DTYPE_I64, 7, many), QP_EDATA);
    cr_assert_eq(load_with("ngram.1.log10", QP_DTYPE_F32, 6, numbers), QP_EDATA);
    cr_assert_eq(load_with("ngram.1.backoff", QP_DTYPE_F32, 5, numbers), QP_EDATA);
    cr_assert_eq(load_with("ngram.words", QP_DTYPE_U8, sizeof words, words), QP_EDATA);
    cr_assert_eq(load_with("ngram.words", QP_DTYPE_U8, 7, words), QP_EDATA);
    cr_assert_eq(load_with("ngram.2.word", QP_DTYPE_I64, 1, child), QP_EDATA);
    unlink(path);
    qp_model_free(model);
}

Test(decoder_ngram, no_source_no_windows)
{
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    config.tgt_vocab_size = config.src_vocab_size = TOKENS;
    config.decoder = QP_KIND_NGRAM;
    cr_assert_eq(qp_model_new_blank(&config, &model), QP_EUSAGE);
    config.task = QP_TASK_LM;
    config.encoder = QP_KIND_NONE;
    config.lm_window = 8;
    cr_assert_eq(qp_model_new_blank(&config, &model), QP_EUSAGE);
    config.lm_window = 0;
    cr_assert_eq(qp_model_new_blank(&config, &model), QP_OK, "%s", qp_error_message());
    static const int32_t start[] = {0, 1}, id[] = {QP_EOS};
    qp_batch batch = {.target = {{.count = 1, .start = start}, id}};
    qp_real one;
    qp_tape *tape = qp_tape_new();
    cr_assert_eq(qp_score(model, tape, &batch, &one), QP_EUSAGE, "a model without its n-grams must say so");
    qp_tape_free(tape);
    qp_model_free(model);
}
