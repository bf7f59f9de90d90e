#include "lib/export/hf_tokenizer_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/folder.h"
#include "lib/import/hf_languages.h"
#include "lib/import/hf_package.h"
#include "lib/text/json_dump.h"
#include "lib/text/json_reader.h"
#include "tokenizer/marian_tokenizer.h"
#include "tokenizer/tokenizer_formats.h"

/* A tokenizer and the tokens that its model reads around a text; -1: none. */
typedef struct {
    const qp_tokenizer *tokenizer;
    qp_hf_frame wanted;
    const qp_model_config *model;
    const char *folder;
} files;

/* ---- tokenizer.json ---- */

static json_t *special_item(const char *name, int type)
{
    return json_pack("{s:{s:s,s:i}}", "SpecialToken", "id", name, "type_id", type);
}

static json_t *text_item(const char *name, int type)
{
    return json_pack("{s:{s:s,s:i}}", "Sequence", "id", name, "type_id", type);
}

/* [before] A [after], and with a second text B [after]. */
static json_t *items(const char *before, const char *after, bool pair)
{
    json_t *list = json_array();
    if (before) json_array_append_new(list, special_item(before, 0));
    json_array_append_new(list, text_item("A", 0));
    if (after) json_array_append_new(list, special_item(after, 0));
    if (pair) json_array_append_new(list, text_item("B", 1));
    if (pair && after) json_array_append_new(list, special_item(after, 1));
    return list;
}

static json_t *template_of(const files *f)
{
    const int32_t id[] = {f->wanted.before, f->wanted.after};
    const char *name[2];
    json_t *tokens = json_object();
    for (int i = 0; i < 2; i++) {
        name[i] = id[i] >= 0 ? qp_tokenizer_piece(f->tokenizer, id[i]) : NULL;
        if (!name[i]) continue;
        json_object_set_new(tokens, name[i],
                            json_pack("{s:s,s:[i],s:[s]}", "id", name[i], "ids", id[i], "tokens", name[i]));
    }
    return json_pack("{s:s,s:o,s:o,s:o}", "type", "TemplateProcessing", "single", items(name[0], name[1], false),
                     "pair", items(name[0], name[1], true), "special_tokens", tokens);
}

/* Replaces the post-processor; one that only moves offsets stays. */
static int set_template(const files *f, json_t *root)
{
    json_t *old = json_object_get(root, "post_processor"), *made = template_of(f);
    const char *type = json_string_value(json_object_get(old, "type"));
    if (type && strcmp(type, "ByteLevel") == 0)
        made = json_pack("{s:s,s:[O,o]}", "type", "Sequence", "processors", old, made);
    return json_object_set_new(root, "post_processor", made);
}

/* The special tokens of our own vocabularies are ordinary pieces in the file. transformers adds those that
 * tokenizer_config.json names; with them in the file, its other readers do so, too. */
static int add_special(const files *f, json_t *root, bool *added)
{
    const qp_special_ids *s = qp_tokenizer_special(f->tokenizer);
    const int32_t id[] = {s->pad, s->begin, s->end, s->unknown, s->mask};
    json_t *list = json_object_get(root, "added_tokens");
    for (int i = 0; i < 5; i++) {
        bool known = id[i] < 0;
        for (size_t k = 0; k < json_array_size(list) && !known; k++)
            known = json_integer_value(json_object_get(json_array_get(list, k), "id")) == id[i];
        if (known) continue;
        *added = true;
        json_t *token = json_pack("{s:i,s:s,s:b,s:b,s:b,s:b,s:b}", "id", id[i], "content",
                                  qp_tokenizer_piece(f->tokenizer, id[i]), "single_word", 0, "lstrip", 0, "rstrip", 0,
                                  "normalized", 0, "special", 1);
        if (json_array_append_new(list, token) != 0) return -1;
    }
    return 0;
}

/* A masked language model whose vocabulary has no mask reads the padding there (data/batches/masking.h). */
static bool masks_by_pad(const files *f)
{
    return f->model->task == QP_TASK_MLM && qp_tokenizer_special(f->tokenizer)->mask < 0;
}

/* The spaces around a mask belong to it. */
static void strip_around_mask(const files *f, json_t *root)
{
    json_t *list = json_object_get(root, "added_tokens");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *token = json_array_get(list, i);
        if (json_integer_value(json_object_get(token, "id")) != qp_tokenizer_special(f->tokenizer)->pad) continue;
        json_object_set_new(token, "lstrip", json_true());
        json_object_set_new(token, "rstrip", json_true());
    }
}

