#include "cli/evaluate/evaluate_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/json_text.h"
#include "lib/base/array.h"
#include "lib/base/threads.h"
#include "lib/decode/translate.h"
#include "lib/metric/overlap.h"
#include "lib/metric/scores.h"
#include "lib/text/utf8_reader.h"

enum { LINES_AT_ONCE = 1024 };

/* State of an evaluation. */
typedef struct {
    const qp_evaluate_options *options;
    qp_scored_text *text; /* the one that is being scored */
    qp_reader *reference[QP_REFERENCES_MAX];
    int references;
    const char *hypothesis_path;
    qp_translator *translator; /* NULL: the lines are the hypotheses */
} evaluation;

/* ---- output ---- */

/* The scores of the single line in `scores`. */
static qp_status put_sentence(const evaluation *e)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int i = 0; i < e->text->scores.count; i++) {
        double value = qp_scores_value(&e->text->scores, i);
        if (e->options->json)
            qp_json_put_real(&out, qp_score_name(e->text->scores.kind[i]), value);
        else
            printf("%s%.4f", i ? "\t" : "", value);
    }
    qp_json_close(&out, '}');
    if (e->options->json) return qp_json_line(stdout, &out);
    putchar('\n');
    qp_text_free(&out);
    return QP_OK;
}

/* ---- lines ---- */

/* The total numbers of lines, for the message: the rest of both files is counted. */
static qp_status unequal(evaluation *e, int r, qp_chunks *chunks, int taken)
{
    char *line;
    size_t bytes;
    int64_t hypotheses = e->text->lines;
    for (int rest = chunks->count - taken; rest > 0;) {
        hypotheses += rest;
        QP_TRY(qp_chunks_next(chunks));
        rest = chunks->count;
    }
    do QP_TRY(qp_reader_next_utf8(e->reference[r], &line, &bytes));
    while (line);
    return qp_fail(QP_EDATA, "%s: %lld lines, but %s has %lld; give files with the same number of lines",
                   qp_reader_path(e->reference[r]), (long long)qp_reader_line(e->reference[r]), e->hypothesis_path,
                   (long long)hypotheses);
}

/* Add a line and keep its sums for --compare. */
static qp_status add_kept(qp_scored_text *text, qp_text hypothesis, const qp_text *reference, int references)
{
    qp_score_sums before = text->scores.sums;
    if (!QP_GROW(text->line, text->capacity, (size_t)text->lines + 1))
        return qp_fail(QP_EMEMORY, "evaluate: out of memory for the sums of %lld lines", (long long)text->lines);
    text->scores.sums = (qp_score_sums){0};
    QP_TRY(qp_scores_add(&text->scores, hypothesis, reference, references));
    text->line[text->lines] = text->scores.sums;
    qp_score_sums_add(&text->scores.sums, &before);
    return QP_OK;
}

/* Compare hypothesis number `i` of the chunk with the next line of every reference. */
static qp_status add_line(evaluation *e, qp_chunks *chunks, int i, qp_text hypothesis)
{
    qp_text reference[QP_REFERENCES_MAX];
    for (int r = 0; r < e->references; r++) {
        char *line;
        QP_TRY(qp_reader_next_utf8(e->reference[r], &line, &reference[r].bytes));
        if (!line) return unequal(e, r, chunks, i);
        reference[r].text = line;
    }
    QP_TRY(e->options->compare[0] ? add_kept(e->text, hypothesis, reference, e->references)
                                  : qp_scores_add(&e->text->scores, hypothesis, reference, e->references));
    e->text->lines++;
    if (e->options->sentence_level) {
        QP_TRY(put_sentence(e));
        qp_scores_reset(&e->text->scores);
    }
    return QP_OK;
}

