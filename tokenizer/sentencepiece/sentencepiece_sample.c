#include "tokenizer/sentencepiece/sentencepiece_sample.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/random.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

static int characters_of(const char *text, size_t bytes)
{
    int characters = 0;
    for (size_t at = 0, length; at < bytes; at += length, characters++) qp_utf8_next(text + at, bytes - at, &length);
    return characters;
}

/* In n-best, a user-defined symbol gets 0.1 for every character after the first. Source: sentencepiece 0.2.3. */
static float score_of(const void *self, int32_t id, const char *text, size_t bytes)
{
    const qp_sentencepiece *m = self;
    if (m->type[id] != QP_SPM_USER_DEFINED) return m->score[id];
    return (float)(characters_of(text, bytes) * 0.1 - 0.1);
}

/* In sampling, it gets the highest score of any piece for each of its characters, as published. */
static float weight_of(const void *self, int32_t id, const char *text, size_t bytes)
{
    const qp_sentencepiece *m = self;
    if (m->type[id] != QP_SPM_USER_DEFINED) return m->score[id];
    return (float)((float)characters_of(text, bytes) * m->highest_score - 0.1);
}

static qp_status build(const qp_sentencepiece *m, const char *text, size_t bytes, qp_lattice_score score,
                       qp_mapped_text *normal, qp_unigram_lattice *l)
{
    if (m->model_type != QP_SPM_UNIGRAM)
        return qp_fail(QP_EUSAGE, "sentencepiece: n best and sampling need a unigram model; use plain encoding");
    normal->bytes = 0;
    QP_TRY(qp_sentencepiece_normalize(m, text, bytes, normal));
    return qp_unigram_lattice_build(l, &m->unigram.trie, score, m, m->unigram.unknown_score, normal->text,
                                    normal->bytes);
}

static qp_status list_of(const qp_sentencepiece *m, const qp_mapped_text *normal, const qp_unigram_lattice *l,
                         const qp_lattice_path *path, qp_encoding *list)
{
    size_t unknown = 0;
    list->count = 0;
    for (size_t i = 0; i < path->count; i++) {
        const struct qp_lattice_node *node = &l->node[path->node[i]];
        int32_t id = node->id >= 0 ? node->id : m->unknown_id;
        QP_TRY(qp_sentencepiece_add(m, normal, node->begin, node->end, id, &unknown, list));
    }
    return QP_OK;
}

static void free_paths(qp_lattice_path *path, size_t count)
{
    for (size_t i = 0; path && i < count; i++) qp_lattice_path_free(&path[i]);
    free(path);
}

qp_status qp_sentencepiece_nbest(const qp_sentencepiece *m, const char *text, size_t bytes, size_t wanted,
                                 qp_encoding *list, double *score, size_t *found)
{
    qp_mapped_text normal = {0};
    qp_unigram_lattice l = {0};
    qp_lattice_path *path = calloc(wanted + 1, sizeof *path);
    *found = 0;
    qp_status status = path ? build(m, text, bytes, score_of, &normal, &l) : no_memory();
    if (status == QP_OK && normal.bytes == 0 && wanted > 0) { /* the empty text has one segmentation, without pieces */
        list[0].count = 0;
        score[0] = 0;
        *found = 1;
    } else if (status == QP_OK) {
        status = qp_unigram_lattice_best(&l, wanted, path, found);
        for (size_t i = 0; i < *found && status == QP_OK; i++) {
            status = list_of(m, &normal, &l, &path[i], &list[i]);
            score[i] = path[i].score;
        }
    }
    free_paths(path, wanted);
    qp_unigram_lattice_free(&l);
    qp_mapped_text_free(&normal);
    return status;
}

qp_status qp_sentencepiece_sampler_begin(qp_sentencepiece_sampler *s, const qp_sentencepiece *m, const char *text,
                                         size_t bytes, int nbest_size, double alpha)
{
    qp_sentencepiece_sampler_free(s);
    s->model = m;
    s->nbest_size = nbest_size;
    QP_TRY(build(m, text, bytes, weight_of, &s->normal, &s->lattice));
    if (nbest_size < 0) {
        qp_unigram_lattice_weigh(&s->lattice, alpha);
        return QP_OK;
    }
    size_t wanted = nbest_size > 1 ? (size_t)nbest_size : 1;
    s->best = calloc(wanted, sizeof *s->best);
    s->weight = calloc(wanted, sizeof *s->weight);
    if (!s->best || !s->weight) return no_memory();
    s->best_count = wanted;
    if (s->normal.bytes == 0) return QP_OK;
    size_t found;
    QP_TRY(qp_unigram_lattice_best(&s->lattice, wanted, s->best, &found));
    double sum = 0;
    for (size_t i = 0; i < found; i++) s->weight[i] = sum += exp(alpha * (s->best[i].score - s->best[0].score));
    for (size_t i = found; i < wanted; i++) s->weight[i] = sum;
    return QP_OK;
}

qp_status qp_sentencepiece_sampler_draw(qp_sentencepiece_sampler *s, uint64_t key, uint64_t counter,
                                        qp_encoding *list)
{
    list->count = 0;
    if (s->normal.bytes == 0) return QP_OK;
    if (s->nbest_size < 0) {
        QP_TRY(qp_unigram_lattice_draw(&s->lattice, key, counter, &s->path));
        return list_of(s->model, &s->normal, &s->lattice, &s->path, list);
    }
    double mark = qp_random_uniform(key, counter) * s->weight[s->best_count - 1];
    size_t chosen = 0;
    while (chosen + 1 < s->best_count && mark >= s->weight[chosen]) chosen++;
    return list_of(s->model, &s->normal, &s->lattice, &s->best[chosen], list);
}

void qp_sentencepiece_sampler_free(qp_sentencepiece_sampler *s)
{
    qp_mapped_text_free(&s->normal);
    qp_unigram_lattice_free(&s->lattice);
    qp_lattice_path_free(&s->path);
    free_paths(s->best, s->best_count);
    free(s->weight);
    *s = (qp_sentencepiece_sampler){0};
}
