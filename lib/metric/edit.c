#include "lib/metric/edit.h"

#include <stdlib.h>
#include <string.h>

/* ---- alignment ---- */

enum { STEP_LEFT = 1, STEP_UP_LEFT = 2 }; /* D(row, column) - D(row, column-1) is +1; is -1 */

/* Two lists without their common beginning and end. */
typedef struct {
    const int32_t *reference, *hypothesis;
    int columns, rows;
    unsigned char *step; /* [rows + 1, columns + 1]; row 0 and column 0 unused */
} edit_table;

/* The usual recurrence, one row of distances at a time; only the signs of the steps along a row are kept. */
static void fill_table(edit_table *t, int32_t *distance)
{
    for (int c = 0; c <= t->columns; c++) distance[c] = c;
    for (int r = 1; r <= t->rows; r++) {
        unsigned char *step = t->step + (size_t)r * ((size_t)t->columns + 1);
        int32_t diagonal = distance[0];
        distance[0] = r;
        for (int c = 1; c <= t->columns; c++) {
            int32_t best = diagonal + (t->reference[c - 1] != t->hypothesis[r - 1]);
            if (distance[c] + 1 < best) best = distance[c] + 1;
            if (distance[c - 1] + 1 < best) best = distance[c - 1] + 1;
            diagonal = distance[c];
            distance[c] = best;
            int32_t difference = best - distance[c - 1];
            step[c] = difference > 0 ? STEP_LEFT : difference < 0 ? STEP_UP_LEFT : 0;
        }
    }
}

static void walk_back(const edit_table *t, qp_edit_sums *sums)
{
    int r = t->rows, c = t->columns;
    size_t width = (size_t)t->columns + 1;
    while (r > 0 && c > 0) {
        if (t->step[(size_t)r * width + (size_t)c] == STEP_LEFT) {
            sums->deletions++;
            c--;
            continue;
        }
        r--;
        if (r > 0 && t->step[(size_t)r * width + (size_t)c] == STEP_UP_LEFT) {
            sums->insertions++;
            continue;
        }
        c--;
        if (t->reference[c] == t->hypothesis[r])
            sums->hits++;
        else
            sums->substitutions++;
    }
    sums->deletions += c;
    sums->insertions += r;
}

static qp_status compare_symbols(const qp_symbols *reference, const qp_symbols *hypothesis, qp_edit_sums *sums)
{
    edit_table t = {.reference = reference->symbol,
                    .hypothesis = hypothesis->symbol,
                    .columns = reference->count,
                    .rows = hypothesis->count};
    while (t.columns > 0 && t.rows > 0 && t.reference[0] == t.hypothesis[0]) {
        t.reference++, t.hypothesis++, t.columns--, t.rows--;
        sums->hits++;
    }
    while (t.columns > 0 && t.rows > 0 && t.reference[t.columns - 1] == t.hypothesis[t.rows - 1]) {
        t.columns--, t.rows--;
        sums->hits++;
    }
    size_t cells = ((size_t)t.rows + 1) * ((size_t)t.columns + 1);
    if (cells > (size_t)1 << 30)
        return qp_fail(QP_EDATA, "metric: segments of %d and %d symbols are too long for an edit distance; split them",
                       hypothesis->count, reference->count);
    t.step = malloc(cells);
    int32_t *distance = malloc(((size_t)t.columns + 1) * sizeof *distance);
    if (t.step && distance) {
        fill_table(&t, distance);
        walk_back(&t, sums);
    }
    bool failed = !t.step || !distance;
    free(t.step);
    free(distance);
    return failed ? qp_fail(QP_EMEMORY, "metric: out of memory for a segment") : QP_OK;
}

/* ---- segments ---- */

static void add_sums(qp_edit_sums *sums, const qp_edit_sums *more)
{
    sums->hits += more->hits;
    sums->substitutions += more->substitutions;
    sums->insertions += more->insertions;
    sums->deletions += more->deletions;
}

static qp_status compare_words(qp_text hypothesis, qp_text reference, qp_edit_sums *sums)
{
    qp_codes codes[2] = {{0}};
    qp_symbols symbols[2] = {{0}};
    qp_codes_read(&codes[0], reference, false);
    qp_codes_read(&codes[1], hypothesis, false);
    qp_status status = qp_pair_number(codes, symbols);
    if (status == QP_OK) status = compare_symbols(&symbols[0], &symbols[1], sums);
    for (int i = 0; i < 2; i++) {
        qp_symbols_free(&symbols[i]);
        qp_codes_free(&codes[i]);
    }
    return status;
}

static qp_symbols without_blanks(const qp_codes *codes)
{
    int first = 0, end = codes->count;
    while (end > 0 && qp_code_is_space(codes->code[end - 1])) end--;
    while (first < end && qp_code_is_space(codes->code[first])) first++;
    return (qp_symbols){codes->code ? codes->code + first : NULL, end - first};
}

static qp_status compare_characters(qp_text hypothesis, qp_text reference, qp_edit_sums *sums)
{
    qp_codes codes[2] = {{0}};
    qp_codes_read(&codes[0], reference, false);
    qp_codes_read(&codes[1], hypothesis, false);
    qp_status status = QP_OK;
    if (codes[0].failed || codes[1].failed) {
        status = qp_fail(QP_EMEMORY, "metric: out of memory for a segment");
    } else {
        qp_symbols symbols[2] = {without_blanks(&codes[0]), without_blanks(&codes[1])};
        status = compare_symbols(&symbols[0], &symbols[1], sums);
    }
    qp_codes_free(&codes[0]);
    qp_codes_free(&codes[1]);
    return status;
}

typedef qp_status (*comparison)(qp_text hypothesis, qp_text reference, qp_edit_sums *sums);

static qp_status add_best(comparison compare, qp_text hypothesis, const qp_text *reference, int references,
                          qp_edit_sums *sums)
{
    qp_edit_sums best = {0};
    for (int r = 0; r < references; r++) {
        qp_edit_sums own = {0};
        QP_TRY(compare(hypothesis, reference[r], &own));
        if (r == 0 || qp_edit_rate(&own) < qp_edit_rate(&best)) best = own;
    }
    add_sums(sums, &best);
    return QP_OK;
}

qp_status qp_edit_words(qp_text hypothesis, const qp_text *reference, int references, qp_edit_sums *sums)
{
    return add_best(compare_words, hypothesis, reference, references, sums);
}

qp_status qp_edit_characters(qp_text hypothesis, const qp_text *reference, int references, qp_edit_sums *sums)
{
    return add_best(compare_characters, hypothesis, reference, references, sums);
}

/* ---- rates ---- */

static double ratio(int64_t part, int64_t whole) { return whole > 0 ? (double)part / (double)whole : part > 0 ? 1 : 0; }

double qp_edit_rate(const qp_edit_sums *sums) { return ratio(qp_edit_count(sums), qp_edit_reference_length(sums)); }

double qp_edit_match_rate(const qp_edit_sums *sums)
{
    return ratio(qp_edit_count(sums), qp_edit_count(sums) + sums->hits);
}

double qp_edit_preserved(const qp_edit_sums *sums)
{
    int64_t hypothesis_length = sums->hits + sums->substitutions + sums->insertions;
    return ratio(sums->hits, qp_edit_reference_length(sums)) * ratio(sums->hits, hypothesis_length);
}
