#include "tokenizer/sentencepiece/sentencepiece_kind.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_ids.h"
#include "tokenizer/sentencepiece/sentencepiece_json.h"
#include "tokenizer/sentencepiece/sentencepiece_sample.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

static void free_scratch(void *memory)
{
    qp_sentencepiece_scratch_free(memory);
    free(memory);
}

static int count_of(const qp_sentencepiece *m) { return m->known ? m->known : m->vocabulary.count; }

/* ---- encoding ---- */

static qp_status encode(const void *self, qp_text text, qp_encoding *e)
{
    const qp_sentencepiece *m = self;
    e->count = 0;
    if (e->spans) return qp_sentencepiece_encode(m, text.text, text.bytes, e);
    qp_sentencepiece_scratch *s = qp_encoding_scratch(e, sizeof *s, free_scratch);
    if (!s) return no_memory();
    qp_id_list ids = {.id = e->id, .capacity = e->id_capacity};
    qp_status status = qp_sentencepiece_ids(m, s, text, &ids);
    e->id = ids.id;
    e->id_capacity = ids.capacity;
    e->count = (int)ids.count;
    return status;
}

static qp_status encode_pair(const void *self, qp_text first, const qp_text *second, qp_encoding *e)
{
    const qp_sentencepiece *m = self;
    qp_encoding one = {0};
    const qp_token bos = {.id = m->bos_id, .sequence = -1};
    e->count = 0;
    qp_status status = m->bos_id >= 0 ? qp_encoding_add_token(e, bos) : QP_OK;
    for (int k = 0; k < 2 && status == QP_OK && (k == 0 || second); k++) {
        qp_text text = k == 0 ? first : *second;
        const qp_token eos = {.id = m->eos_id, .type_id = k, .sequence = -1};
        status = qp_sentencepiece_encode(m, text.text, text.bytes, &one);
        for (int i = 0; i < one.count && status == QP_OK; i++)
            status = qp_encoding_add_token(e, (qp_token){one.id[i], k, k, one.begin[i], one.end[i]});
        if (status == QP_OK && m->eos_id >= 0) status = qp_encoding_add_token(e, eos);
    }
    qp_encoding_free(&one);
    return status;
}

static qp_status decode(const void *self, const int32_t *id, size_t count, bool keep_special, char **text,
                        size_t *bytes)
{
    return qp_sentencepiece_decode(self, id, count, keep_special, text, bytes);
}

static qp_status normalize(const void *self, qp_text text, char **normal, size_t *bytes)
{
    qp_mapped_text out = {0};
    *normal = NULL;
    *bytes = 0;
    qp_status status = qp_sentencepiece_normalize(self, text.text, text.bytes, &out);
    if (status == QP_OK && !QP_GROW(out.text, out.capacity, out.bytes + 1)) status = no_memory();
    if (status == QP_OK) {
        out.text[out.bytes] = '\0';
        *normal = out.text;
        *bytes = out.bytes;
        out.text = NULL;
    }
    qp_mapped_text_free(&out);
    return status;
}

static qp_status sample(const void *self, qp_text text, const qp_tokenizer_random *how, uint64_t key, uint64_t counter,
                        qp_encoding *e)
{
    qp_sentencepiece_sampler sampler = {0};
    qp_status status = qp_sentencepiece_sampler_begin(&sampler, self, text.text, text.bytes,
                                                      how->among > 0 ? how->among : -1, how->alpha);
    if (status == QP_OK) status = qp_sentencepiece_sampler_draw(&sampler, key, counter, e);
    qp_sentencepiece_sampler_free(&sampler);
    return status;
}

static qp_status nbest(const void *self, qp_text text, size_t wanted, qp_encoding *e, double *score, size_t *found)
{
    return qp_sentencepiece_nbest(self, text.text, text.bytes, wanted, e, score, found);
}

/* BPE segments every word separately; unigram adds up 32-bit scores over the whole text. */
static qp_safe_cut cut(const void *self)
{
    const qp_sentencepiece *m = self;
    if (m->model_type != QP_SPM_BPE || !m->fast || !m->fast->joins || !m->fast->letter) return QP_CUT_NOWHERE;
    if (m->add_dummy_prefix) return QP_CUT_AROUND_SPACE;
    return m->remove_extra_spaces ? QP_CUT_NOWHERE : QP_CUT_BEFORE_SPACE;
}

/* ---- properties ---- */

static int size(const void *self)
{
    return count_of(self);
}

static const char *piece(const void *self, int32_t id)
{
    const qp_sentencepiece *m = self;
    return qp_vocabulary_shown(&m->vocabulary, id);
}

static qp_token_role role(const void *self, int32_t id)
{
    const qp_sentencepiece *m = self;
    if (m->type[id] == QP_SPM_USER_DEFINED) return QP_TOKEN_ADDED;
    return m->type[id] == QP_SPM_CONTROL || m->type[id] == QP_SPM_UNKNOWN ? QP_TOKEN_SPECIAL : QP_TOKEN_NORMAL;
}

static void special(const void *self, qp_special_ids *ids)
{
    const qp_sentencepiece *m = self;
    ids->pad = m->pad_id;
    ids->begin = m->bos_id;
    ids->end = m->eos_id;
    ids->unknown = m->unknown_id;
}

/* A control piece at the end of the model, which is read once more. */
static qp_status append(void **self, const char *name)
{
    char *content, *longer;
    size_t bytes;
    qp_sentencepiece *grown = NULL;
    qp_text_buffer out = {0};
    const qp_sentencepiece *m = *self;
    if (m->known) return qp_fail(QP_EDATA, "tokenizer: its vocabulary is that of another file; no piece can be added");
    QP_TRY(qp_sentencepiece_write(*self, &content, &bytes));
    qp_text_put(&out, content, bytes);
    free(content);
    qp_spm_put_piece(&out, name, strlen(name), 0, QP_SPM_CONTROL);
    QP_TRY(qp_text_finish(&out, &longer, &bytes));
    qp_status status = qp_sentencepiece_read("tokenizer", longer, bytes, &grown);
    free(longer);
    if (status != QP_OK) return status;
    qp_sentencepiece_free(*self);
    *self = grown;
    return QP_OK;
}

static qp_tokenizer_facts info(const void *self)
{
    static const char *const type[] = {"", "sentencepiece unigram", "sentencepiece bpe", "sentencepiece word",
                                       "sentencepiece char"};
    const qp_sentencepiece *m = self;
    return (qp_tokenizer_facts){.type = type[m->model_type],
                                .normalization = "as the file says",
                                .pattern = "as the file says",
                                .unicode = utf8proc_unicode_version(),
                                .byte_fallback = m->byte_fallback,
                                .size = count_of(m)};
}

static qp_status save(const void *self, qp_text_buffer *out) { return qp_sentencepiece_put_json(self, out); }

static qp_status load(const char *place, qp_text file, size_t checked, void **self)
{
    qp_sentencepiece *m = NULL;
    (void)checked;
    QP_TRY(qp_sentencepiece_of_json(place, file.text, file.bytes, &m));
    *self = m;
    return QP_OK;
}

static void release(void *self) { qp_sentencepiece_free(self); }

const qp_tokenizer_kind qp_sentencepiece_kind = {.name = "sentencepiece",
                                                 .encode = encode,
                                                 .encode_pair = encode_pair,
                                                 .decode = decode,
                                                 .normalize = normalize,
                                                 .sample = sample,
                                                 .nbest = nbest,
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
