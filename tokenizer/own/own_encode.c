#include <stdlib.h>

#include "lib/base/batch.h"
#include "lib/text/utf8.h"
#include "tokenizer/own/own.h"
#include "tokenizer/own/own_kind.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

static void free_scratch(void *scratch)
{
    qp_own_scratch *s = scratch;
    qp_mapped_text_free(&s->work);
    qp_bpe_scratch_free(&s->bpe);
    qp_unigram_path_free(&s->path);
    qp_unigram_lattice_free(&s->lattice);
    qp_lattice_path_free(&s->drawn);
    free(s);
}

qp_own_scratch *qp_own_scratch_of(qp_encoding *e)
{
    return qp_encoding_scratch(e, sizeof(qp_own_scratch), free_scratch);
}

/* The spans of the ids from `first` on, which together cover work[at .. end). */
static qp_status add_spans(const qp_own *t, const qp_mapped_text *work, size_t at, size_t end, int first,
                           qp_encoding *e)
{
    QP_TRY(qp_encoding_reserve(e, (size_t)e->count));
    for (int i = first; i < e->count; i++) {
        size_t bytes = end - at;
        if (e->id[i] != QP_UNK) {
            qp_vocabulary_text(&t->vocabulary, e->id[i], &bytes);
        } else if (!qp_own_has_whole_words(t) && t->settings.type != QP_TOKENIZER_WORDPIECE) {
            qp_utf8_next(work->text + at, end - at, &bytes);
        }
        e->begin[i] = work->begin[at];
        e->end[i] = work->end[at + bytes - 1];
        at += bytes;
    }
    return QP_OK;
}

qp_status qp_own_encode(const void *self, qp_text text, qp_encoding *e)
{
    const qp_own *t = self;
    qp_own_scratch *s = qp_own_scratch_of(e);
    if (!s) return no_memory();
    e->count = 0;
    qp_mapped_text *work = &s->work;
    work->mapped = e->spans;
    QP_TRY(qp_own_prepare(t, text.text, text.bytes, work));
    if (work->bytes > INT32_MAX) return qp_fail(QP_EDATA, "tokenizer: text of 2^31 bytes or more; cut it into lines");
    int type = t->settings.type;
    bool whole = t->whole_text || type == QP_TOKENIZER_CHAR || type == QP_TOKENIZER_BYTE;
    for (size_t at = 0, end; at < work->bytes; at = end) {
        int first = e->count;
        end = whole ? work->bytes : qp_split_next(&t->rules, work->text, work->bytes, at);
        QP_TRY(qp_own_add_segment(t, work->text + at, end - at, s, e));
        if (e->spans) QP_TRY(add_spans(t, work, at, end, first, e));
    }
    return QP_OK;
}

static qp_status add_text(const qp_own *t, qp_text text, int32_t type_id, qp_encoding *one, qp_encoding *e)
{
    QP_TRY(qp_own_encode(t, text, one));
    for (int i = 0; i < one->count; i++)
        QP_TRY(qp_encoding_add_token(e, (qp_token){one->id[i], type_id, type_id, one->begin[i], one->end[i]}));
    return qp_encoding_add_token(e, (qp_token){.id = QP_EOS, .type_id = type_id, .sequence = -1});
}

qp_status qp_own_encode_pair(const void *self, qp_text first, const qp_text *second, qp_encoding *e)
{
    qp_encoding one = {.spans = true};
    e->count = 0;
    qp_status status = qp_encoding_add_token(e, (qp_token){.id = QP_BOS, .sequence = -1});
    if (status == QP_OK) status = add_text(self, first, 0, &one, e);
    if (status == QP_OK && second) status = add_text(self, *second, 1, &one, e);
    qp_encoding_free(&one);
    return status;
}
