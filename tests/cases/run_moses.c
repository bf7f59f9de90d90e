#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"
#include "tokenizer/moses/moses.h"
#include "tokenizer/moses/moses_truecase.h"

static bool read_named(const run_context *c, const char *name, char **content, size_t *bytes)
{
    char path[4096];
    *content = NULL;
    if (!name) return false;
    run_path(c, name, path, sizeof path);
    return qp_file_read(path, (size_t)1 << 30, content, bytes) == QP_OK;
}

static const char *option_text(const run_context *c, const char *key)
{
    return json_string_value(json_object_get(json_object_get(c->run, "options"), key));
}

/* The case's prefix file of the language; English if there is none, as in the scripts. */
static qp_status prepare(const run_context *c, qp_moses *m)
{
    const char *language = option_text(c, "language");
    char name[64], *content;
    size_t bytes;
    if (!language) language = "en";
    QP_TRY(qp_moses_init(m, language));
    m->aggressive = run_flag(c, "aggressive_dash_splits", false);
    m->escape = run_flag(c, "escape", true);
    snprintf(name, sizeof name, "nonbreaking_prefix.%s", language);
    qp_status status = QP_OK;
    bool found = read_named(c, name, &content, &bytes);
    if (!found) found = read_named(c, "nonbreaking_prefix.en", &content, &bytes);
    if (found) status = qp_moses_prefixes(m, content, bytes);
    free(content);
    if (status == QP_OK && read_named(c, option_text(c, "protected"), &content, &bytes)) {
        status = qp_moses_protect("protected patterns", m, content, bytes);
        free(content);
    }
    return status;
}

typedef qp_status (*line_maker)(const void *self, const char *line, size_t bytes, char **out, size_t *out_bytes);

static qp_status tokenize(const void *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    return qp_moses_tokenize(m, line, bytes, out, out_bytes);
}
static qp_status detokenize(const void *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    return qp_moses_detokenize(m, line, bytes, out, out_bytes);
}
static qp_status punctuation(const void *m, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    return qp_moses_normalize_punctuation(m, line, bytes, out, out_bytes);
}
static qp_status truecase(const void *t, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    return qp_truecaser_apply(t, line, bytes, out, out_bytes);
}
static qp_status detruecase(const void *unused, const char *line, size_t bytes, char **out, size_t *out_bytes)
{
    return (void)unused, qp_detruecase(line, bytes, out, out_bytes);
}

static run_result compare_lines(run_context *c, line_maker make, const void *self)
{
    char *input, *output = NULL;
    size_t bytes, wanted_bytes, number = 0;
    run_result result = RUN_PASSED;
    if (!read_named(c, run_text(c, "input"), &input, &bytes) ||
        !read_named(c, run_text(c, "output"), &output, &wanted_bytes))
        result = run_fail(c, "cannot read the texts");
    const char *want = output;
    for (const char *at = input, *end; result == RUN_PASSED && at < input + bytes; at = end + 1, number++) {
        end = memchr(at, '\n', (size_t)(input + bytes - at));
        if (!end) end = input + bytes;
        const char *stop = want < output + wanted_bytes ? memchr(want, '\n', (size_t)(output + wanted_bytes - want))
                                                        : 0;
        if (!stop) stop = output + wanted_bytes;
        char *line = NULL;
        size_t made;
        if (make(self, at, (size_t)(end - at), &line, &made) != QP_OK)
            result = run_fail(c, "line %zu: %s", number, qp_error_message());
        else if (!run_expect_text(c, "line", number, line, made, want, (size_t)(stop - want)))
            result = RUN_FAILED;
        free(line);
        want = stop + (stop < output + wanted_bytes);
    }
    free(input);
    free(output);
    return result;
}

