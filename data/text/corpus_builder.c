#include "data/text/corpus_builder.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/normalize.h"

static qp_status no_memory(qp_corpus_place place)
{
    return qp_fail(QP_EMEMORY, "%s:%lld: no memory for the corpus; use a shorter one or a smaller --max-length",
                   place.path, (long long)place.line);
}

/* Make room for one more offset of one side. */
static qp_status reserve_sequence(qp_corpus_builder *b, qp_corpus_place place, bool target)
{
    qp_corpus_side *side = target ? &b->corpus->target : &b->corpus->source;
    int64_t sequences = b->corpus->sequences;
    if (sequences == INT32_MAX - 1)
        return qp_fail(QP_EDATA, "%s: more than %d lines; use a shorter corpus", place.path, INT32_MAX - 1);
    if (!QP_GROW(side->start, b->start_capacity[target], (size_t)sequences + 2)) return no_memory(place);
    if (sequences == 0) side->start[0] = 0;
    return QP_OK;
}

/* Append one side of sequence number corpus->sequences. */
static qp_status append(qp_corpus_builder *b, qp_corpus_place place, bool target, const qp_corpus_line *line)
{
    qp_corpus_side *side = target ? &b->corpus->target : &b->corpus->source;
    qp_side_statistics *statistics = target ? &b->corpus->statistics.target : &b->corpus->statistics.source;
    QP_TRY(reserve_sequence(b, place, target));
    int64_t begin = side->start[b->corpus->sequences], end = begin + line->count + !line->without_end;
    if (!QP_GROW(side->id, b->id_capacity[target], (size_t)end)) return no_memory(place);
    if (line->count) memcpy(side->id + begin, line->id, (size_t)line->count * sizeof *line->id);
    if (!line->without_end) side->id[end - 1] = line->special.end;
    side->start[b->corpus->sequences + 1] = end;
    statistics->tokens += end - begin;
    statistics->characters += line->characters;
    if (!line->without_end) /* labels are never unknown */
        for (int i = 0; i < line->count; i++) statistics->unknown += line->id[i] == line->special.unknown;
    return QP_OK;
}

qp_status qp_corpus_builder_add(qp_corpus_builder *builder, qp_corpus_place place, const qp_corpus_line *source,
                                const qp_corpus_line *target, const int32_t *source_row)
{
    qp_corpus *corpus = builder->corpus;
    if (source) QP_TRY(append(builder, place, false, source));
    if (target) QP_TRY(append(builder, place, true, target));
    if (source_row) {
        int64_t end = corpus->target.start[corpus->sequences + 1];
        if (!QP_GROW(corpus->source_row, builder->source_row_capacity, (size_t)end)) return no_memory(place);
        memcpy(corpus->source_row + end - target->count, source_row, (size_t)target->count * sizeof *source_row);
    }
    corpus->sequences++;
    return QP_OK;
}

qp_status qp_corpus_builder_keep(qp_corpus_builder *builder, const int *file, const double *weight)
{
    qp_corpus *corpus = builder->corpus;
    size_t count = (size_t)corpus->sequences;
    if ((file && !QP_GROW(corpus->file, builder->file_capacity, count)) ||
        (weight && !QP_GROW(corpus->weight, builder->weight_capacity, count)))
        return qp_fail(QP_EMEMORY, "corpus: no memory for %zu lines", count);
    if (file) corpus->file[count - 1] = *file;
    if (weight) corpus->weight[count - 1] = (qp_real)*weight;
    return QP_OK;
}

qp_status qp_corpus_encode(const qp_text_codec *codec, qp_corpus_place place, const char *text, size_t bytes,
                           qp_corpus_line *line)
{
    *line = (qp_corpus_line){.characters = 1 + qp_nfc_characters(text, bytes), .special = qp_codec_special(codec)};
    qp_status status = codec->encode(codec->self, text, bytes, &line->id, &line->count);
    if (status == QP_OK && line->count < INT32_MAX) return QP_OK;
    char reason[512] = "too many tokens; split the line";
    if (status != QP_OK) {
        strncpy(reason, qp_error_message(), sizeof reason - 1);
        line->id = NULL; /* a codec that failed has nothing to free */
    }
    return qp_fail(status == QP_OK ? QP_EDATA : status, "%s:%lld: %s", place.path, (long long)place.line, reason);
}

bool qp_corpus_builder_fits(qp_corpus_builder *builder, int tokens, int max_length, qp_long_policy when_longer)
{
    if (!max_length || tokens <= max_length - 1) return true;
    if (when_longer == QP_LONG_SKIP) {
        builder->corpus->statistics.skipped++;
        return false;
    }
    builder->corpus->statistics.cut++;
    return true;
}

void qp_corpus_builder_note(qp_side_statistics *statistics, int tokens, int64_t line)
{
    if ((int64_t)tokens + 1 <= statistics->longest) return;
    statistics->longest = (int64_t)tokens + 1;
    statistics->longest_line = line;
}

qp_status qp_corpus_builder_check(const qp_corpus_builder *builder, const char *path, int max_length)
{
    const qp_corpus_statistics *f = &builder->corpus->statistics;
    if (f->lines == 0) return qp_fail(QP_EDATA, "%s: the file has no lines; give a corpus with text in it", path);
    if (builder->corpus->sequences > 0) return QP_OK;
    if (f->unseen)
        return qp_fail(QP_EDATA, "%s: none of %lld lines has a label that the model knows; check the labels", path,
                       (long long)f->lines);
    return qp_fail(QP_EDATA,
                   "%s: none of %lld lines can be used, %lld are empty and %lld longer than %d tokens; "
                   "check the file and --max-length",
                   path, (long long)f->lines, (long long)f->empty, (long long)f->skipped, max_length);
}

/* A block that cannot shrink is kept. */
static void shrink(qp_corpus_side *side, int64_t sequences)
{
    if (!side->start) return;
    int32_t *id = realloc(side->id, (size_t)side->start[sequences] * sizeof *id);
    if (id) side->id = id;
    int64_t *start = realloc(side->start, (size_t)(sequences + 1) * sizeof *start);
    if (start) side->start = start;
}

void qp_corpus_builder_end(qp_corpus_builder *builder)
{
    qp_corpus *corpus = builder->corpus;
    shrink(&corpus->source, corpus->sequences);
    shrink(&corpus->target, corpus->sequences);
    if (!corpus->source_row) return;
    int32_t *source_row = realloc(corpus->source_row,
                                  (size_t)corpus->target.start[corpus->sequences] * sizeof *source_row);
    if (source_row) corpus->source_row = source_row;
}
