#include "tests/metric/metric_cases.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "../shared/oracles2/metrics"

case_text case_text_read(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, FOLDER "/texts/%s", name);
    FILE *stream = fopen(path, "rb");
    cr_assert_not_null(stream, "%s", path);
    fseek(stream, 0, SEEK_END);
    size_t bytes = (size_t)ftell(stream);
    rewind(stream);
    case_text text = {.content = malloc(bytes + 1)};
    cr_assert_eq(fread(text.content, 1, bytes, stream), bytes);
    fclose(stream);
    for (size_t i = 0; i < bytes; i++) text.count += text.content[i] == '\n';
    text.line = malloc(((size_t)text.count + 1) * sizeof *text.line);
    char *at = text.content;
    for (int i = 0; i < text.count; i++) {
        char *end = memchr(at, '\n', bytes - (size_t)(at - text.content));
        text.line[i] = (qp_text){at, (size_t)(end - at)};
        at = end + 1;
    }
    return text;
}

void case_text_free(case_text *text)
{
    free(text->content);
    free(text->line);
}

case_texts case_texts_read(const json_t *json)
{
    case_texts texts = {.hypothesis = case_text_read(json_string_value(json_object_get(json, "hyp")))};
    const json_t *references = json_object_get(json, "refs");
    texts.references = (int)json_array_size(references);
    for (int r = 0; r < texts.references; r++) {
        texts.reference[r] = case_text_read(json_string_value(json_array_get(references, (size_t)r)));
        cr_assert_eq(texts.reference[r].count, texts.hypothesis.count);
    }
    return texts;
}

void case_texts_free(case_texts *texts)
{
    case_text_free(&texts->hypothesis);
    for (int r = 0; r < texts->references; r++) case_text_free(&texts->reference[r]);
}

static const json_t *option_of(const json_t *json, const char *option)
{
    return json_object_get(json_object_get(json, "options"), option);
}
bool case_bool(const json_t *json, const char *option) { return json_is_true(option_of(json, option)); }
int case_int(const json_t *json, const char *option) { return (int)json_integer_value(option_of(json, option)); }
const char *case_string(const json_t *json, const char *option) { return json_string_value(option_of(json, option)); }
double case_real(const json_t *json, const char *option, double fallback)
{
    const json_t *value = option_of(json, option);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

/* Signatures are compared but for the version. */
static size_t signature_length(const char *text)
{
    const char *version = strstr(text, "|version:");
    return version ? (size_t)(version - text) : strlen(text);
}

static int differences(const json_t *expected, const json_t *actual, double atol, double rtol, const char *where)
{
    if (!actual) {
        fprintf(stderr, "  %s: missing\n", where);
        return 1;
    }
    if (json_is_number(expected)) {
        double want = json_number_value(expected), got = json_number_value(actual);
        if (fabs(want - got) <= atol + rtol * fabs(want)) return 0;
        fprintf(stderr, "  %s: %.12g, expected %.12g\n", where, got, want);
        return 1;
    }
    if (json_is_string(expected)) {
        const char *want = json_string_value(expected), *got = json_string_value(actual);
        size_t length = signature_length(want);
        if (got && signature_length(got) == length && !strncmp(want, got, length)) return 0;
        fprintf(stderr, "  %s: %s, expected %s\n", where, got ? got : "(none)", want);
        return 1;
    }
    int count = 0;
    const char *key;
    json_t *value;
    if (json_is_object(expected)) {
        json_object_foreach ((json_t *)(intptr_t)expected, key, value)
            count += differences(value, json_object_get(actual, key), atol, rtol, key);
        return count;
    }
    if (json_array_size(expected) > json_array_size(actual)) return 1;
    for (size_t i = 0; i < json_array_size(expected); i++)
        count += differences(json_array_get(expected, i), json_array_get(actual, i), atol, rtol, where);
    return count;
}

void run_cases(const char *file, const char *metric, case_function compute)
{
    char path[300];
    snprintf(path, sizeof path, FOLDER "/%s", file);
    if (access(path, R_OK) != 0) cr_skip_test("no reference cases here");
    json_t *root = json_load_file(path, 0, NULL);
    cr_assert_not_null(root, "%s", path);
    int run = 0, failed = 0, foreign = 0;
    size_t i;
    json_t *json;
    json_array_foreach (json_object_get(root, "cases"), i, json) {
        if (strcmp(json_string_value(json_object_get(json, "metric")), metric) != 0) continue;
        json_t *actual = compute(json);
        if (!actual) {
            foreign++;
            continue;
        }
        run++;
        double atol = json_number_value(json_object_get(json, "atol")),
               rtol = json_number_value(json_object_get(json, "rtol"));
        int wrong = differences(json_object_get(json, "expected"), actual, atol, rtol, "value");
        if (wrong) fprintf(stderr, "%s: %d wrong\n", json_string_value(json_object_get(json, "case")), wrong);
        failed += wrong != 0;
        json_decref(actual);
    }
    json_decref(root);
    cr_log_info("%s: %d cases, %d failed, %d not ours", metric, run, failed, foreign);
    cr_assert_gt(run, 0);
    cr_assert_eq(failed, 0);
}
