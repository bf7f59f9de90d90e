#include "lib/run/survey.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash_set.h"
#include "lib/run/train_images.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8.h"

enum { CODES = 0x110000 };

/* One bit for each character seen. */
typedef struct {
    uint8_t *bits[2];  /* of the source, of the target */
    int64_t shared[2]; /* characters of a side that the other has used too */
} character_sets;

static bool mark(uint8_t *bits, int32_t code)
{
    uint8_t bit = (uint8_t)(1u << (code & 7));
    bool fresh = !(bits[code >> 3] & bit);
    bits[code >> 3] |= bit;
    return fresh;
}

/* Counts one line in NFC; returns its number of words. */
static int64_t count_line(const char *text, size_t bytes, uint8_t *bits, qp_survey_side *side)
{
    qp_mapped_text room = {0};
    const qp_text line = qp_nfc_or_text(text, bytes, &room);
    int64_t characters = 0, words = 0;
    bool inside = false;
    for (size_t at = 0, length; at < line.bytes; at += length) {
        int32_t code = qp_utf8_next(line.text + at, line.bytes - at, &length);
        bool space = code == ' ' || (code >= 9 && code <= 13) || code == 0x3000;
        words += !space && !inside;
        inside = !space;
        characters++;
        if (code >= 0 && mark(bits, code)) side->distinct_characters++;
    }
    side->characters += characters;
    side->words += words;
    if (characters > side->longest) side->longest = characters;
    qp_mapped_text_free(&room);
    return words;
}

static int64_t shared_characters(const char *text, size_t bytes, const uint8_t *bits)
{
    qp_mapped_text room = {0};
    const qp_text line = qp_nfc_or_text(text, bytes, &room);
    int64_t shared = 0;
    for (size_t at = 0, length; at < line.bytes; at += length) {
        int32_t code = qp_utf8_next(line.text + at, line.bytes - at, &length);
        shared += code >= 0 && (bits[code >> 3] >> (code & 7) & 1);
    }
    qp_mapped_text_free(&room);
    return shared;
}

/* Characters of a streamed text that are looked at. */
static const int64_t look_characters = 20000000;

static bool seen_enough(const qp_survey *s) { return s->source.characters + s->target.characters >= look_characters; }

static qp_status count_lines(const qp_text_files *files, bool all, character_sets *sets, qp_hash_set *labels,
                             qp_survey *s)
{
    qp_text_pairs *pairs;
    int64_t one_word = 0;
    QP_TRY(qp_text_pairs_open(files, &pairs));
    qp_status status = QP_OK;
    while (status == QP_OK && (all || !seen_enough(s))) {
        qp_text_pair pair;
        bool more;
        status = qp_text_pairs_next(pairs, &pair, &more);
        if (status != QP_OK || !more) break;
        s->examples++;
        if (files->kind == QP_TEXT_LABELLED)
            status = qp_hash_set_add(labels, qp_hash_text(pair.source, pair.source_bytes));
        else if (pair.source)
            count_line(pair.source, pair.source_bytes, sets->bits[0], &s->source);
        one_word += count_line(pair.target, pair.target_bytes, sets->bits[1], &s->target) == 1;
        if (files->kind == QP_TEXT_LABELLED || !pair.source) continue;
        sets->shared[0] += shared_characters(pair.source, pair.source_bytes, sets->bits[1]);
        sets->shared[1] += shared_characters(pair.target, pair.target_bytes, sets->bits[0]);
    }
    qp_text_pairs_close(pairs);
    if (s->examples) s->one_word = (double)one_word / (double)s->examples;
    /* The smaller of both: names in Latin letters do not make Korean text one of English letters. */
    if (s->source.characters && s->target.characters)
        s->shared = fmin((double)sets->shared[0] / (double)s->source.characters,
                         (double)sets->shared[1] / (double)s->target.characters);
    return status;
}

