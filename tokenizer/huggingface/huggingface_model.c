#include "tokenizer/huggingface/huggingface_model.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "tokenizer/huggingface/pipeline_build.h"
#include "tokenizer/stages/stage_json.h"

static qp_status refuse(const char *place, const char *what)
{
    return qp_fail(QP_EDATA, "%s: %s; give a tokenizer.json made by Hugging Face tokenizers", place, what);
}

static qp_status keep_affix(const char *place, const json_t *model, const char *key, char **affix)
{
    json_t *value = json_object_get(model, key);
    if (!value || json_is_null(value)) return QP_OK;
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return qp_fail(QP_EDATA, "%s: %s is no text", place, key);
    if (json_string_length(value) == 0) return QP_OK;
    *affix = qp_text_copy(json_string_value(value), json_string_length(value));
    return *affix ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", place);
}

static qp_status read_vocabulary_object(const char *place, json_t *vocabulary, qp_pipeline *p)
{
    const char *key;
    size_t bytes;
    json_t *id;
    if (!json_is_object(vocabulary)) return refuse(place, "the model has no vocab");
    for (void *at = json_object_iter(vocabulary); at; at = json_object_iter_next(vocabulary, at)) {
        key = json_object_iter_key(at);
        bytes = json_object_iter_key_len(at);
        id = json_object_iter_value(at);
        if (!json_is_integer(id)) return refuse(place, "an id of the vocab is no whole number");
        QP_TRY(qp_pipeline_add_piece(place, p, key, bytes, json_integer_value(id), 0));
    }
    return QP_OK;
}

/* An unknown token that is not in the vocabulary: to need it is an error. */
static qp_status keep_unknown_text(const char *place, const json_t *token, qp_pipeline *p)
{
    p->unknown_text = qp_text_copy(json_string_value(token), json_string_length(token));
    return p->unknown_text ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", place);
}

static qp_status read_unknown_token(const char *place, const json_t *model, bool needed, qp_pipeline *p)
{
    json_t *token = json_object_get(model, "unk_token");
    if (!token || json_is_null(token)) return needed ? refuse(place, "the model has no unk_token") : QP_OK;
    if (!json_is_string(token)) return refuse(place, "unk_token is no text");
    QP_TRY(qp_pipeline_find_piece(p, json_string_value(token), json_string_length(token), &p->unknown));
    if (p->unknown < 0 && needed) return refuse(place, "unk_token is not in the vocab");
    return p->unknown < 0 ? keep_unknown_text(place, token, p) : QP_OK;
}

static qp_status read_word_level_unknown(const char *place, const json_t *model, qp_pipeline *p)
{
    const json_t *token = json_object_get(model, "unk_token");
    if (!json_is_string(token)) return refuse(place, "the model has no unk_token");
    QP_TRY(qp_pipeline_find_piece(p, json_string_value(token), json_string_length(token), &p->unknown));
    return p->unknown >= 0 ? QP_OK : keep_unknown_text(place, token, p);
}

static qp_text view(const json_t *text) { return (qp_text){json_string_value(text), json_string_length(text)}; }

/* ["a", "b"] or "a b" */
static qp_status read_merge(const char *place, const json_t *merge, int32_t rank, qp_pipeline *p)
{
    if (json_is_array(merge)) {
        const json_t *a = json_array_get(merge, 0), *b = json_array_get(merge, 1);
        if (json_array_size(merge) != 2 || !json_is_string(a) || !json_is_string(b))
            return refuse(place, "a merge is no pair");
        return qp_pipeline_add_merge(place, p, view(a), view(b), rank);
    }
    if (!json_is_string(merge)) return refuse(place, "a merge is no pair");
    const qp_text text = view(merge);
    if (text.bytes >= 8 && memcmp(text.text, "#version", 8) == 0) return QP_OK; /* the first line of a merges.txt */
    const char *space = memchr(text.text, ' ', text.bytes);
    size_t left = space ? (size_t)(space - text.text) : 0;
    if (!space || memchr(space + 1, ' ', text.bytes - left - 1)) return refuse(place, "a merge is not two pieces");
    return qp_pipeline_add_merge(place, p, (qp_text){text.text, left}, (qp_text){space + 1, text.bytes - left - 1},
                                 rank);
}

/* Our own files may have ranks (huggingface_write.h). */
static qp_status read_merges(const char *place, const json_t *model, qp_pipeline *p)
{
    const json_t *merges = json_object_get(model, "merges"), *ranks = json_object_get(model, "ranks");
    if (!json_is_array(merges)) return refuse(place, "the model has no merges");
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *rank = json_array_get(ranks, i);
        if (ranks && (!json_is_integer(rank) || json_integer_value(rank) < 0 || json_integer_value(rank) > INT_MAX))
            return refuse(place, "the ranks are not one number for each merge");
        QP_TRY(read_merge(place, json_array_get(merges, i), ranks ? (int32_t)json_integer_value(rank) : -1, p));
    }
    return QP_OK;
}

