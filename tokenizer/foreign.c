#include "tokenizer/foreign.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"

qp_status qp_foreign_read(const char *place, const char *content, size_t bytes, qp_foreign *foreign)
{
    size_t at = 0;
    *foreign = (qp_foreign){0};
    while (at < bytes && (content[at] == ' ' || content[at] == '\n' || content[at] == '\r' || content[at] == '\t'))
        at++;
    if (at < bytes && content[at] == '{')
        return qp_pipeline_read_huggingface(place, content, bytes, &foreign->pipeline);
    return qp_sentencepiece_read(place, content, bytes, &foreign->sentencepiece);
}

void qp_foreign_free(qp_foreign *foreign)
{
    qp_sentencepiece_free(foreign->sentencepiece);
    qp_pipeline_free(foreign->pipeline);
    *foreign = (qp_foreign){0};
}

void qp_foreign_scratch_free(qp_foreign_scratch *scratch)
{
    qp_pipeline_scratch_free(scratch->pipeline);
    qp_pipeline_bytes_scratch_free(&scratch->bytes);
    qp_pipeline_bert_scratch_free(&scratch->bert);
    qp_token_list_free(&scratch->tokens);
    qp_piece_list_free(&scratch->pieces);
    qp_sentencepiece_scratch_free(&scratch->sentencepiece);
    *scratch = (qp_foreign_scratch){0};
}

static qp_status make_room(qp_encoding *e, size_t count)
{
    bool fits = QP_GROW(e->id, e->id_capacity, count);
    if (e->spans) fits = fits && QP_GROW(e->begin, e->begin_capacity, count) && QP_GROW(e->end, e->end_capacity, count);
    return fits ? QP_OK : qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
}

static qp_status encode_pieces(const qp_sentencepiece *m, const char *text, size_t bytes, qp_encoding *e,
                               qp_foreign_scratch *s)
{
    qp_piece_list *pieces = &s->pieces;
    if (!e->spans) {
        size_t count = 0;
        qp_status status = qp_sentencepiece_ids(m, &s->sentencepiece, text, bytes, &e->id, &e->id_capacity, &count);
        e->count = (int)count;
        return status;
    }
    QP_TRY(qp_sentencepiece_encode(m, text, bytes, pieces));
    QP_TRY(make_room(e, pieces->count));
    e->count = (int)pieces->count;
    if (e->count) memcpy(e->id, pieces->id, pieces->count * sizeof *e->id);
    if (!e->count) return QP_OK;
    memcpy(e->begin, pieces->begin, pieces->count * sizeof *e->begin);
    memcpy(e->end, pieces->end, pieces->count * sizeof *e->end);
    return QP_OK;
}

qp_status qp_foreign_encode(const qp_foreign *f, const char *text, size_t bytes, qp_encoding *e, qp_foreign_scratch *s)
{
    e->count = 0;
    if (!f->pipeline) return encode_pieces(f->sentencepiece, text, bytes, e, s);
    if (!e->spans && qp_pipeline_bytes_takes(f->pipeline, text, bytes)) {
        size_t count = 0;
        QP_TRY(make_room(e, bytes + 1));
        QP_TRY(qp_pipeline_bytes_encode(f->pipeline, &s->bytes, text, bytes, e->id, &count));
        e->count = (int)count;
        return QP_OK;
    }
    if (!e->spans && f->pipeline->bert) {
        size_t count = 0;
        qp_status status = qp_pipeline_bert_encode(f->pipeline, &s->bert, text, bytes, &e->id, &e->id_capacity, &count);
        e->count = (int)count;
        return status;
    }
    QP_TRY(qp_pipeline_encode_into(f->pipeline, text, bytes, false, false, &s->pipeline, &s->tokens));
    QP_TRY(make_room(e, s->tokens.count));
    e->count = (int)s->tokens.count;
    for (size_t i = 0; i < s->tokens.count; i++) {
        e->id[i] = s->tokens.token[i].id;
        if (!e->spans) continue;
        e->begin[i] = s->tokens.token[i].begin;
        e->end[i] = s->tokens.token[i].end;
    }
    return QP_OK;
}

static qp_status add_typed(qp_encoding *e, int32_t id, uint32_t begin, uint32_t end, int32_t type_id)
{
    size_t count = (size_t)e->count + 1;
    if (!QP_GROW(e->id, e->id_capacity, count) || !QP_GROW(e->begin, e->begin_capacity, count) ||
        !QP_GROW(e->end, e->end_capacity, count) || !QP_GROW(e->type_id, e->type_capacity, count))
        return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    e->id[e->count] = id;
    e->begin[e->count] = begin;
    e->end[e->count] = end;
    e->type_id[e->count++] = type_id;
    return QP_OK;
}

