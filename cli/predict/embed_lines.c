#include "cli/predict/embed_lines.h"

#include "cli/base/warnings.h"

typedef struct {
    const qp_package *m;
    int threads;
    qp_embed_use *use;
    void *self;
    qp_embeddings vectors;
    qp_warning cut;
} job;

static qp_status embed_chunk(job *j, const qp_chunks *chunks)
{
    qp_line_ids *ids;
    int longest = (int)qp_model_config_of(j->m->model)->max_length;
    qp_status status = qp_lines_encode(qp_embedding_codec(j->m), chunks->line, chunks->count, longest, &ids);
    for (int i = 0; status == QP_OK && i < chunks->count; i++)
        if (ids[i].count < ids[i].tokens + 1)
            qp_warning_add(&j->cut, qp_chunks_path(chunks, i), qp_chunks_number(chunks, i), QP_CUT_WARNING,
                           (long long)ids[i].tokens, (long long)ids[i].count - 1);
    if (status == QP_OK) status = qp_embed_ids(j->m, ids, chunks->count, j->threads, &j->vectors);
    qp_lines_free(ids, chunks->count);
    return status == QP_OK ? j->use(j->self, chunks, &j->vectors) : status;
}

qp_status qp_embed_lines(const qp_package *m, const qp_options *options, char *file, int threads, qp_embed_use *use,
                         void *self)
{
    enum { LINES_AT_ONCE = 256 };
    job j = {.m = m, .threads = threads, .use = use, .self = self};
    qp_chunks chunks;
    bool named = *file != '\0';
    if (named && options->file_count)
        return qp_fail(QP_EUSAGE, "--file %s and the file %s; give one of them", file, options->file[0]);
    if (!m->source && !m->target) return qp_fail(QP_EUSAGE, "a forecaster of series reads no text; use quipu predict");
    qp_status status =
        qp_chunks_begin(&chunks, named ? &file : options->file, named ? 1 : options->file_count, LINES_AT_ONCE);
    while (status == QP_OK) {
        status = qp_chunks_next(&chunks);
        if (status != QP_OK || chunks.count == 0) break;
        status = embed_chunk(&j, &chunks);
    }
    qp_chunks_end(&chunks);
    qp_warning_report(&j.cut);
    qp_embeddings_free(&j.vectors);
    return status;
}
