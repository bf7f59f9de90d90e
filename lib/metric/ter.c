#include "lib/metric/ter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metric/ter_tokenizer.h"

enum { SHIFT_SIZE = 10, SHIFT_DISTANCE = 50, CANDIDATES = 1000, BAND = 25, INFINITE = 1 << 29 };

/* One hypothesis and one reference. */
typedef struct {
    const int32_t *reference;
    int columns; /* words of the reference */
    int rows;    /* words of the hypothesis */
    int band;
    double slope;                    /* columns / rows */
    int32_t *words, *shifted, *best; /* the hypothesis now, with a trial shift, with the best one */
    int32_t *cost;                   /* [rows + 1, columns + 1] for `words` */
    char *way;      /* how each cell was reached: ' ' equal, s, d (drops a hypothesis word), i; 0 not */
    int32_t *trial; /* two rows of cost for `shifted` */
    int *align;     /* [columns] hypothesis position of each reference word, -1 before the first */
    unsigned char *reference_error, *hypothesis_error;
    int candidates;
} shift_search;

/* ---- edit distance in a band around the diagonal ---- */

/* Row r from the row above it; `way` may be NULL. Of equal costs substitution comes first, then d, then i. */
static void fill_row(const shift_search *s, const int32_t *words, int r, const int32_t *above, int32_t *row, char *way)
{
    int middle = (int)floor(r * s->slope);
    int first = middle - s->band > 0 ? middle - s->band : 0;
    int end = middle + s->band < s->columns + 1 ? middle + s->band : s->columns + 1;
    if (r == s->rows) end = s->columns + 1;
    for (int c = 0; c <= s->columns; c++) row[c] = INFINITE;
    if (way) memset(way, 0, (size_t)s->columns + 1);
    for (int c = first; c < end; c++) {
        char how = 'd';
        int32_t cost = above[c] + 1;
        if (c > 0) {
            bool equal = words[r - 1] == s->reference[c - 1];
            int32_t across = above[c - 1] + !equal;
            if (across <= cost) {
                cost = across;
                how = equal ? ' ' : 's';
            }
            if (row[c - 1] + 1 < cost) {
                cost = row[c - 1] + 1;
                how = 'i';
            }
        }
        if (cost >= INFINITE) continue;
        row[c] = cost;
        if (way) way[c] = how;
    }
}

/* Fills the whole table for `words`; returns the distance. */
static int32_t fill_table(shift_search *s)
{
    size_t width = (size_t)s->columns + 1;
    for (int c = 0; c <= s->columns; c++) {
        s->cost[c] = c;
        s->way[c] = 'i';
    }
    for (int r = 1; r <= s->rows; r++)
        fill_row(s, s->words, r, s->cost + (size_t)(r - 1) * width, s->cost + (size_t)r * width,
                 s->way + (size_t)r * width);
    return s->cost[(size_t)s->rows * width + (size_t)s->columns];
}

/* The distance of `shifted`, which is equal to `words` before `first`. */
static int32_t trial_distance(const shift_search *s, int first)
{
    size_t width = (size_t)s->columns + 1;
    const int32_t *above = s->cost + (size_t)first * width;
    for (int r = first + 1; r <= s->rows; r++) {
        int32_t *row = s->trial + (size_t)(r % 2) * width;
        fill_row(s, s->shifted, r, above, row, NULL);
        above = row;
    }
    return above[s->columns];
}

/* Aligns hypothesis and reference words, and marks those of either that are wrong. */
static void trace(shift_search *s)
{
    int r = s->rows, c = s->columns;
    size_t width = (size_t)s->columns + 1;
    while (r > 0 || c > 0) {
        char how = s->way[(size_t)r * width + (size_t)c];
        if (how == 'd' && r > 0) {
            s->hypothesis_error[--r] = 1;
        } else if (how == 'i' || r == 0 || how == 0) {
            if (c == 0) break;
            s->reference_error[--c] = 1;
            s->align[c] = r - 1;
        } else {
            r--, c--;
            s->hypothesis_error[r] = s->reference_error[c] = how == 's';
            s->align[c] = r;
        }
    }
}

