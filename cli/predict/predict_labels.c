#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/predict/predict_tasks.h"
#include "lib/package/predictions.h"

/* predict_labels — lines of text to labels with their probabilities. */
typedef struct {
    const qp_real *probability;
    int label;
} candidate;

static int likelier(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (*x->probability != *y->probability) return *x->probability < *y->probability ? 1 : -1;
    return x->label - y->label;
}

/* The labels of a text that has several, or none: "a,b TAB 0.9,0.7", the likeliest first. */
static qp_status put_set(const qp_package *m, const qp_predict_config *o, const candidate *sorted)
{
    int count = 0;
    while (count < m->labels.count && *sorted[count].probability > 0.5) count++;
    if (!o->json) {
        for (int k = 0; k < count; k++) printf("%s%s", k ? "," : "", m->labels.text[sorted[k].label]);
        for (int k = 0; k < count; k++) printf("%c%.4f", k ? ',' : '\t', (double)*sorted[k].probability);
        puts(count ? "" : "\t");
        return QP_OK;
    }
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_key(&out, "labels");
    qp_json_open(&out, '[');
    for (int k = 0; k < count; k++)
        qp_json_repaired(&out, m->labels.text[sorted[k].label], strlen(m->labels.text[sorted[k].label]));
    qp_json_close(&out, ']');
    qp_json_key(&out, "probabilities");
    qp_json_open(&out, '{');
    for (int k = 0; k < (o->all ? m->labels.count : count); k++)
        qp_json_put_real(&out, m->labels.text[sorted[k].label], (double)*sorted[k].probability);
    qp_json_close(&out, '}');
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static qp_status put_one(const qp_package *m, const qp_predict_config *o, const candidate *sorted)
{
    int shown = o->all ? m->labels.count : 1;
    if (qp_model_config_of(m->model)->multi_label && (o->json || !o->all)) return put_set(m, o, sorted);
    if (!o->json) {
        for (int k = 0; k < shown; k++)
            printf("%s%s\t%.4f", k ? "\t" : "", m->labels.text[sorted[k].label], (double)*sorted[k].probability);
        putchar('\n');
        return QP_OK;
    }
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_put_text(&out, "label", m->labels.text[sorted[0].label]);
    qp_json_put_real(&out, "probability", (double)*sorted[0].probability);
    if (o->all) {
        qp_json_key(&out, "probabilities");
        qp_json_open(&out, '{');
        for (int k = 0; k < shown; k++)
            qp_json_put_real(&out, m->labels.text[sorted[k].label], (double)*sorted[k].probability);
        qp_json_close(&out, '}');
    }
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

qp_status qp_predict_put_labels(const qp_package *m, const qp_predict_config *o, const qp_real *probability, int rows)
{
    int labels = m->labels.count;
    candidate *sorted = malloc((size_t)labels * sizeof *sorted);
    if (!sorted) return qp_fail(QP_EMEMORY, "predict: out of memory for %d labels", labels);
    qp_status status = QP_OK;
    for (int r = 0; status == QP_OK && r < rows; r++) {
        const qp_real *row = probability + (size_t)r * (size_t)labels;
        for (int k = 0; k < labels; k++) sorted[k] = (candidate){row + k, k};
        qsort(sorted, (size_t)labels, sizeof *sorted, likelier);
        status = put_one(m, o, sorted);
    }
    free(sorted);
    return status;
}

static qp_status predict_ids(const qp_package *m, const qp_predict_config *o, const qp_line_ids *ids, int count)
{
    qp_real *probability = malloc((size_t)count * (size_t)m->labels.count * sizeof *probability);
    if (!probability) return qp_fail(QP_EMEMORY, "predict: out of memory for %d lines", count);
    qp_status status = qp_classify_ids(m, ids, count, (int)o->threads, probability);
    if (status == QP_OK) status = qp_predict_put_labels(m, o, probability, count);
    free(probability);
    return status;
}

static qp_status predict_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                               qp_warning *warning)
{
    return qp_predict_encoded(m, o, chunk, warning, predict_ids);
}

qp_status qp_predict_labels(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    return qp_predict_lines(m, o, file, files, predict_chunk);
}
