#include "tests/models/hf_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/logits.h"

/* Memory of one search; a row of `ids` has room for every token. */
typedef struct {
    const qp_model *model;
    qp_tape *tape;
    const hf_options *o;
    qp_state *state;
    int prompt, room, live; /* tokens before the first that is made; live hypotheses */
    int32_t *ids, *next_ids; /* [beams + 1, room] */
    double *total, *next_total;
    double *scores; /* [beams, columns] */
    int32_t *last, *from;
    hf_found *done; /* [beams] finished, best first */
    int finished;
    bool over;
} search;

static void *memory(size_t bytes)
{
    void *made = calloc(1, bytes + 8);
    if (!made) exit(71);
    return made;
}

static bool is_end(const hf_options *o, int32_t token)
{
    for (int i = 0; i < o->end_count; i++)
        if (o->end[i] == token) return true;
    return false;
}

/* ---- the processors, in the order of transformers; scores [columns] of a row whose tokens are id [count] ---- */

static void penalise(double penalty, int columns, const int32_t *id, int count, double *scores)
{
    bool *seen = memory((size_t)columns);
    for (int i = 0; i < count; i++) {
        if (seen[id[i]]) continue;
        seen[id[i]] = true;
        scores[id[i]] = scores[id[i]] < 0 ? scores[id[i]] * penalty : scores[id[i]] / penalty;
    }
    free(seen);
}

static void forbid_repeats(int n, const int32_t *id, int count, double *scores)
{
    for (int i = 0; n > 0 && i + n <= count; i++)
        if (memcmp(id + i, id + count - (n - 1), (size_t)(n - 1) * sizeof *id) == 0) scores[id[i + n - 1]] = -INFINITY;
}

static void forbid_bad(const hf_options *o, const int32_t *id, int count, double *scores)
{
    for (int b = 0; b < o->bad_count; b++) {
        int before = o->bad_length[b] - 1;
        if (before <= count && memcmp(id + count - before, o->bad[b], (size_t)before * sizeof *id) == 0)
            scores[o->bad[b][before]] = -INFINITY;
    }
}

static void force(int32_t token, int columns, double *scores)
{
    for (int c = 0; c < columns; c++) scores[c] = c == token ? 0 : -INFINITY;
}

static void process(const search *s, int columns, const int32_t *id, int count, double *scores)
{
    const hf_options *o = s->o;
    int made = count - s->prompt;
    if (o->repetition_penalty != 1) penalise(o->repetition_penalty, columns, id, count, scores);
    forbid_repeats(o->no_repeat, id, count, scores);
    forbid_bad(o, id, count, scores);
    for (int i = 0; made < o->shortest && i < o->end_count; i++) scores[o->end[i]] = -INFINITY;
    for (int i = 0; i < o->suppressed_count; i++) scores[o->suppressed[i]] = -INFINITY;
    if (o->forced_first >= 0 && count == 1) force(o->forced_first, columns, scores);
    if (o->forced_last >= 0 && made == o->tokens - 1) force(o->forced_last, columns, scores);
}

/* ---- steps ---- */

/* Reads the last token of every live hypothesis; scores [live, columns], logarithms of probabilities for beams. */
static int step(search *s, int count)
{
    for (int j = 0; j < s->live; j++) s->last[j] = s->ids[j * s->room + count - 1];
    qp_tape_begin(s->tape, QP_INFER, 0);
    qp_tensor logits = qp_model_step(s->model, s->tape, s->last, s->state, NULL);
    if (qp_tape_failed(s->tape)) return 0;
    if (!s->scores) s->scores = memory((size_t)s->o->beams * (size_t)logits.columns * sizeof *s->scores);
    for (int j = 0; j < s->live; j++) {
        double *row = s->scores + (ptrdiff_t)j * logits.columns;
        if (s->o->beams > 1 && qp_logits_normalise(logits.columns, qp_tensor_row(logits, j)) != QP_OK) return 0;
        for (int c = 0; c < logits.columns; c++) row[c] = (double)qp_tensor_row(logits, j)[c];
        process(s, logits.columns, s->ids + (ptrdiff_t)j * s->room, count, row);
    }
    return logits.columns;
}

static bool start(search *s, const int32_t *source, int count)
{
    bool translates = qp_model_config_of(s->model)->encoder != QP_KIND_NONE;
    const int32_t places[] = {0, translates ? count : 0};
    qp_tape_begin(s->tape, QP_INFER, 0);
    if (qp_model_start(s->model, s->tape, (qp_ids){{.count = 1, .start = places}, source}, &s->state) != QP_OK)
        return false;
    s->prompt = translates ? 1 : count;
    s->ids[0] = qp_model_first_token(s->model);
    if (!translates) memcpy(s->ids, source, (size_t)count * sizeof *source);
    for (int i = 0; i + 1 < s->prompt; i++) {
        qp_tape_begin(s->tape, QP_INFER, 0);
        qp_model_step(s->model, s->tape, &s->ids[i], s->state, NULL);
        if (qp_tape_failed(s->tape)) return false;
    }
    return true;
}

/* ---- greedy ---- */