static qp_status count_tags(const qp_train_settings *settings, const qp_text_files *files, uint8_t *bits,
                            qp_hash_set *labels, qp_survey *s)
{
    qp_conll *conll;
    QP_TRY(qp_conll_read(files->source, (int)settings->job.tag_column, &conll));
    qp_conll_keep(conll, files->part);
    qp_status status = QP_OK;
    int64_t spans = 0;
    for (int64_t w = 0; status == QP_OK && w < conll->words; w++) {
        const qp_conll_word *word = &conll->word[w];
        const char *tag = conll->text + word->tag;
        size_t bytes = word->tag_end - word->tag;
        count_line(conll->text + word->word, word->word_end - word->word, bits, &s->target);
        spans += (bytes == 1 && *tag == 'O') || (bytes > 2 && (*tag == 'B' || *tag == 'I') && tag[1] == '-');
        status = qp_hash_set_add(labels, qp_hash_text(tag, bytes));
    }
    s->examples = conll->sentences;
    s->target.words = conll->words; /* a word of a CoNLL file may be a space */
    if (conll->words) s->span_tags = (double)spans / (double)conll->words;
    qp_conll_free(conll);
    return status;
}

/* How far the mean of the last fifth is from that of the first, in standard deviations around all. */
static double trend_of(const qp_series *series)
{
    int64_t rows = series->rows, fifth = rows / 5;
    double sum = 0, squares = 0, first = 0, last = 0;
    if (fifth < 1) return 0;
    for (int64_t r = 0; r < rows; r++) {
        double value = qp_series_value(series, r, 0);
        sum += value;
        squares += value * value;
        if (r < fifth) first += value;
        if (r >= rows - fifth) last += value;
    }
    double mean = sum / (double)rows, variance = squares / (double)rows - mean * mean;
    return variance > 0 ? (last - first) / (double)fifth / sqrt(variance) : 0;
}

static qp_status measure_series(const qp_train_settings *settings, const qp_text_files *files, qp_survey *s)
{
    qp_series series;
    qp_series_options options = {.path = files->source,
                                 .columns = settings->job.column,
                                 .holes = (qp_hole_policy)settings->job.holes,
                                 .missing = settings->job.missing};
    QP_TRY(qp_series_read(&options, &series));
    s->examples = series.rows;
    s->trend = trend_of(&series);
    qp_series_free(&series);
    return QP_OK;
}

static qp_status count_images(const qp_train_settings *settings, const qp_train_data *data, qp_survey *s)
{
    qp_images images;
    qp_labels labels = {0};
    qp_status status = qp_images_read(settings, data, QP_TRAINING, NULL, &labels, &images);
    if (status == QP_OK) {
        s->examples = images.count;
        s->labels = labels.count;
        s->shortest_side = images.size.height < images.size.width ? images.size.height : images.size.width;
        qp_images_free(&images);
    }
    qp_labels_free(&labels);
    return status;
}

/* From the lines seen to all. */
static void scale(qp_survey *s, const qp_text_index *index)
{
    double factor = (double)index->piece[index->pieces].line / (double)s->examples;
    if (factor < 1) return;
    s->examples = index->piece[index->pieces].line;
    s->source.characters = (int64_t)((double)s->source.characters * factor);
    s->target.characters = (int64_t)((double)s->target.characters * factor);
    s->source.words = (int64_t)((double)s->source.words * factor);
    s->target.words = (int64_t)((double)s->target.words * factor);
}

qp_status qp_survey_take(const qp_train_settings *settings, const qp_train_data *data, qp_survey *survey)
{
    const qp_text_files *files = &data->files[QP_TRAINING];
    *survey = (qp_survey){0};
    if (settings->model.task == QP_TASK_REGRESS) return measure_series(settings, files, survey);
    if (qp_train_reads_images(settings)) return count_images(settings, data, survey);
    character_sets sets = {.bits = {calloc(CODES / 8, 1), calloc(CODES / 8, 1)}};
    qp_hash_set labels = {0};
    qp_status status = QP_OK;
    if (!sets.bits[0] || !sets.bits[1])
        status = qp_fail(QP_EMEMORY, "out of memory");
    else if (settings->model.task == QP_TASK_TAG)
        status = count_tags(settings, files, sets.bits[1], &labels, survey);
    else
        status = count_lines(files, data->index.pieces == 0, &sets, &labels, survey);
    if (data->index.pieces && survey->examples) scale(survey, &data->index);
    survey->labels = (int64_t)labels.count;
    qp_hash_set_free(&labels);
    free(sets.bits[0]);
    free(sets.bits[1]);
    return status;
}
