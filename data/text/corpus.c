#include "data/text/corpus.h"

#include <stdlib.h>
#include <string.h>

#include "data/text/corpus_builder.h"
#include "lib/base/array.h"

typedef struct {
    const qp_corpus_options *options;
    qp_text_pairs *text;
    qp_corpus_builder *builder;
} loader;

static qp_corpus_place place_of(const loader *l, bool target)
{
    return (qp_corpus_place){qp_text_pairs_path(l->text, target), qp_text_pairs_line(l->text, target)};
}

/* Encode one side of the current pair. */
static qp_status encode(const loader *l, bool target, const qp_text_pair *pair, qp_corpus_line *line)
{
    return qp_corpus_encode(target ? l->options->target_codec : l->options->source_codec, place_of(l, target),
                            target ? pair->target : pair->source, target ? pair->target_bytes : pair->source_bytes,
                            line);
}

static qp_status keep_pair(loader *l, qp_corpus_line *source, qp_corpus_line *target)
{
    const qp_corpus_options *o = l->options;
    qp_corpus_statistics *statistics = &l->builder->corpus->statistics;
    bool monolingual = o->files.kind == QP_TEXT_ONE_FILE;
    if (!monolingual) qp_corpus_builder_note(&statistics->source, source->count, qp_text_pairs_line(l->text, false));
    qp_corpus_builder_note(&statistics->target, target->count, qp_text_pairs_line(l->text, true));
    bool empty_stays = monolingual && o->running_text;
    if ((target->count == 0 && !empty_stays) || (!monolingual && source->count == 0)) {
        statistics->empty++;
        return QP_OK;
    }
    int most = target->count;
    if (!monolingual && source->count > most) most = source->count;
    if (!qp_corpus_builder_fits(l->builder, most, o->max_length, o->when_longer)) return QP_OK;
    int longest = o->max_length - 1;
    if (o->max_length && source->count > longest) source->count = longest;
    if (o->max_length && target->count > longest) target->count = longest;
    return qp_corpus_builder_add(l->builder, place_of(l, false), monolingual ? NULL : source, target, NULL);
}

static qp_status keep_score(loader *l, double score)
{
    qp_corpus *corpus = l->builder->corpus;
    if (!QP_GROW(corpus->score, l->builder->score_capacity, (size_t)corpus->sequences))
        return qp_fail(QP_EMEMORY, "corpus: no memory for %lld scores", (long long)corpus->sequences);
    corpus->score[corpus->sequences - 1] = (qp_real)score;
    return QP_OK;
}

static qp_status load_pair(loader *l, const qp_text_pair *pair)
{
    qp_corpus_line source = {0}, target = {0};
    qp_status status = QP_OK;
    int64_t before = l->builder->corpus->sequences;
    l->builder->corpus->statistics.lines++;
    if (l->options->files.kind != QP_TEXT_ONE_FILE) status = encode(l, false, pair, &source);
    if (status == QP_OK) status = encode(l, true, pair, &target);
    if (status == QP_OK) status = keep_pair(l, &source, &target);
    bool kept = l->builder->corpus->sequences > before;
    int file = qp_text_pairs_file(l->text);
    if (status == QP_OK && kept && pair->scored) status = keep_score(l, pair->score);
    if (status == QP_OK && kept)
        status = qp_corpus_builder_keep(l->builder, l->options->by_file ? &file : NULL,
                                        l->options->files.weights ? &pair->weight : NULL);
    free(source.id);
    free(target.id);
    return status;
}

qp_status qp_corpus_read(const qp_corpus_options *options, qp_text_pairs *text, qp_corpus_builder *builder)
{
    loader l = {.options = options, .text = text, .builder = builder};
    for (;;) {
        qp_text_pair pair;
        bool more;
        QP_TRY(qp_text_pairs_next(text, &pair, &more));
        if (!more) return QP_OK;
        QP_TRY(load_pair(&l, &pair));
    }
}

void qp_corpus_read_end(const qp_corpus_options *options, qp_corpus_builder *builder)
{
    qp_corpus *corpus = builder->corpus;
    qp_corpus_builder_end(builder);
    if (!options->to_itself) return;
    corpus->source = corpus->target;
    corpus->statistics.source = corpus->statistics.target;
}

qp_status qp_corpus_check_length(int max_length)
{
    if (max_length >= 0 && max_length != 1) return QP_OK;
    return qp_fail(QP_EUSAGE, "--max-length %d: a sequence has at least a token and its end; give 2 or more",
                   max_length);
}

qp_status qp_corpus_load(const qp_corpus_options *options, qp_corpus *corpus)
{
    memset(corpus, 0, sizeof *corpus);
    QP_TRY(qp_corpus_check_length(options->max_length));
    qp_corpus_builder builder = {.corpus = corpus};
    qp_text_pairs *text;
    QP_TRY(qp_text_pairs_open(&options->files, &text));
    qp_status status = qp_corpus_read(options, text, &builder);
    if (status == QP_OK)
        status = qp_corpus_builder_check(&builder, qp_text_pairs_path(text, false), options->max_length);
    qp_text_pairs_close(text);
    if (status != QP_OK) {
        qp_corpus_free(corpus);
        return status;
    }
    qp_corpus_read_end(options, &builder);
    return QP_OK;
}

void qp_corpus_free(qp_corpus *corpus)
{
    bool shared = corpus->source.start == corpus->target.start;
    if (!shared) {
        free(corpus->source.id);
        free(corpus->source.start);
        free(corpus->source.spread.first);
    }
    free(corpus->target.id);
    free(corpus->target.start);
    free(corpus->target.spread.first);
    free(corpus->source_row);
    free(corpus->score);
    free(corpus->weight);
    free(corpus->file);
    memset(corpus, 0, sizeof *corpus);
}