static bool greedy(search *s)
{
    int count = s->prompt;
    for (int made = 0; made < s->o->tokens; made++) {
        int columns = step(s, count), best = 0;
        if (!columns) return false;
        for (int c = 1; c < columns; c++)
            if (s->scores[c] > s->scores[best]) best = c;
        s->ids[count++] = best;
        if (is_end(s->o, best)) break;
    }
    s->done[0] = (hf_found){.id = memory((size_t)count * sizeof(int32_t)), .count = count};
    memcpy(s->done[0].id, s->ids, (size_t)count * sizeof(int32_t));
    s->finished = 1;
    return true;
}

/* ---- beams ---- */

static double score_of(const search *s, double total, int made) { return total / pow(made, s->o->length_penalty); }

/* A finished sequence of `count` tokens; the worst of more than `beams` goes. */
static void finish(search *s, const int32_t *id, int count, double total)
{
    hf_found found = {.count = count, .score = score_of(s, total, count - s->prompt)};
    int place = s->finished;
    while (place > 0 && s->done[place - 1].score < found.score) place--;
    if (place == s->o->beams) return;
    found.id = memory((size_t)count * sizeof *id);
    memcpy(found.id, id, (size_t)count * sizeof *id);
    if (s->finished == s->o->beams) free(s->done[--s->finished].id);
    memmove(s->done + place + 1, s->done + place, (size_t)(s->finished - place) * sizeof *s->done);
    s->done[place] = found;
    s->finished++;
}

/* Can a live hypothesis still beat the worst finished one? count: tokens of the live ones. */
static bool is_over(const search *s, int count)
{
    const hf_options *o = s->o;
    if (s->finished < o->beams) return false;
    if (o->early == STOP_ENOUGH) return true;
    bool longest = o->early == STOP_NEVER && o->length_penalty > 0;
    double bound = score_of(s, s->total[0], longest ? o->tokens : count - s->prompt);
    return s->done[s->finished - 1].score >= bound;
}

/* The best candidates of live x columns, best first: row and token of each. */
static int best_candidates(const search *s, int columns, int wanted, int *row, int *token, double *total)
{
    int found = 0;
    for (int j = 0; j < s->live; j++)
        for (int c = 0; c < columns; c++) {
            double sum = s->total[j] + s->scores[(ptrdiff_t)j * columns + c];
            if (sum == -INFINITY || (found == wanted && sum <= total[found - 1])) continue;
            int place = found < wanted ? found++ : found - 1;
            for (; place > 0 && total[place - 1] < sum; place--) {
                total[place] = total[place - 1];
                row[place] = row[place - 1];
                token[place] = token[place - 1];
            }
            total[place] = sum;
            row[place] = j;
            token[place] = c;
        }
    return found;
}

static bool expand(search *s, int count)
{
    int columns = step(s, count), wanted = 2 * s->o->beams, live = 0;
    int row[64], token[64];
    double total[64];
    if (!columns || wanted > 64) return false;
    int found = best_candidates(s, columns, wanted, row, token, total);
    for (int i = 0; i < found; i++) {
        int32_t *id = s->next_ids + (ptrdiff_t)live * s->room;
        bool ends = is_end(s->o, token[i]);
        if ((ends && i >= s->o->beams) || (!ends && live == s->o->beams)) continue;
        memcpy(id, s->ids + (ptrdiff_t)row[i] * s->room, (size_t)count * sizeof *id);
        id[count] = token[i];
        if (ends) {
            finish(s, id, count + 1, total[i]);
            continue;
        }
        s->next_total[live] = total[i];
        s->from[live++] = row[i];
    }
    int32_t *ids = s->ids;
    s->ids = s->next_ids;
    s->next_ids = ids;
    memcpy(s->total, s->next_total, (size_t)live * sizeof *s->total);
    s->live = live;
    s->over = live == 0 || is_over(s, count + 1);
    return live == 0 || qp_state_reorder(s->state, s->from, live) == QP_OK;
}

static bool beams(search *s)
{
    int count = s->prompt;
    for (int made = 0; made < s->o->tokens && !s->over; made++, count++)
        if (!expand(s, count)) return false;
    for (int j = 0; j < s->live && !s->over; j++) finish(s, s->ids + (ptrdiff_t)j * s->room, count, s->total[j]);
    return true;
}

bool hf_generate(const qp_model *model, qp_tape *tape, const int32_t *source, int count, const hf_options *options,
                 hf_found *found)
{
    int k = options->beams, room = count + options->tokens + 2;
    search s = {.model = model, .tape = tape, .o = options, .room = room, .live = 1};
    s.ids = memory(((size_t)k + 1) * (size_t)room * sizeof *s.ids);
    s.next_ids = memory(((size_t)k + 1) * (size_t)room * sizeof *s.ids);
    s.total = memory((size_t)k * sizeof *s.total);
    s.next_total = memory((size_t)k * sizeof *s.total);
    s.last = memory((size_t)k * sizeof *s.last);
    s.from = memory((size_t)k * sizeof *s.from);
    s.done = memory(((size_t)k + 1) * sizeof *s.done);
    bool right = start(&s, source, count) && (k > 1 ? beams(&s) : greedy(&s)) && s.finished >= options->returned;
    for (int i = 0; i < s.finished; i++) {
        if (right && i < options->returned)
            found[i] = s.done[i];
        else
            free(s.done[i].id);
    }
    qp_state_free(s.state);
    free(s.ids);
    free(s.next_ids);
    free(s.total);
    free(s.next_total);
    free(s.scores);
    free(s.last);
    free(s.from);
    free(s.done);
    return right;
}
