#include "data/text/labelled.h"

#include <stdlib.h>

#include "data/text/corpus_builder.h"
#include "data/text/corpus_share.h"
#include "data/text/labels_join.h"

/* One line: the label first, so that a bad label is reported even if the text is skipped. */
static qp_status load_line(const qp_labelled_options *options, qp_corpus_builder *builder, qp_corpus_place place,
                           int file, const qp_text_pair *pair)
{
    qp_corpus_statistics *statistics = &builder->corpus->statistics;
    qp_corpus_line text, answer = {.count = 1, .without_end = true};
    int32_t label;
    statistics->lines++;
    int64_t unseen = 0;
    if (options->sets)
        QP_TRY(qp_label_sets_add(options->sets, options->labels, options->policy, place.path, place.line,
                                 (qp_text){pair->source, pair->source_bytes}, &label, &unseen));
    else
        QP_TRY(qp_labels_number(options->labels, options->policy, place.path, place.line, pair->source,
                                pair->source_bytes, &label));
    QP_TRY(qp_corpus_encode(options->codec, place, pair->target, pair->target_bytes, &text));
    answer.id = &label;
    qp_status status = QP_OK;
    qp_corpus_builder_note(&statistics->source, text.count, place.line);
    if (text.count == 0) {
        statistics->empty++;
    } else if (qp_corpus_builder_fits(builder, text.count, options->max_length, options->when_longer)) {
        if (options->max_length && text.count > options->max_length - 1) text.count = options->max_length - 1;
        statistics->unseen += label < 0 || unseen > 0;
        status = qp_corpus_builder_add(builder, place, &text, &answer, NULL);
        if (status == QP_OK)
            status = qp_corpus_builder_keep(builder, options->by_file ? &file : NULL,
                                            options->weights ? &pair->weight : NULL);
    }
    free(text.id);
    return status;
}

static qp_status read_lines(const void *self, qp_text_pairs *lines, qp_corpus_builder *builder)
{
    for (;;) {
        qp_text_pair pair;
        bool more;
        QP_TRY(qp_text_pairs_next(lines, &pair, &more));
        if (!more) return QP_OK;
        qp_corpus_place place = {qp_text_pairs_path(lines, false), qp_text_pairs_line(lines, false)};
        QP_TRY(load_line(self, builder, place, qp_text_pairs_file(lines), &pair));
    }
}

static qp_status check(const qp_labelled_options *options, const char *path, const qp_corpus_builder *builder)
{
    QP_TRY(qp_corpus_builder_check(builder, path, options->max_length));
    if (options->sets && options->policy == QP_LABEL_LEARN && options->labels->count < 1)
        return qp_fail(QP_EDATA, "%s: no line has a label; give texts with labels", path);
    if (!options->sets && options->policy == QP_LABEL_LEARN && options->labels->count < 2)
        return qp_fail(QP_EDATA, "%s: every line has the label '%s'; give examples of two labels or more", path,
                       options->labels->text[0]);
    return QP_OK;
}

static qp_status load_whole(const qp_labelled_options *options, const qp_text_files *files, qp_corpus *corpus)
{
    qp_corpus_builder builder = {.corpus = corpus};
    qp_text_pairs *lines;
    QP_TRY(qp_text_pairs_open(files, &lines));
    qp_status status = read_lines(options, lines, &builder);
    if (status == QP_OK) status = check(options, qp_text_pairs_path(lines, false), &builder);
    qp_text_pairs_close(lines);
    if (status == QP_OK) qp_corpus_builder_end(&builder);
    return status;
}

/* Each rank its part. */
static qp_status load_shared(const qp_labelled_options *options, const qp_text_files *files, qp_corpus *corpus)
{
    const qp_corpus_reader reader = {options, read_lines};
    qp_corpus_builder builder = {.corpus = corpus};
    int32_t sets = options->sets ? options->sets->count : 0;
    QP_TRY(qp_corpus_share_read(files, options->cluster, &reader, corpus));
    QP_TRY(options->sets ? qp_label_sets_join(options->cluster, options->labels, options->sets, sets, corpus)
                         : qp_labels_join(options->cluster, options->labels, corpus));
    QP_TRY(qp_corpus_join(options->cluster, false, options->spread, corpus));
    return check(options, options->path, &builder);
}

qp_status qp_labelled_load(const qp_labelled_options *options, qp_corpus *corpus)
{
    const qp_text_files files = {
        .kind = QP_TEXT_LABELLED, .source = options->path, .part = options->part, .weights = options->weights};
    *corpus = (qp_corpus){.answers = true};
    QP_TRY(qp_corpus_check_length(options->max_length));
    bool whole = !options->cluster || qp_corpus_share_whole(&files, options->by_file);
    qp_status status = whole ? load_whole(options, &files, corpus) : load_shared(options, &files, corpus);
    if (status != QP_OK) qp_corpus_free(corpus);
    return status;
}
