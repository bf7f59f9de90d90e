#include "lib/package/answers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/decode/predict.h"
#include "lib/text/characters.h"
#include "lib/text/utf8.h"

enum { WINDOW = 384, SHARED = 128 };

/* Two texts as the model reads them, without the token that it puts before them itself. */
typedef struct {
    qp_encoding e;
    int skipped;      /* 1: e begins with that token */
    int first, count; /* tokens of the second text */
    int room;         /* tokens that the model reads */
    qp_line second;
} pair;

static qp_status encode(const qp_package *package, qp_line a, qp_line b, pair *p)
{
    const qp_model_config *config = qp_model_config_of(package->model);
    *p = (pair){.e = {.spans = true}, .room = (int)config->max_length, .second = b};
    QP_TRY(qp_tokenizer_encode_pair(package->source, a.text, a.bytes, b.text, b.bytes, &p->e));
    p->skipped = config->begin_token && p->e.count > 0 && p->e.sequence[0] < 0;
    while (p->first < p->e.count && p->e.sequence[p->first] != 1) p->first++;
    while (p->first + p->count < p->e.count && p->e.sequence[p->first + p->count] == 1) p->count++;
    return QP_OK;
}

/* The tokens before the second text, `count` of the second text from `from` on, and those after it: their scores.
 * source_row [rows]: which tokens, counted in what is read; NULL: the class of all, one row. */
static qp_status read_pair(const qp_package *package, const pair *p, int from, int count, const int32_t *source_row,
                           int rows, qp_real *score)
{
    const bool segments = qp_model_config_of(package->model)->segments > 1;
    int head = p->first - p->skipped, tail = p->e.count - p->first - p->count, tokens = head + count + tail;
    int32_t *id = malloc(2 * ((size_t)tokens + 1) * sizeof *id), *type = id + tokens;
    if (!id) return qp_fail(QP_EMEMORY, "predict: out of memory for %d tokens", tokens);
    for (int i = 0; i < tokens; i++) {
        int at = i < head ? p->skipped + i : i < head + count ? p->first + from + i - head : p->e.count - (tokens - i);
        id[i] = p->e.id[at];
        type[i] = p->e.type_id[at];
    }
    const int32_t source[] = {0, tokens}, target[] = {0, rows};
    const qp_batch batch = {.source = {{.count = 1, .start = source}, id},
                            .target = {{.count = 1, .start = target}, NULL},
                            .source_row = source_row,
                            .segment = segments ? type : NULL};
    qp_status status = qp_predict(package->model, &batch, 1, score);
    free(id);
    return status;
}

/* ---- whole words ---- */

/* Chinese characters are words of their own. */
static bool is_word(int32_t code) { return qp_is_word_character(code) && !(code >= 0x2E80 && code <= 0x9FFF); }

static bool is_inside(qp_line text, size_t at)
{
    size_t length;
    return at > 0 && at < text.bytes && is_word(qp_utf8_before(text.text, at, &length)) &&
           is_word(qp_utf8_next(text.text + at, text.bytes - at, &length));
}

/* Without the white space that pieces may begin with, but with the rest of the words. */
static void widen(qp_line context, qp_answer *a)
{
    size_t length;
    for (; a->begin < a->end; a->begin += length)
        if (!qp_is_white_space(qp_utf8_next(context.text + a->begin, context.bytes - a->begin, &length))) break;
    for (; a->end > a->begin; a->end -= length)
        if (!qp_is_white_space(qp_utf8_before(context.text, a->end, &length))) break;
    for (; is_inside(context, a->begin); a->begin -= length) qp_utf8_before(context.text, a->begin, &length);
    for (; is_inside(context, a->end); a->end += length)
        qp_utf8_next(context.text + a->end, context.bytes - a->end, &length);
}

/* The characters of an answer. */
static void count_characters(qp_line context, qp_answer *a)
{
    size_t length;
    for (size_t at = 0; at < a->end; at += length) {
        if (at < a->begin) a->first++;
        a->last++;
        qp_utf8_next(context.text + at, context.bytes - at, &length);
    }
}

/* ---- answers ---- */

static int label_of(const qp_package *package, const char *name)
{
    for (int i = 0; i < package->labels.count; i++)
        if (strcmp(package->labels.text[i], name) == 0) return i;
    return -1;
}

bool qp_package_answers(const qp_package *package)
{
    return qp_model_config_of(package->model)->task == QP_TASK_TAG && package->labels.count == 2 &&
           label_of(package, "start") >= 0 && label_of(package, "end") >= 0;
}

