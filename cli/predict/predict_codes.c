#include <stdlib.h>

#include "cli/base/json_text.h"
#include "cli/base/text.h"
#include "cli/predict/predict_tasks.h"

/* predict_codes — lines of text to the codes of an autoencoder. */

static qp_status put_one(const qp_predict_config *o, const int32_t *code, int count)
{
    if (!o->json) {
        for (int k = 0; k < count; k++) printf("%s%d", k ? " " : "", code[k]);
        putchar('\n');
        return QP_OK;
    }
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    qp_json_key(&out, "codes");
    qp_json_open(&out, '[');
    for (int k = 0; k < count; k++) qp_json_integer(&out, code[k]);
    qp_json_close(&out, ']');
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static qp_status predict_ids(const qp_package *m, const qp_predict_config *o, const qp_line_ids *ids, int count)
{
    int codes = (int)qp_model_config_of(m->model)->codes;
    qp_tape *tape = qp_tape_new();
    if (!tape) return qp_fail(QP_EMEMORY, "predict: out of memory");
    qp_status status = QP_OK;
    for (int i = 0; status == QP_OK && i < count; i++) {
        const int32_t start[] = {0, ids[i].count};
        qp_tape_begin(tape, QP_INFER, 0);
        const int32_t *code = qp_model_codes(m->model, tape, (qp_ids){{.count = 1, .start = start}, ids[i].id});
        status = code ? put_one(o, code, codes) : qp_tape_status(tape);
    }
    qp_tape_free(tape);
    return status;
}

static qp_status predict_chunk(const qp_package *m, const qp_predict_config *o, const qp_chunks *chunk,
                               qp_warning *warning)
{
    return qp_predict_encoded(m, o, chunk, warning, predict_ids);
}

qp_status qp_predict_codes(const qp_package *m, const qp_predict_config *o, char **file, int files)
{
    if (qp_model_config_of(m->model)->codebook == 0)
        return qp_fail(QP_EUSAGE, "%s: has no codes; use quipu translate, or train one with --codebook 256", o->model);
    return qp_predict_lines(m, o, file, files, predict_chunk);
}
