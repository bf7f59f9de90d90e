#include "lib/ngram/ngram_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ngram/ngram_internal.h"

#define WORDS "ngram.words"

static const char *name_of(int order, const char *what, char *text, size_t bytes)
{
    snprintf(text, bytes, "ngram.%d.%s", order, what);
    return text;
}

/* ---- saving ---- */

void qp_ngram_file_add(qp_safetensors_writer *writer, const qp_ngram *model)
{
    char name[40];
    const int64_t text = (int64_t)model->words.text_bytes;
    qp_safetensors_writer_add(writer, WORDS, QP_DTYPE_U8, 1, &text, model->words.text);
    for (int k = 0; k < model->order; k++) {
        const qp_ngram_level *level = &model->level[k];
        const int64_t count = level->count, edges = level->count + 1;
        const int order = k + 1;
        qp_safetensors_writer_add(writer, name_of(order, "log10", name, sizeof name), QP_DTYPE_F32, 1, &count,
                                  level->log10);
        if (k)
            qp_safetensors_writer_add(writer, name_of(order, "word", name, sizeof name), QP_DTYPE_I32, 1, &count,
                                      level->word);
        if (order == model->order) break;
        qp_safetensors_writer_add(writer, name_of(order, "backoff", name, sizeof name), QP_DTYPE_F32, 1, &count,
                                  level->backoff);
        qp_safetensors_writer_add(writer, name_of(order, "child", name, sizeof name), QP_DTYPE_I64, 1, &edges,
                                  level->child);
    }
}

/* ---- loading ---- */

static qp_status damaged(const qp_safetensors *file, const char *name)
{
    return qp_fail(QP_EDATA, "%s: array %s does not fit an n-gram model; the file is damaged",
                   qp_safetensors_path(file), name);
}

/* The array `name` with exactly this type and length (-1: any length). */
static qp_status find(const qp_safetensors *file, const char *name, qp_dtype dtype, int64_t count,
                      const qp_stored **stored)
{
    QP_TRY(qp_safetensors_need(file, name, 1, &count, stored));
    return (*stored)->dtype == dtype ? QP_OK : damaged(file, name);
}

static qp_status read_words(const qp_safetensors *file, qp_ngram_words *words)
{
    const qp_stored *stored;
    QP_TRY(find(file, WORDS, QP_DTYPE_U8, -1, &stored));
    char *text = malloc(stored->bytes + 1);
    if (!text) return qp_fail(QP_EMEMORY, "%s: out of memory while loading", qp_safetensors_path(file));
    qp_status status = qp_safetensors_bytes(file, stored, text);
    if (status == QP_OK && (stored->bytes == 0 || text[stored->bytes - 1] != '\0')) status = damaged(file, WORDS);
    int32_t expected = 0;
    for (size_t at = 0; status == QP_OK && at < stored->bytes; expected++) {
        size_t bytes = strlen(text + at), place = 0, length = 0;
        int32_t id = -1;
        const char *word = qp_ngram_next_word(text + at, bytes, &place, &length);
        if (!word || length != bytes) status = damaged(file, WORDS); /* empty, or contains white space */
        if (status == QP_OK) status = qp_ngram_words_add(words, text + at, bytes, &id);
        if (status == QP_OK && id != expected) status = damaged(file, WORDS);
        at += bytes + 1;
    }
    free(text);
    return status == QP_OK && expected < QP_NGRAM_SPECIALS ? damaged(file, WORDS) : status;
}

static qp_status read_numbers(const qp_safetensors *file, const char *name, int64_t count, float *value)
{
    const qp_stored *stored;
    QP_TRY(find(file, name, QP_DTYPE_F32, count, &stored));
    QP_TRY(qp_safetensors_bytes(file, stored, value));
    for (int64_t i = 0; i < count; i++)
        if (isnan(value[i]) || value[i] == INFINITY) return damaged(file, name);
    return QP_OK;
}

static qp_status read_children(const qp_safetensors *file, int order, qp_ngram_level *level)
{
    char name[40];
    const qp_stored *stored;
    QP_TRY(find(file, name_of(order, "child", name, sizeof name), QP_DTYPE_I64, level->count + 1, &stored));
    QP_TRY(qp_safetensors_bytes(file, stored, level->child));
    for (int64_t i = 0; i < level->count; i++)
        if (level->child[i] < 0 || level->child[i + 1] < level->child[i]) return damaged(file, name);
    return level->child[0] == 0 ? QP_OK : damaged(file, name);
}

/* The words of the children of a node must be in ascending order, and exist. */
static qp_status check_words(const qp_safetensors *file, int order, const qp_ngram *model)
{
    char name[40];
    const qp_ngram_level *above = &model->level[order - 2], *level = &model->level[order - 1];
    name_of(order, "word", name, sizeof name);
    if (above->child[above->count] != level->count) return damaged(file, name);
    for (int64_t parent = 0; parent < above->count; parent++)
        for (int64_t i = above->child[parent]; i < above->child[parent + 1]; i++) {
            bool rises = i == above->child[parent] || level->word[i - 1] < level->word[i];
            if (!rises || level->word[i] < 0 || level->word[i] >= model->words.count) return damaged(file, name);
        }
    return QP_OK;
}

static qp_status read_level(const qp_safetensors *file, int order, qp_ngram *model)
{
    char name[40];
    const qp_stored *stored;
    int64_t count = order == 1 ? model->words.count : -1;
    QP_TRY(find(file, name_of(order, "log10", name, sizeof name), QP_DTYPE_F32, count, &stored));
    count = (int64_t)stored->count;
    qp_ngram_level *level = &model->level[order - 1];
    QP_TRY(qp_ngram_level_new(level, count, order == model->order));
    QP_TRY(read_numbers(file, name, count, level->log10));
    if (order < model->order) {
        QP_TRY(read_numbers(file, name_of(order, "backoff", name, sizeof name), count, level->backoff));
        QP_TRY(read_children(file, order, level));
    }
    if (order == 1) {
        for (int32_t w = 0; w < model->words.count; w++) level->word[w] = w;
        return QP_OK;
    }
    QP_TRY(find(file, name_of(order, "word", name, sizeof name), QP_DTYPE_I32, count, &stored));
    QP_TRY(qp_safetensors_bytes(file, stored, level->word));
    return check_words(file, order, model);
}

qp_status qp_ngram_file_get(const qp_safetensors *file, qp_ngram **model, int *arrays)
{
    char name[40];
    *model = NULL;
    qp_ngram *made = calloc(1, sizeof *made);
    if (!made) return qp_fail(QP_EMEMORY, "%s: out of memory while loading", qp_safetensors_path(file));
    while (made->order < QP_NGRAM_MAX_ORDER &&
           qp_safetensors_find(file, name_of(made->order + 1, "log10", name, sizeof name)))
        made->order++;
    qp_status status = made->order ? qp_ngram_words_init(&made->words) : damaged(file, name);
    if (status == QP_OK) status = read_words(file, &made->words);
    for (int order = 1; status == QP_OK && order <= made->order; order++) status = read_level(file, order, made);
    *arrays = 4 * made->order - 2; /* the words and, except at both ends, four per order */
    if (status == QP_OK)
        *model = made;
    else
        qp_ngram_free(made);
    return status;
}
