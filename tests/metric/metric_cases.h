#ifndef QP_METRIC_CASES_H
#define QP_METRIC_CASES_H

#include <jansson.h>

#include "lib/metric/segment.h"

/* metric_cases — reference cases computed by the original tools, if they are present (folder ../shared). Each case is
 * JSON: options, inputs (text files by name, or arrays), expected numbers and tolerances. */

/* The lines of one text file. */
typedef struct {
    char *content;
    qp_text *line;
    int count;
} case_text;

case_text case_text_read(const char *name);
void case_text_free(case_text *text);

/* The hypothesis and reference files of a case. */
typedef struct {
    case_text hypothesis, reference[8];
    int references;
} case_texts;
case_texts case_texts_read(const json_t *json);
void case_texts_free(case_texts *texts);

/* Computes a case: an object with the members of "expected" that we know; NULL: this case is not ours. */
typedef json_t *(*case_function)(const json_t *json);

/* run_cases — run every case of FILE whose "metric" is `metric`; each must have every expected number within its
 * tolerance. Skips the test where the folder is absent. */
void run_cases(const char *file, const char *metric, case_function compute);

bool case_bool(const json_t *json, const char *option);
int case_int(const json_t *json, const char *option);
const char *case_string(const json_t *json, const char *option); /* NULL if absent or null */
double case_real(const json_t *json, const char *option, double fallback);

#endif