/* sentencepiece has no template: BOS A EOS, and B EOS behind it, where there are such pieces. */
static qp_status sentencepiece_pair(const qp_sentencepiece *m, const char *first, size_t first_bytes,
                                    const char *second, size_t second_bytes, qp_encoding *e)
{
    const char *text[] = {first, second};
    const size_t bytes[] = {first_bytes, second_bytes};
    qp_piece_list pieces = {0};
    qp_status status = m->bos_id >= 0 ? add_typed(e, m->bos_id, 0, 0, 0) : QP_OK;
    for (int k = 0; k < 2 && status == QP_OK && (k == 0 || second); k++) {
        status = qp_sentencepiece_encode(m, text[k], bytes[k], &pieces);
        for (size_t i = 0; i < pieces.count && status == QP_OK; i++)
            status = add_typed(e, pieces.id[i], pieces.begin[i], pieces.end[i], k);
        if (status == QP_OK && m->eos_id >= 0) status = add_typed(e, m->eos_id, 0, 0, k);
    }
    qp_piece_list_free(&pieces);
    return status;
}

qp_status qp_foreign_encode_pair(const qp_foreign *f, const char *first, size_t first_bytes, const char *second,
                                 size_t second_bytes, qp_encoding *e)
{
    qp_token_list tokens = {0};
    e->count = 0;
    if (!f->pipeline) return sentencepiece_pair(f->sentencepiece, first, first_bytes, second, second_bytes, e);
    qp_status status = second ? qp_pipeline_encode_pair(f->pipeline, first, first_bytes, second, second_bytes, true,
                                                        &tokens)
                              : qp_pipeline_encode(f->pipeline, first, first_bytes, true, true, &tokens);
    for (size_t i = 0; i < tokens.count && status == QP_OK; i++)
        status = add_typed(e, tokens.token[i].id, tokens.token[i].begin, tokens.token[i].end, tokens.token[i].type_id);
    qp_token_list_free(&tokens);
    return status;
}

qp_status qp_foreign_decode(const qp_foreign *f, const int32_t *id, int count, char **text, size_t *bytes)
{
    if (f->pipeline) return qp_pipeline_decode(f->pipeline, id, (size_t)count, true, text, bytes);
    return qp_sentencepiece_decode(f->sentencepiece, id, (size_t)count, text, bytes);
}

qp_status qp_foreign_normalize(const qp_foreign *f, const char *text, size_t bytes, char **normal, size_t *normal_bytes)
{
    if (f->pipeline) return qp_pipeline_normalize(f->pipeline, text, bytes, normal, normal_bytes);
    qp_mapped_text out = {0};
    *normal = NULL;
    *normal_bytes = 0;
    qp_status status = qp_sentencepiece_normalize(f->sentencepiece, text, bytes, &out);
    if (status == QP_OK && !QP_GROW(out.text, out.capacity, out.bytes + 1))
        status = qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts");
    if (status == QP_OK) {
        out.text[out.bytes] = '\0';
        *normal = out.text;
        *normal_bytes = out.bytes;
        out.text = NULL;
    }
    qp_mapped_text_free(&out);
    return status;
}

int qp_foreign_size(const qp_foreign *f)
{
    if (!f->pipeline) return f->sentencepiece->vocabulary.count;
    int64_t size = (int64_t)f->pipeline->id_limit;
    for (size_t i = 0; i < f->pipeline->added_count; i++) {
        if (f->pipeline->added[i].id >= size) size = (int64_t)f->pipeline->added[i].id + 1;
    }
    return size < INT32_MAX ? (int)size : INT32_MAX;
}

const char *qp_foreign_piece(const qp_foreign *f, int32_t id)
{
    if (id < 0 || id >= qp_foreign_size(f)) return "";
    if (!f->pipeline) return qp_vocabulary_shown(&f->sentencepiece->vocabulary, id);
    const qp_pipeline *p = f->pipeline;
    if ((size_t)id < p->id_limit && p->piece_of_id[id] >= 0) return p->token[p->piece_of_id[id]];
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return p->added[i].text;
    }
    return "";
}

qp_tokenizer_facts qp_foreign_info(const qp_foreign *f)
{
    static const char *const spm[] = {"", "sentencepiece unigram", "sentencepiece bpe", "sentencepiece word",
                                      "sentencepiece char"};
    static const char *const hf[] = {"hugging face bpe", "hugging face unigram", "hugging face wordpiece",
                                     "hugging face words"};
    const qp_pipeline *p = f->pipeline;
    return (qp_tokenizer_facts){.type = p ? hf[p->model] : spm[f->sentencepiece->model_type],
                                .normalization = "as the file says",
                                .pattern = "as the file says",
                                .unicode = utf8proc_unicode_version(),
                                .byte_fallback = p ? p->byte_fallback || p->byte_level
                                                   : f->sentencepiece->byte_fallback,
                                .size = qp_foreign_size(f),
                                .merges = p ? p->bpe.count : 0};
}
