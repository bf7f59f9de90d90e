#include "lib/decode/translate.h"

#include <stdlib.h>
#include <string.h>

#include "lib/decode/token_place.h"
#include "lib/text/utf8_repair.h"

/* What the threads of one qp_translate share; read only, except that each thread writes its own translations. */
typedef struct {
    const qp_translator *translator;
    const qp_line_ids *source;
    qp_search_prefix prefix;
    const qp_line_batches *batches;
    qp_translation *translation;
} job;

/* Move the results of a search into the translations. */
static qp_status keep_results(const job *j, const int32_t *pick, int count, qp_search_result *result)
{
    qp_status status = QP_OK;
    for (int i = 0; i < count; i++) {
        qp_translation *made = &j->translation[pick[i]];
        made->search = result[i];
        made->best = calloc((size_t)result[i].count + 1, sizeof *made->best);
        if (!made->best && status == QP_OK) status = qp_fail(QP_EMEMORY, "translate: out of memory");
    }
    return status;
}

static qp_status translate_batch(void *self, qp_tape *tape, int number)
{
    const job *j = self;
    const int32_t *pick = j->batches->order + j->batches->start[number];
    int count = j->batches->start[number + 1] - j->batches->start[number];
    size_t rows = 0;
    for (int i = 0; i < count; i++) rows += (size_t)j->source[pick[i]].count;
    int32_t *start = malloc(((size_t)count + 1) * sizeof *start);
    int32_t *flat = malloc(rows * sizeof *flat);
    qp_search_result *result = malloc((size_t)count * sizeof *result);
    qp_status status = QP_OK;
    if (!start || !flat || !result) {
        status = qp_fail(QP_EMEMORY, "translate: out of memory for %d lines; use a smaller --batch-size", count);
    } else {
        qp_ids source = qp_lines_gather(j->source, pick, count, start, flat);
        bool attention = j->translator->alignment || j->translator->search.unk == QP_UNKNOWN_COPIED;
        status = qp_search_from(j->translator->model, tape, source, &j->translator->search, j->prefix, attention,
                                result);
        if (status == QP_OK) status = keep_results(j, pick, count, result);
    }
    free(start);
    free(flat);
    free(result);
    return status;
}

/* Lines that are empty or blank have an empty translation. */
static qp_status search_all(job *j, const qp_line *line, int count)
{
    int32_t *length = malloc(((size_t)count + 1) * sizeof *length);
    if (!length) return qp_fail(QP_EMEMORY, "translate: out of memory for %d lines", count);
    for (int i = 0; i < count; i++)
        length[i] = qp_utf8_is_blank(line[i].text, line[i].bytes) || j->source[i].tokens == 0 ? 0 : j->source[i].count;
    qp_line_batches batches = {0};
    const qp_translator *t = j->translator;
    qp_status status = qp_lines_batch(length, count, t->batch_size, 0, t->threads, &batches);
    j->batches = &batches;
    if (status == QP_OK) status = qp_lines_run(batches.count, t->threads, translate_batch, j);
    qp_line_batches_free(&batches);
    free(length);
    return status;
}

static qp_status decode_texts(const qp_translator *translator, const qp_line *line, qp_translation *made)
{
    const qp_text_codec *codec = translator->target;
    for (int h = 0; h < made->search.count; h++) {
        const qp_hypothesis *hypothesis = &made->search.best[h];
        int count = hypothesis->count;
        if (count > 0 && hypothesis->id[count - 1] == qp_codec_special(codec).end) count--;
        QP_TRY(codec->decode(codec->self, hypothesis->id, count, &made->best[h].text, &made->best[h].bytes));
        if (translator->search.unk == QP_UNKNOWN_COPIED)
            QP_TRY(qp_copy_unknown(translator->source, line, made->source_count, codec, hypothesis, &made->best[h].text,
                                   &made->best[h].bytes));
        QP_TRY(qp_utf8_repair(&made->best[h].text, &made->best[h].bytes));
    }
    return QP_OK;
}

qp_status qp_translate(const qp_translator *translator, const qp_line *line, int count, qp_translation *translation)
{
    for (int i = 0; i < count; i++) translation[i] = (qp_translation){0};
    qp_line_ids *source = NULL;
    int32_t *prefix = NULL;
    job j = {.translator = translator, .translation = translation};
    int longest = (int)qp_model_config_of(translator->model)->max_length;
    qp_status status = qp_lines_encode(translator->source, line, count, longest, &source);
    if (status == QP_OK && translator->prefix.bytes > 0)
        status = translator->target->encode(translator->target->self, translator->prefix.text,
                                            translator->prefix.bytes, &prefix, &j.prefix.count);
    j.source = source;
    j.prefix.id = prefix;
    if (status == QP_OK) status = search_all(&j, line, count);
    free(prefix);
    for (int i = 0; i < count && status == QP_OK; i++) {
        translation[i].end_id = qp_codec_special(translator->target).end;
        translation[i].source_id = source[i].id;
        translation[i].source_count = source[i].count;
        translation[i].source_tokens = source[i].tokens;
        source[i].id = NULL;
        status = decode_texts(translator, &line[i], &translation[i]);
    }
    qp_lines_free(source, count);
    return status;
}

void qp_translation_free(qp_translation *translation)
{
    if (translation->best)
        for (int h = 0; h < translation->search.count; h++) free(translation->best[h].text);
    free(translation->best);
    qp_search_result_free(&translation->search);
    free(translation->source_id);
    *translation = (qp_translation){0};
}
