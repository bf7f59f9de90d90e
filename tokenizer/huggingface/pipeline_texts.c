#include "tokenizer/huggingface/pipeline_texts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/byte_letters.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_kinds.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use a smaller vocabulary"); }

void qp_pipeline_texts_free(qp_pipeline_texts *t)
{
    if (!t) return;
    qp_piece_texts_free(&t->texts);
    free(t->flags);
    free(t);
}

/* ---- the strings of tokens ---- */

static const qp_added_token *added_with(const qp_pipeline *p, int32_t id)
{
    if (id < 0 || (size_t)id >= p->added_limit || p->added_of_id[id] < 0) return NULL;
    return &p->added[p->added_of_id[id]];
}

static int32_t piece_with(const qp_pipeline *p, int32_t id)
{
    return id >= 0 && (size_t)id < p->id_limit ? p->piece_of_id[id] : -1;
}

/* What an added token decodes to: its normal form, where it is matched normalised. */
static qp_text shown(const qp_added_token *a)
{
    return a->shown ? (qp_text){a->shown, a->shown_bytes} : (qp_text){a->text, a->bytes};
}

/* Special tokens are left out, but not one whose normal form is another text. */
static bool is_left_out(const qp_added_token *a)
{
    qp_text s = shown(a);
    return a->special && s.bytes == a->bytes && (s.bytes == 0 || memcmp(s.text, a->text, s.bytes) == 0);
}

/* An added token's text. tiktoken's are bytes, so they become letters, which the decoder turns back. */
static qp_status put_added(const qp_pipeline *p, qp_strings *s, qp_text text)
{
    if (!p->keeps_bytes) return qp_strings_put(s, text.text, text.bytes);
    char letter[4];
    for (size_t i = 0; i < text.bytes; i++)
        QP_TRY(qp_strings_put(s, letter, (size_t)qp_utf8_write(qp_byte_letter((unsigned char)text.text[i]), letter)));
    return QP_OK;
}

qp_status qp_pipeline_collect(const qp_pipeline *p, const int32_t *id, size_t count, bool skip_special, qp_strings *s)
{
    for (size_t i = 0; i < count; i++) {
        const qp_added_token *added = added_with(p, id[i]);
        int32_t piece = piece_with(p, id[i]);
        if (!added && piece < 0) continue;
        if (added && skip_special && is_left_out(added)) continue;
        if (!p->has_decoder && s->count > 0) QP_TRY(qp_strings_put(s, " ", 1));
        QP_TRY(added ? put_added(p, s, shown(added)) : qp_strings_put(s, p->token[piece], p->token_bytes[piece]));
        QP_TRY(qp_strings_end(s));
    }
    return QP_OK;
}

qp_status qp_pipeline_decoders(const qp_pipeline *p, size_t first, size_t count, qp_strings *read, qp_strings *made)
{
    for (size_t i = first; i < first + count; i++) {
        const qp_stage *stage = &p->decoder.stage[i];
        read->keeps_bytes = p->keeps_bytes;
        made->bytes = made->count = 0;
        QP_TRY(stage->kind->decode(stage->self, read, made));
        qp_strings swap = *read;
        *read = *made;
        *made = swap;
    }
    return QP_OK;
}

/* ---- the table ---- */

/* Which decoders the table covers. */
static void choose_stages(const qp_pipeline *p, qp_pipeline_texts *t)
{
    const qp_stage_list *d = &p->decoder;
    t->first_differs = !p->has_decoder;
    for (; t->stages < d->count && d->stage[t->stages].kind->strings != QP_STRINGS_TOGETHER; t->stages++) {
        qp_stage_strings strings = d->stage[t->stages].kind->strings;
        t->first_differs = t->first_differs || strings == QP_STRINGS_BUT_FIRST;
        t->last_differs = t->last_differs || strings == QP_STRINGS_BUT_LAST;
    }
    t->raw = t->stages + 1 == d->count && d->stage[t->stages].kind == &qp_stage_decode_byte_level;
}

/* All ids that are tokens, with one more at each end, so that none is first or last. */
static qp_status list_ids(const qp_pipeline *p, qp_pipeline_texts *t, size_t limit, int32_t **list, size_t *count)
{
    *count = 0;
    *list = malloc((limit + 2) * sizeof **list);
    t->flags = calloc(limit + 1, 1);
    if (!*list || !t->flags) return no_memory();
    for (int32_t id = 0; (size_t)id < limit; id++) {
        const qp_added_token *added = added_with(p, id);
        if (!added && piece_with(p, id) < 0)
            t->flags[id] = QP_ID_NOTHING;
        else
            (*list)[++*count] = id;
        if (added && is_left_out(added)) t->flags[id] = QP_ID_SPECIAL;
    }
    if (*count) {
        (*list)[0] = (*list)[1];
        (*list)[++*count] = (*list)[1];
        ++*count;
    }
    return QP_OK;
}

static qp_status keep_texts(qp_pipeline_texts *t, const qp_strings *strings, size_t limit)
{
    qp_strings raw = {0};
    qp_status status = QP_OK;
    for (size_t id = 0, i = 1; id < limit && status == QP_OK; id++) {
        bool nothing = t->flags[id] & QP_ID_NOTHING;
        qp_text text = nothing ? (qp_text){"", 0} : qp_strings_get(strings, i++);
        raw.bytes = 0;
        if (t->raw) status = qp_byte_level_raw(text, &raw);
        if (status == QP_OK) status = qp_piece_texts_add(&t->texts, t->raw ? raw.text : text.text,
                                                         t->raw ? raw.bytes : text.bytes);
    }
    qp_strings_free(&raw);
    return status;
}

qp_status qp_pipeline_texts_make(const qp_pipeline *p, qp_pipeline_texts **texts)
{
    qp_pipeline_texts *t = *texts = calloc(1, sizeof *t);
    qp_strings strings = {0}, made = {0};
    int32_t *list = NULL;
    size_t count = 0, limit = p->id_limit > p->added_limit ? p->id_limit : p->added_limit;
    if (!t) return no_memory();
    choose_stages(p, t);
    qp_status status = list_ids(p, t, limit, &list, &count);
    if (status == QP_OK) status = qp_pipeline_collect(p, list, count, false, &strings);
    if (status == QP_OK) status = qp_pipeline_decoders(p, 0, t->stages, &strings, &made);
    if (status == QP_OK) status = keep_texts(t, &strings, limit);
    qp_strings_free(&strings);
    qp_strings_free(&made);
    free(list);
    if (status != QP_OK) {
        qp_pipeline_texts_free(t);
        *texts = NULL;
    }
    return status == QP_EDATA ? QP_OK : status; /* a decoder that fails for a token is tried text by text */
}
