#define _GNU_SOURCE
#include "lib/ngram/ngram_train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/ngram/ngram_internal.h"

/* Counts of the nodes during training. */
typedef struct {
    int64_t *count, *adjusted; /* [nodes] number of occurrences; then a(g) */
    int64_t *suffix;           /* [nodes] the node without its first word, one level lower; from level 1 */
    double *p, *gamma;         /* [nodes] */
} estimates;

typedef struct {
    const qp_ngram_config *config;
    qp_ngram *model;
    int32_t *token; /* <s> words </s>, line by line */
    int64_t tokens;
    size_t capacity;
    int32_t *sorted; /* [tokens] positions in token, sorted by the words that begin there */
    estimates at[QP_NGRAM_MAX_ORDER];
    double discount[QP_NGRAM_MAX_ORDER][4];
    double gamma; /* of the unigrams */
    int level;    /* level of the current walk */
} learner;

static qp_status out_of_memory(void)
{
    return qp_fail(QP_EMEMORY, "n-grams: out of memory; use a lower order or less text");
}

/* ---- reading ---- */

static qp_status add_token(learner *l, int32_t id)
{
    if (l->tokens == INT32_MAX) return qp_fail(QP_EDATA, "n-grams: more than %d tokens; use less text", INT32_MAX);
    if (!QP_GROW(l->token, l->capacity, (size_t)l->tokens + 1)) return out_of_memory();
    l->token[l->tokens++] = id;
    return QP_OK;
}

static qp_status add_line(learner *l, const char *line, size_t bytes, int64_t number)
{
    if (memchr(line, '\0', bytes))
        return qp_fail(QP_EDATA, "n-grams: line %lld has a NUL byte; remove it", (long long)number);
    QP_TRY(add_token(l, QP_NGRAM_BEGIN));
    size_t at = 0, word_bytes;
    for (const char *word; (word = qp_ngram_next_word(line, bytes, &at, &word_bytes)) != NULL;) {
        int32_t id;
        QP_TRY(qp_ngram_words_add(&l->model->words, word, word_bytes, &id));
        if (id < QP_NGRAM_SPECIALS && !(id == QP_NGRAM_UNK && l->config->unknown_is_word))
            return qp_fail(QP_EDATA, "n-grams: line %lld has %s, which is not a word; remove it", (long long)number,
                           qp_ngram_words_text(&l->model->words, id));
        QP_TRY(add_token(l, id));
    }
    return add_token(l, QP_NGRAM_END);
}

static qp_status read_lines(learner *l, qp_ngram_lines *next, void *self)
{
    for (int64_t number = 1;; number++) {
        const char *line;
        size_t bytes;
        QP_TRY(next(self, &line, &bytes));
        if (!line) break;
        QP_TRY(add_line(l, line, bytes, number));
    }
    return l->tokens ? QP_OK : qp_fail(QP_EDATA, "n-grams: the text has no lines; give one with text in it");
}

/* ---- the trie of all n-grams ---- */

static int compare_places(const void *a, const void *b, void *self)
{
    const learner *l = self;
    const int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    const int32_t *x = l->token + first, *y = l->token + second;
    for (int k = 0; k < l->config->order; k++) {
        if (x[k] != y[k]) return x[k] < y[k] ? -1 : 1;
        if (x[k] == QP_NGRAM_END) break;
    }
    return first < second ? -1 : first > second;
}

/* Length of the common prefix of two positions, up to the order and the end of the line. */
static int common_words(const learner *l, int32_t first, int32_t second)
{
    const int32_t *x = l->token + first, *y = l->token + second;
    int k = 0;
    while (k < l->config->order && x[k] == y[k]) {
        k++;
        if (x[k - 1] == QP_NGRAM_END) break;
    }
    return k;
}

static void put_node(learner *l, int k, int32_t word, int64_t *used)
{
    qp_ngram_level *level = &l->model->level[k];
    bool highest = k + 1 == l->config->order;
    if (k == 0) {
        while (used[0] <= word && !highest) level->child[used[0]++] = used[1];
        l->at[0].count[word] = 1;
        return;
    }
    int64_t node = used[k]++;
    level->word[node] = word;
    if (!highest) level->child[node] = used[k + 1];
    l->at[k].count[node] = 1;
}

/* Visit the positions in sorted order: the prefix in common with the position before it is counted again, the rest is
 * new. Before the levels are allocated, only used[k] is counted. */
