#include "tokenizer/sentencepiece/sentencepiece_ids.h"

#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece_chunk_ids.h"
#include "tokenizer/sentencepiece/sentencepiece_word_ids.h"

static qp_status slow_ids(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, qp_text text, qp_id_list *ids)
{
    QP_TRY(qp_sentencepiece_encode(m, text.text, text.bytes, &s->pieces));
    size_t count = (size_t)s->pieces.count;
    if (!QP_GROW(ids->id, ids->capacity, count + 1))
        return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts");
    if (count) memcpy(ids->id, s->pieces.id, count * sizeof *ids->id);
    ids->count = count;
    return QP_OK;
}

qp_status qp_sentencepiece_ids(const qp_sentencepiece *m, qp_sentencepiece_scratch *s, qp_text text, qp_id_list *ids)
{
    ids->count = 0;
    if (!m->fast || m->known || (m->model_type != QP_SPM_UNIGRAM && !m->fast->joins)) return slow_ids(m, s, text, ids);
    qp_sentencepiece_run list = {.model = m, .scratch = s, .ids = *ids};
    size_t at = 0;
    qp_status status = m->fast->letter ? qp_sentencepiece_word_ids(&list, text.text, text.bytes)
                                       : qp_sentencepiece_chunk_ids(&list, text.text, text.bytes, &at);
    *ids = list.ids;
    if (status != QP_OK) ids->count = 0;
    return status;
}
