#include <stdlib.h>

#include "tokenizer/charsmap_plain.h"
#include "tokenizer/sentencepiece_ids.h"
#include "tokenizer/utf8.h"

/* What sentencepiece_ids.c needs of a model, made once. */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory"); }

void qp_sentencepiece_fast_free(qp_sentencepiece_fast *fast)
{
    if (!fast) return;
    free(fast->plain);
    free(fast->whole);
    qp_bpe_free(&fast->bpe);
    qp_word_table_free(&fast->word);
    free(fast);
}

static bool has_user_defined(const qp_sentencepiece *m)
{
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        if (m->type[id] == QP_SPM_USER_DEFINED) return true;
    }
    return false;
}

/* Every character of every piece is a piece: then joining can be done on ids alone. */
static bool spelled_in_pieces(const qp_sentencepiece *m)
{
    const qp_vocabulary *v = &m->vocabulary;
    for (int32_t id = 0; id < v->count; id++) {
        size_t bytes, length;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        if (v->kind[id] != QP_PIECE_NORMAL) continue;
        for (size_t at = 0; at < bytes; at += length) {
            int32_t code = qp_utf8_next(text + at, bytes - at, &length);
            if (code < 0 || qp_vocabulary_find_code(v, code) < 0) return false;
        }
    }
    return true;
}

/* Each way to cut a piece in two pieces is a pair that joins to it. */
static qp_status add_pairs(const qp_sentencepiece *m, qp_bpe *bpe)
{
    const qp_vocabulary *v = &m->vocabulary;
    for (int32_t id = 0; id < v->count; id++) {
        size_t bytes, length;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        if (v->kind[id] != QP_PIECE_NORMAL) continue;
        for (size_t at = 0; at < bytes; at += length) {
            qp_utf8_next(text + at, bytes - at, &length);
            int32_t left = at ? qp_vocabulary_find(v, text, at) : -1;
            int32_t right = left >= 0 ? qp_vocabulary_find(v, text + at, bytes - at) : -1;
            if (right >= 0) QP_TRY(qp_bpe_add_ranked(bpe, left, right, id, m->rank[id]));
        }
    }
    return QP_OK;
}

static qp_status find_whole_words(const qp_sentencepiece *m, qp_sentencepiece_fast *fast)
{
    const qp_vocabulary *v = &m->vocabulary;
    qp_bpe_scratch scratch = {0};
    size_t longest = 1;
    for (int32_t id = 0; id < v->count; id++)
        longest = v->start[id + 1] - v->start[id] > longest ? v->start[id + 1] - v->start[id] : longest;
    int32_t *symbol = malloc(longest * sizeof *symbol);
    fast->whole = calloc((size_t)v->count + 1, 1);
    qp_status status = symbol && fast->whole ? QP_OK : no_memory();
    for (int32_t id = 0; status == QP_OK && id < v->count; id++) {
        size_t bytes, length, count = 0;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        if (v->kind[id] != QP_PIECE_NORMAL) continue;
        for (size_t at = 0; at < bytes; at += length)
            symbol[count++] = qp_vocabulary_find_code(v, qp_utf8_next(text + at, bytes - at, &length));
        status = qp_bpe_apply(&fast->bpe, &scratch, symbol, &count);
        fast->whole[id] = status == QP_OK && count == 1 && symbol[0] == id;
        if (fast->whole[id] && bytes > fast->longest) fast->longest = bytes;
        if (fast->whole[id] && bytes <= QP_LONGEST_TABLE_WORD) status = qp_word_table_add(&fast->word, text, bytes, id);
    }
    qp_bpe_scratch_free(&scratch);
    free(symbol);
    return status;
}

qp_status qp_sentencepiece_fast_make(const qp_sentencepiece *m, qp_sentencepiece_fast **fast)
{
    *fast = NULL;
    bool unigram = m->model_type == QP_SPM_UNIGRAM, bpe = m->model_type == QP_SPM_BPE;
    if ((!unigram && !bpe) || !m->escape_spaces || m->space_as_suffix) return QP_OK;
    bool joins = bpe && !m->has_unused && !has_user_defined(m) && spelled_in_pieces(m);
    if (bpe && !joins) return QP_OK;
    qp_sentencepiece_fast *own = calloc(1, sizeof *own);
    if (!own) return no_memory();
    own->joins = joins;
    qp_status status = qp_charsmap_plain_make(&m->rules, &m->user_defined, &own->plain);
    if (status == QP_OK && own->plain && joins) status = add_pairs(m, &own->bpe);
    if (status == QP_OK && own->plain && joins) status = find_whole_words(m, own);
    if (status == QP_OK && own->plain)
        *fast = own;
    else
        qp_sentencepiece_fast_free(own);
    return status;
}
