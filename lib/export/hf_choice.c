#include "lib/export/hf_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/export/misfit.h"
#include "lib/import/hf_decoding.h"
#include "lib/import/weight_save.h"
#include "lib/text/json_reader.h"

enum { HOPELESS = 1000 };

/* ---- config.json ---- */

static void put_id(qp_text_buffer *json, const char *key, int32_t id)
{
    qp_json_key(json, key);
    if (id >= 0) qp_json_integer(json, id);
    if (id < 0) qp_json_null(json);
}

qp_status qp_hf_put_ids(qp_text_buffer *json, const qp_hf_written *w)
{
    put_id(json, "pad_token_id", w->ids.pad);
    put_id(json, "bos_token_id", w->ids.begin);
    QP_TRY(qp_hf_put_end(json, w->ids.end, w->decoding));
    if (qp_model_config_of(w->model)->task == QP_TASK_TRANSLATE)
        put_id(json, "decoder_start_token_id", qp_model_first_token(w->model));
    return QP_OK;
}

/* id2label and label2id, and whether a text may have several. */
static qp_status put_labels(qp_text_buffer *json, const qp_hf_written *w)
{
    json_t *names;
    char number[24];
    if (!w->labels) return QP_OK;
    QP_TRY(qp_json_read(w->place, w->labels, strlen(w->labels), 0, &names));
    for (int back = 0; back < 2; back++) {
        qp_json_key(json, back ? "label2id" : "id2label");
        qp_json_open(json, '{');
        for (size_t i = 0; i < json_array_size(names); i++) {
            const char *name = json_string_value(json_array_get(names, i));
            snprintf(number, sizeof number, "%zu", i);
            if (back)
                qp_json_put_integer(json, name, (int64_t)i);
            else
                qp_json_put_text(json, number, name);
        }
        qp_json_close(json, '}');
    }
    json_decref(names);
    if (qp_model_config_of(w->model)->multi_label) qp_json_put_text(json, "problem_type", "multi_label_classification");
    return QP_OK;
}

static qp_status write_config(const qp_hf_written *w, const qp_hf_family *family, const qp_hf_class *class,
                              char **text)
{
    qp_text_buffer json = {0};
    qp_json_open(&json, '{');
    qp_json_key(&json, "architectures");
    qp_json_open(&json, '[');
    qp_json_string(&json, class->name, strlen(class->name));
    qp_json_close(&json, ']');
    qp_json_put_text(&json, "model_type", family->model_type);
    qp_json_put_text(&json, "dtype", "float32");
    if (class->task == QP_TASK_TRANSLATE) qp_json_put_bool(&json, "is_encoder_decoder", true);
    family->describe(&json, qp_model_config_of(w->model));
    qp_status status = qp_hf_put_ids(&json, w);
    if (status == QP_OK) status = put_labels(&json, w);
    qp_json_close(&json, '}');
    if (status == QP_OK) return qp_text_finish(&json, text, NULL);
    qp_text_free(&json);
    return status;
}

/* ---- one architecture ---- */

static bool same_labels(const char *a, const char *b)
{
    json_t *names[2] = {NULL, NULL};
    if (!a || !b) return a == b;
    bool same = qp_json_read("labels", a, strlen(a), 0, &names[0]) == QP_OK &&
                qp_json_read("labels", b, strlen(b), 0, &names[1]) == QP_OK && json_equal(names[0], names[1]);
    json_decref(names[0]);
    json_decref(names[1]);
    return same;
}

/* Reads the configuration back, beside the names of the arrays. */
static qp_status read_back(const qp_hf_written *w, qp_hf_choice *c, qp_model_config *theirs, qp_misfit *m)
{
    const qp_model_config *ours = qp_model_config_of(w->model);
    bool begins = ours->task == QP_TASK_LM ? ours->start_id != QP_START_NONE : ours->begin_token;
    const qp_hf_wish wish = {.framed = true, .before = begins ? 0 : -1, .after = -1};
    qp_json_config json = {.place = w->place};
    qp_weight_list names = {0};
    qp_status status = qp_json_read(w->place, c->config, strlen(c->config), 0, &json.root);
    if (status == QP_OK)
        status = qp_weight_list_make(qp_model_params(w->model), c->table, c->tables, &c->shape, true, &names);
    const qp_weight_source source = qp_weight_list_source(&names, w->place);
    qp_hf_plan plan = {.json = &json, .source = &source, .model = theirs, .class = c->class};
    if (status == QP_OK && qp_hf_configure(&plan, c->family, NULL, &wish) != QP_OK) {
        m->count = HOPELESS;
        snprintf(m->list, sizeof m->list, "%s", qp_error_message());
    } else if (status == QP_OK && c->class->configure && !same_labels(w->labels, plan.labels)) {
        m->count = HOPELESS; /* the class has labels of its own */
    }
    if (names.without && m->count == 0) {
        m->count = HOPELESS;
        snprintf(m->list, sizeof m->list, "a model without %s", names.without);
    }
    c->shape = plan.shape;
    free(plan.labels);
    qp_weight_list_free(&names);
    qp_json_config_close(&json);
    return status;
}

static qp_status try_class(const qp_hf_written *w, qp_hf_choice *c, qp_misfit *m)
{
    qp_model_config ours = *qp_model_config_of(w->model), theirs;
    int32_t first = qp_model_first_token(w->model);
    *m = (qp_misfit){0};
    c->shape = (qp_weight_shape){.prefix = c->family->prefix, .gated = ours.gated_ff};
    c->tables = 0;
    if (c->class->head) c->table[c->tables++] = *c->class->head;
    c->table[c->tables++] = *c->family->body;
    QP_TRY(write_config(w, c->family, c->class, &c->config));
    QP_TRY(read_back(w, c, &theirs, m));
    c->shape.heads = (int)ours.heads;
    c->shape.kv_heads = (int)(ours.kv_heads ? ours.kv_heads : ours.heads);
    c->shape.head_width = qp_model_head_size(&ours);
    if (m->count >= HOPELESS && !strstr(m->list, "a model without")) return QP_OK;
    qp_misfit options = {0};
    qp_misfit_find(&ours, &theirs, first, &options);
    if (options.count) *m = options;
    return QP_OK;
}

/* ---- all of them ---- */

static qp_status refuse(const qp_hf_written *w, const char *family, const qp_misfit *m)
{
    const char *task = qp_model_task_name(qp_model_config_of(w->model)->task);
    if (!family)
        return qp_fail(QP_EUSAGE, "%s: Hugging Face transformers has no architecture for --task %s", w->place, task);
    return qp_fail(QP_EUSAGE, "%s: no architecture of Hugging Face transformers is this model; %s needs %s", w->place,
                   family, m->list);
}

qp_status qp_hf_choose(const qp_hf_written *w, qp_hf_choice *choice)
{
    const qp_model_config *config = qp_model_config_of(w->model);
    const qp_hf_family *family;
    const char *nearest = NULL;
    qp_misfit best = {0}, m;
    for (int i = 0; (family = qp_hf_family_at(i)); i++)
        for (const qp_hf_class *class = family->class; family->describe && class->name; class++) {
            if (!class->written || class->task != config->task) continue;
            *choice = (qp_hf_choice){.family = family, .class = class};
            qp_status status = try_class(w, choice, &m);
            if (status == QP_OK && m.count == 0) return QP_OK;
            free(choice->config);
            choice->config = NULL;
            if (status != QP_OK) return status;
            if (nearest && m.count >= best.count) continue;
            nearest = family->model_type;
            best = m;
        }
    return refuse(w, nearest, &best);
}
