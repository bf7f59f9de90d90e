#include "lib/run/train_embeddings.h"

#include <stdio.h>
#include <xxhash.h>

#include "data/text/word_rows.h"

static qp_status fix_size(qp_train_settings *s, const char *path, qp_train_note *note, void *self)
{
    qp_word_vectors *vectors;
    int width;
    char line[1200];
    qp_model_config *m = &s->model;
    QP_TRY(qp_word_vectors_open(path, &vectors, &width));
    qp_word_vectors_close(vectors);
    if (m->word_size || m->emb_size == width) return QP_OK; /* the embedding's own width is compared later */
    if (s->given && s->given(s->given_self, "emb-size"))
        return qp_fail(QP_EUSAGE,
                       "--emb-size %lld: the vectors of %s have %d numbers; give --emb-size %d, or leave it out",
                       (long long)m->emb_size, path, width, width);
    m->emb_size = width;
    bool heads = s->given && s->given(s->given_self, "heads");
    while (!heads && !m->head_size && width % m->heads) m->heads--;
    snprintf(line, sizeof line, "embeddings --emb-size %d --heads %lld  (the width of %.1000s)", width,
             (long long)m->heads, path);
    note(self, line);
    return QP_OK;
}

qp_status qp_train_embeddings_size(qp_train_settings *s, qp_train_note *note, void *self)
{
    const qp_job_config *job = &s->job;
    const char *path[] = {job->embeddings, job->src_embeddings, job->tgt_embeddings};
    const char *first = NULL;
    for (int i = 0; i < 3; i++) {
        if (!*path[i]) continue;
        if (job->lora > 0)
            return qp_fail(QP_EUSAGE, "--embeddings with --lora: the file of an adapter does not hold them; train "
                                      "without --lora");
        if (!first) QP_TRY(fix_size(s, path[i], note, self));
        first = path[i];
    }
    return QP_OK;
}

static uint64_t hash_rows(uint64_t hash, const qp_word_rows *rows, const qp_real *table, int width)
{
    for (int id = 0; id < rows->size; id++) {
        if (rows->match[id] == QP_ROW_KEPT) continue;
        hash = XXH3_64bits_withSeed(&id, sizeof id, hash);
        hash = XXH3_64bits_withSeed(table + (size_t)id * (size_t)width, (size_t)width * sizeof *table, hash);
    }
    return hash;
}

static void report(const char *path, const char *name, const qp_word_rows *rows, qp_train_note *note, void *self)
{
    char line[1300];
    snprintf(line, sizeof line,
             "embeddings %.1000s: %d of %d rows of %s replaced (%d in lower case); the file has %lld words", path,
             rows->exact + rows->lower, rows->size, name, rows->lower, (long long)rows->words);
    note(self, line);
    if (rows->repeated == 0) return;
    snprintf(line, sizeof line, "warning: %.1000s: %lld vectors of words that occurred before are not used", path,
             (long long)rows->repeated);
    note(self, line);
}

/* One embedding; *used stays false where the model has no parameter of this name. */
static qp_status read_one(const char *path, const char *name, const qp_tokenizer *tokenizer, qp_params *params,
                          uint64_t *hash, bool *used, qp_train_note *note, void *self)
{
    qp_word_vectors *vectors;
    qp_word_rows rows;
    int width, index = qp_params_find(params, name);
    if (!*path || index < 0 || !tokenizer) return QP_OK;
    const qp_parameter *p = qp_params_at(params, index);
    QP_TRY(qp_word_vectors_open(path, &vectors, &width));
    qp_word_vectors_close(vectors);
    if (width != p->columns || qp_tokenizer_size(tokenizer) > p->rows)
        return qp_fail(QP_EUSAGE,
                       "%s: vectors of %d numbers, but %s has rows of %d; give --emb-size %d (or --word-size, or with "
                       "--encoder bag --hidden-size)",
                       path, width, name, p->columns, width);
    QP_TRY(qp_word_rows_read(path, tokenizer, width, qp_params_value(params, index), &rows));
    report(path, name, &rows, note, self);
    *hash = hash_rows(*hash + 1, &rows, qp_params_value(params, index), width);
    *used = true;
    qp_word_rows_free(&rows);
    return QP_OK;
}

qp_status qp_train_embeddings_read(const qp_job_config *job, qp_package *package, uint64_t *hash, qp_train_note *note,
                                   void *self)
{
    qp_params *params = qp_model_params(package->model);
    const char *both = job->embeddings, *source = *job->src_embeddings ? job->src_embeddings : both;
    const char *target = *job->tgt_embeddings ? job->tgt_embeddings : both;
    const qp_tokenizer *reads = package->source ? package->source : package->target;
    const qp_tokenizer *writes = package->target ? package->target : package->source;
    bool used = false;
    *hash = 0;
    QP_TRY(read_one(source, "src_embed.weight", reads, params, hash, &used, note, self));
    QP_TRY(read_one(source, "embed.weight", reads, params, hash, &used, note, self));
    QP_TRY(read_one(target, "tgt_embed.weight", writes, params, hash, &used, note, self));
    if (!used && (*source || *target))
        return qp_fail(QP_EUSAGE, "--embeddings: this model has no embedding there; leave it out");
    return QP_OK;
}
