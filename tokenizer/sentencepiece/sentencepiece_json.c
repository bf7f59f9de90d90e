#include "tokenizer/sentencepiece/sentencepiece_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/base64.h"
#include "lib/text/json_reader.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"

/* A sentencepiece model in quipu's JSON: settings by name, pieces as [text, score, kind], rules in base64. */

static const char *const model_name[] = {"", "unigram", "bpe", "word", "char"};
static const char *const kind_name[] = {"", "normal", "unknown", "control", "user", "unused", "byte"};
static const char *const id_name[] = {"unk", "bos", "eos", "pad"};

static qp_status put_rules(const char *key, const qp_charsmap *map, qp_text_buffer *out)
{
    char *raw;
    size_t bytes;
    QP_TRY(qp_charsmap_write(map, &raw, &bytes));
    qp_text_format(out, ",\n \"%s\": \"", key);
    qp_base64_write(out, raw, bytes);
    qp_text_put(out, "\"", 1);
    free(raw);
    return QP_OK;
}

static qp_status put_pieces(const qp_sentencepiece *m, qp_text_buffer *out)
{
    qp_text_format(out, ",\n \"pieces\": [");
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        qp_text_format(out, "%s\n  [", id ? "," : "");
        if (!qp_json_string(out, text, bytes))
            return qp_fail(QP_EDATA, "tokenizer file: piece %d is not UTF-8, JSON cannot hold it; keep the .model", id);
        qp_text_put(out, ", ", 2);
        qp_json_number(out, (double)m->score[id]);
        qp_text_format(out, ", \"%s\"]", kind_name[m->type[id]]);
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}

qp_status qp_sentencepiece_put_json(const qp_sentencepiece *m, qp_text_buffer *out)
{
    const int id[] = {m->unknown_id, m->bos_id, m->eos_id, m->pad_id};
    qp_text_format(out, ",\n \"model\": \"%s\"", model_name[m->model_type]);
    const struct {
        const char *key;
        bool value;
    } flag[] = {{"space_as_suffix", m->space_as_suffix},
                {"byte_fallback", m->byte_fallback},
                {"add_dummy_prefix", m->add_dummy_prefix},
                {"remove_extra_spaces", m->remove_extra_spaces},
                {"escape_spaces", m->escape_spaces}};
    for (int i = 0; i < 5; i++)
        qp_text_format(out, ",\n \"%s\": %s", flag[i].key, flag[i].value ? "true" : "false");
    for (int i = 0; i < 4; i++) {
        qp_text_format(out, ",\n \"%s_id\": %d,\n \"%s_name\": ", id_name[i], id[i], id_name[i]);
        const char *name = m->piece_name[i];
        if (!name)
            qp_text_format(out, "null");
        else if (!qp_json_string(out, name, strlen(name)))
            return qp_fail(QP_EDATA, "tokenizer file: the name of a special piece is not UTF-8; keep the .model");
    }
    qp_text_format(out, ",\n \"unknown_surface\": ");
    if (!m->unknown_surface)
        qp_text_format(out, "null");
    else if (!qp_json_string(out, m->unknown_surface, strlen(m->unknown_surface)))
        return qp_fail(QP_EDATA, "tokenizer file: the surface of unknown pieces is not UTF-8; keep the .model");
    if (m->known) qp_text_format(out, ",\n \"known\": %d", m->known);
    QP_TRY(put_rules("rules", &m->rules, out));
    QP_TRY(put_rules("back_rules", &m->back_rules, out));
    return put_pieces(m, out);
}

/* ---- reading: converted to a .model, so that there is one reader ---- */

static int index_of(const char *word, const char *const *list, int count)
{
    for (int i = 1; word && i < count; i++) {
        if (strcmp(word, list[i]) == 0) return i;
    }
    return 0;
}