/* A part of the context among the best; one that is there already, such as other pieces of the same words, keeps its
 * higher score. */
static void keep(qp_answer *answer, int *found, int wanted, qp_answer made)
{
    int place = *found, same = 0;
    while (same < *found && (answer[same].begin != made.begin || answer[same].end != made.end)) same++;
    if (same < *found && answer[same].score >= made.score) return;
    if (same < *found) {
        memmove(answer + same, answer + same + 1, (size_t)(*found - same - 1) * sizeof *answer);
        place = --*found;
    }
    while (place > 0 && answer[place - 1].score < made.score) place--;
    if (*found == wanted) --*found;
    memmove(answer + place + 1, answer + place, (size_t)(*found - place) * sizeof *answer);
    answer[place] = made;
    ++*found;
}

/* score [rows, 2]: the second row on are tokens of the context, if there is a token before the texts. */
static void softmax(const qp_real *score, int rows, int column, qp_real *row)
{
    for (int i = 0; i < rows; i++) row[i] = score[2 * (ptrdiff_t)i + column];
    qp_predict_probabilities(row, rows);
}

static qp_status read_window(const qp_package *package, const pair *p, int from, int count, const qp_answer_wish *wish,
                             qp_answer *answer, int *found)
{
    int rows = count + p->skipped;
    int32_t *place = malloc((size_t)rows * sizeof *place);
    qp_real *score = malloc(4 * (size_t)rows * sizeof *score);
    qp_status status = place && score ? QP_OK : qp_fail(QP_EMEMORY, "predict: out of memory for %d tokens", rows);
    for (int i = 0; status == QP_OK && i < rows; i++)
        place[i] = i < p->skipped ? -1 : p->first - p->skipped + i - p->skipped;
    if (status == QP_OK) status = read_pair(package, p, from, count, place, rows, score);
    if (status == QP_OK) {
        qp_real *start = score + 2 * (ptrdiff_t)rows, *end = start + rows;
        softmax(score, rows, label_of(package, "start"), start);
        softmax(score, rows, label_of(package, "end"), end);
        for (int i = p->skipped; i < rows; i++)
            for (int j = i; j < rows && j < i + wish->longest; j++) {
                const int first = p->first + from - p->skipped;
                qp_answer made = {.begin = p->e.begin[first + i],
                                  .end = p->e.end[first + j],
                                  .score = (double)start[i] * (double)end[j]};
                if (*found == wish->wanted && made.score <= answer[*found - 1].score) continue;
                widen(p->second, &made);
                if (made.begin < made.end) keep(answer, found, wish->wanted, made);
            }
    }
    free(place);
    free(score);
    return status;
}

qp_status qp_find_answers(const qp_package *package, qp_line question, qp_line context, const qp_answer_wish *wish,
                          qp_answer *answer, int *found)
{
    pair p;
    *found = 0;
    qp_status status = encode(package, question, context, &p);
    int others = p.e.count - p.skipped - p.count, most = p.room < WINDOW - p.skipped ? p.room : WINDOW - p.skipped;
    int room = p.e.count - p.skipped <= most ? p.count : most - others;
    int shared = (most + p.skipped) / 2 < SHARED ? (most + p.skipped) / 2 : SHARED, step = room - shared;
    if (status == QP_OK && p.count > 0 && room < 1)
        status = qp_fail(QP_EDATA, "a question of %d tokens leaves no room for its context in %d; shorten it", others,
                         most);
    for (int from = 0; status == QP_OK && from < p.count; from += step > 0 ? step : 1) {
        int count = p.count - from < room ? p.count - from : room;
        status = read_window(package, &p, from, count, wish, answer, found);
        if (from + count == p.count) break;
    }
    for (int i = 0; i < *found; i++) count_characters(context, &answer[i]);
    qp_encoding_free(&p.e);
    return status;
}

/* ---- classes ---- */

qp_status qp_classify_pair(const qp_package *package, qp_line first, qp_line second, qp_real *probability)
{
    pair p;
    qp_status status = encode(package, first, second, &p);
    if (status == QP_OK && p.e.count - p.skipped > p.room)
        status = qp_fail(QP_EDATA, "%d tokens are more than the model reads (%d); shorten the texts",
                         p.e.count - p.skipped, p.room);
    if (status == QP_OK) status = read_pair(package, &p, 0, p.count, NULL, 1, probability);
    if (status == QP_OK) qp_predict_probabilities(probability, package->labels.count);
    qp_encoding_free(&p.e);
    return status;
}
