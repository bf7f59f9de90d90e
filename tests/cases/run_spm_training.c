#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"

/* Training as sentencepiece does it: the options of the case set the trainer's fields of the same names. */

enum { MOST_SYMBOLS = 256 };

typedef struct {
    const char *at, *end;
} text_lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    text_lines *l = self;
    *line = NULL;
    if (l->at >= l->end) return QP_OK;
    const char *end = memchr(l->at, '\n', (size_t)(l->end - l->at));
    if (!end) end = l->end;
    *line = l->at;
    *bytes = (size_t)(end - l->at);
    l->at = end + 1;
    return QP_OK;
}

static size_t read_symbols(json_t *list, const char **name)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < MOST_SYMBOLS; i++) name[i] = json_string_value(json_array_get(list, i));
    return count < MOST_SYMBOLS ? count : MOST_SYMBOLS;
}

static qp_status read_options(run_context *c, qp_sentencepiece_config *config, qp_sentencepiece_symbols *symbols,
                              const char **control, const char **user)
{
    const char *key;
    json_t *value;
    qp_config_defaults(&qp_sentencepiece_fields, config);
    *symbols = (qp_sentencepiece_symbols){.control = control, .user = user};
    json_object_foreach (json_object_get(c->run, "options"), key, value) {
        char text[600];
        if (strcmp(key, "control_symbols") == 0) symbols->control_count = read_symbols(value, control);
        if (strcmp(key, "user_defined_symbols") == 0) symbols->user_count = read_symbols(value, user);
        if (json_is_array(value) || strcmp(key, "num_threads") == 0) continue;
        const qp_field *field = qp_config_find(&qp_sentencepiece_fields, key);
        if (!field) return qp_fail(QP_EUSAGE, "unknown option %s", key);
        if (json_is_string(value))
            snprintf(text, sizeof text, "%s", json_string_value(value));
        else if (json_is_boolean(value))
            snprintf(text, sizeof text, "%s", json_is_true(value) ? "true" : "false");
        else if (json_is_integer(value))
            snprintf(text, sizeof text, "%lld", (long long)json_integer_value(value));
        else
            snprintf(text, sizeof text, "%.17g", json_number_value(value));
        qp_status status = qp_config_set(field, config, key, text);
        if (status != QP_OK) return status;
    }
    return QP_OK;
}

static bool read_named(const run_context *c, const char *key, char **content, size_t *bytes)
{
    char path[4096];
    const char *name = run_text(c, key);
    *content = NULL;
    if (!name) return false;
    run_path(c, name, path, sizeof path);
    return qp_file_read(path, (size_t)1 << 30, content, bytes) == QP_OK;
}

static qp_status train(run_context *c, const char *text, size_t bytes, qp_sentencepiece **model)
{
    const char *control[MOST_SYMBOLS], *user[MOST_SYMBOLS];
    qp_sentencepiece_config config;
    qp_sentencepiece_symbols symbols;
    text_lines lines = {text, text + bytes};
    char *content;
    size_t made;
    QP_TRY(read_options(c, &config, &symbols, control, user));
    QP_TRY(qp_sentencepiece_train(&config, &symbols, next_line, &lines, &content, &made));
    qp_status status = qp_sentencepiece_read("trained", content, made, model);
    free(content);
    return status;
}

static const char *const type_name[] = {"", "normal", "unknown", "control", "user_defined", "unused", "byte"};

static bool same_pieces(run_context *c, const qp_sentencepiece *m, const char *key)
{
    json_t *wanted;
    if (!run_json_lines(c, key, &wanted)) return false;
    bool same = json_array_size(wanted) == (size_t)m->vocabulary.count;
    if (!same) run_fail(c, "%d pieces, wanted %zu", m->vocabulary.count, json_array_size(wanted));
    int normal = 0;
    for (int32_t id = 0; same && id < m->vocabulary.count; id++) {
        json_t *row = json_array_get(wanted, (size_t)id), *piece = json_array_get(row, 0);
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        same = run_expect_text(c, "piece", (size_t)id, text, bytes, json_string_value(piece),
                               json_string_length(piece));
        if (!same) break;
        same = strcmp(json_string_value(json_array_get(row, 1)), type_name[m->type[id]]) == 0;
        if (m->type[id] == QP_SPM_NORMAL && m->score[id] != -(float)normal++) same = false;
        if (!same) run_fail(c, "score or type of piece %d", id);
    }
    json_decref(wanted);
    return same;
}

run_result run_spm_bpe_training(run_context *c)
{
    char *text;
    size_t bytes;
    qp_sentencepiece *m = NULL;
    if (!read_named(c, "input", &text, &bytes)) return run_fail(c, "cannot read the text");
    run_result result = train(c, text, bytes, &m) == QP_OK ? RUN_PASSED : run_fail(c, "%s", qp_error_message());
    free(text);
    if (result == RUN_PASSED && !same_pieces(c, m, "pieces") && !same_pieces(c, m, "pieces_0_1_97"))
        result = RUN_FAILED;
    qp_sentencepiece_free(m);
    return result;
}

