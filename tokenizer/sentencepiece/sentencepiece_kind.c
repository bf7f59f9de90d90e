#include "tokenizer/sentencepiece/sentencepiece_kind.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_ids.h"
#include "tokenizer/sentencepiece/sentencepiece_json.h"
#include "tokenizer/sentencepiece/sentencepiece_sample.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

typedef struct {
    qp_piece_list pieces;
    qp_sentencepiece_scratch ids;
} scratch;

static void free_scratch(void *memory)
{
    scratch *s = memory;
    qp_piece_list_free(&s->pieces);
    qp_sentencepiece_scratch_free(&s->ids);
    free(s);
}

/* ---- encoding ---- */

static qp_status take_pieces(const qp_piece_list *list, qp_encoding *e)
{
    QP_TRY(qp_encoding_reserve(e, list->count));
    e->count = (int)list->count;
    if (!e->count) return QP_OK;
    memcpy(e->id, list->id, list->count * sizeof *e->id);
    if (!e->spans) return QP_OK;
    memcpy(e->begin, list->begin, list->count * sizeof *e->begin);
    memcpy(e->end, list->end, list->count * sizeof *e->end);
    return QP_OK;
}

static qp_status encode(const void *self, qp_text text, qp_encoding *e)
{
    const qp_sentencepiece *m = self;
    scratch *s = qp_encoding_scratch(e, sizeof *s, free_scratch);
    if (!s) return no_memory();
    e->count = 0;
    if (!e->spans) {
        size_t count = 0;
        qp_status status = qp_sentencepiece_ids(m, &s->ids, text.text, text.bytes, &e->id, &e->id_capacity, &count);
        e->count = (int)count;
        return status;
    }
    QP_TRY(qp_sentencepiece_encode(m, text.text, text.bytes, &s->pieces));
    return take_pieces(&s->pieces, e);
}

static qp_status encode_pair(const void *self, qp_text first, const qp_text *second, qp_encoding *e)
{
    const qp_sentencepiece *m = self;
    qp_piece_list pieces = {0};
    e->count = 0;
    qp_status status = m->bos_id >= 0 ? qp_encoding_add_typed(e, m->bos_id, 0, 0, 0) : QP_OK;
    for (int k = 0; k < 2 && status == QP_OK && (k == 0 || second); k++) {
        qp_text text = k == 0 ? first : *second;
        status = qp_sentencepiece_encode(m, text.text, text.bytes, &pieces);
        for (size_t i = 0; i < pieces.count && status == QP_OK; i++)
            status = qp_encoding_add_typed(e, pieces.id[i], pieces.begin[i], pieces.end[i], k);
        if (status == QP_OK && m->eos_id >= 0) status = qp_encoding_add_typed(e, m->eos_id, 0, 0, k);
    }
    qp_piece_list_free(&pieces);
    return status;
}

static qp_status decode(const void *self, const int32_t *id, size_t count, char **text, size_t *bytes)
{
    return qp_sentencepiece_decode(self, id, count, text, bytes);
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
    qp_piece_list list = {0};
    qp_status status = qp_sentencepiece_sampler_begin(&sampler, self, text.text, text.bytes,
                                                      how->among > 0 ? how->among : -1, how->alpha);
    if (status == QP_OK) status = qp_sentencepiece_sampler_draw(&sampler, key, counter, &list);
    if (status == QP_OK) status = take_pieces(&list, e);
    qp_sentencepiece_sampler_free(&sampler);
    qp_piece_list_free(&list);
    return status;
}

static qp_status nbest(const void *self, qp_text text, size_t wanted, qp_encoding *e, double *score, size_t *found)
{
    qp_piece_list *list = calloc(wanted, sizeof *list);
    if (!list) return no_memory();
    qp_status status = qp_sentencepiece_nbest(self, text.text, text.bytes, wanted, list, score, found);
    for (size_t i = 0; i < *found && status == QP_OK; i++) status = take_pieces(&list[i], &e[i]);
    for (size_t i = 0; i < wanted; i++) qp_piece_list_free(&list[i]);
    free(list);
    return status;
}

/* ---- properties ---- */

static int size(const void *self)
{
    const qp_sentencepiece *m = self;
    return m->vocabulary.count;
}

static const char *piece(const void *self, int32_t id)
{
    const qp_sentencepiece *m = self;
    return qp_vocabulary_shown(&m->vocabulary, id);
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
                                .size = m->vocabulary.count};
}

static qp_status save(const void *self, qp_json_out *out) { return qp_sentencepiece_put_json(self, out); }

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
                                                 .size = size,
                                                 .piece = piece,
                                                 .info = info,
                                                 .save = save,
                                                 .load = load,
                                                 .free = release};