static void lay_tree(learner *l, int64_t *used, bool write)
{
    int order = l->config->order;
    memset(used, 0, QP_NGRAM_MAX_ORDER * sizeof *used);
    for (int64_t i = 0; i < l->tokens; i++) {
        const int32_t *word = l->token + l->sorted[i];
        int common = i ? common_words(l, l->sorted[i - 1], l->sorted[i]) : 0;
        if (write && common) l->at[0].count[word[0]]++;
        for (int k = 1; write && k < common; k++) l->at[k].count[used[k] - 1]++;
        if (common && word[common - 1] == QP_NGRAM_END) continue;
        for (int k = common; k < order; k++) {
            if (write)
                put_node(l, k, word[k], used);
            else
                used[k]++;
            if (word[k] == QP_NGRAM_END) break;
        }
    }
}

static qp_status make_level(learner *l, int k, int64_t nodes)
{
    QP_TRY(qp_ngram_level_new(&l->model->level[k], nodes, k + 1 == l->config->order));
    estimates *e = &l->at[k];
    size_t room = (size_t)nodes + 1;
    e->count = calloc(room, sizeof *e->count);
    e->adjusted = calloc(room, sizeof *e->adjusted);
    e->suffix = calloc(room, sizeof *e->suffix);
    e->p = calloc(room, sizeof *e->p);
    e->gamma = calloc(room, sizeof *e->gamma);
    return e->count && e->adjusted && e->suffix && e->p && e->gamma ? QP_OK : out_of_memory();
}

static qp_status build_tree(learner *l)
{
    int order = l->config->order;
    int64_t used[QP_NGRAM_MAX_ORDER];
    l->sorted = malloc((size_t)l->tokens * sizeof *l->sorted);
    if (!l->sorted) return out_of_memory();
    for (int64_t i = 0; i < l->tokens; i++) l->sorted[i] = (int32_t)i;
    qsort_r(l->sorted, (size_t)l->tokens, sizeof *l->sorted, compare_places, l);
    lay_tree(l, used, false);
    used[0] = l->model->words.count;
    for (int k = 0; k < order; k++) QP_TRY(make_level(l, k, used[k]));
    for (int32_t w = 0; w < l->model->words.count; w++) l->model->level[0].word[w] = w;
    lay_tree(l, used, true);
    for (int k = 0; k + 1 < order; k++)
        for (int64_t node = used[k]; node <= l->model->level[k].count; node++)
            l->model->level[k].child[node] = l->model->level[k + 1].count;
    free(l->sorted);
    l->sorted = NULL;
    return QP_OK;
}

/* ---- counts and discounts ---- */

static qp_status link_suffix(void *self, int64_t node, const int32_t *word)
{
    learner *l = self;
    int k = l->level;
    l->at[k].suffix[node] = qp_ngram_node(l->model, word + 1, k);
    l->at[k - 1].adjusted[l->at[k].suffix[node]]++;
    if (word[0] == QP_NGRAM_BEGIN || k + 1 == l->config->order) l->at[k].adjusted[node] = l->at[k].count[node];
    return QP_OK;
}

/* From the highest level down: a level then has the numbers of distinct left neighbors of its n-grams, except for <s>,
 * which has none and keeps 0. */
static qp_status adjust_counts(learner *l)
{
    for (int k = l->config->order - 1; k > 0; k--) {
        l->level = k;
        QP_TRY(qp_ngram_walk(l->model, k + 1, link_suffix, l));
    }
    estimates *words = &l->at[0];
    if (l->config->order == 1)
        memcpy(words->adjusted, words->count, (size_t)l->model->words.count * sizeof *words->count);
    words->adjusted[QP_NGRAM_BEGIN] = 0;
    return QP_OK;
}

static void find_discounts(learner *l, int k)
{
    static const double fallback[4] = {0, 0.5, 1, 1.5};
    double n[6] = {0}, *discount = l->discount[k]; /* n[a]: n-grams with this count; n[0], n[5]: those not used */
    for (int64_t i = 0; i < l->model->level[k].count; i++) {
        int64_t a = l->at[k].adjusted[i];
        n[a < 5 ? a : 5]++;
    }
    double y = n[1] / (n[1] + 2 * n[2]);
    bool usable = true;
    discount[0] = 0;
    for (int j = 1; j <= 3; j++) {
        discount[j] = j - (j + 1) * y * n[j + 1] / n[j];
        if (!(n[j] > 0 && discount[j] >= 0 && discount[j] <= j)) usable = false;
    }
    if (!usable) memcpy(discount, fallback, sizeof fallback);
}

/* ---- probabilities ---- */

static bool is_pruned(const learner *l, int k, int64_t node)
{
    return k > 0 && l->at[k].count[node] <= l->config->prune[k];
}