/* ---- unigram: quality of a vocabulary ---- */

typedef struct {
    double likelihood;
    size_t tokens;
} fit;

/* Sum of the scores of the best segmentation of every line; an unknown piece scores the lowest minus 10. */
static qp_status measure(const qp_sentencepiece *m, const char *text, size_t bytes, fit *f)
{
    text_lines lines = {text, text + bytes};
    qp_mapped_text normal = {0};
    qp_unigram_path path = {0};
    float lowest = 0;
    qp_status status = QP_OK;
    *f = (fit){0};
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        if (m->type[id] == QP_SPM_NORMAL && m->score[id] < lowest) lowest = m->score[id];
    }
    for (;;) {
        const char *line;
        size_t length;
        next_line(&lines, &line, &length);
        if (!line) break;
        normal.bytes = 0;
        path.count = 0;
        status = qp_sentencepiece_normalize(m, line, length, &normal);
        if (status == QP_OK) status = qp_unigram_apply(&m->unigram, normal.text, normal.bytes, &path);
        if (status != QP_OK) break;
        for (size_t i = 0; i < path.count; i++)
            f->likelihood += path.piece[i].id >= 0 ? (double)m->score[path.piece[i].id] : (double)lowest - 10;
        f->tokens += path.count;
    }
    qp_mapped_text_free(&normal);
    qp_unigram_path_free(&path);
    return status;
}

/* Share of the reference's pieces that were learned, and of their probability. */
static size_t compare_tables(const qp_sentencepiece *m, json_t *table, double *overlap, double *mass)
{
    double all = 0, common = 0;
    size_t count = 0, same = 0, index;
    json_t *row;
    json_array_foreach (table, index, row) {
        if (strcmp(json_string_value(json_array_get(row, 2)), "normal") != 0) continue;
        json_t *piece = json_array_get(row, 0);
        double p = exp(json_number_value(json_array_get(row, 1)));
        all += p;
        count++;
        if (qp_sentencepiece_find(m, json_string_value(piece), json_string_length(piece)) == m->unknown_id) continue;
        common += p;
        same++;
    }
    *overlap = count ? (double)same / (double)count : 0;
    *mass = all > 0 ? common / all : 0;
    return count;
}

static run_result judge(run_context *c, const qp_sentencepiece *m, const char *text, size_t bytes, const char *test,
                        size_t test_bytes)
{
    json_t *table, *reference = json_array_get(json_object_get(c->run, "reference_runs"), 0);
    fit own, own_test;
    double overlap, mass;
    if (!run_json_lines(c, "table", &table)) return run_fail(c, "cannot read the table");
    size_t count = compare_tables(m, table, &overlap, &mass);
    json_decref(table);
    if (measure(m, text, bytes, &own) != QP_OK || measure(m, test, test_bytes, &own_test) != QP_OK)
        return run_fail(c, "%s", qp_error_message());
    double wanted = json_number_value(json_object_get(reference, "train_loglik"));
    double wanted_test = json_number_value(json_object_get(reference, "test_loglik"));
    double tokens = json_number_value(json_object_get(reference, "train_tokens"));
    bool small = count < 100; /* small vocabularies: one piece is one percent */
    bool good = own.likelihood >= wanted + wanted * (small ? 0.02 : 0.005);
    if (!small)
        good = good && own_test.likelihood >= wanted_test * 1.01 && (double)own.tokens <= tokens * 1.015 &&
               overlap >= 0.9 && mass >= 0.975;
    run_fail(c, "likelihood %.1f (%.1f), of the test %.1f (%.1f), tokens %zu (%.0f), overlap %.4f, mass %.4f",
             own.likelihood, wanted, own_test.likelihood, wanted_test, own.tokens, tokens, overlap, mass);
    return good ? RUN_PASSED : RUN_FAILED;
}

run_result run_spm_unigram_training(run_context *c)
{
    char *text, *test = NULL;
    size_t bytes, test_bytes;
    qp_sentencepiece *m = NULL;
    run_result result = RUN_PASSED;
    if (!read_named(c, "input", &text, &bytes) || !read_named(c, "test", &test, &test_bytes))
        result = run_fail(c, "cannot read the texts");
    else if (train(c, text, bytes, &m) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    if (result == RUN_PASSED) result = judge(c, m, text, bytes, test, test_bytes);
    if (getenv("VERBOSE")) printf("%s: %s\n", c->name, c->message);
    free(text);
    free(test);
    qp_sentencepiece_free(m);
    return result;
}
