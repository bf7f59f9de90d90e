#include "lib/export/gguf_tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/gguf/gguf_file.h"
#include "lib/import/gguf/gguf_vocabulary.h"
#include "lib/text/json_reader.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/tokenizer_formats.h"

/* One token as a GGUF file has it; types have the numbers of sentencepiece. */
typedef struct {
    qp_text text;
    float score;
    uint32_t type;
} token;

static qp_status no_memory(const char *place) { return qp_fail(QP_EMEMORY, "%s: out of memory for its tokens", place); }

static qp_status refuse(const char *place, const char *what)
{
    return qp_fail(QP_EUSAGE,
                   "%s: its tokenizer cannot be written as GGUF: %s; a tokenizer of --type byte-bpe --pattern gpt2 "
                   "--normalization none, or of --type bpe --pattern spaces --normalization none, can",
                   place, what);
}

static void put_lists(qp_gguf_keys *keys, const token *t, int count, bool scored)
{
    qp_gguf_open_list(keys, "tokenizer.ggml.tokens", QP_GGUF_TEXT, (uint64_t)count);
    for (int i = 0; i < count; i++) qp_gguf_put_item(keys, t[i].text);
    if (scored) {
        qp_gguf_open_list(keys, "tokenizer.ggml.scores", QP_GGUF_FLOAT, (uint64_t)count);
        for (int i = 0; i < count; i++) qp_gguf_put_word(keys, qp_gguf_float_word(t[i].score));
    }
    qp_gguf_open_list(keys, "tokenizer.ggml.token_type", QP_GGUF_I32, (uint64_t)count);
    for (int i = 0; i < count; i++) qp_gguf_put_word(keys, t[i].type);
}

/* Tokens without a text get a name of their own: [PAD7]. name [rows] of 16 bytes. */
static void name_unused(token *t, int rows, char (*name)[16])
{
    for (int i = 0; i < rows; i++) {
        if (t[i].text.text) continue;
        int length = snprintf(name[i], sizeof name[i], "[PAD%d]", i);
        t[i] = (token){{name[i], (size_t)length}, 0, QP_SPM_UNUSED};
    }
}

/* ---- pieces with scores ---- */

static qp_status check_scored(const char *place, const qp_sentencepiece *m)
{
    if (m->model_type != QP_SPM_BPE) return refuse(place, "it is not BPE");
    if (m->rules.unit_count || m->remove_extra_spaces) return refuse(place, "it changes texts");
    if (m->space_as_suffix || !m->escape_spaces) return refuse(place, "it marks spaces in another way");
    return m->byte_fallback ? QP_OK : refuse(place, "it has no bytes");
}

static qp_status put_scored(qp_gguf_keys *keys, const char *place, const qp_sentencepiece *m, int rows)
{
    QP_TRY(check_scored(place, m));
    token *t = calloc((size_t)rows + 1, sizeof *t);
    char(*name)[16] = calloc((size_t)rows + 1, sizeof *name);
    for (int32_t id = 0; t && name && id < m->vocabulary.count && id < rows; id++) {
        t[id] = (token){.score = m->score[id], .type = m->type[id]};
        t[id].text.text = qp_vocabulary_text(&m->vocabulary, id, &t[id].text.bytes);
    }
    if (t && name) {
        name_unused(t, rows, name);
        qp_gguf_put_text(keys, "tokenizer.ggml.model", "llama");
        put_lists(keys, t, rows, true);
        qp_gguf_put_number(keys, "tokenizer.ggml.unknown_token_id", (uint32_t)m->unknown_id);
        qp_gguf_put_flag(keys, "tokenizer.ggml.add_space_prefix", m->add_dummy_prefix);
    }
    bool enough = t && name;
    free(t);
    free(name);
    return enough ? QP_OK : no_memory(place);
}

/* ---- byte-level BPE ---- */

/* Stage i of a normalizer or splitter, or of a sequence of them under the key `list`; NULL: there are no more. */
static json_t *stage_at(json_t *stages, const char *list, size_t i)
{
    const json_t *inner = json_object_get(stages, list);
    if (inner) return json_array_get(inner, i);
    return i == 0 && json_is_object(stages) ? stages : NULL;
}

/* *same, if it was true: whether both have the same stages; what only moves offsets is removed from them. */
static qp_status same_stages(const char *place, const char *text, json_t *wanted, const char *list, bool *same)
{
    json_t *known = NULL;
    if (!*same) return QP_OK;
    QP_TRY(qp_json_read(place, text, strlen(text), JSON_DECODE_ANY, &known));
    for (size_t i = 0; *same; i++) {
        json_t *a = stage_at(known, list, i), *b = stage_at(wanted, list, i);
        if (!a && !b) break;
        json_object_del(a, "trim_offsets");
        json_object_del(b, "trim_offsets");
        *same = a && b && json_equal(a, b);
    }
    json_decref(known);
    return QP_OK;
}

