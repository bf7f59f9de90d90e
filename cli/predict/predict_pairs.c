#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/predict/predict_tasks.h"
#include "lib/package/answers.h"

/* predict_pairs — lines of two texts with a TAB between: answers of a context to a question, classes of a pair. */

/* Both texts of line i. */
static qp_status split(const qp_chunks *chunk, int i, const char *what, qp_line *first, qp_line *second)
{
    const qp_line *line = &chunk->line[i];
    const char *tab = memchr(line->text, '\t', line->bytes);
    if (!tab)
        return qp_fail(QP_EDATA, "%s:%lld: no TAB; this model reads %s in a line, with a TAB between",
                       qp_chunks_path(chunk, i), (long long)qp_chunks_number(chunk, i), what);
    *first = (qp_line){line->text, (size_t)(tab - line->text)};
    *second = (qp_line){tab + 1, line->bytes - first->bytes - 1};
    return QP_OK;
}

/* ---- answers ---- */

static qp_status put_answers(const qp_predict_config *o, qp_line context, const qp_answer *answer, int found)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_key(&out, "answers");
    qp_json_open(&out, '[');
    for (int i = 0; i < found; i++) {
        const qp_answer *a = &answer[i];
        const char *text = context.text + a->begin;
        if (!o->json) {
            if (i) putchar('\t');
            qp_line_put(stdout, text, a->end - a->begin);
            printf("\t%.4f\t%lld\t%lld", a->score, (long long)a->first, (long long)a->last);
            continue;
        }
        qp_json_open(&out, '{');
        qp_json_key(&out, "text");
        qp_json_repaired(&out, text, a->end - a->begin);
        qp_json_put_real(&out, "score", a->score);
        qp_json_put_integer(&out, "start", a->first);
        qp_json_put_integer(&out, "end", a->last);
        qp_json_close(&out, '}');
    }
    qp_text_add(&out, "]}");
    if (o->json) return qp_json_line(stdout, &out);
    qp_text_free(&out);
    putchar('\n');
    return QP_OK;
}

static qp_status answer_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                              qp_warning *warning)
{
    (void)warning;
    const qp_answer_wish wish = {.longest = (int)o->max_answer, .wanted = o->top > 0 ? (int)o->top : 1};
    qp_answer *answer = malloc(((size_t)wish.wanted + 1) * sizeof *answer);
    qp_status status = answer ? QP_OK : qp_fail(QP_EMEMORY, "predict: out of memory for %d answers", wish.wanted);
    for (int i = 0; i < chunk->count && status == QP_OK; i++) {
        qp_line question, context;
        int found;
        status = split(chunk, i, "a question and its context", &question, &context);
        if (status == QP_OK) status = qp_find_answers(m, question, context, &wish, answer, &found);
        if (status == QP_OK) status = put_answers(o, context, answer, found);
    }
    free(answer);
    return status;
}

qp_status qp_predict_answered(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    return qp_predict_lines(m, o, file, files, answer_chunk);
}

/* ---- classes ---- */

static qp_status pair_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                            qp_warning *warning)
{
    (void)warning;
    qp_real *probability = malloc(((size_t)m->labels.count + 1) * sizeof *probability);
    qp_status status = probability ? QP_OK : qp_fail(QP_EMEMORY, "predict: out of memory for the labels");
    for (int i = 0; i < chunk->count && status == QP_OK; i++) {
        qp_line first, second;
        status = split(chunk, i, "two texts", &first, &second);
        if (status == QP_OK) status = qp_classify_pair(m, first, second, probability);
        if (status == QP_OK) status = qp_predict_put_labels(m, o, probability, 1);
    }
    free(probability);
    return status;
}

qp_status qp_predict_pairs(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    return qp_predict_lines(m, o, file, files, pair_chunk);
}