static qp_status read_bpe(const char *place, const json_t *model, qp_pipeline *p)
{
    const json_t *dropout = json_object_get(model, "dropout");
    bool in_range = json_is_number(dropout) && json_number_value(dropout) >= 0 && json_number_value(dropout) <= 1;
    if (dropout && !json_is_null(dropout) && !in_range) return refuse(place, "dropout is not a number from 0 to 1");
    QP_TRY(keep_affix(place, model, "continuing_subword_prefix", &p->prefix));
    QP_TRY(keep_affix(place, model, "end_of_word_suffix", &p->suffix));
    QP_TRY(qp_json_flag(place, model, "fuse_unk", false, &p->fuse_unknown));
    QP_TRY(qp_json_flag(place, model, "byte_fallback", false, &p->byte_fallback));
    QP_TRY(qp_json_flag(place, model, "ignore_merges", false, &p->ignore_merges));
    QP_TRY(read_vocabulary_object(place, json_object_get(model, "vocab"), p));
    QP_TRY(read_unknown_token(place, model, false, p));
    if (p->byte_fallback && (p->prefix || p->suffix))
        return refuse(place, "byte_fallback with a prefix or suffix of pieces is not done by this program");
    return read_merges(place, model, p);
}

static qp_status read_unigram(const char *place, const json_t *model, qp_pipeline *p)
{
    json_t *vocabulary = json_object_get(model, "vocab"), *unknown = json_object_get(model, "unk_id");
    if (!json_is_array(vocabulary)) return refuse(place, "the model has no vocab");
    QP_TRY(qp_json_flag(place, model, "byte_fallback", false, &p->byte_fallback));
    for (size_t i = 0; i < json_array_size(vocabulary); i++) {
        const json_t *row = json_array_get(vocabulary, i), *piece = json_array_get(row, 0),
                     *score = json_array_get(row, 1);
        if (json_array_size(row) != 2 || !json_is_string(piece) || !json_is_number(score) ||
            !isfinite(json_number_value(score)))
            return refuse(place, "an entry of the vocab is not a piece and its score");
        QP_TRY(qp_pipeline_add_piece(place, p, json_string_value(piece), json_string_length(piece), (int64_t)i,
                                     json_number_value(score)));
    }
    if (!unknown || json_is_null(unknown)) return QP_OK;
    if (!json_is_integer(unknown) || json_integer_value(unknown) < 0 ||
        json_integer_value(unknown) >= p->vocabulary.count)
        return refuse(place, "unk_id is outside the vocab");
    p->unknown = (int32_t)json_integer_value(unknown);
    return QP_OK;
}

static qp_status read_wordpiece(const char *place, const json_t *model, qp_pipeline *p)
{
    json_t *longest = json_object_get(model, "max_input_chars_per_word"),
           *prefix = json_object_get(model, "continuing_subword_prefix");
    if (prefix && !json_is_string(prefix)) return refuse(place, "continuing_subword_prefix is no text");
    QP_TRY(keep_affix(place, model, "continuing_subword_prefix", &p->prefix));
    if (longest) {
        if (!json_is_integer(longest) || json_integer_value(longest) < 0)
            return refuse(place, "max_input_chars_per_word is no count");
        p->longest_word = json_integer_value(longest) < INT_MAX ? (int)json_integer_value(longest) : INT_MAX;
    }
    QP_TRY(read_vocabulary_object(place, json_object_get(model, "vocab"), p));
    return read_unknown_token(place, model, true, p);
}

/* Old files do not name the type: it shows in the keys. */
static const char *type_of_model(const json_t *model)
{
    const json_t *type = json_object_get(model, "type");
    if (json_is_string(type)) return json_string_value(type);
    if (type) return "";
    if (json_object_get(model, "merges")) return "BPE";
    if (json_is_array(json_object_get(model, "vocab"))) return "Unigram";
    return json_object_get(model, "continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

qp_status qp_pipeline_read_model(const char *place, const json_t *model, qp_pipeline *p)
{
    if (!json_is_object(model)) return refuse(place, "there is no model");
    const char *type = type_of_model(model);
    if (strcmp(type, "BPE") == 0) {
        p->model = QP_MODEL_BPE;
        return read_bpe(place, model, p);
    }
    if (strcmp(type, "Unigram") == 0) {
        p->model = QP_MODEL_UNIGRAM;
        return read_unigram(place, model, p);
    }
    if (strcmp(type, "WordPiece") == 0) {
        p->model = QP_MODEL_WORDPIECE;
        return read_wordpiece(place, model, p);
    }
    if (strcmp(type, "WordLevel") != 0) return refuse(place, "unknown type of model");
    p->model = QP_MODEL_WORD_LEVEL;
    QP_TRY(read_vocabulary_object(place, json_object_get(model, "vocab"), p));
    return read_word_level_unknown(place, model, p);
}