/* ---- shifts ---- */

static bool any_error(const unsigned char *error, int first, int count)
{
    return memchr(error + first, 1, (size_t)count) != NULL;
}

/* words -> shifted: `count` words from `from` are moved to before position `to`; returns the first changed position. */
static int make_shift(const shift_search *s, int from, int count, int to)
{
    size_t word = sizeof *s->words;
    const int32_t *w = s->words;
    int32_t *t = s->shifted;
    memcpy(t, w, (size_t)s->rows * word);
    if (to < from) {
        memcpy(t + to, w + from, (size_t)count * word);
        memcpy(t + to + count, w + to, (size_t)(from - to) * word);
        return to;
    }
    /* inside the group the target is counted from its beginning, as if the group were removed */
    int end = to > from + count ? to : to + count;
    if (end > s->rows) end = s->rows;
    memcpy(t + from, w + from + count, (size_t)(end - from - count) * word);
    memcpy(t + end - count, w + from, (size_t)count * word);
    return from;
}

/* The best shift found so far; of equal gains the longer group, then the earlier one, then the earlier target. */
typedef struct {
    bool found;
    int gain, count, from, to;
} shift_choice;

static bool is_better(const shift_choice *a, const shift_choice *b)
{
    if (!b->found || a->gain != b->gain) return !b->found || a->gain > b->gain;
    if (a->count != b->count) return a->count > b->count;
    if (a->from != b->from) return a->from < b->from;
    return a->to < b->to;
}

/* Tries one group of hypothesis words at every position around the reference words it equals. */
static void try_group(shift_search *s, int32_t distance, int from, int reference, int count, shift_choice *best)
{
    int last = -1;
    for (int offset = -1; offset < count; offset++) {
        int to = reference + offset == -1 ? 0 : s->align[reference + offset] + 1;
        if (to == last) continue;
        last = to;
        int first = make_shift(s, from, count, to);
        shift_choice choice = {true, distance - trial_distance(s, first), count, from, to};
        s->candidates++;
        if (is_better(&choice, best)) {
            *best = choice;
            memcpy(s->best, s->shifted, (size_t)s->rows * sizeof *s->best);
        }
    }
}

static void try_pair(shift_search *s, int32_t distance, int from, int reference, shift_choice *best)
{
    for (int count = 1; count <= SHIFT_SIZE && s->candidates < CANDIDATES; count++) {
        if (from + count > s->rows || reference + count > s->columns) return;
        if (s->words[from + count - 1] != s->reference[reference + count - 1]) return;
        if (!any_error(s->hypothesis_error, from, count) || !any_error(s->reference_error, reference, count)) continue;
        if (s->align[reference] >= from && s->align[reference] < from + count) continue;
        try_group(s, distance, from, reference, count, best);
    }
}

/* One round: writes the best shift of `words` to `best`; returns its gain, 0 if none helps. */
static int best_shift(shift_search *s, int32_t distance)
{
    shift_choice best = {0};
    trace(s);
    for (int from = 0; from < s->rows; from++)
        for (int reference = 0; reference < s->columns; reference++) {
            if (abs(reference - from) > SHIFT_DISTANCE) continue;
            try_pair(s, distance, from, reference, &best);
            if (s->candidates >= CANDIDATES) return best.gain;
        }
    return best.gain;
}

static int run_search(shift_search *s)
{
    int shifts = 0;
    for (;;) {
        int32_t distance = fill_table(s);
        if (best_shift(s, distance) <= 0 || s->candidates >= CANDIDATES) return shifts + distance;
        memcpy(s->words, s->best, (size_t)s->rows * sizeof *s->words);
        shifts++;
    }
}

/* ---- a segment ---- */

