#define _GNU_SOURCE /* memmem */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/byte_letters.h"
#include "lib/text/json_reader.h"
#include "lib/text/text_buffer.h"
#include "tokenizer/huggingface/huggingface_model.h"
#include "tokenizer/huggingface/pipeline_build.h"
#include "tokenizer/huggingface/pipeline_length.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_kinds.h"
#include "tokenizer/stages/stage_list.h"

static qp_status refuse(const char *place, const char *what)
{
    return qp_fail(QP_EDATA, "%s: %s; give a tokenizer.json made by Hugging Face tokenizers", place, what);
}

/* ---- added tokens ---- */

/* The id of an added token: that of the piece with its text; else the one in the file, if no other token has it; else
 * the next free one, as in Hugging Face. */
static qp_status free_id(const qp_pipeline *p, const qp_added_token *token, int32_t *id)
{
    int32_t piece, next = p->vocabulary.count;
    QP_TRY(qp_pipeline_find_piece(p, token->text, token->bytes, &piece));
    if (piece >= 0) {
        *id = p->token_id[piece];
        return QP_OK;
    }
    bool taken = false;
    for (int32_t i = 0; i < p->vocabulary.count && !taken; i++)
        taken = p->token_id[i] == token->id && (p->token_bytes[i] != token->bytes ||
                                                memcmp(p->token[i], token->text, token->bytes) != 0);
    for (size_t i = 0; i < p->added_count; i++) {
        const qp_added_token *a = &p->added[i];
        bool same = a->bytes == token->bytes && memcmp(a->text, token->text, a->bytes) == 0;
        taken = taken || (a->id == token->id && !same);
        if (a->id >= next && a->id < INT32_MAX) next = a->id + 1;
    }
    *id = taken ? next : token->id;
    return QP_OK;
}

/* The reason that "wanted" is not the id of this token, as the original warns. */
static qp_status warn_of_id(const char *place, qp_pipeline *p, const qp_added_token *token, int32_t wanted)
{
    qp_text_buffer out = {0};
    size_t bytes;
    int32_t piece;
    QP_TRY(qp_pipeline_find_piece(p, token->text, token->bytes, &piece));
    free(p->warning);
    p->warning = NULL;
    qp_text_format(&out, "%s: the added token \"%s\" has the id %d, not %d: %s", place, token->text, token->id, wanted,
                   piece >= 0 ? "that is its id in the vocabulary" : "that id is taken");
    return qp_text_finish(&out, &p->warning, &bytes);
}

static qp_status read_added(const char *place, const json_t *list, qp_pipeline *p)
{
    if (!list) return QP_OK;
    if (!json_is_array(list)) return refuse(place, "added_tokens is no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i), *content = json_object_get(row, "content"),
                     *id = json_object_get(row, "id");
        qp_added_token token = {0};
        if (!json_is_string(content)) return refuse(place, "an added token has no content");
        if (!json_is_integer(id) || json_integer_value(id) < 0 || json_integer_value(id) > INT32_MAX)
            return refuse(place, "an added token has no id");
        token.id = (int32_t)json_integer_value(id);
        token.bytes = json_string_length(content);
        QP_TRY(qp_json_flag(place, row, "special", false, &token.special));
        QP_TRY(qp_json_flag(place, row, "single_word", false, &token.single_word));
        QP_TRY(qp_json_flag(place, row, "lstrip", false, &token.left_strip));
        QP_TRY(qp_json_flag(place, row, "rstrip", false, &token.right_strip));
        QP_TRY(qp_json_flag(place, row, "normalized", !token.special, &token.normalized));
        token.text = (char *)(uintptr_t)json_string_value(content);
        int32_t wanted = token.id;
        QP_TRY(free_id(p, &token, &token.id));
        if (token.id != wanted) QP_TRY(warn_of_id(place, p, &token, wanted));
        QP_TRY(qp_pipeline_add_token(p, &token));
    }
    return QP_OK;
}

/* ---- post-processors ---- */

static qp_status read_pair(const char *place, const json_t *value, int32_t *id)
{
    const json_t *number = json_array_get(value, 1);
    if (json_array_size(value) != 2 || !json_is_integer(number) || json_integer_value(number) < 0 ||
        json_integer_value(number) > INT32_MAX)
        return refuse(place, "a special token of the post-processor is not a text and an id");
    *id = (int32_t)json_integer_value(number);
    return QP_OK;
}