/* Discounted probabilities of the nodes begin..end-1 with a common context; returns its gamma. */
static double share_out(learner *l, int k, int64_t begin, int64_t end)
{
    const estimates *e = &l->at[k];
    double all = 0, left = 0;
    for (int64_t i = begin; i < end; i++) {
        int64_t a = e->adjusted[i];
        all += (double)a;
        left += is_pruned(l, k, i) ? (double)a : l->discount[k][a < 3 ? a : 3];
    }
    if (all <= 0) return 1;
    for (int64_t i = begin; i < end; i++) {
        int64_t a = e->adjusted[i];
        e->p[i] = ((double)a - l->discount[k][a < 3 ? a : 3]) / all;
    }
    return left / all;
}

static void interpolate(learner *l, int k, int64_t context, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++)
        l->at[k].p[i] += l->at[k - 1].gamma[context] * l->at[k - 1].p[l->at[k].suffix[i]];
}

static void estimate(learner *l)
{
    qp_ngram *m = l->model;
    for (int k = 0; k < l->config->order; k++) find_discounts(l, k);
    double *p = l->at[0].p, gamma = share_out(l, 0, 0, m->words.count);
    for (int32_t w = 0; l->config->interpolate_unigrams && w < m->words.count; w++)
        p[w] += gamma / (m->words.count - 1);
    if (!l->config->interpolate_unigrams) p[QP_NGRAM_UNK] += gamma;
    p[QP_NGRAM_BEGIN] = 1; /* the value in ARPA files; <s> is never predicted */
    for (int k = 1; k < l->config->order; k++)
        for (int64_t context = 0; context < m->level[k - 1].count; context++) {
            int64_t begin = m->level[k - 1].child[context], end = m->level[k - 1].child[context + 1];
            l->at[k - 1].gamma[context] = share_out(l, k, begin, end);
            interpolate(l, k, context, begin, end);
        }
}

/* Store the result in the levels without the pruned n-grams. All children of a pruned n-gram are pruned. */
static void finish(learner *l)
{
    qp_ngram *m = l->model;
    for (int k = 0; k < l->config->order; k++) {
        qp_ngram_level *level = &m->level[k];
        int64_t kept = 0, next = 0, child = 0;
        for (int64_t i = 0; i < level->count; i++) {
            int64_t end = level->child ? level->child[i + 1] : 0;
            if (is_pruned(l, k, i)) {
                next = end;
                continue;
            }
            level->word[kept] = level->word[i];
            level->log10[kept] = (float)log10(l->at[k].p[i]);
            if (level->backoff) level->backoff[kept] = (float)log10(l->at[k].gamma[i]);
            if (level->child) {
                level->child[kept] = child;
                for (; next < end; next++) child += !is_pruned(l, k + 1, next);
            }
            kept++;
        }
        level->count = kept;
        if (level->child) level->child[kept] = child;
    }
}

/* ---- training ---- */

static qp_status check_config(const qp_ngram_config *c)
{
    if (c->order < 1 || c->order > QP_NGRAM_MAX_ORDER)
        return qp_fail(QP_EUSAGE, "n-grams: order %d; give 1 to %d", c->order, QP_NGRAM_MAX_ORDER);
    for (int i = 0; i < c->order; i++)
        if (c->prune[i] < 0 || (i ? c->prune[i] < c->prune[i - 1] : c->prune[0] != 0))
            return qp_fail(QP_EUSAGE, "n-grams: pruning thresholds must begin with 0 and not decrease");
    return QP_OK;
}

static void learner_free(learner *l)
{
    free(l->token);
    free(l->sorted);
    for (int k = 0; k < QP_NGRAM_MAX_ORDER; k++) {
        free(l->at[k].count);
        free(l->at[k].adjusted);
        free(l->at[k].suffix);
        free(l->at[k].p);
        free(l->at[k].gamma);
    }
}

qp_status qp_ngram_train(const qp_ngram_config *config, qp_ngram_lines *next, void *self, qp_ngram_discounts *discounts,
                         qp_ngram **model)
{
    *model = NULL;
    QP_TRY(check_config(config));
    learner l = {.config = config, .model = calloc(1, sizeof *l.model)};
    if (!l.model) return out_of_memory();
    l.model->order = config->order;
    qp_status status = qp_ngram_words_init(&l.model->words);
    if (status == QP_OK) status = read_lines(&l, next, self);
    if (status == QP_OK) status = build_tree(&l);
    if (status == QP_OK) status = adjust_counts(&l);
    if (status == QP_OK) {
        estimate(&l);
        finish(&l);
        if (discounts) memcpy(*discounts, l.discount, sizeof l.discount);
        *model = l.model;
    } else {
        qp_ngram_free(l.model);
    }
    learner_free(&l);
    return status;
}
