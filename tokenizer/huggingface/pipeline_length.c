#include "tokenizer/huggingface/pipeline_length.h"

#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/stages/stage_json.h"

static const char *const strategy_name[] = {"LongestFirst", "OnlyFirst", "OnlySecond"};

static qp_status refuse(const char *place, const char *what)
{
    return qp_fail(QP_EDATA, "%s: %s; give a tokenizer.json made by Hugging Face tokenizers", place, what);
}

static qp_status read_number(const char *place, const json_t *json, const char *key, size_t missing, size_t *number)
{
    const json_t *value = json_object_get(json, key);
    *number = missing;
    if (!value || json_is_null(value)) return QP_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > INT32_MAX)
        return qp_fail(QP_EDATA, "%s: %s is no count up to 2147483647", place, key);
    *number = (size_t)json_integer_value(value);
    return QP_OK;
}

/* "Left" or "Right"; missing: right. */
static qp_status read_direction(const char *place, const json_t *json, bool *left)
{
    const json_t *value = json_object_get(json, "direction");
    *left = json_is_string(value) && strcmp(json_string_value(value), "Left") == 0;
    if (!value || *left) return QP_OK;
    bool right = json_is_string(value) && strcmp(json_string_value(value), "Right") == 0;
    return right ? QP_OK : refuse(place, "a direction is neither Left nor Right");
}

static qp_status read_truncation(const char *place, const json_t *json, qp_length_rules *rules)
{
    const json_t *strategy = json_object_get(json, "strategy");
    int k = 0;
    rules->cuts = true;
    QP_TRY(read_number(place, json, "max_length", SIZE_MAX, &rules->most));
    QP_TRY(read_number(place, json, "stride", 0, &rules->stride));
    QP_TRY(read_direction(place, json, &rules->cuts_left));
    if (rules->most == SIZE_MAX) return refuse(place, "truncation has no max_length");
    while (k < 3 && strategy &&
           !(json_is_string(strategy) && strcmp(json_string_value(strategy), strategy_name[k]) == 0))
        k++;
    rules->strategy = k;
    return k < 3 ? QP_OK : refuse(place, "unknown strategy of truncation");
}

/* The strategy is "BatchLongest", which does not change a single text, or {"Fixed": length}. */
static qp_status read_padding(const char *place, const json_t *json, qp_length_rules *rules)
{
    const json_t *strategy = json_object_get(json, "strategy"), *token = json_object_get(json, "pad_token");
    size_t id, type_id;
    rules->fills = true;
    rules->fixed = json_object_get(strategy, "Fixed") != NULL;
    if (rules->fixed)
        QP_TRY(read_number(place, strategy, "Fixed", 0, &rules->least));
    else if (!json_is_string(strategy) || strcmp(json_string_value(strategy), "BatchLongest") != 0)
        return refuse(place, "unknown strategy of padding");
    if (rules->least > 1 << 24) return refuse(place, "padding to more than 16777216 tokens");
    QP_TRY(read_number(place, json, "pad_to_multiple_of", 0, &rules->multiple));
    if (rules->multiple > 1 << 24) return refuse(place, "padding to more than 16777216 tokens");
    QP_TRY(read_number(place, json, "pad_id", 0, &id));
    QP_TRY(read_number(place, json, "pad_type_id", 0, &type_id));
    QP_TRY(read_direction(place, json, &rules->fills_left));
    rules->fill_id = (int32_t)id;
    rules->fill_type = (int32_t)type_id;
    if (!json_is_string(token)) return refuse(place, "padding has no pad_token");
    rules->fill_bytes = json_string_length(token);
    rules->fill_text = qp_text_copy(json_string_value(token), rules->fill_bytes);
    return rules->fill_text ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", place);
}

qp_status qp_pipeline_read_length(const char *place, const json_t *root, qp_length_rules *rules)
{
    const json_t *truncation = json_object_get(root, "truncation"), *padding = json_object_get(root, "padding");
    if (truncation && !json_is_null(truncation)) QP_TRY(read_truncation(place, truncation, rules));
    if (padding && !json_is_null(padding)) QP_TRY(read_padding(place, padding, rules));
    return QP_OK;
}

