#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cases/run_kinds.h"
#include "tokenizer/sentencepiece/sentencepiece_sample.h"

static double option(const run_context *c, const char *key, double missing)
{
    json_t *value = json_object_get(json_object_get(c->run, "options"), key);
    return value ? json_number_value(value) : missing;
}

static bool holds_unknown(const qp_sentencepiece *m, json_t *row)
{
    for (size_t i = 0; i < json_array_size(row); i++) {
        if (json_integer_value(json_array_get(row, i)) == m->unknown_id) return true;
    }
    return false;
}

/* Adjacent unknown ids count as one on both sides, and so do the bytes that spell them. */
static bool same_ids(const qp_sentencepiece *m, json_t *row, const qp_encoding *list)
{
    bool join = holds_unknown(m, row);
    int k = 0;
    for (size_t i = 0; i < json_array_size(row); i++) {
        int64_t id = json_integer_value(json_array_get(row, i));
        if (i > 0 && id == m->unknown_id && json_integer_value(json_array_get(row, i - 1)) == id) continue;
        if (k >= list->count) return false;
        bool bytes = join && id == m->unknown_id && m->type[list->id[k]] == QP_SPM_BYTE;
        if (!bytes && list->id[k] != id) return false;
        k++;
        while (bytes && k < list->count && m->type[list->id[k]] == QP_SPM_BYTE) k++;
    }
    return k == list->count;
}

static bool expect_nbest(run_context *c, const qp_sentencepiece *m, json_t *wanted, const qp_encoding *list,
                         const double *score, size_t found, size_t record)
{
    double atol = json_number_value(json_object_get(c->run, "atol")),
           rtol = json_number_value(json_object_get(c->run, "rtol"));
    if (found != json_array_size(wanted)) return run_fail(c, "record %zu: %zu segmentations", record, found), false;
    for (size_t i = 0; i < found; i++) {
        bool there = false;
        for (size_t k = 0; k < found && !there; k++) {
            json_t *row = json_array_get(wanted, k);
            double want = json_number_value(json_array_get(row, 1));
            there = fabs(score[i] - want) <= atol + rtol * fabs(want) && same_ids(m, json_array_get(row, 0), &list[i]);
        }
        if (!there)
            return run_fail(c, "record %zu: segmentation %zu with score %.6f is not among the best", record, i,
                            score[i]),
                   false;
    }
    return true;
}

run_result run_nbest(run_context *c, const qp_sentencepiece *m)
{
    enum { MOST = 64 };
    records input;
    json_t *wanted;
    qp_encoding list[MOST] = {0};
    double score[MOST];
    run_result result = RUN_PASSED;
    size_t n = (size_t)option(c, "n", 10), found;
    if (n > MOST || !run_records(c, "input", &input) || !run_json_lines(c, "nbest", &wanted))
        return run_fail(c, "cannot read the run");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        if (qp_sentencepiece_nbest(m, input.content + input.start[i], input.bytes[i], n, list, score, &found) != QP_OK)
            result = run_fail(c, "record %zu: %s", i, qp_error_message());
        else if (!expect_nbest(c, m, json_array_get(wanted, i), list, score, found, i))
            result = RUN_FAILED;
    }
    for (size_t i = 0; i < MOST; i++) qp_encoding_free(&list[i]);
    json_decref(wanted);
    free_records(&input);
    return result;
}

/* Chi-square test of the counts against the probabilities: rows with an expectation below 10 are pooled. Returns the
 * normal deviate of Wilson and Hilferty. */
static double deviate(json_t *rows, const int64_t *seen, double draws)
{
    double sum = 0, pooled_seen = 0, pooled_wanted = 0;
    int cells = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        double wanted = draws * json_number_value(json_array_get(json_array_get(rows, i), 2));
        if (wanted < 10) {
            pooled_seen += (double)seen[i];
            pooled_wanted += wanted;
            continue;
        }
        sum += ((double)seen[i] - wanted) * ((double)seen[i] - wanted) / wanted;
        cells++;
    }
    if (pooled_wanted >= 1) {
        sum += (pooled_seen - pooled_wanted) * (pooled_seen - pooled_wanted) / pooled_wanted;
        cells++;
    }
    double freedom = cells - 1;
    if (freedom < 1) return 0;
    return (cbrt(sum / freedom) - (1 - 2 / (9 * freedom))) / sqrt(2 / (9 * freedom));
}

/* The deviate of `draws` draws; -1: a segmentation was drawn that is not in the list. */
static double draw_record(qp_sentencepiece_sampler *s, const qp_sentencepiece *m, json_t *rows, uint64_t key, int draws,
                          qp_encoding *list)
{
    int64_t *seen = calloc(json_array_size(rows) + 1, sizeof *seen);
    double result = 0;
    for (int n = 0; n < draws && result == 0; n++) {
        size_t row = 0;
        if (qp_sentencepiece_sampler_draw(s, key, (uint64_t)n, list) != QP_OK) result = -1;
        while (row < json_array_size(rows) && !same_ids(m, json_array_get(json_array_get(rows, row), 0), list)) row++;
        if (row == json_array_size(rows)) result = -1;
        seen[row]++;
    }
    if (result == 0) result = deviate(rows, seen, draws);
    free(seen);
    return result;
}

run_result run_sample(run_context *c, const qp_sentencepiece *m)
{
    enum { DRAWS = 20000 };
    records input;
    json_t *wanted;
    qp_encoding list = {0};
    qp_sentencepiece_sampler s = {0};
    run_result result = RUN_PASSED;
    if (!run_records(c, "input", &input) || !run_json_lines(c, "distribution", &wanted))
        return run_fail(c, "cannot read the run");
    for (size_t i = 0; result == RUN_PASSED && i < input.count; i++) {
        json_t *rows = json_array_get(wanted, i);
        if (qp_sentencepiece_sampler_begin(&s, m, input.content + input.start[i], input.bytes[i],
                                           (int)option(c, "nbest_size", -1), option(c, "alpha", 1)) != QP_OK) {
            result = run_fail(c, "record %zu: %s", i, qp_error_message());
            break;
        }
        double far = draw_record(&s, m, rows, i, DRAWS, &list);
        if (far > 3.719)
            far = draw_record(&s, m, rows, i + 1000, 5 * DRAWS, &list); /* one run in 10,000 gets here */
        if (far < 0 && far == -1)
            result = run_fail(c, "record %zu: drawn what is not in the list", i);
        else if (far > 3.719)
            result = run_fail(c, "record %zu: %.1f standard deviations off", i, far);
    }
    qp_sentencepiece_sampler_free(&s);
    qp_encoding_free(&list);
    json_decref(wanted);
    free_records(&input);
    return result;
}