/* BERT: [CLS] A [SEP] B [SEP]; RoBERTa: <s> A </s> </s> B </s>, all of type 0. */
static qp_status read_bert_like(const char *place, const json_t *json, bool roberta, qp_pipeline *p)
{
    int32_t cls, sep;
    QP_TRY(read_pair(place, json_object_get(json, "cls"), &cls));
    QP_TRY(read_pair(place, json_object_get(json, "sep"), &sep));
    p->has_template = true;
    qp_template *t[] = {&p->single, &p->pair};
    for (int i = 0; i < 2; i++) {
        QP_TRY(qp_pipeline_add_part(t[i], -1, 0, &cls, 1));
        QP_TRY(qp_pipeline_add_part(t[i], 0, 0, NULL, 0));
        QP_TRY(qp_pipeline_add_part(t[i], -1, 0, &sep, 1));
    }
    if (roberta) QP_TRY(qp_pipeline_add_part(&p->pair, -1, 0, &sep, 1));
    QP_TRY(qp_pipeline_add_part(&p->pair, 1, roberta ? 0 : 1, NULL, 0));
    return qp_pipeline_add_part(&p->pair, -1, roberta ? 0 : 1, &sep, 1);
}

static qp_status add_special_part(const char *place, const json_t *special, const json_t *name, int32_t type_id,
                                  qp_template *t)
{
    const json_t *row = json_object_get(special, json_is_string(name) ? json_string_value(name) : "");
    const json_t *ids = json_object_get(row, "ids"), *tokens = json_object_get(row, "tokens");
    int32_t id[64];
    size_t count = json_array_size(ids);
    if (!row || !json_is_array(ids) || count > 64 || (tokens && json_array_size(tokens) != count))
        return refuse(place, "a special token of the template is not described");
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(ids, i);
        if (!json_is_integer(number) || json_integer_value(number) < 0 || json_integer_value(number) > INT32_MAX)
            return refuse(place, "an id of the template is no number");
        id[i] = (int32_t)json_integer_value(number);
    }
    return qp_pipeline_add_part(t, -1, type_id, id, count);
}

static qp_status read_template(const char *place, const json_t *list, const json_t *special, qp_template *t)
{
    if (!json_is_array(list)) return refuse(place, "a template is no list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i), *sequence = json_object_get(row, "Sequence");
        const json_t *body = sequence ? sequence : json_object_get(row, "SpecialToken"),
                     *id = json_object_get(body, "id");
        const json_t *type = json_object_get(body, "type_id");
        if (!body || !json_is_integer(type) || json_integer_value(type) < 0 || json_integer_value(type) > INT32_MAX)
            return refuse(place, "a part of the template is neither Sequence nor SpecialToken");
        int32_t type_id = (int32_t)json_integer_value(type);
        if (!sequence) {
            QP_TRY(add_special_part(place, special, id, type_id, t));
            continue;
        }
        const char *name = json_is_string(id) ? json_string_value(id) : "";
        if (strcmp(name, "A") != 0 && strcmp(name, "B") != 0)
            return refuse(place, "a sequence of the template is neither A nor B");
        QP_TRY(qp_pipeline_add_part(t, name[0] == 'B', type_id, NULL, 0));
    }
    return QP_OK;
}

static qp_status read_trimming(const char *place, const json_t *json, qp_pipeline *p)
{
    bool before = p->trims;
    QP_TRY(qp_json_flag(place, json, "trim_offsets", true, &p->trims));
    if (before && p->trims) return refuse(place, "two post-processors that trim offsets");
    if (before) return p->trims = true, QP_OK;
    return qp_json_flag(place, json, "add_prefix_space", true, &p->trim_prefix_space);
}

static qp_status read_post(const char *place, const json_t *json, int depth, qp_pipeline *p)
{
    if (!json || json_is_null(json)) return QP_OK;
    const json_t *type = json_object_get(json, "type");
    if (!json_is_string(type) || depth > 20) return refuse(place, "the post-processor has no type");
    const char *name = json_string_value(type);
    if (strcmp(name, "Sequence") == 0) {
        const json_t *list = json_object_get(json, "processors");
        if (!json_is_array(list)) return refuse(place, "a sequence of post-processors is no list");
        for (size_t i = 0; i < json_array_size(list); i++)
            QP_TRY(read_post(place, json_array_get(list, i), depth + 1, p));
        return QP_OK;
    }
    if (strcmp(name, "ByteLevel") == 0) return read_trimming(place, json, p);
    if (p->has_template) return refuse(place, "two post-processors that add tokens");
    if (strcmp(name, "BertProcessing") == 0) return read_bert_like(place, json, false, p);
    if (strcmp(name, "RobertaProcessing") == 0) {
        QP_TRY(read_trimming(place, json, p));
        return read_bert_like(place, json, true, p);
    }
    if (strcmp(name, "TemplateProcessing") != 0) return refuse(place, "unknown post-processor");
    p->has_template = true;
    const json_t *special = json_object_get(json, "special_tokens");
    QP_TRY(read_template(place, json_object_get(json, "single"), special, &p->single));
    return read_template(place, json_object_get(json, "pair"), special, &p->pair);
}

/* ---- the file ---- */

static bool has_all_letters(const json_t *vocabulary)
{
    for (int byte = 0; byte < 256; byte++) {
        char letter[5] = "";
        qp_utf8_write(qp_byte_letter((unsigned char)byte), letter);
        if (!json_object_get(vocabulary, letter)) return false;
    }
    return true;
}

