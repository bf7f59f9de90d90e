#include "lib/package/decoding_rules.h"

#include <stdio.h>
#include <string.h>

#include "lib/decode/generate.h"
#include "lib/decode/search.h"
#include "lib/text/json_reader.h"

static qp_status read_json(const char *place, const char *json, json_t **root)
{
    return qp_json_read(place, json, strlen(json), JSON_REJECT_DUPLICATES, root);
}

qp_status qp_decoding_read(const char *json, json_t **root) { return read_json("rules of decoding", json, root); }

/* Memory to try the value of a rule in, which belongs to the caller: several threads may open models. */
typedef union {
    qp_search_config search;
    qp_sample_config sample;
    qp_generate_config generate;
} scratch_config;

/* The field that a rule sets. */
static const qp_field *field_of(const char *option)
{
    const qp_field *field = qp_config_find(&qp_search_fields, option);
    if (!field) field = qp_config_find(&qp_sample_fields, option);
    return field ? field : qp_config_find(&qp_generate_fields, option);
}

/* *fits false: not rules. A value that an option refuses is an error that names it. */
static qp_status check_rules(const char *place, const json_t *rules, bool *fits)
{
    const char *option;
    json_t *value;
    char where[600];
    scratch_config scratch;
    json_object_foreach((json_t *)(uintptr_t)rules, option, value)
    {
        const qp_field *field = field_of(option);
        *fits = field && json_is_string(value);
        if (!*fits) return QP_OK;
        snprintf(where, sizeof where, "%.500s: rule %.60s", place, option);
        if (qp_config_set(field, &scratch, where, json_string_value(value)) != QP_OK) return QP_EDATA;
    }
    *fits = !rules || json_is_object(rules);
    return QP_OK;
}

static bool is_id(const json_t *value, int64_t vocabulary)
{
    return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < vocabulary;
}

static bool are_languages(const json_t *root, int64_t vocabulary)
{
    const json_t *languages = json_object_get(root, "languages"), *source = json_object_get(root, "source");
    const char *name;
    json_t *id;
    json_object_foreach((json_t *)(uintptr_t)languages, name, id) if (!is_id(id, vocabulary)) return false;
    return (!languages || (json_is_object(languages) && source)) && (!source || is_id(source, vocabulary));
}

qp_status qp_decoding_check(const char *place, const char *json, int64_t vocabulary)
{
    json_t *root;
    QP_TRY(read_json(place, json, &root));
    bool fits = false;
    qp_status status = check_rules(place, json_object_get(root, "rules"), &fits);
    fits = fits && json_is_object(root) && are_languages(root, vocabulary);
    json_decref(root);
    if (status != QP_OK) return status;
    return fits ? QP_OK : qp_fail(QP_EDATA, "%s: its rules of decoding do not fit; the file is damaged", place);
}

qp_status qp_decoding_rules(const char *json, void (*put)(void *self, const char *option, const char *value),
                            void *self)
{
    json_t *root, *value;
    const char *option;
    if (!json) return QP_OK;
    QP_TRY(qp_decoding_read(json, &root));
    json_object_foreach(json_object_get(root, "rules"), option, value) put(self, option, json_string_value(value));
    json_decref(root);
    return QP_OK;
}

typedef struct {
    const qp_field_table *table;
    void *object;
} target;

static void set_field(void *self, const char *option, const char *value)
{
    const target *t = self;
    const qp_field *field = qp_config_find(t->table, option);
    if (field) qp_config_set(field, t->object, option, value); /* whose value was checked on loading */
}

qp_status qp_decoding_apply(const char *json, const qp_field_table *table, void *object)
{
    target t = {table, object};
    return qp_decoding_rules(json, set_field, &t);
}
