#include "tests/import/hf_rows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/import/import_folder.h"

static qp_weight_array array_at(const void *self, int index)
{
    return (qp_weight_array){((const hf_names *)self)->name[index], 1, {1}, 1};
}

static qp_status read_array(const void *self, int index, qp_real *value)
{
    (void)self;
    *value = (qp_real)index;
    return QP_OK;
}

static const qp_hf_family *family_of(const char *model_type)
{
    const qp_hf_family *family;
    for (int i = 0; (family = qp_hf_family_at(i)); i++)
        if (strcmp(family->model_type, model_type) == 0) break;
    cr_assert(family, "%s", model_type);
    return family;
}

static const qp_hf_class *class_of(const qp_hf_family *family, const char *name)
{
    const qp_hf_class *class = family->class;
    while (name && class->name && strcmp(class->name, name) != 0) class ++;
    cr_assert(class->name, "%s", name ? name : family->model_type);
    return class;
}

qp_status hf_configure(const char *model_type, const char *class, const hf_row *r, qp_model_config *model,
                       qp_hf_plan *plan)
{
    char text[1200];
    qp_json_config json;
    const qp_hf_family *family = family_of(model_type);
    const qp_weight_source source = {.self = (void *)(uintptr_t)&r->arrays,
                                     .place = "weights",
                                     .count = r->arrays.count,
                                     .at = array_at,
                                     .read = read_array};
    snprintf(text, sizeof text, "{\"model_type\": \"%s\", %s}", model_type, r->json);
    cr_assert_eq(qp_json_config_parse("config.json", text, strlen(text), &json), QP_OK, "%s", qp_error_message());
    *plan = (qp_hf_plan){.json = &json, .source = &source, .model = model, .class = class_of(family, class)};
    qp_status status = qp_hf_configure(plan, family, folder_path(NULL), &(qp_hf_wish){0});
    qp_json_config_close(&json);
    return status;
}

void hf_check(const char *model_type, const char *class, const hf_row *r)
{
    qp_model_config model;
    qp_hf_plan plan;
    char options[600], value[600], *rest = options, *word;
    qp_status status = hf_configure(model_type, class, r, &model, &plan);
    cr_assert_eq(status, QP_OK, "%s: %s", model_type, qp_error_message());
    snprintf(options, sizeof options, "%s", r->options);
    while ((word = strtok_r(rest, " ", &rest))) {
        char *wanted = strchr(word, '=');
        *wanted++ = '\0';
        if (strcmp(word, "labels") == 0) {
            cr_expect_str_eq(plan.labels, wanted, "%s: labels %s", model_type, plan.labels);
            continue;
        }
        if (strcmp(word, "skipped") == 0) {
            cr_expect_eq(plan.shape.skipped, atoi(wanted), "%s: skipped %d", model_type, plan.shape.skipped);
            continue;
        }
        if (strcmp(word, "shape_gated") == 0) {
            cr_expect_eq(plan.shape.gated, atoi(wanted), "%s: gated %d", model_type, plan.shape.gated);
            continue;
        }
        const qp_field *field = qp_config_find(&qp_model_fields, word);
        cr_assert(field, "%s", word);
        qp_config_get(field, &model, value, sizeof value);
        cr_expect_str_eq(value, wanted, "%s: %s is %s", model_type, word, value);
    }
    free(plan.labels);
}

void hf_refused(const char *model_type, const char *json, const char *words)
{
    qp_model_config model;
    qp_hf_plan plan;
    cr_expect_eq(hf_configure(model_type, NULL, &(hf_row){json, NULL, {{NULL}, 0}}, &model, &plan), QP_EDATA, "%s",
                 words);
    cr_expect(strstr(qp_error_message(), words), "'%s' is not in: %s", words, qp_error_message());
    free(plan.labels);
}
