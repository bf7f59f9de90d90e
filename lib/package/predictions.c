#include "lib/package/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/images/image_files.h"
#include "lib/decode/predict.h"

/* ---- classifiers ---- */

/* From scores: of one label among all, or of each label independently. */
static void probabilities(const qp_package *package, qp_real *score)
{
    int labels = package->labels.count;
    if (!qp_model_config_of(package->model)->multi_label) {
        qp_predict_probabilities(score, labels);
        return;
    }
    for (int i = 0; i < labels; i++) score[i] = (qp_real)(1 / (1 + exp(-(double)score[i])));
}

qp_status qp_classify_ids(const qp_package *package, const qp_line_ids *ids, int count, int threads,
                          qp_real *probability)
{
    size_t rows = 0;
    int labels = package->labels.count;
    for (int i = 0; i < count; i++) rows += (size_t)ids[i].count;
    int32_t *start = malloc((3 * (size_t)count + 2) * sizeof *start), *flat = malloc((rows + 1) * sizeof *flat);
    qp_status status = start && flat ? QP_OK : qp_fail(QP_EMEMORY, "predict: out of memory for %d lines", count);
    if (status == QP_OK) {
        int32_t *answer = start + count + 1, *pick = answer + count + 1;
        for (int i = 0; i <= count; i++) answer[i] = i;
        for (int i = 0; i < count; i++) pick[i] = i;
        qp_batch batch = {.source = qp_lines_gather(ids, pick, count, start, flat),
                          .target = {{.count = count, .start = answer}, NULL}};
        status = qp_predict(package->model, &batch, threads, probability);
    }
    for (int i = 0; status == QP_OK && i < count; i++)
        probabilities(package, probability + (size_t)i * (size_t)labels);
    free(start);
    free(flat);
    return status;
}

qp_status qp_read_images(const qp_package *package, const char *path, const char *labels, qp_images *images)
{
    qp_labels dictionary = package->labels; /* not changed: unknown labels are ignored */
    const qp_image_size size = package->images.size;
    qp_images_options options = {.path = path,
                                 .labels = labels,
                                 .columns = package->images.column,
                                 .size = size,
                                 .known = true,
                                 .dictionary = &dictionary,
                                 .policy = QP_LABEL_IGNORE};
    QP_TRY(qp_image_files_read(&options, images));
    const qp_image_size own = images->size;
    if (own.height == size.height && own.width == size.width && own.channels == size.channels) return QP_OK;
    qp_images_free(images);
    return qp_fail(QP_EDATA, "%s: images of %d x %d x %d, but the model reads %d x %d x %d; give such images", path,
                   own.height, own.width, own.channels, size.height, size.width, size.channels);
}

qp_status qp_score_images(const qp_package *package, const qp_images *images, int64_t first, int count, int threads,
                          qp_real *score)
{
    const qp_image_format *format = &package->images;
    int patches = qp_image_patches(format);
    size_t cells = qp_image_cells(format->size);
    int32_t *start = malloc(2 * ((size_t)count + 1) * sizeof *start);
    qp_real *value = malloc((size_t)count * cells * sizeof *value);
    qp_status status = start && value ? QP_OK : qp_fail(QP_EMEMORY, "predict: out of memory for %d images", count);
    for (int i = 0; status == QP_OK && i <= count; i++) {
        start[i] = i * patches;
        start[count + 1 + i] = i;
        if (i == count) break;
        qp_image_format_rows(format, images, first + i, (qp_image_shift){0, 0}, value + (size_t)i * cells);
    }
    if (status == QP_OK) {
        qp_batch batch = {.source = {{.count = count, .start = start}, NULL},
                          .target = {{.count = count, .start = start + count + 1}, NULL},
                          .source_value = value,
                          .features = qp_image_features(format)};
        status = qp_predict(package->model, &batch, threads, score);
    }
    free(start);
    free(value);
    return status;
}

qp_status qp_classify_images(const qp_package *package, const qp_images *images, int64_t first, int count, int threads,
                             qp_real *probability)
{
    int labels = package->labels.count;
    QP_TRY(qp_score_images(package, images, first, count, threads, probability));
    for (int i = 0; i < count; i++) qp_predict_probabilities(probability + (size_t)i * (size_t)labels, labels);
    return QP_OK;
}

/* ---- taggers ---- */

