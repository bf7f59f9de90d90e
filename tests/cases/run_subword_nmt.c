#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"
#include "tokenizer/subword_nmt/subword_nmt.h"
#include "tokenizer/subword_nmt/subword_nmt_trainer.h"

static bool named_file(const run_context *c, const char *value, char **content, size_t *bytes)
{
    char path[4096];
    *content = NULL;
    if (!value) return false;
    run_path(c, value, path, sizeof path);
    return qp_file_read(path, (size_t)1 << 30, content, bytes) == QP_OK;
}

static qp_status set_options(const run_context *c, qp_subword_nmt *codes)
{
    json_t *options = json_object_get(c->run, "options"), *list = json_object_get(options, "glossaries");
    json_t *threshold = json_object_get(options, "vocabulary_threshold");
    const char *separator = json_string_value(json_object_get(options, "separator"));
    const char *vocabulary = json_string_value(json_object_get(options, "vocabulary"));
    if (separator) QP_TRY(qp_subword_nmt_separate(codes, separator));
    if (vocabulary) {
        char *content;
        size_t bytes;
        if (!named_file(c, vocabulary, &content, &bytes)) return QP_EDATA;
        qp_status status = qp_subword_nmt_limit(vocabulary, codes, content, bytes, json_integer_value(threshold));
        free(content);
        QP_TRY(status);
    }
    const char *pattern[64];
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count && i < 64; i++) pattern[i] = json_string_value(json_array_get(list, i));
    return count ? qp_subword_nmt_glossary(c->name, codes, pattern, count) : QP_OK;
}

static run_result compare_lines(run_context *c, const qp_subword_nmt *codes, const char *input, size_t input_bytes,
                                const char *output, size_t output_bytes)
{
    size_t line = 0;
    const char *want = output;
    for (const char *at = input, *end; at < input + input_bytes; at = end + 1, line++) {
        end = memchr(at, '\n', (size_t)(input + input_bytes - at));
        if (!end) end = input + input_bytes;
        const char *want_end = want < output + output_bytes ? memchr(want, '\n', (size_t)(output + output_bytes - want))
                                                            : NULL;
        if (!want_end) want_end = output + output_bytes;
        char *text = NULL;
        size_t bytes;
        bool same = qp_subword_nmt_apply(codes, at, (size_t)(end - at), &text, &bytes) == QP_OK &&
                    run_expect_text(c, "line", line, text, bytes, want, (size_t)(want_end - want));
        free(text);
        if (!same) return RUN_FAILED;
        want = want_end + 1;
    }
    return RUN_PASSED;
}

static run_result run_learn(run_context *c)
{
    char *text = NULL, *wanted = NULL, *codes = NULL;
    size_t bytes, wanted_bytes, made;
    qp_word_counts words = {0};
    json_t *options = json_object_get(c->run, "options");
    qp_subword_nmt_training training = {
        .symbols = json_integer_value(json_object_get(options, "symbols")),
        .least_frequency = json_integer_value(json_object_get(options, "min_frequency")),
        .total_symbols = run_flag(c, "total_symbols", false)};
    run_result result = RUN_PASSED;
    if (!named_file(c, run_text(c, "input"), &text, &bytes) ||
        !named_file(c, run_text(c, "codes"), &wanted, &wanted_bytes))
        result = run_fail(c, "cannot read the files");
    for (const char *at = text, *end; result == RUN_PASSED && at < text + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + bytes - at));
        if (!end) end = text + bytes;
        qp_status status = run_flag(c, "dict_input", false) ? qp_subword_nmt_count_pair(&words, at, (size_t)(end - at))
                                                            : qp_subword_nmt_count(&words, at, (size_t)(end - at));
        if (status != QP_OK) result = run_fail(c, "%s", qp_error_message());
    }
    if (result == RUN_PASSED && qp_subword_nmt_learn(&training, &words, &codes, &made) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    if (result == RUN_PASSED && !run_expect_text(c, "codes", 0, codes, made, wanted, wanted_bytes)) result = RUN_FAILED;
    qp_word_counts_free(&words);
    free(text);
    free(wanted);
    free(codes);
    return result;
}

/* ---- one codes file for several languages, and a vocabulary for each ---- */

typedef qp_status (*line_user)(void *self, const char *line, size_t bytes);

static qp_status each_line(const char *text, size_t bytes, line_user use, void *self)
{
    for (const char *at = text, *end; at < text + bytes; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + bytes - at));
        if (!end) end = text + bytes;
        QP_TRY(use(self, at, (size_t)(end - at)));
    }
    return QP_OK;
}

static qp_status count_line(void *self, const char *line, size_t bytes)
{
    return qp_subword_nmt_count(self, line, bytes);
}

typedef struct {
    const qp_subword_nmt *codes;
    qp_word_counts pieces;
} piece_counter;

static qp_status count_pieces(void *self, const char *line, size_t bytes)
{
    piece_counter *counter = self;
    char *text;
    size_t made;
    QP_TRY(qp_subword_nmt_apply(counter->codes, line, bytes, &text, &made));
    qp_status status = qp_subword_nmt_count(&counter->pieces, text, made);
    free(text);
    return status;
}

/* Every line "piece count" of the expected vocabulary, in any order. */
static bool same_vocabulary(run_context *c, const qp_word_counts *own, const char *wanted, size_t bytes)
{
    size_t lines = 0, found = 0;
    for (size_t i = 0; i < bytes; i++) lines += wanted[i] == '\n';
    for (size_t w = 0; w < own->count; w++) {
        const struct qp_word *word = &own->word[w];
        char *line = malloc(word->bytes + 32);
        int length = sprintf(line, "%.*s %lld\n", (int)word->bytes, own->text + word->start, (long long)word->count);
        const char *at = wanted;
        while ((at = memmem(at, (size_t)(wanted + bytes - at), line, (size_t)length)) && at > wanted && at[-1] != '\n')
            at++;
        found += at != NULL;
        free(line);
    }
    if (found != lines || own->count != lines)
        run_fail(c, "vocabulary: %zu of %zu lines, %zu pieces learned", found, lines, own->count);
    return found == lines && own->count == lines;
}