/* *changed: the file with what is missing, or NULL: nothing is. */
static qp_status complete(const files *f, const char *place, const char *text, size_t bytes, bool framed,
                          char **changed)
{
    json_t *root;
    bool added = false;
    QP_TRY(qp_json_read(place, text, bytes, 0, &root));
    int failed = add_special(f, root, &added);
    if (masks_by_pad(f)) strip_around_mask(f, root);
    if (!failed && !framed) failed = set_template(f, root);
    if (!failed && (added || !framed || masks_by_pad(f))) failed = !(*changed = qp_json_dump(root, JSON_INDENT(1)));
    json_decref(root);
    return failed ? qp_fail(QP_EMEMORY, "%s: out of memory", place) : QP_OK;
}

static qp_status save_tokenizer(const files *f)
{
    qp_export content;
    qp_tokenizer *again = NULL;
    qp_hf_frame has;
    char *changed = NULL;
    qp_text_buffer text = {0};
    QP_TRY(qp_tokenizer_export(f->tokenizer, QP_FORMAT_HUGGINGFACE, &content));
    qp_status status =
        qp_tokenizer_of_content(QP_FORMAT_HUGGINGFACE, "tokenizer.json", content.text[0], content.bytes[0], &again);
    if (status == QP_OK) status = qp_hf_frame_of(again, &has);
    bool framed = status == QP_OK && has.before == f->wanted.before && has.after == f->wanted.after;
    if (status == QP_OK)
        status = complete(f, "tokenizer.json", content.text[0], content.bytes[0], framed, &changed);
    if (status == QP_OK && changed) qp_text_add(&text, changed);
    if (status == QP_OK && !changed) qp_text_put(&text, content.text[0], content.bytes[0]);
    if (status == QP_OK) status = qp_folder_text(f->folder, "tokenizer.json", &text);
    free(changed);
    qp_tokenizer_free(again);
    qp_export_free(&content);
    return status;
}

/* ---- tokenizer_config.json ---- */

static void put_token(qp_text_buffer *json, const char *key, const qp_tokenizer *t, int32_t id)
{
    if (id >= 0) qp_json_put_text(json, key, qp_tokenizer_piece(t, id));
}

static qp_status save_config(const files *f)
{
    const qp_special_ids *s = qp_tokenizer_special(f->tokenizer);
    static const char *const inputs[] = {"input_ids", "attention_mask", "token_type_ids"};
    bool decodes = qp_model_task_has_decoder(f->model->task);
    qp_text_buffer json = {0};
    qp_json_open(&json, '{');
    qp_json_put_text(&json, "tokenizer_class", "PreTrainedTokenizerFast");
    put_token(&json, "pad_token", f->tokenizer, s->pad);
    put_token(&json, "unk_token", f->tokenizer, s->unknown);
    put_token(&json, "mask_token", f->tokenizer, masks_by_pad(f) ? s->pad : s->mask);
    put_token(&json, decodes ? "bos_token" : "cls_token", f->tokenizer, s->begin);
    put_token(&json, decodes ? "eos_token" : "sep_token", f->tokenizer, s->end);
    qp_json_put_integer(&json, "model_max_length", f->model->max_length + (decodes ? 0 : f->model->begin_token));
    qp_json_put_bool(&json, "clean_up_tokenization_spaces", false);
    qp_json_key(&json, "model_input_names");
    qp_json_open(&json, '[');
    for (int i = 0; i < (f->model->segments ? 3 : 2); i++) qp_json_string(&json, inputs[i], strlen(inputs[i]));
    qp_json_close(&json, ']');
    qp_json_close(&json, '}');
    return qp_folder_json(f->folder, "tokenizer_config.json", &json);
}

static qp_status save_files(const files *f)
{
    QP_TRY(qp_folder_make(f->folder));
    QP_TRY(save_tokenizer(f));
    return save_config(f);
}

/* ---- two sentencepiece models and one list of pieces, or two: what MarianTokenizer opens ---- */

static qp_status save_model(const char *folder, const char *name, const qp_tokenizer *t)
{
    qp_export content;
    qp_text_buffer text = {0};
    QP_TRY(qp_tokenizer_export(t, QP_FORMAT_SENTENCEPIECE, &content));
    qp_text_put(&text, content.text[0], content.bytes[0]);
    qp_export_free(&content);
    return qp_folder_text(folder, name, &text);
}

/* The first `count` pieces with their ids. */
static qp_status save_names(const char *folder, const char *name, const qp_tokenizer *t, int count)
{
    qp_text_buffer json = {0};
    qp_json_open(&json, '{');
    for (int32_t id = 0; id < count; id++) qp_json_put_integer(&json, qp_tokenizer_piece(t, id), id);
    qp_json_close(&json, '}');
    return qp_folder_json(folder, name, &json);
}