qp_status qp_pipeline_write_length(const qp_length_rules *r, qp_text_buffer *out)
{
    static const char *const direction[] = {"Right", "Left"};
    qp_text_format(out, " \"truncation\": ");
    if (r->cuts)
        qp_text_format(out, "{\"direction\": \"%s\", \"max_length\": %zu, \"strategy\": \"%s\", \"stride\": %zu}",
                           direction[r->cuts_left], r->most, strategy_name[r->strategy], r->stride);
    else
        qp_text_format(out, "null");
    qp_text_format(out, ",\n \"padding\": ");
    if (!r->fills) {
        qp_text_format(out, "null");
        return QP_OK;
    }
    qp_text_format(out, "{\"strategy\": ");
    if (r->fixed)
        qp_text_format(out, "{\"Fixed\": %zu}", r->least);
    else
        qp_text_format(out, "\"BatchLongest\"");
    qp_text_format(out, ", \"direction\": \"%s\", \"pad_to_multiple_of\": ", direction[r->fills_left]);
    if (r->multiple)
        qp_text_format(out, "%zu", r->multiple);
    else
        qp_text_format(out, "null");
    qp_text_format(out, ", \"pad_id\": %d, \"pad_type_id\": %d, \"pad_token\": ", r->fill_id, r->fill_type);
    if (!qp_json_string(out, r->fill_text, r->fill_bytes))
        return qp_fail(QP_EDATA, "the padding token is not UTF-8, so tokenizer.json cannot express it");
    qp_text_put(out, "}", 1);
    return QP_OK;
}

/* ---- cutting ---- */

static void keep(const qp_length_rules *r, qp_encoding *list, size_t most)
{
    if ((size_t)list->count > most) qp_encoding_keep(list, r->cuts_left ? list->count - (int)most : 0, (int)most);
}

/* The longer one gives first; where both are too long each keeps half, the longer one what is left over. */
static void cut_both(const qp_length_rules *r, size_t most, qp_encoding *first, qp_encoding *second)
{
    bool swapped = first->count > second->count;
    size_t shorter = (size_t)(swapped ? second->count : first->count), longer = shorter;
    if (shorter <= most && most - shorter > shorter) longer = most - shorter;
    if (shorter + longer > most) {
        shorter = most / 2;
        longer = shorter + most % 2;
    }
    keep(r, first, swapped ? longer : shorter);
    keep(r, second, swapped ? shorter : longer);
}

qp_status qp_pipeline_cut(const qp_length_rules *r, size_t added, qp_encoding *first, qp_encoding *second)
{
    size_t total = (size_t)first->count + (size_t)(second ? second->count : 0), most = r->most - added;
    if (!r->cuts || added > r->most || total <= most) return QP_OK; /* no room for the template: nothing is cut */
    qp_encoding *target = r->strategy == QP_CUT_SECOND ? second : first;
    if (most == 0) {
        keep(r, first, 0);
        if (second) keep(r, second, 0);
    } else if (r->strategy == QP_CUT_LONGEST && second) {
        cut_both(r, most, first, second);
    } else if (!target) {
        return qp_fail(QP_EDATA, "tokenizer: its truncation cuts the second text, and there is none; give a pair");
    } else if ((size_t)target->count <= total - most) {
        return qp_fail(QP_EDATA, "tokenizer: the text that its truncation cuts is too short; give shorter texts");
    } else {
        keep(r, target, (size_t)target->count - (total - most));
    }
    return QP_OK;
}

qp_status qp_pipeline_fill(const qp_length_rules *r, qp_encoding *list)
{
    size_t count = (size_t)list->count, length = r->fixed ? r->least : count;
    if (!r->fills) return QP_OK;
    if (r->multiple && length % r->multiple) length += r->multiple - length % r->multiple;
    if (length <= count) return QP_OK;
    const qp_token padding = {.id = r->fill_id, .type_id = r->fill_type, .sequence = -1};
    return qp_encoding_insert(list, r->fills_left ? 0 : list->count, (int)(length - count), padding);
}