static qp_status read_pieces(const char *place, const json_t *list, qp_text_buffer *out)
{
    if (!json_is_array(list)) return qp_fail(QP_EDATA, "%s: pieces is not a list", place);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i), *text = json_array_get(row, 0), *score = json_array_get(row, 1);
        int kind = index_of(json_string_value(json_array_get(row, 2)), kind_name, 7);
        if (json_array_size(row) != 3 || !json_is_string(text) || !json_is_number(score) || kind == 0)
            return qp_fail(QP_EDATA, "%s: piece %zu is not [text, score, kind]", place, i);
        qp_spm_put_piece(out, json_string_value(text), json_string_length(text), (float)json_number_value(score), kind);
    }
    return QP_OK;
}

static qp_status read_rules(const char *place, const json_t *root, const char *key, char **raw, size_t *bytes)
{
    const json_t *value = json_object_get(root, key);
    if (!json_is_string(value)) return qp_fail(QP_EDATA, "%s: %s is not a string", place, key);
    return qp_base64_read(place, json_string_value(value), json_string_length(value), raw, bytes);
}

static qp_status read_settings(const char *place, const json_t *root, qp_spm_settings *s)
{
    static const char *const key[] = {"space_as_suffix", "byte_fallback", "add_dummy_prefix", "remove_extra_spaces",
                                      "escape_spaces"};
    bool *const flag[] = {&s->space_as_suffix, &s->byte_fallback, &s->add_dummy_prefix, &s->remove_extra_spaces,
                          &s->escape_spaces};
    s->model_type = index_of(json_string_value(json_object_get(root, "model")), model_name, 5);
    if (!s->model_type) return qp_fail(QP_EDATA, "%s: unknown sentencepiece model type", place);
    for (int i = 0; i < 5; i++) {
        const json_t *value = json_object_get(root, key[i]);
        if (!json_is_boolean(value)) return qp_fail(QP_EDATA, "%s: %s is neither true nor false", place, key[i]);
        *flag[i] = json_is_true(value);
    }
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "%s_id", id_name[i]);
        const json_t *value = json_object_get(root, name);
        if (!json_is_integer(value)) return qp_fail(QP_EDATA, "%s: %s is not a whole number", place, name);
        s->id[i] = (int)json_integer_value(value);
        snprintf(name, sizeof name, "%s_name", id_name[i]);
        s->name[i] = json_string_value(json_object_get(root, name));
    }
    s->unknown_surface = json_string_value(json_object_get(root, "unknown_surface"));
    return QP_OK;
}

static qp_status to_model(const char *place, const json_t *root, qp_text_buffer *out)
{
    qp_spm_settings s = {0};
    char *rules = NULL, *back = NULL;
    QP_TRY(read_settings(place, root, &s));
    QP_TRY(read_pieces(place, json_object_get(root, "pieces"), out));
    qp_status status = read_rules(place, root, "rules", &rules, &s.rules_bytes);
    if (status == QP_OK) status = read_rules(place, root, "back_rules", &back, &s.back_rules_bytes);
    s.rules = rules;
    s.back_rules = back;
    s.pieces = (int)json_array_size(json_object_get(root, "pieces"));
    if (status == QP_OK) qp_spm_put_settings(out, &s);
    free(rules);
    free(back);
    return status;
}

qp_status qp_sentencepiece_of_json(const char *place, const char *text, size_t bytes, qp_sentencepiece **model)
{
    qp_text_buffer out = {0};
    char *content = NULL;
    size_t length = 0;
    json_t *root;
    QP_TRY(qp_json_read(place, text, bytes, JSON_REJECT_DUPLICATES, &root));
    qp_status status = to_model(place, root, &out);
    const json_t *known = json_object_get(root, "known");
    json_int_t pieces = known ? json_integer_value(known) : 0;
    json_decref(root);
    if (status == QP_OK) status = qp_text_finish(&out, &content, &length);
    if (status == QP_OK) status = qp_sentencepiece_read(place, content, length, model);
    bool fits = status != QP_OK || pieces == 0 ||
                (pieces > (*model)->unknown_id && pieces <= (*model)->vocabulary.count && !(*model)->byte_fallback);
    if (!fits) {
        qp_sentencepiece_free(*model);
        *model = NULL;
        status = qp_fail(QP_EDATA, "%s: known is not a number of its pieces", place);
    }
    if (status == QP_OK) (*model)->known = (int)pieces;
    free(content);
    qp_text_free(&out);
    return status;
}
