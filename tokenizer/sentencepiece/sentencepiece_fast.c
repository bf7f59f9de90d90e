#include <math.h>
#include <stdlib.h>

#include "tokenizer/sentencepiece/charsmap_plain.h"
#include "tokenizer/sentencepiece/sentencepiece_fast.h"
#include "lib/text/utf8.h"

enum { CODES = 0x10000, SIGN_CODE = 0x2581, SIGN = 3 }; /* the sign of a space, and its bytes */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory"); }

void qp_sentencepiece_fast_free(qp_sentencepiece_fast *fast)
{
    if (!fast) return;
    free(fast->plain);
    free(fast->letter);
    qp_bpe_free(&fast->bpe);
    qp_word_table_free(&fast->word);
    free(fast);
}

void qp_sentencepiece_scratch_free(qp_sentencepiece_scratch *s)
{
    qp_mapped_text_free(&s->normal);
    qp_bpe_scratch_free(&s->bpe);
    qp_unigram_path_free(&s->path);
    qp_encoding_free(&s->pieces);
    free(s->covered);
    *s = (qp_sentencepiece_scratch){0};
}

static bool has_user_defined(const qp_sentencepiece *m)
{
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        if (m->type[id] == QP_SPM_USER_DEFINED) return true;
    }
    return false;
}

/* Is every character of every piece a piece? Only then can BPE join ids alone. */
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

/* Adds every pair of pieces whose texts together are a piece. */
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

/* ---- words ---- */

/* Makes fast->letter; NULL if the rules change spaces. */
static qp_status list_letters(const qp_sentencepiece *m, qp_sentencepiece_fast *fast)
{
    bool bpe = m->model_type == QP_SPM_BPE;
    fast->sign_id = qp_vocabulary_find_code(&m->vocabulary, SIGN_CODE);
    if (!m->cuts_at_spaces || fast->sign_id < 0 || m->type[fast->sign_id] != QP_SPM_NORMAL) return QP_OK;
    if ((fast->plain[' '] & (QP_CHAR_PLAIN | QP_CHAR_FOLLOWS)) != QP_CHAR_PLAIN) return QP_OK;
    fast->letter = malloc(CODES * sizeof *fast->letter);
    if (!fast->letter) return no_memory();
    for (int32_t code = 0; code < CODES; code++) {
        uint8_t plain = fast->plain[code];
        bool alone = (plain & (QP_CHAR_PLAIN | QP_CHAR_BEGINS)) && !(plain & QP_CHAR_FOLLOWS);
        fast->letter[code] = !alone ? -1 : bpe ? qp_vocabulary_find_code(&m->vocabulary, code) : 0;
    }
    fast->letter[' '] = fast->letter[SIGN_CODE] = -1;
    return QP_OK;
}

/* Is it a space sign and a short word that the rules do not change? */
static bool is_plain_word(const qp_sentencepiece_fast *fast, const char *text, size_t bytes)
{
    size_t length;
    if (bytes <= SIGN || bytes > SIGN + QP_LONGEST_TABLE_WORD || qp_utf8_next(text, bytes, &length) != SIGN_CODE)
        return false;
    for (size_t at = SIGN; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        if (code < 0 || code >= CODES || fast->letter[code] < 0) return false;
    }
    return true;
}

/* Does BPE join the text of this piece to the piece itself? */
static qp_status is_joined_whole(const qp_sentencepiece *m, const qp_sentencepiece_fast *fast, qp_bpe_scratch *scratch,
                                 int32_t id, bool *whole)
{
    size_t bytes, length, count = 0;
    const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
    int32_t symbol[SIGN + QP_LONGEST_TABLE_WORD];
    for (size_t at = 0; at < bytes; at += length)
        symbol[count++] = qp_vocabulary_find_code(&m->vocabulary, qp_utf8_next(text + at, bytes - at, &length));
    QP_TRY(qp_bpe_apply(&fast->bpe, scratch, symbol, &count));
    *whole = count == 1 && symbol[0] == id;
    return QP_OK;
}

/* Does this piece beat every other path through its text by the margin? best[i]: the best path to byte i without it. */
static bool is_certain(const qp_unigram *u, const char *text, size_t bytes, int32_t id)
{
    double best[SIGN + QP_LONGEST_TABLE_WORD + 1];
    for (size_t i = 0; i <= bytes; i++) best[i] = i ? -INFINITY : 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t node = 0;
        bool single = false;
        qp_utf8_next(text + at, bytes - at, &length);
        for (size_t i = at; i < bytes && qp_trie_step(&u->trie, &node, (unsigned char)text[i]);) {
            int32_t piece = u->trie.unit[node].value;
            i++;
            if (piece < 0) continue;
            single = single || i == at + length;
            if (piece != id) best[i] = fmax(best[i], best[at] + (double)u->score[piece]);
        }
        if (!single) best[at + length] = fmax(best[at + length], best[at] + (double)u->unknown_score);
    }
    return (double)u->score[id] > best[bytes] + QP_CERTAIN_MARGIN && (double)u->score[id] > -QP_CERTAIN_SCORE;
}

static qp_status find_whole_words(const qp_sentencepiece *m, qp_sentencepiece_fast *fast)
{
    const qp_vocabulary *v = &m->vocabulary;
    bool unigram = m->model_type == QP_SPM_UNIGRAM;
    qp_bpe_scratch scratch = {0};
    qp_status status = QP_OK;
    for (int32_t id = 0; status == QP_OK && id < v->count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(v, id, &bytes);
        bool whole = false;
        if (m->type[id] != QP_SPM_NORMAL || !is_plain_word(fast, text, bytes)) continue;
        if (unigram)
            whole = m->highest_score <= 0 && is_certain(&m->unigram, text, bytes, id);
        else
            status = is_joined_whole(m, fast, &scratch, id, &whole);
        if (status == QP_OK && whole) status = qp_word_table_add(&fast->word, text + SIGN, bytes - SIGN, id);
    }
    qp_bpe_scratch_free(&scratch);
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
    if (status == QP_OK && own->plain) status = list_letters(m, own);
    if (status == QP_OK && own->letter) status = find_whole_words(m, own);
    if (status == QP_OK && own->plain)
        *fast = own;
    else
        qp_sentencepiece_fast_free(own);
    return status;
}