static run_result compare_vocabularies(run_context *c, const char *codes_text, size_t codes_bytes)
{
    json_t *inputs = json_object_get(c->run, "inputs"), *lists = json_object_get(c->run, "vocabularies");
    qp_subword_nmt *codes;
    if (qp_subword_nmt_read(c->name, codes_text, codes_bytes, -1, &codes) != QP_OK)
        return run_fail(c, "%s", qp_error_message());
    run_result result = RUN_PASSED;
    for (size_t i = 0; i < json_array_size(lists) && result == RUN_PASSED; i++) {
        char *text = NULL, *wanted = NULL;
        size_t bytes, wanted_bytes;
        piece_counter counter = {.codes = codes};
        if (!named_file(c, json_string_value(json_array_get(inputs, i)), &text, &bytes) ||
            !named_file(c, json_string_value(json_array_get(lists, i)), &wanted, &wanted_bytes))
            result = run_fail(c, "cannot read the files");
        else if (each_line(text, bytes, count_pieces, &counter) != QP_OK)
            result = run_fail(c, "%s", qp_error_message());
        else if (!same_vocabulary(c, &counter.pieces, wanted, wanted_bytes))
            result = RUN_FAILED;
        qp_word_counts_free(&counter.pieces);
        free(text);
        free(wanted);
    }
    qp_subword_nmt_free(codes);
    return result;
}

static run_result run_learn_joint(run_context *c)
{
    json_t *options = json_object_get(c->run, "options"), *inputs = json_object_get(c->run, "inputs");
    qp_subword_nmt_training training = {
        .symbols = json_integer_value(json_object_get(options, "symbols")),
        .least_frequency = json_integer_value(json_object_get(options, "min_frequency")),
        .total_symbols = run_flag(c, "total_symbols", false)};
    qp_word_counts words = {0};
    char *codes = NULL, *wanted = NULL;
    size_t made, wanted_bytes;
    run_result result = RUN_PASSED;
    for (size_t i = 0; i < json_array_size(inputs) && result == RUN_PASSED; i++) {
        char *text;
        size_t bytes;
        if (!named_file(c, json_string_value(json_array_get(inputs, i)), &text, &bytes) ||
            each_line(text, bytes, count_line, &words) != QP_OK)
            result = run_fail(c, "cannot read the texts");
        free(text);
    }
    if (result == RUN_PASSED && !named_file(c, run_text(c, "codes"), &wanted, &wanted_bytes))
        result = run_fail(c, "cannot read the codes");
    if (result == RUN_PASSED && qp_subword_nmt_learn(&training, &words, &codes, &made) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    if (result == RUN_PASSED && !run_expect_text(c, "codes", 0, codes, made, wanted, wanted_bytes)) result = RUN_FAILED;
    if (result == RUN_PASSED) result = compare_vocabularies(c, codes, made);
    qp_word_counts_free(&words);
    free(codes);
    free(wanted);
    return result;
}

run_result run_subword_nmt(run_context *c)
{
    char *codes_text = NULL, *input = NULL, *output = NULL;
    size_t codes_bytes, input_bytes, output_bytes;
    json_t *merges = json_object_get(json_object_get(c->run, "options"), "merges");
    qp_subword_nmt *codes = NULL;
    run_result result;
    if (strcmp(run_text(c, "op"), "learn") == 0) return run_learn(c);
    if (strcmp(run_text(c, "op"), "learn_joint") == 0) return run_learn_joint(c);
    if (strcmp(run_text(c, "op"), "apply") != 0) return RUN_SKIPPED;
    if (!named_file(c, json_string_value(json_object_get(json_object_get(c->root_json, "files"), "codes")), &codes_text,
                    &codes_bytes) ||
        !named_file(c, run_text(c, "input"), &input, &input_bytes) ||
        !named_file(c, run_text(c, "output"), &output, &output_bytes))
        result = run_fail(c, "cannot read the files");
    else if (qp_subword_nmt_read(c->name, codes_text, codes_bytes, merges ? json_integer_value(merges) : -1, &codes) !=
                 QP_OK ||
             set_options(c, codes) != QP_OK)
        result = run_fail(c, "%s", qp_error_message());
    else
        result = compare_lines(c, codes, input, input_bytes, output, output_bytes);
    qp_subword_nmt_free(codes);
    free(codes_text);
    free(input);
    free(output);
    return result;
}

hostile_result hostile_codes(const char *content, size_t bytes, const records *probe, const records *wanted)
{
    hostile_result result = {.equal = true};
    run_context c = {0};
    qp_subword_nmt *codes;
    if (qp_subword_nmt_read("hostile", content, bytes, -1, &codes) != QP_OK) {
        snprintf(result.message, sizeof result.message, "%s", qp_error_message());
        return result;
    }
    result.loaded = true;
    for (size_t i = 0; i < probe->count; i++) {
        char *text = NULL;
        size_t made;
        if (qp_subword_nmt_apply(codes, probe->content + probe->start[i], probe->bytes[i], &text, &made) != QP_OK)
            result.equal = false;
        else if (wanted && i < wanted->count &&
                 !run_expect_text(&c, "line", i, text, made, wanted->content + wanted->start[i], wanted->bytes[i]))
            result.equal = false;
        free(text);
    }
    memcpy(result.message, c.message, sizeof result.message);
    qp_subword_nmt_free(codes);
    return result;
}
