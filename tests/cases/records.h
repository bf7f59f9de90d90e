#ifndef QP_RECORDS_H
#define QP_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* records — the files of a set of tokenizer cases: texts, lists of numbers, JSON lines, and their paths. */

typedef struct {
    char *content;
    size_t *start, *bytes;
    size_t count;
} records;

typedef struct {
    int32_t *number;
    size_t *start; /* count + 1 entries */
    size_t count;
} number_lists;

/* One run of one case. */
typedef struct {
    const char *root, *name; /* folder of the set, name of the case */
    json_t *root_json, *run;
    char message[600]; /* the first difference */
} run_context;

typedef enum { RUN_PASSED, RUN_FAILED, RUN_SKIPPED } run_result;

/* run_path — the file that the path `value` of case.json names. */
void run_path(const run_context *c, const char *value, char *path, size_t bytes);

/* run_text — a string option of the run, or NULL; run_flag — a bool of its "options". */
const char *run_text(const run_context *c, const char *key);
bool run_flag(const run_context *c, const char *option, bool fallback);

/* Each reads the file that `key` of the run names; false: no such key, or the file cannot be read. */
bool run_records(const run_context *c, const char *key, records *r);
bool run_numbers(const run_context *c, const char *key, number_lists *n); /* also "a:b" pairs, two numbers each */
bool run_json_lines(const run_context *c, const char *key, json_t **lines);

bool read_records(const char *path, records *r);
bool read_numbers(const char *path, number_lists *n);
void free_records(records *r);
void free_numbers(number_lists *n);

/* run_fail — remember a difference; returns RUN_FAILED. */
run_result run_fail(run_context *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* run_expect_text, run_expect_numbers — compare; false and remember when they differ. */
bool run_expect_text(run_context *c, const char *what, size_t record, const char *got, size_t got_bytes,
                     const char *wanted, size_t wanted_bytes);
bool run_expect_numbers(run_context *c, const char *what, size_t record, const int32_t *got, size_t got_count,
                        const number_lists *wanted);

#endif