static bool same_names(const qp_tokenizer *a, const qp_tokenizer *b)
{
    int size = qp_tokenizer_size(a);
    bool same = size == qp_tokenizer_size(b);
    for (int32_t id = 0; same && id < size; id++)
        same = strcmp(qp_tokenizer_piece(a, id), qp_tokenizer_piece(b, id)) == 0;
    return same;
}

static qp_status save_marian(const qp_package *p, const char *folder)
{
    const qp_special_ids *s = qp_tokenizer_special(p->source);
    bool one = same_names(p->source, p->target);
    qp_text_buffer json = {0};
    QP_TRY(save_model(folder, "source.spm", p->source));
    QP_TRY(save_model(folder, "target.spm", p->target));
    QP_TRY(save_names(folder, "vocab.json", p->source, qp_tokenizer_size(p->source)));
    if (!one) QP_TRY(save_names(folder, "target_vocab.json", p->target, qp_tokenizer_size(p->target)));
    qp_json_open(&json, '{');
    qp_json_put_text(&json, "tokenizer_class", "MarianTokenizer");
    qp_json_put_bool(&json, "separate_vocabs", !one);
    put_token(&json, "pad_token", p->source, s->pad);
    put_token(&json, "unk_token", p->source, s->unknown);
    put_token(&json, "eos_token", p->source, s->end);
    qp_json_put_integer(&json, "model_max_length", qp_model_config_of(p->model)->max_length);
    qp_json_close(&json, '}');
    return qp_folder_json(folder, "tokenizer_config.json", &json);
}

/* ---- one sentencepiece model, a list of its pieces, and languages after them: what M2M100Tokenizer opens ---- */

/* The pieces before the tokens of M2M100's languages; -1: they are not there. */
static int pieces_before_languages(const qp_tokenizer *t)
{
    char token[16];
    int first = -1;
    for (int i = 0; qp_hf_language_codes[i]; i++) {
        snprintf(token, sizeof token, "__%.8s__", qp_hf_language_codes[i]);
        if (i == 0) first = qp_tokenizer_find(t, token);
        if (first < 0 || strcmp(qp_tokenizer_piece(t, first + i), token) != 0) return -1;
    }
    return first;
}

static qp_status save_m2m100(const qp_package *p, const char *folder)
{
    const qp_special_ids *s = qp_tokenizer_special(p->source);
    qp_text_buffer json = {0};
    QP_TRY(save_model(folder, "sentencepiece.bpe.model", p->source));
    QP_TRY(save_names(folder, "vocab.json", p->source, pieces_before_languages(p->source)));
    qp_json_open(&json, '{');
    qp_json_put_text(&json, "tokenizer_class", "M2M100Tokenizer");
    put_token(&json, "pad_token", p->source, s->pad);
    put_token(&json, "unk_token", p->source, s->unknown);
    put_token(&json, "eos_token", p->source, s->end);
    qp_json_put_integer(&json, "model_max_length", qp_model_config_of(p->model)->max_length);
    qp_json_close(&json, '}');
    return qp_folder_json(folder, "tokenizer_config.json", &json);
}

qp_status qp_hf_save_tokenizers(const qp_package *p, const char *folder)
{
    const qp_model_config *m = qp_model_config_of(p->model);
    bool lm = m->task == QP_TASK_LM, begins = lm ? m->start_id != QP_START_NONE : m->begin_token;
    qp_special_ids s = qp_model_special(p->model, lm);
    bool two = m->task == QP_TASK_TRANSLATE && p->source != p->target;
    if (two && qp_tokenizer_is_sentencepiece(p->source) && qp_tokenizer_is_sentencepiece(p->target))
        return save_marian(p, folder);
    if (m->task == QP_TASK_TRANSLATE && !two && qp_tokenizer_is_sentencepiece(p->source) &&
        pieces_before_languages(p->source) > 0)
        return save_m2m100(p, folder);
    files f = {.tokenizer = lm ? p->target : p->source, .model = m, .folder = folder};
    f.wanted.before = !begins ? -1 : lm ? qp_model_first_token(p->model) : s.begin;
    f.wanted.after = lm ? -1 : s.end;
    QP_TRY(save_files(&f));
    if (!two) return QP_OK;
    char path[QP_PATH_BYTES];
    QP_TRY(qp_in_folder(folder, "target", path));
    f.tokenizer = p->target;
    f.folder = path;
    f.wanted = (qp_hf_frame){-1, qp_model_special(p->model, true).end};
    return save_files(&f);
}
