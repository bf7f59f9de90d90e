#include "tokenizer/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/special_names.h"
#include "tokenizer/tokenizer_internal.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

qp_status qp_tokenizer_wrap(const qp_tokenizer_kind *kind, void *self, qp_tokenizer **tokenizer)
{
    *tokenizer = malloc(sizeof **tokenizer);
    if (!*tokenizer) {
        kind->free(self);
        return no_memory();
    }
    **tokenizer = (qp_tokenizer){.kind = kind, .self = self};
    (*tokenizer)->special = qp_special_find(*tokenizer);
    return QP_OK;
}

void qp_tokenizer_free(qp_tokenizer *t)
{
    if (!t) return;
    t->kind->free(t->self);
    free(t);
}

/* ---- encoding ---- */

qp_status qp_tokenizer_encode_into(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    return t->kind->encode(t->self, (qp_text){text, bytes}, e);
}

qp_status qp_tokenizer_encode(const qp_tokenizer *t, const char *text, size_t bytes, int32_t **id, int *count)
{
    qp_encoding encoding = {0};
    qp_status status = qp_tokenizer_encode_into(t, text, bytes, &encoding);
    if (status == QP_OK && !encoding.id) status = qp_encoding_reserve(&encoding, 1);
    *id = NULL;
    *count = 0;
    if (status == QP_OK) {
        *id = encoding.id;
        *count = encoding.count;
        encoding.id = NULL;
    }
    qp_encoding_free(&encoding);
    return status;
}

qp_status qp_tokenizer_encode_parsed(const qp_tokenizer *t, const char *text, size_t bytes, qp_encoding *e)
{
    if (t->kind->encode_parsed) return t->kind->encode_parsed(t->self, (qp_text){text, bytes}, e);
    return qp_fail(QP_EUSAGE,
                   "tokenizer: special tokens are found in the text by tokenizers of Hugging Face and tiktoken; "
                   "this is %s",
                   qp_tokenizer_info(t).type);
}

qp_status qp_tokenizer_encode_pair(const qp_tokenizer *t, const char *first, size_t first_bytes, const char *second,
                                   size_t second_bytes, qp_encoding *e)
{
    const qp_text other = {second, second_bytes};
    return t->kind->encode_pair(t->self, (qp_text){first, first_bytes}, second ? &other : NULL, e);
}

qp_status qp_tokenizer_encode_random(const qp_tokenizer *t, const qp_tokenizer_random *how, uint64_t key,
                                     uint64_t counter, const char *text, size_t bytes, qp_encoding *e)
{
    if (t->kind->sample) return t->kind->sample(t->self, (qp_text){text, bytes}, how, key, counter, e);
    return qp_fail(QP_EUSAGE, "tokenizer: random segmentations are made by bpe, byte-bpe and unigram; this is %s",
                   qp_tokenizer_info(t).type);
}

qp_status qp_tokenizer_encode_nbest(const qp_tokenizer *t, const char *text, size_t bytes, size_t wanted,
                                    qp_encoding *e, double *score, size_t *found)
{
    *found = 0;
    if (wanted == 0) return QP_OK;
    if (t->kind->nbest) return t->kind->nbest(t->self, (qp_text){text, bytes}, wanted, e, score, found);
    return qp_fail(QP_EUSAGE, "tokenizer: the n best segmentations are of unigram models; this is %s",
                   qp_tokenizer_info(t).type);
}

/* ---- decoding ---- */

qp_status qp_tokenizer_decode(const qp_tokenizer *t, const int32_t *id, int count, char **text, size_t *bytes)
{
    return t->kind->decode(t->self, id, (size_t)count, false, text, bytes);
}

qp_status qp_tokenizer_decode_all(const qp_tokenizer *t, const int32_t *id, int count, char **text, size_t *bytes)
{
    return t->kind->decode(t->self, id, (size_t)count, true, text, bytes);
}

qp_status qp_tokenizer_normalize(const qp_tokenizer *t, const char *text, size_t bytes, char **normal,
                                 size_t *normal_bytes)
{
    return t->kind->normalize(t->self, (qp_text){text, bytes}, normal, normal_bytes);
}

/* ---- properties ---- */

int qp_tokenizer_size(const qp_tokenizer *t) { return t->kind->size(t->self); }

const char *qp_tokenizer_piece(const qp_tokenizer *t, int32_t id)
{
    return id < 0 || id >= qp_tokenizer_size(t) ? "" : t->kind->piece(t->self, id);
}

int32_t qp_tokenizer_find(const qp_tokenizer *t, const char *piece)
{
    if (t->kind->find) return t->kind->find(t->self, piece);
    for (int32_t id = 0, size = qp_tokenizer_size(t); id < size; id++) {
        if (strcmp(t->kind->piece(t->self, id), piece) == 0) return id;
    }
    return -1;
}

qp_token_role qp_tokenizer_role(const qp_tokenizer *t, int32_t id) { return t->kind->role(t->self, id); }

qp_safe_cut qp_tokenizer_cut(const qp_tokenizer *t) { return t->kind->cut ? t->kind->cut(t->self) : QP_CUT_NOWHERE; }

qp_tokenizer_facts qp_tokenizer_info(const qp_tokenizer *t) { return t->kind->info(t->self); }

bool qp_tokenizer_is_own(const qp_tokenizer *t) { return !t->kind->append; }

const qp_special_ids *qp_tokenizer_special(const qp_tokenizer *t) { return &t->special; }

/* ---- the codec ---- */

static qp_status codec_encode(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    return qp_tokenizer_encode(self, text, bytes, id, count);
}

static qp_status codec_decode(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    return qp_tokenizer_decode(self, id, count, text, bytes);
}

static const char *codec_piece(void *self, int32_t id) { return qp_tokenizer_piece(self, id); }

qp_text_codec qp_tokenizer_codec(qp_tokenizer *tokenizer)
{
    return (qp_text_codec){.self = tokenizer,
                           .vocabulary_size = qp_tokenizer_size(tokenizer),
                           .encode = codec_encode,
                           .decode = codec_decode,
                           .piece = codec_piece,
                           .special = &tokenizer->special};
}