static qp_status add_chunk(evaluation *e, qp_chunks *chunks)
{
    qp_translation *made = NULL;
    qp_status status = QP_OK;
    int count = chunks->count;
    if (e->translator) {
        made = malloc((size_t)count * sizeof *made);
        if (!made) return qp_fail(QP_EMEMORY, "evaluate: out of memory for %d lines", count);
        status = qp_translate(e->translator, chunks->line, count, made);
    }
    for (int i = 0; i < count && status == QP_OK; i++) {
        qp_text hypothesis = {chunks->line[i].text, chunks->line[i].bytes};
        if (made)
            hypothesis = made[i].search.count ? (qp_text){made[i].best[0].text, made[i].best[0].bytes}
                                              : (qp_text){"", 0};
        status = add_line(e, chunks, i, hypothesis);
    }
    for (int i = 0; made && i < count; i++) qp_translation_free(&made[i]);
    free(made);
    return status;
}

static qp_status add_all(evaluation *e, char *file)
{
    qp_chunks chunks;
    qp_status status = qp_chunks_begin(&chunks, &file, 1, LINES_AT_ONCE);
    while (status == QP_OK) {
        status = qp_chunks_next(&chunks);
        if (status != QP_OK || chunks.count == 0) break;
        status = add_chunk(e, &chunks);
    }
    for (int r = 0; r < e->references && status == QP_OK; r++) {
        char *line;
        size_t bytes;
        status = qp_reader_next_utf8(e->reference[r], &line, &bytes);
        if (status == QP_OK && line) status = unequal(e, r, &chunks, chunks.count);
    }
    qp_chunks_end(&chunks);
    if (status == QP_OK && e->text->lines == 0)
        status = qp_fail(QP_EDATA, "%s: no lines to compare; give a file with text", e->hypothesis_path);
    return status;
}

/* ---- texts ---- */

static qp_status run_model(evaluation *e, const qp_evaluate_options *o, qp_evaluate_search *search, char *file)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_AUTOENCODE, -1};
    qp_package *opened;
    QP_TRY(qp_open_model(o->model, o->verify, tasks, &opened));
    qp_status status = qp_decoding_set_languages(opened, &search->languages, &search->search);
    qp_translator translator = {.model = opened->model,
                                .source = &opened->source_codec,
                                .target = &opened->target_codec,
                                .search = search->search,
                                .batch_size = (int)o->batch_size,
                                .threads = qp_threads_of(o->threads)};
    e->translator = &translator;
    if (status == QP_OK) status = add_all(e, file);
    e->translator = NULL;
    qp_package_free(opened);
    return status;
}

/* Score one text; search: translate `file` with the model first. */
static qp_status score_text(evaluation *e, char *file, qp_evaluate_search *search, const qp_option_list *ref)
{
    qp_status status = QP_OK;
    e->hypothesis_path = strcmp(file, "-") == 0 ? "stdin" : file;
    e->text->name = search ? e->options->model : e->hypothesis_path;
    for (e->references = 0; e->references < ref->count && status == QP_OK; e->references++)
        status = qp_reader_open(ref->value[e->references], &e->reference[e->references]);
    if (status == QP_OK) status = search ? run_model(e, e->options, search, file) : add_all(e, file);
    for (int r = 0; r < e->references; r++) qp_reader_close(e->reference[r]);
    return status;
}

qp_status qp_evaluate_texts(qp_evaluate_options *o, qp_evaluate_search *search, const qp_option_list *reference,
                            const qp_option_list *hypothesis, qp_scored_text *text, int count)
{
    bool compared = o->compare[0] != '\0';
    for (int i = 0; i < count; i++) {
        evaluation e = {.options = o, .text = &text[i]};
        bool model = o->model[0] && i == count - 1;
        char *file = compared && i == 0 ? o->compare : model ? o->src : (char *)hypothesis->value[i - compared];
        QP_TRY(score_text(&e, file, model ? search : NULL, reference));
        if (compared && i > 0)
            QP_TRY(qp_bootstrap_compare(&text->scores, text->line, text[i].line, text->lines, text[i].compared));
    }
    return o->sentence_level ? QP_OK : qp_score_table_print(text, count, compared, o->json);
}
