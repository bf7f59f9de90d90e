#include "lib/ngram/ngram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ngram/ngram_internal.h"

void qp_ngram_free(qp_ngram *model)
{
    if (!model) return;
    for (int k = 0; k < QP_NGRAM_MAX_ORDER; k++) {
        free(model->level[k].word);
        free(model->level[k].log10);
        free(model->level[k].backoff);
        free(model->level[k].child);
    }
    qp_ngram_words_free(&model->words);
    free(model);
}

int qp_ngram_order(const qp_ngram *model) { return model->order; }

int32_t qp_ngram_vocabulary(const qp_ngram *model) { return model->words.count; }

int64_t qp_ngram_count(const qp_ngram *model, int order)
{
    return order >= 1 && order <= model->order ? model->level[order - 1].count : 0;
}

const char *qp_ngram_word(const qp_ngram *model, int32_t id) { return qp_ngram_words_text(&model->words, id); }

int32_t qp_ngram_find(const qp_ngram *model, const char *word, size_t bytes)
{
    int32_t id = qp_ngram_words_find(&model->words, word, bytes);
    return id < 0 ? QP_NGRAM_UNK : id;
}

/* ---- the tree ---- */

qp_status qp_ngram_level_new(qp_ngram_level *level, int64_t count, bool highest)
{
    size_t nodes = (size_t)count + 1;
    *level = (qp_ngram_level){.count = count};
    level->word = malloc(nodes * sizeof *level->word);
    level->log10 = calloc(nodes, sizeof *level->log10);
    if (!highest) level->backoff = calloc(nodes, sizeof *level->backoff);
    if (!highest) level->child = calloc(nodes, sizeof *level->child);
    if (level->word && level->log10 && (highest || (level->backoff && level->child))) return QP_OK;
    return qp_fail(QP_EMEMORY, "n-grams: out of memory for %lld of them; use a lower order", (long long)count);
}

typedef struct {
    const qp_ngram *model;
    int order;
    int32_t word[QP_NGRAM_MAX_ORDER];
    qp_ngram_visit *visit;
    void *self;
} walker;

static qp_status walk(walker *w, int level, int64_t begin, int64_t end)
{
    const qp_ngram_level *l = &w->model->level[level];
    for (int64_t node = begin; node < end; node++) {
        w->word[level] = l->word[node];
        if (level + 1 == w->order)
            QP_TRY(w->visit(w->self, node, w->word));
        else
            QP_TRY(walk(w, level + 1, l->child[node], l->child[node + 1]));
    }
    return QP_OK;
}

qp_status qp_ngram_walk(const qp_ngram *model, int order, qp_ngram_visit *visit, void *self)
{
    walker w = {.model = model, .order = order, .visit = visit, .self = self};
    return walk(&w, 0, 0, model->level[0].count);
}

/* ---- one token ---- */

/* The child, with last word `word`, of a node of level `level`; -1: none. */
static int64_t child_of(const qp_ngram *model, int level, int64_t node, int32_t word)
{
    const int32_t *sorted = model->level[level + 1].word;
    int64_t low = model->level[level].child[node], high = model->level[level].child[node + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (sorted[middle] == word) return middle;
        if (sorted[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

int64_t qp_ngram_node(const qp_ngram *model, const int32_t *word, int count)
{
    int64_t node = word[0] >= 0 && word[0] < model->words.count ? word[0] : -1;
    for (int k = 1; k < count && node >= 0; k++) node = child_of(model, k - 1, node, word[k]);
    return node;
}

double qp_ngram_log10(const qp_ngram *model, const int32_t *context, int count, int32_t word, int *matched)
{
    double backoff = 0;
    if ((uint32_t)word >= (uint32_t)model->words.count) word = QP_NGRAM_UNK; /* negative ones too */
    for (int n = count < model->order - 1 ? count : model->order - 1; n > 0; n--) {
        int64_t node = qp_ngram_node(model, context + count - n, n);
        if (node < 0) continue;
        int64_t found = child_of(model, n - 1, node, word);
        if (found >= 0) {
            if (matched) *matched = n + 1;
            return backoff + (double)model->level[n].log10[found];
        }
        backoff += (double)model->level[n - 1].backoff[node];
    }
    if (matched) *matched = 1;
    return backoff + (double)model->level[0].log10[word];
}

/* From the shortest context to the longest: the value of an n-gram replaces those of shorter ones; the other words are
 * scaled by the back-off. */
void qp_ngram_logits(const qp_ngram *model, const int32_t *context, int count, qp_real *log_probability)
{
    const double natural = log(10);
    int32_t words = model->words.count;
    for (int32_t w = 0; w < words; w++) log_probability[w] = (qp_real)(natural * (double)model->level[0].log10[w]);
    for (int n = 1; n < model->order && n <= count; n++) {
        int64_t node = qp_ngram_node(model, context + count - n, n);
        if (node < 0) continue;
        qp_real backoff = (qp_real)(natural * (double)model->level[n - 1].backoff[node]);
        for (int32_t w = 0; w < words; w++) log_probability[w] += backoff;
        for (int64_t c = model->level[n - 1].child[node]; c < model->level[n - 1].child[node + 1]; c++)
            log_probability[model->level[n].word[c]] = (qp_real)(natural * (double)model->level[n].log10[c]);
    }
    log_probability[QP_NGRAM_BEGIN] = -(qp_real)INFINITY;
}

/* ---- lines ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; }

const char *qp_ngram_next_word(const char *line, size_t bytes, size_t *at, size_t *word_bytes)
{
    while (*at < bytes && is_space(line[*at])) ++*at;
    size_t first = *at;
    while (*at < bytes && !is_space(line[*at])) ++*at;
    *word_bytes = *at - first;
    return *word_bytes ? line + first : NULL;
}