/* ---- truecaser models: lines in any order, and in a line all variants but the first in any order ---- */

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* A line "best (n/all) other (n) ..." with the others sorted. */
static char *sorted_line(char *line)
{
    char *part[256], *save = NULL, *made = calloc(1, strlen(line) + 300);
    int parts = 0;
    for (char *p = strtok_r(line, ")", &save); p && parts < 256; p = strtok_r(NULL, ")", &save)) part[parts++] = p;
    if (parts > 2) qsort(part + 1, (size_t)parts - 1, sizeof *part, by_text);
    for (int i = 0; i < parts; i++) strcat(strcat(made, part[i]), ")");
    return made;
}

static char **sorted_lines(char *text, size_t *count)
{
    char **line = NULL, *save = NULL;
    *count = 0;
    for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        line = realloc(line, (*count + 1) * sizeof *line);
        line[(*count)++] = sorted_line(l);
    }
    if (*count) qsort(line, *count, sizeof *line, by_text);
    return line;
}

static run_result same_models(run_context *c, char *own, char *wanted)
{
    size_t a, b;
    char **x = sorted_lines(own, &a), **y = sorted_lines(wanted, &b);
    run_result result = a == b ? RUN_PASSED : run_fail(c, "%zu lines, wanted %zu", a, b);
    for (size_t i = 0; i < a && i < b && result == RUN_PASSED; i++) {
        if (!run_expect_text(c, "model line", i, x[i], strlen(x[i]), y[i], strlen(y[i]))) result = RUN_FAILED;
    }
    for (size_t i = 0; i < a; i++) free(x[i]);
    for (size_t i = 0; i < b; i++) free(y[i]);
    free(x);
    free(y);
    return result;
}

static run_result learn_truecaser(run_context *c)
{
    qp_truecaser t;
    char *text, *wanted = NULL, *own = NULL;
    size_t bytes, wanted_bytes, made;
    qp_truecaser_init(&t);
    run_result result = RUN_PASSED;
    if (!read_named(c, run_text(c, "input"), &text, &bytes) ||
        !read_named(c, run_text(c, "model"), &wanted, &wanted_bytes))
        result = run_fail(c, "cannot read the files");
    for (const char *at = text, *end; result == RUN_PASSED && at < text + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + bytes - at));
        if (!end) end = text + bytes;
        if (qp_truecaser_learn(&t, at, (size_t)(end - at)) != QP_OK) result = run_fail(c, "%s", qp_error_message());
    }
    if (result == RUN_PASSED && qp_truecaser_write(&t, &own, &made) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    if (result == RUN_PASSED) result = same_models(c, own, wanted);
    qp_truecaser_free(&t);
    free(text);
    free(wanted);
    free(own);
    return result;
}

static run_result run_truecase(run_context *c)
{
    qp_truecaser t;
    char *model;
    size_t bytes;
    qp_truecaser_init(&t);
    run_result result;
    if (!read_named(c, option_text(c, "model"), &model, &bytes))
        result = run_fail(c, "cannot read the model");
    else if (qp_truecaser_read(&t, model, bytes) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    else
        result = compare_lines(c, truecase, &t);
    qp_truecaser_free(&t);
    free(model);
    return result;
}

run_result run_moses(run_context *c)
{
    const char *op = run_text(c, "op");
    if (strcmp(op, "truecase_train") == 0) return learn_truecaser(c);
    if (strcmp(op, "truecase") == 0) return run_truecase(c);
    if (strcmp(op, "detruecase") == 0) return compare_lines(c, detruecase, NULL);
    static const struct {
        const char *op;
        line_maker make;
    } known[] = {{"tokenize", tokenize}, {"detokenize", detokenize}, {"normalize_punctuation", punctuation}};
    run_result result = RUN_SKIPPED;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        qp_moses m;
        if (strcmp(op, known[i].op) != 0) continue;
        result = prepare(c, &m) == QP_OK ? compare_lines(c, known[i].make, &m) : run_fail(c, "%s", qp_error_message());
        qp_moses_free(&m);
    }
    return result;
}
