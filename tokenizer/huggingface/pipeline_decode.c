#include <string.h>

#include "lib/text/byte_letters.h"
#include "lib/text/utf8.h"
#include "tokenizer/huggingface/pipeline.h"

static const qp_added_token *added_with(const qp_pipeline *p, int32_t id)
{
    for (size_t i = 0; i < p->added_count; i++) {
        if (p->added[i].id == id) return &p->added[i];
    }
    return NULL;
}

/* An added token's text. tiktoken's are bytes, so they become letters, which the decoder turns back. */
static qp_status put_added(const qp_pipeline *p, qp_strings *s, const char *text, size_t bytes)
{
    if (!p->keeps_bytes) return qp_strings_put(s, text, bytes);
    char letter[4];
    for (size_t i = 0; i < bytes; i++)
        QP_TRY(qp_strings_put(s, letter, (size_t)qp_utf8_write(qp_byte_letter((unsigned char)text[i]), letter)));
    return QP_OK;
}

static qp_status collect(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, qp_strings *s)
{
    for (size_t i = 0; i < count; i++) {
        const qp_added_token *added = added_with(p, id[i]);
        int32_t piece = id[i] >= 0 && (size_t)id[i] < p->id_limit ? p->piece_of_id[id[i]] : -1;
        if (!added && piece < 0) continue; /* an id that is nothing decodes to nothing */
        const char *shown = added && added->shown ? added->shown : added ? added->text : NULL;
        size_t shown_bytes = added && added->shown ? added->shown_bytes : added ? added->bytes : 0;
        bool same = added && shown_bytes == added->bytes &&
                    (shown_bytes == 0 || memcmp(shown, added->text, shown_bytes) == 0);
        if (added && added->special && skip_special && same) continue;
        if (!p->has_decoder && s->count > 0) QP_TRY(qp_strings_put(s, " ", 1));
        QP_TRY(added ? put_added(p, s, shown, shown_bytes) : qp_strings_put(s, p->token[piece], p->token_bytes[piece]));
        QP_TRY(qp_strings_end(s));
    }
    return QP_OK;
}

qp_status qp_pipeline_decode(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, char **text,
                             size_t *bytes)
{
    qp_strings read = {0}, made = {0};
    *text = NULL;
    *bytes = 0;
    qp_status status = collect(p, id, count, skip_special, &read);
    for (size_t i = 0; i < p->decoder.count && status == QP_OK; i++) {
        const qp_stage *stage = &p->decoder.stage[i];
        read.keeps_bytes = p->keeps_bytes;
        made.bytes = made.count = 0;
        status = stage->kind->decode(stage->self, &read, &made);
        qp_strings swap = read;
        read = made;
        made = swap;
    }
    if (status == QP_OK) status = qp_strings_put(&read, "", 0);
    if (status == QP_OK) {
        read.text[read.bytes] = '\0';
        *text = read.text;
        *bytes = read.bytes;
        read.text = NULL;
    }
    qp_strings_free(&read);
    qp_strings_free(&made);
    return status;
}
