#define _GNU_SOURCE /* memmem, memrchr */
#include "tokenizer/huggingface/pipeline_kind.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "tokenizer/huggingface/huggingface_write.h"
#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/huggingface/pipeline_bert.h"
#include "tokenizer/huggingface/pipeline_bytes.h"
#include "tokenizer/huggingface/pipeline_texts.h"

static const char INNER[] = ",\n \"tokenizer\": ";
static const char KEEPS_BYTES[] = "\"keeps_bytes\": true";

typedef struct {
    qp_pipeline_scratch *stages;
    qp_pipeline_bytes_scratch bytes;
    qp_pipeline_bert_scratch bert;
} scratch;

static void free_scratch(void *memory)
{
    scratch *s = memory;
    qp_pipeline_scratch_free(s->stages);
    qp_pipeline_bytes_scratch_free(&s->bytes);
    qp_pipeline_bert_scratch_free(&s->bert);
    free(s);
}

/* ---- encoding ---- */

static qp_status encode(const void *self, qp_text text, qp_encoding *e)
{
    const qp_pipeline *p = self;
    scratch *s = qp_encoding_scratch(e, sizeof *s, free_scratch);
    if (!s) return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    e->count = 0;
    if (!e->spans && qp_pipeline_bytes_takes(p, text.text, text.bytes)) {
        size_t count = 0;
        QP_TRY(qp_encoding_reserve(e, text.bytes + 1));
        QP_TRY(qp_pipeline_bytes_encode(p, &s->bytes, text.text, text.bytes, e->id, &count));
        e->count = (int)count;
        return QP_OK;
    }
    if (!e->spans && p->bert) {
        qp_id_list ids = {.id = e->id, .capacity = e->id_capacity};
        qp_status status = qp_pipeline_bert_encode(p, &s->bert, text.text, text.bytes, &ids);
        e->id = ids.id;
        e->id_capacity = ids.capacity;
        e->count = (int)ids.count;
        return status;
    }
    return qp_pipeline_encode_into(p, text.text, text.bytes, false, false, &s->stages, e);
}

static qp_status encode_parsed(const void *self, qp_text text, qp_encoding *e)
{
    scratch *s = qp_encoding_scratch(e, sizeof *s, free_scratch);
    if (!s) return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    return qp_pipeline_encode_into(self, text.text, text.bytes, false, true, &s->stages, e);
}

static qp_status encode_pair(const void *self, qp_text first, const qp_text *second, qp_encoding *e)
{
    if (!second) return qp_pipeline_encode(self, first.text, first.bytes, true, true, e);
    return qp_pipeline_encode_pair(self, first.text, first.bytes, second->text, second->bytes, true, e);
}

static qp_status decode(const void *self, const int32_t *id, size_t count, bool keep_special, char **text,
                        size_t *bytes)
{
    return qp_pipeline_decode(self, id, count, !keep_special, text, bytes);
}

static qp_status normalize(const void *self, qp_text text, char **normal, size_t *bytes)
{
    return qp_pipeline_normalize(self, text.text, text.bytes, normal, bytes);
}

/* The known patterns begin a word at a space after a letter, as BERT's splitter does. */
static qp_safe_cut cut(const void *self)
{
    const qp_pipeline *p = self;
    return p->bert || (p->bytes && p->bytes->regex) ? QP_CUT_BEFORE_SPACE : QP_CUT_NOWHERE;
}

/* ---- properties ---- */

static int size(const void *self)
{
    const qp_pipeline *p = self;
    int64_t limit = (int64_t)p->id_limit;
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id >= limit) limit = (int64_t)p->added[i].id + 1;
    }
    return limit < INT32_MAX ? (int)limit : INT32_MAX;
}

static const char *piece(const void *self, int32_t id)
{
    const qp_pipeline *p = self;
    if ((size_t)id < p->id_limit && p->piece_of_id[id] >= 0) return p->token[p->piece_of_id[id]];
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return p->added[i].text;
    }
    return "";
}

static qp_token_role role(const void *self, int32_t id)
{
    const qp_pipeline *p = self;
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return p->added[i].special ? QP_TOKEN_SPECIAL : QP_TOKEN_ADDED;
    }
    return QP_TOKEN_NORMAL;
}

static void special(const void *self, qp_special_ids *ids)
{
    const qp_pipeline *p = self;
    if (p->unknown >= 0) ids->unknown = p->token_id[p->unknown];
}

static qp_status append(void **self, const char *name)
{
    const qp_added_token token = {.text = (char *)name, .bytes = strlen(name), .id = size(*self), .special = true};
    QP_TRY(qp_pipeline_add_token(*self, &token));
    return qp_pipeline_finish("tokenizer", *self);
}

static qp_tokenizer_facts info(const void *self)
{
    static const char *const type[] = {"hugging face bpe", "hugging face unigram", "hugging face wordpiece",
                                       "hugging face words"};
    const qp_pipeline *p = self;
    return (qp_tokenizer_facts){.type = type[p->model],
                                .normalization = "as the file says",
                                .pattern = "as the file says",
                                .unicode = utf8proc_unicode_version(),
                                .byte_fallback = p->byte_fallback || p->byte_level,
                                .size = size(p),
                                .merges = p->bpe.count,
                                .warning = p->warning};
}

/* ---- files: the tokenizer.json under the key "tokenizer" ---- */

static qp_status save(const void *self, qp_text_buffer *out)
{
    const qp_pipeline *p = self;
    char *inner;
    size_t bytes;
    QP_TRY(qp_pipeline_write_ranked(p, &inner, &bytes));
    qp_text_format(out, ",\n \"keeps_bytes\": %s", p->keeps_bytes ? "true" : "false");
    qp_text_put(out, INNER, sizeof INNER - 1);
    qp_text_put(out, inner, bytes - 1); /* without its line end */
    free(inner);
    return QP_OK;
}

static qp_status load(const char *place, qp_text file, size_t checked, void **self)
{
    const char *inner = memmem(file.text, checked, INNER, sizeof INNER - 1);
    const char *end = memrchr(file.text, ',', checked);
    if (!inner || !end || end < inner + sizeof INNER)
        return qp_fail(QP_EDATA, "%s: a pipeline without its tokenizer; the file was edited", place);
    size_t head = (size_t)(inner - file.text);
    qp_pipeline *p = NULL;
    inner += sizeof INNER - 1;
    QP_TRY(qp_pipeline_read_huggingface(place, inner, (size_t)(end - inner), &p));
    p->keeps_bytes = memmem(file.text, head, KEEPS_BYTES, sizeof KEEPS_BYTES - 1) != NULL;
    qp_status status = QP_OK;
    if (p->keeps_bytes) {
        qp_pipeline_texts_free(p->texts);
        status = qp_pipeline_texts_make(p, &p->texts);
    }
    if (status == QP_OK) *self = p;
    if (status != QP_OK) qp_pipeline_free(p);
    return status;
}

static void release(void *self) { qp_pipeline_free(self); }

const qp_tokenizer_kind qp_pipeline_kind = {.name = "pipeline",
                                            .encode = encode,
                                            .encode_pair = encode_pair,
                                            .encode_parsed = encode_parsed,
                                            .decode = decode,
                                            .normalize = normalize,
                                            .cut = cut,
                                            .size = size,
                                            .piece = piece,
                                            .role = role,
                                            .special = special,
                                            .append = append,
                                            .info = info,
                                            .save = save,
                                            .load = load,
                                            .free = release};