/* Parts of sentences, each with its end; a part holds as many whole words as the model reads. */
typedef struct {
    int32_t *id, *source_start, *target_start, *source_row;
    int rows, answers, parts, capacity;
    int32_t end_id;
} parts;

static void parts_free(parts *p)
{
    free(p->id);
    free(p->source_start);
    free(p->target_start);
    free(p->source_row);
}

static bool parts_grow(parts *p, int rows, int words)
{
    size_t id = (size_t)(p->rows + rows) + (size_t)words + 1, read = (size_t)(p->answers + words) + 1;
    size_t start = (size_t)(p->parts + words) + 2;
    int32_t *grown = realloc(p->id, id * sizeof *grown);
    if (grown) p->id = grown;
    int32_t *grown_read = realloc(p->source_row, read * sizeof *grown);
    if (grown_read) p->source_row = grown_read;
    int32_t *source = realloc(p->source_start, start * sizeof *grown);
    if (source) p->source_start = source;
    int32_t *target = realloc(p->target_start, start * sizeof *grown);
    if (target) p->target_start = target;
    return grown && grown_read && source && target;
}

/* A sentence of `words` words as parts of at most `longest` tokens, the end included. */
static void cut_sentence(const int32_t *id, int count, const int32_t *read, int words, int longest, parts *p)
{
    for (int word = 0; word < words;) {
        int first = read[word], end = word + 1;
        while (end < words && (end + 1 < words ? read[end + 1] : count) - first < longest) end++;
        int tokens = (end < words ? read[end] : count) - first;
        if (tokens > longest - 1) tokens = longest - 1 > 0 ? longest - 1 : 1;
        p->source_start[p->parts] = p->rows;
        p->target_start[p->parts++] = p->answers;
        memcpy(p->id + p->rows, id + first, (size_t)tokens * sizeof *id);
        p->id[p->rows + tokens] = p->end_id;
        p->rows += tokens + 1;
        for (; word < end; word++) p->source_row[p->answers++] = read[word] - first;
    }
    p->source_start[p->parts] = p->rows;
    p->target_start[p->parts] = p->answers;
}

static qp_status make_parts(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end, parts *p)
{
    int longest = (int)qp_model_config_of(m->model)->max_length;
    for (int64_t s = first; s < end; s++) {
        int32_t *id, *read;
        int count, words = (int)(conll->start[s + 1] - conll->start[s]);
        QP_TRY(qp_conll_pieces(conll, s, &m->source_codec, &id, &count, &read));
        bool room = parts_grow(p, count, words);
        if (room) cut_sentence(id, count, read, words, longest, p);
        free(id);
        free(read);
        if (!room) return qp_fail(QP_EMEMORY, "predict: out of memory for %d words", words);
    }
    return QP_OK;
}

static qp_status tag_sentences(const qp_package *m, const qp_conll *conll, int64_t first, int64_t end, int threads,
                               int32_t *best, qp_real *probability)
{
    parts p = {.end_id = qp_codec_special(&m->source_codec).end};
    int labels = m->labels.count;
    qp_status status = make_parts(m, conll, first, end, &p);
    qp_real *score = status == QP_OK ? malloc((size_t)p.answers * (size_t)labels * sizeof *score) : NULL;
    if (status == QP_OK && !score) status = qp_fail(QP_EMEMORY, "predict: out of memory for %d words", p.answers);
    if (status == QP_OK) {
        qp_batch batch = {.source = {{.count = p.parts, .start = p.source_start}, p.id},
                          .target = {{.count = p.parts, .start = p.target_start}, NULL},
                          .source_row = p.source_row};
        ptrdiff_t word = (ptrdiff_t)conll->start[first];
        status = qp_predict(m->model, &batch, threads, score);
        if (status == QP_OK)
            status = qp_predict_answers(m->model, batch.target.sequences, score, best + word,
                                        probability ? probability + word : NULL);
    }
    free(score);
    parts_free(&p);
    return status;
}

qp_status qp_tag_words(const qp_package *m, const qp_conll *conll, int threads, int32_t *best, qp_real *probability)
{
    enum { SENTENCES_AT_ONCE = 256 };
    for (int64_t s = 0; s < conll->sentences; s += SENTENCES_AT_ONCE) {
        int64_t end = s + SENTENCES_AT_ONCE < conll->sentences ? s + SENTENCES_AT_ONCE : conll->sentences;
        QP_TRY(tag_sentences(m, conll, s, end, threads, best, probability));
    }
    return QP_OK;
}
