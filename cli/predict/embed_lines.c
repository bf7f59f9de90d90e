#include "cli/predict/embed_lines.h"

#include <stdlib.h>

#include "cli/base/warnings.h"
#include "lib/base/files/file_list.h"
#include "lib/package/predictions.h"

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

/* ---- images ---- */

static qp_status embed_some(const job *j, const qp_images *images, int64_t first, int count, qp_real *vector)
{
    size_t width = (size_t)qp_model_outputs(qp_model_config_of(j->m->model));
    qp_embeddings v = {.count = count, .width = (int)width, .value = malloc((size_t)count * width * sizeof(float))};
    qp_status status = v.value ? QP_OK : qp_fail(QP_EMEMORY, "embed: out of memory for %d images", count);
    if (status == QP_OK) status = qp_score_images(j->m, images, first, count, j->threads, vector);
    for (size_t i = 0; status == QP_OK && i < (size_t)count * width; i++) v.value[i] = (float)vector[i];
    if (status == QP_OK) status = j->use(j->self, NULL, &v);
    qp_embeddings_free(&v);
    return status;
}

static qp_status embed_file(const job *j, const char *path)
{
    enum { NUMBERS_AT_ONCE = 1 << 22 };
    qp_images images;
    QP_TRY(qp_file_list_whole(path));
    QP_TRY(qp_read_images(j->m, path, "", &images));
    int64_t most = NUMBERS_AT_ONCE / (int64_t)qp_image_cells(images.size) + 1;
    size_t width = (size_t)qp_model_outputs(qp_model_config_of(j->m->model));
    if (most > images.count) most = images.count;
    qp_real *vector = malloc((size_t)most * width * sizeof *vector + 1);
    qp_status status = vector ? QP_OK : qp_fail(QP_EMEMORY, "embed: out of memory for %lld images", (long long)most);
    for (int64_t i = 0; status == QP_OK && i < images.count; i += most)
        status = embed_some(j, &images, i, (int)(images.count - i < most ? images.count - i : most), vector);
    free(vector);
    qp_images_free(&images);
    return status;
}

qp_status qp_embed_images(const qp_package *m, const qp_options *options, char *file, int threads, qp_embed_use *use,
                          void *self)
{
    static char standard[] = "-";
    const job j = {.m = m, .threads = threads, .use = use, .self = self};
    if (*file && options->file_count)
        return qp_fail(QP_EUSAGE, "--file %s and the file %s; give one of them", file, options->file[0]);
    if (qp_model_config_of(m->model)->task != QP_TASK_MATCH)
        return qp_fail(QP_EUSAGE, "a classifier of images makes no vectors; use quipu predict");
    if (options->file_count == 0) return embed_file(&j, *file ? file : standard);
    for (int i = 0; i < options->file_count; i++) QP_TRY(embed_file(&j, options->file[i]));
    return QP_OK;
}

/* ---- lines ---- */

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
    if (qp_model_ngram(m->model, NULL)) return qp_fail(QP_EUSAGE, "n-grams have no vectors of texts; use quipu score");
    qp_status status = qp_chunks_begin(&chunks, named ? &file : options->file, named ? 1 : options->file_count,
                                       LINES_AT_ONCE);
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