/* A stage that makes letters, after stage `at`. */
static qp_status insert_letters(qp_stage_list *list, size_t at)
{
    void *self;
    QP_TRY(qp_stages_add(list, &qp_stage_split_letters, &self));
    qp_stage added = list->stage[list->count - 1];
    memmove(list->stage + at + 2, list->stage + at + 1, (list->count - at - 2) * sizeof added);
    list->stage[at + 1] = added;
    return QP_OK;
}

/* If ByteLevel is the last stage, the model works on bytes. Where other stages follow it, or bytes without a piece are
 * spelled or left out (which moves the spans after them), the text becomes letters, as in Hugging Face. */
static qp_status choose_bytes(const json_t *model, qp_pipeline *p)
{
    qp_stage_list *list = &p->splitter;
    const json_t *unknown = json_object_get(model, "unk_token");
    bool spelled = json_is_true(json_object_get(model, "byte_fallback")) || !json_is_string(unknown);
    bool letters = spelled && !has_all_letters(json_object_get(model, "vocab"));
    size_t first = 0;
    while (first < list->count && list->stage[first].kind != &qp_stage_byte_level) first++;
    if (first == list->count) return QP_OK;
    p->byte_level = first + 1 == list->count && !letters;
    for (size_t i = first; !p->byte_level && i < list->count; i++) {
        if (list->stage[i].kind == &qp_stage_byte_level) QP_TRY(insert_letters(list, i));
    }
    return QP_OK;
}

static qp_status read_root(const char *place, const json_t *root, qp_pipeline *p)
{
    const json_t *version = json_object_get(root, "version"), *decoder = json_object_get(root, "decoder");
    if (!json_is_object(root)) return refuse(place, "it is no object");
    if (version && (!json_is_string(version) || strcmp(json_string_value(version), "1.0") != 0))
        return refuse(place, "its version is not 1.0");
    QP_TRY(qp_pipeline_read_length(place, root, &p->length));
    QP_TRY(qp_stages_read(place, json_object_get(root, "normalizer"), QP_ROLE_NORMALIZER, &p->normalizer));
    QP_TRY(qp_stages_read(place, json_object_get(root, "pre_tokenizer"), QP_ROLE_SPLITTER, &p->splitter));
    QP_TRY(qp_stages_read(place, decoder, QP_ROLE_DECODER, &p->decoder));
    p->has_decoder = decoder && !json_is_null(decoder);
    QP_TRY(choose_bytes(json_object_get(root, "model"), p));
    QP_TRY(read_post(place, json_object_get(root, "post_processor"), 0, p));
    QP_TRY(qp_pipeline_read_model(place, json_object_get(root, "model"), p));
    QP_TRY(read_added(place, json_object_get(root, "added_tokens"), p));
    return qp_pipeline_finish(place, p);
}

/* A copy in which every \\u0000 is the escape of a noncharacter that the file does not use. */
static char *without_nul_escapes(const char *content, size_t bytes, int32_t *stand_in)
{
    char *copy = qp_text_copy(content, bytes);
    *stand_in = 0;
    for (int32_t code = 0xFDD0; copy && code <= 0xFDEF && *stand_in == 0; code++) {
        char raw[4] = "", escape[8];
        raw[qp_utf8_write(code, raw)] = '\0';
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)code);
        if (!memmem(content, bytes, raw, 3) && !memmem(content, bytes, escape, 6)) *stand_in = code;
    }
    bool used = false;
    for (size_t i = 0; copy && *stand_in && i + 1 < bytes; i++) {
        if (copy[i] != '\\') continue;
        if (bytes - i >= 6 && memcmp(copy + i, "\\u0000", 6) == 0) {
            char escape[16];
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*stand_in);
            memcpy(copy + i, escape, 6);
            used = true;
        }
        i++;
    }
    if (!used) *stand_in = 0;
    return copy;
}

qp_status qp_huggingface_json(const char *place, const char *content, size_t bytes, int32_t *stand_in, json_t **root)
{
    *stand_in = 0;
    char *readable = without_nul_escapes(content, bytes, stand_in);
    if (!readable) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    qp_status status = qp_json_read(place, readable, bytes, JSON_ALLOW_NUL, root);
    free(readable);
    return status;
}

qp_status qp_pipeline_read_huggingface(const char *place, const char *content, size_t bytes, qp_pipeline **pipeline)
{
    *pipeline = NULL;
    int32_t stand_in;
    json_t *root;
    QP_TRY(qp_huggingface_json(place, content, bytes, &stand_in, &root));
    qp_pipeline *p = qp_pipeline_new();
    if (p) p->nul_stand_in = stand_in;
    qp_status status = p ? read_root(place, root, p) : qp_fail(QP_EMEMORY, "%s: out of memory", place);
    json_decref(root);
    if (status == QP_OK) {
        *pipeline = p;
    } else {
        qp_pipeline_free(p);
    }
    return status;
}