/* *found: NULL if none has these stages. */
static qp_status find_pre(const char *place, const json_t *root, bool ignore_merges, const qp_gguf_pre **found)
{
    json_t *normalizer = json_object_get(root, "normalizer"), *words = json_object_get(root, "pre_tokenizer");
    *found = NULL;
    for (const qp_gguf_pre *pre = qp_gguf_pres; pre->name && !*found; pre++) {
        bool same = pre->ignore_merges == ignore_merges;
        QP_TRY(same_stages(place, pre->pre_tokenizer, words, "pretokenizers", &same));
        QP_TRY(same_stages(place, pre->normalizer, normalizer, "normalizers", &same));
        if (same) *found = pre;
    }
    return QP_OK;
}

static qp_text text_of(const json_t *value)
{
    return (qp_text){json_string_value(value), json_string_length(value)};
}

static void fill_tokens(const qp_tokenizer *tokenizer, const json_t *root, token *t, int rows)
{
    const char *piece;
    json_t *id, *added;
    size_t i;
    json_object_foreach(json_object_get(json_object_get(root, "model"), "vocab"), piece, id)
    {
        json_int_t at = json_integer_value(id);
        bool special = at >= 0 && at < rows && qp_tokenizer_role(tokenizer, (int32_t)at) == QP_TOKEN_SPECIAL;
        if (at >= 0 && at < rows)
            t[at] = (token){{piece, strlen(piece)}, 0, special ? QP_SPM_CONTROL : QP_SPM_NORMAL};
    }
    json_array_foreach(json_object_get(root, "added_tokens"), i, added)
    {
        json_int_t at = json_integer_value(json_object_get(added, "id"));
        bool special = json_is_true(json_object_get(added, "special"));
        if (at >= 0 && at < rows)
            t[at] = (token){text_of(json_object_get(added, "content")), 0,
                            special ? QP_SPM_CONTROL : QP_SPM_USER_DEFINED};
    }
}

static void put_merges(qp_gguf_keys *keys, const json_t *merges)
{
    qp_gguf_open_list(keys, "tokenizer.ggml.merges", QP_GGUF_TEXT, json_array_size(merges));
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *merge = json_array_get(merges, i);
        qp_text_buffer pair = {0};
        if (json_is_array(merge)) {
            qp_text left = text_of(json_array_get(merge, 0)), right = text_of(json_array_get(merge, 1));
            qp_text_put(&pair, left.text, left.bytes);
            qp_text_add(&pair, " ");
            qp_text_put(&pair, right.text, right.bytes);
        } else {
            qp_text_put(&pair, json_string_value(merge), json_string_length(merge));
        }
        if (pair.failed) keys->keys.failed = true;
        qp_gguf_put_item(keys, (qp_text){pair.text, pair.bytes});
        qp_text_free(&pair);
    }
}

static qp_status put_bytes(qp_gguf_keys *keys, const char *place, const qp_tokenizer *tokenizer, const json_t *root,
                           int rows)
{
    const json_t *model = json_object_get(root, "model"), *kind = json_object_get(model, "type");
    if (!json_is_string(kind) || strcmp(json_string_value(kind), "BPE") != 0) return refuse(place, "it is not BPE");
    const qp_gguf_pre *pre;
    QP_TRY(find_pre(place, root, json_is_true(json_object_get(model, "ignore_merges")), &pre));
    if (!pre) return refuse(place, "tokenizer.ggml.pre has no name for the words that it cuts a text into");
    token *t = calloc((size_t)rows + 1, sizeof *t);
    char(*name)[16] = calloc((size_t)rows + 1, sizeof *name);
    if (t && name) {
        fill_tokens(tokenizer, root, t, rows);
        name_unused(t, rows, name);
        qp_gguf_put_text(keys, "tokenizer.ggml.model", "gpt2");
        qp_gguf_put_text(keys, "tokenizer.ggml.pre", pre->name);
        put_lists(keys, t, rows, false);
        put_merges(keys, json_object_get(model, "merges"));
    }
    bool enough = t && name;
    free(t);
    free(name);
    return enough ? QP_OK : no_memory(place);
}

/* ---- either ---- */

static qp_status put_bytes_of(qp_gguf_keys *keys, const char *place, const qp_tokenizer *tokenizer, int rows)
{
    qp_export content = {0};
    json_t *root = NULL;
    qp_status status = qp_tokenizer_export(tokenizer, QP_FORMAT_HUGGINGFACE, &content);
    if (status != QP_OK) {
        qp_export_free(&content);
        return status == QP_EMEMORY ? status : refuse(place, "it is neither BPE with scores nor byte-level BPE");
    }
    status = qp_json_read(place, content.text[0], content.bytes[0], 0, &root);
    if (status == QP_OK) status = put_bytes(keys, place, tokenizer, root, rows);
    json_decref(root);
    qp_export_free(&content);
    return status;
}

qp_status qp_gguf_put_tokens(qp_gguf_keys *keys, const char *place, const qp_tokenizer *tokenizer, int rows)
{
    qp_export content = {0};
    qp_sentencepiece *model;
    qp_status status = qp_tokenizer_export(tokenizer, QP_FORMAT_SENTENCEPIECE, &content);
    if (status != QP_OK) {
        qp_export_free(&content);
        return status == QP_EMEMORY ? status : put_bytes_of(keys, place, tokenizer, rows);
    }
    status = qp_sentencepiece_read(place, content.text[0], content.bytes[0], &model);
    qp_export_free(&content);
    QP_TRY(status);
    status = put_scored(keys, place, model, rows);
    qp_sentencepiece_free(model);
    return status;
}
