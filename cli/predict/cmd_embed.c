#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/predict/embed_lines.h"
#include "lib/base/array.h"
#include "lib/base/threads.h"
#include "lib/base/writer.h"
#include "lib/store/npz.h"

/* embed — lines of text to vectors. Text is written while the input is read; a .npz file at the end, whole or not at
 * all. */
#define EMBED_FIELDS(X)                                                                                                \
    X(TEXT, model, "", 0, 0, "FILE", "a model of --task match, of texts or images, or any other that reads text")      \
    X(TEXT, file, "", 0, 0, "FILE", "file with a text on each line; - is stdin")                                       \
    X(TEXT, output, "-", 0, 0, "FILE",                                                                                 \
      "where to write: the array 'vectors' of a .npz file, else text, a line of numbers for each text; - is stdout")   \
    X(INT, threads, "0", 0, 4096, NULL, "threads; 0: all CPUs; changes the speed, not the vectors")                    \
    QP_VERIFY_FIELD(X)

typedef struct {
    EMBED_FIELDS(QP_FIELD_DECLARE)
} embed_options;

static QP_FIELD_TABLE(table, "embed", embed_options, EMBED_FIELDS);
static embed_options config;
static const qp_option_group groups[] = {{&table, &config}};
static const qp_option_alias aliases[] = {{'m', "model"}, {'f', "file"}, {'o', "output"}, {'t', "threads"}};
static const qp_command embed = {
    .name = "embed",
    .summary = "texts to vectors, one a line",
    .usage = "-m MODEL [-o vectors.npz] [FILE...]",
    .notes = "A model of --task match gives vectors of length 1, whose product is the likeness of two texts (quipu "
             "search). Of other models a text's vector is the mean of its tokens' vectors. Of images the files are "
             "IDX, PNG, folders of PNG, or CSV.",
    .group = groups,
    .group_count = 1,
    .alias = aliases,
    .alias_count = 4,
    .takes_files = true,
};

static qp_status write_text(void *self, const qp_chunks *chunks, qp_embeddings *v)
{
    qp_writer *writer = self;
    qp_status status = QP_OK;
    (void)chunks;
    for (int64_t i = 0; i < v->count; i++)
        for (int c = 0; c < v->width; c++)
            status = qp_writer_printf(writer, "%.9g%c", (double)v->value[i * v->width + c],
                                      c + 1 < v->width ? ' ' : '\n');
    v->count = 0;
    return status == QP_OK ? qp_writer_flush(writer) : status;
}

/* The vectors of a .npz file are kept until the input has ended. */
static qp_status keep(void *self, const qp_chunks *chunks, qp_embeddings *v)
{
    (void)chunks;
    qp_embeddings *kept = self;
    size_t used = (size_t)kept->count * (size_t)v->width, more = (size_t)v->count * (size_t)v->width;
    if (!QP_GROW(kept->value, kept->capacity, used + more))
        return qp_fail(QP_EMEMORY, "embed: out of memory for %lld vectors", (long long)(kept->count + v->count));
    memcpy(kept->value + used, v->value, more * sizeof *v->value);
    kept->count += v->count;
    kept->width = v->width;
    v->count = 0;
    return QP_OK;
}

static qp_status write_npz(const qp_embeddings *v)
{
    qp_npz *npz = qp_npz_new();
    qp_npz_add_floats(npz, "vectors", 2, (int64_t[]){v->count, v->width}, v->value);
    return qp_npz_save(npz, config.output);
}

static qp_status embed_input(const qp_package *m, const qp_options *options, qp_embed_use *use, void *self)
{
    qp_embed_input *read = m->images.size.height ? qp_embed_images : qp_embed_lines;
    return read(m, options, config.file, (int)config.threads, use, self);
}

static qp_status embed_to_npz(const qp_package *m, const qp_options *options)
{
    qp_embeddings kept = {0};
    QP_TRY(qp_writer_check(config.output));
    qp_status status = embed_input(m, options, keep, &kept);
    if (status == QP_OK) status = write_npz(&kept);
    qp_embeddings_free(&kept);
    return status;
}

static qp_status embed_to_text(const qp_package *m, const qp_options *options)
{
    qp_writer *writer;
    QP_TRY(qp_writer_open(config.output, &writer));
    qp_status status = embed_input(m, options, write_text, writer);
    if (status == QP_OK) return qp_writer_commit(writer);
    qp_writer_abort(writer);
    return status;
}

static qp_status run(void *self, const qp_options *options)
{
    (void)self;
    size_t bytes = strlen(config.output);
    bool npz = bytes > 4 && strcmp(config.output + bytes - 4, ".npz") == 0;
    qp_package *m;
    QP_TRY(qp_package_open(config.model, config.verify, &m));
    config.threads = qp_threads_of(config.threads);
    qp_status status = npz ? embed_to_npz(m, options) : embed_to_text(m, options);
    qp_package_free(m);
    return status;
}

int qp_cmd_embed(int argc, char **argv) { return qp_options_run(&embed, argc, argv, run, NULL); }
