#include "tokenizer/sentencepiece/sentencepiece_trainer_seeds.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/learn/suffixes.h"
#include "lib/text/utf8.h"

enum { LINE_END = 0, TEXT_END = -1 }; /* a special name ends a line too */

typedef struct {
    uint32_t place, number; /* number: order of finding */
    int32_t length;
    int64_t times;
} candidate;

typedef struct {
    candidate *list;
    size_t count, capacity;
} candidates;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece training: out of memory; use less text"); }

/* All lines, each followed by LINE_END. */
static int32_t *join_lines(const qp_sentencepiece_corpus *c, size_t *count)
{
    size_t all = c->start[c->lines] + c->lines + 1, made = 0;
    int32_t *text = malloc(all * sizeof *text);
    if (!text) return NULL;
    for (size_t l = 0; l < c->lines; l++) {
        for (size_t i = c->start[l]; i < c->start[l + 1]; i++)
            text[made++] = c->code[i] == QP_SPM_BOUNDARY ? LINE_END : c->code[i];
        text[made++] = LINE_END;
    }
    text[made++] = TEXT_END;
    *count = made;
    return text;
}

static bool may_be_seed(const qp_sentencepiece_corpus *c, const int32_t *code, int32_t length)
{
    for (int32_t i = 0; i < length; i++) {
        if (code[i] <= 0) return false;
    }
    return qp_sentencepiece_may_be(c->config, code, (size_t)length);
}

/* The first byte of a character in UTF-8. */
static int first_byte(int32_t code)
{
    char text[4];
    if (code <= 0) return 0;
    qp_utf8_write(code, text);
    return (unsigned char)text[0];
}

/* The sorted suffixes first .. last begin with the same characters; do the bytes after them differ? sentencepiece sorts
 * bytes, and a piece cannot end inside a character. */
static bool forks(const int32_t *text, const qp_suffixes *sorted, size_t first, size_t last, int32_t length)
{
    return first_byte(text[sorted->order[first] + (uint32_t)length]) !=
           first_byte(text[sorted->order[last] + (uint32_t)length]);
}

/* Intervals of suffixes with a common beginning, closed from the longest to the shortest. */
static qp_status collect(const qp_sentencepiece_corpus *c, const int32_t *text, const qp_suffixes *sorted,
                         candidates *out)
{
    struct {
        size_t first;
        int32_t length;
    } stack[QP_LONGEST_SUFFIX + 2];
    int depth = 0, longest = (int)c->config->max_sentencepiece_length;
    for (size_t i = 1; i <= sorted->count; i++) {
        int32_t shared = i < sorted->count ? sorted->shared[i] : 0;
        size_t first = i - 1;
        while (depth > 0 && stack[depth - 1].length > shared) {
            int32_t length = stack[--depth].length;
            first = stack[depth].first;
            if (length < 2 || length > longest || !forks(text, sorted, first, i - 1, length)) continue;
            if (!may_be_seed(c, text + sorted->order[first], length)) continue;
            if (!QP_GROW(out->list, out->capacity, out->count + 1)) return no_memory();
            out->list[out->count] = (candidate){sorted->order[first], (uint32_t)out->count, length,
                                                (int64_t)(i - first)};
            out->count++;
        }
        if (shared > 0 && (depth == 0 || stack[depth - 1].length < shared)) {
            stack[depth].first = first;
            stack[depth++].length = shared;
        }
    }
    return QP_OK;
}

static int by_worth(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    int64_t x = a->times * a->length, y = b->times * b->length;
    if (x != y) return x > y ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static qp_status keep(qp_sentencepiece_pieces *p, const int32_t *code, size_t length)
{
    size_t made = p->count ? p->start[p->count] : 0;
    if (!QP_GROW(p->code, p->code_capacity, made + length)) return no_memory();
    if (!QP_GROW(p->start, p->start_capacity, p->count + 2)) return no_memory();
    p->start[0] = 0;
    memcpy(p->code + made, code, length * sizeof *code);
    p->start[++p->count] = made + length;
    return QP_OK;
}

static qp_status list_seeds(const qp_sentencepiece_corpus *c, const int32_t *text, const candidates *found,
                            qp_sentencepiece_pieces *pieces, int64_t **times, size_t *characters)
{
    size_t wanted = (size_t)c->config->seed_sentencepiece_size;
    size_t count = found->count < wanted ? found->count : wanted;
    *characters = 0;
    *times = malloc((c->required_count + count + 1) * sizeof **times);
    if (!*times) return no_memory();
    for (size_t i = 0; i < c->required_count; i++) {
        if (c->required[i].count == 0) continue;
        (*times)[(*characters)++] = c->required[i].count;
        QP_TRY(keep(pieces, &c->required[i].code, 1));
    }
    for (size_t i = 0; i < count; i++) {
        (*times)[*characters + i] = found->list[i].times;
        QP_TRY(keep(pieces, text + found->list[i].place, (size_t)found->list[i].length));
    }
    return QP_OK;
}

qp_status qp_sentencepiece_seeds(const qp_sentencepiece_corpus *corpus, qp_sentencepiece_pieces *pieces,
                                 int64_t **times, size_t *characters)
{
    qp_suffixes sorted = {0};
    candidates found = {0};
    size_t count = 0;
    int longest = (int)corpus->config->max_sentencepiece_length + 1;
    *pieces = (qp_sentencepiece_pieces){0};
    *times = NULL;
    int32_t *text = join_lines(corpus, &count);
    qp_status status = text ? QP_OK : no_memory();
    if (status == QP_OK)
        status = qp_suffixes_sort(&sorted, text, count, longest);
    if (status == QP_OK) status = collect(corpus, text, &sorted, &found);
    if (status == QP_OK && found.count) qsort(found.list, found.count, sizeof *found.list, by_worth);
    if (status == QP_OK) status = list_seeds(corpus, text, &found, pieces, times, characters);
    qp_suffixes_free(&sorted);
    free(found.list);
    free(text);
    if (status != QP_OK) {
        qp_sentencepiece_pieces_free(pieces);
        free(*times);
        *times = NULL;
    }
    return status;
}