static qp_status count_edits(const qp_symbols *hypothesis, const qp_symbols *reference, int *edits)
{
    shift_search s = {.reference = reference->symbol, .columns = reference->count, .rows = hypothesis->count};
    *edits = s.rows;
    if (s.columns == 0) return QP_OK;
    size_t width = (size_t)s.columns + 1, rows = (size_t)s.rows + 1;
    if (width * rows > (size_t)1 << 28)
        return qp_fail(QP_EDATA, "metric: segments of %d and %d words are too long for TER; split them", s.rows,
                       s.columns);
    s.slope = s.rows ? (double)s.columns / s.rows : 1;
    s.band = s.slope / 2 > BAND ? (int)ceil(s.slope / 2 + BAND) : BAND;
    s.words = malloc(3 * rows * sizeof *s.words);
    s.cost = malloc(rows * width * sizeof *s.cost);
    s.way = malloc(rows * width);
    s.trial = malloc(2 * width * sizeof *s.trial);
    s.align = malloc(width * sizeof *s.align);
    s.reference_error = calloc(width + rows, 1);
    bool failed = !s.words || !s.cost || !s.way || !s.trial || !s.align || !s.reference_error;
    if (!failed) {
        s.shifted = s.words + rows;
        s.best = s.shifted + rows;
        s.hypothesis_error = s.reference_error + width;
        memcpy(s.words, hypothesis->symbol, (size_t)s.rows * sizeof *s.words);
        *edits = run_search(&s);
    }
    free(s.words);
    free(s.cost);
    free(s.way);
    free(s.trial);
    free(s.align);
    free(s.reference_error);
    return failed ? qp_fail(QP_EMEMORY, "metric: out of memory for a segment") : QP_OK;
}

/* The numbered words of a pair; row 0 is the hypothesis. */
static qp_status number_pair(const qp_ter_config *config, qp_text hypothesis, qp_text reference, qp_symbols *symbols)
{
    qp_codes codes[2] = {{0}};
    qp_ter_tokenize(config, hypothesis, 1, &codes[0]);
    qp_ter_tokenize(config, reference, 2, &codes[1]);
    qp_status status = qp_pair_number(codes, symbols);
    qp_codes_free(&codes[0]);
    qp_codes_free(&codes[1]);
    return status;
}

qp_status qp_ter_add(const qp_ter_config *config, qp_text hypothesis, const qp_text *reference, int references,
                     qp_ter_sums *sums)
{
    if (references < 1) return qp_fail(QP_EUSAGE, "ter: no reference; give at least one");
    double length = 0;
    int fewest = 0;
    for (int r = 0; r < references; r++) {
        qp_symbols symbols[2] = {{0}};
        int edits = 0;
        QP_TRY(number_pair(config, hypothesis, reference[r], symbols));
        qp_status status = count_edits(&symbols[0], &symbols[1], &edits);
        length += symbols[1].count;
        qp_symbols_free(&symbols[0]);
        qp_symbols_free(&symbols[1]);
        if (status != QP_OK) return status;
        if (r == 0 || edits < fewest) fewest = edits;
    }
    sums->edits += fewest;
    sums->reference_length += length / references;
    return QP_OK;
}

double qp_ter_finish(const qp_ter_sums *sums)
{
    if (sums->reference_length > 0) return 100 * sums->edits / sums->reference_length;
    return sums->edits > 0 ? 100 : 0;
}

const char *qp_ter_signature(const qp_ter_config *config, int references, char *text, size_t bytes)
{
    snprintf(text, bytes, "nrefs:%d|case:%s|tok:tercom|norm:%s|punct:%s|asian:%s|version:" QP_SACREBLEU_VERSION,
             references, config->case_sensitive ? "mixed" : "lc", config->normalized ? "yes" : "no",
             config->no_punctuation ? "no" : "yes", config->asian ? "yes" : "no");
    return text;
}
