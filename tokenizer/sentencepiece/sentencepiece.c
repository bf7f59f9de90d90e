#include "tokenizer/sentencepiece/sentencepiece.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/joiner.h"
#include "tokenizer/sentencepiece/sentencepiece_fast.h"
#include "tokenizer/sentencepiece/sentencepiece_internal.h"
#include "lib/text/utf8.h"

static const char SPACE_SIGN[] = "\xE2\x96\x81", REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+2581, U+FFFD */
enum { SIGN = 3 };                                                               /* bytes of either */

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece: out of memory; use shorter texts"); }

void qp_sentencepiece_free(qp_sentencepiece *model)
{
    if (!model) return;
    qp_charsmap_free(&model->rules);
    qp_charsmap_free(&model->back_rules);
    qp_vocabulary_free(&model->vocabulary);
    qp_trie_free(&model->user_defined);
    qp_unigram_free(&model->unigram);
    free(model->unknown_surface);
    for (int i = 0; i < 4; i++) free(model->piece_name[i]);
    free(model->score);
    free(model->type);
    free(model->unigram_score);
    free(model->rank);
    qp_sentencepiece_fast_free(model->fast);
    qp_piece_texts_free(&model->texts);
    free(model);
}

int32_t qp_sentencepiece_find(const qp_sentencepiece *model, const char *piece, size_t bytes)
{
    const qp_vocabulary *v = &model->vocabulary;
    for (int32_t id = 0; id < v->count; id++) { /* the reserved ones first, as sentencepiece does; they are few */
        if (v->kind[id] == QP_PIECE_NORMAL) continue;
        size_t own;
        const char *text = qp_vocabulary_text(v, id, &own);
        if (own == bytes && memcmp(text, piece, bytes) == 0) return id;
    }
    int32_t id = qp_vocabulary_find(v, piece, bytes);
    return id >= 0 ? id : model->unknown_id;
}

/* ---- normalisation ---- */


static bool is_user_defined(const qp_sentencepiece *m, const char *text, size_t bytes, size_t *length)
{
    return qp_trie_longest(&m->user_defined, text, bytes, length) >= 0;
}

qp_spm_step qp_sentencepiece_next(const qp_sentencepiece *m, const qp_charsmap *rules, const char *text, size_t bytes)
{
    qp_spm_step s = {text, 0, 0};
    if (m && is_user_defined(m, text, bytes, &s.used)) {
        s.bytes = s.used;
        return s;
    }
    s.used = qp_charsmap_longest(rules, text, bytes, &s.text, &s.bytes);
    if (s.used) return s;
    bool bad = qp_utf8_next(text, bytes, &s.used) == QP_INVALID_CODE;
    return bad ? (qp_spm_step){REPLACEMENT, SIGN, 1} : (qp_spm_step){text, s.used, s.used};
}

static qp_status put(qp_mapped_text *out, const char *text, size_t bytes, size_t origin)
{
    return qp_mapped_text_add(out, text, bytes, origin, origin, false);
}

static qp_status put_space(const qp_sentencepiece *m, qp_mapped_text *out, size_t origin)
{
    return m->escape_spaces ? put(out, SPACE_SIGN, SIGN, origin) : put(out, " ", 1, origin);
}

/* Appends the text of one step, without leading spaces if a space came before. */
static qp_status put_step(const qp_sentencepiece *m, qp_mapped_text *out, qp_spm_step s, size_t origin,
                          bool *after_space)
{
    while (*after_space && s.bytes > 0 && s.text[0] == ' ') {
        s.text++;
        s.bytes--;
    }
    if (s.bytes == 0) return QP_OK;
    for (size_t i = 0; i < s.bytes; i++) {
        if (s.text[i] == ' ')
            QP_TRY(put_space(m, out, origin));
        else
            QP_TRY(put(out, s.text + i, 1, origin));
    }
    *after_space = s.text[s.bytes - 1] == ' ';
    return QP_OK;
}

static size_t drop_trailing_spaces(const qp_sentencepiece *m, qp_mapped_text *out, size_t first, size_t used)
{
    const char *space = m->escape_spaces ? SPACE_SIGN : " ";
    size_t sign = strlen(space);
    while (out->bytes - first >= sign && memcmp(out->text + out->bytes - sign, space, sign) == 0) {
        out->bytes -= sign;
        used = out->begin[out->bytes];
    }
    return used;
}

static qp_status end_mark(qp_mapped_text *out, size_t origin)
{
    if (!QP_GROW(out->begin, out->begin_capacity, out->bytes + 1)) return no_memory();
    out->begin[out->bytes] = (uint32_t)origin;
    return QP_OK;
}

size_t qp_sentencepiece_leading_spaces(const qp_sentencepiece *m, const char *text, size_t bytes)
{
    size_t at = 0;
    while (m->remove_extra_spaces && at < bytes) {
        qp_spm_step s = qp_sentencepiece_next(m, &m->rules, text + at, bytes - at);
        if (s.bytes != 1 || s.text[0] != ' ') break;
        at += s.used;
    }
    return at;
}

qp_status qp_sentencepiece_step(const qp_sentencepiece *m, const char *text, size_t bytes, size_t *at,
                                bool *after_space, qp_mapped_text *out)
{
    qp_spm_step s = qp_sentencepiece_next(m, &m->rules, text + *at, bytes - *at);
    QP_TRY(put_step(m, out, s, *at, after_space));
    *at += s.used;
    if (!m->remove_extra_spaces) *after_space = false;
    return QP_OK;
}

qp_status qp_sentencepiece_normalize(const qp_sentencepiece *m, const char *text, size_t bytes, qp_mapped_text *out)
{
    if (bytes > INT32_MAX / 4) return qp_fail(QP_EDATA, "sentencepiece: text of 2^29 bytes or more; cut it into lines");
    out->mapped = true;
    size_t at = qp_sentencepiece_leading_spaces(m, text, bytes), first = out->bytes;
    if (at == bytes) return end_mark(out, at);
    if (m->add_dummy_prefix && !m->space_as_suffix) QP_TRY(put_space(m, out, at));
    bool after_space = m->remove_extra_spaces;
    while (at < bytes) QP_TRY(qp_sentencepiece_step(m, text, bytes, &at, &after_space, out));
    if (m->remove_extra_spaces) at = drop_trailing_spaces(m, out, first, at);
    if (m->add_dummy_prefix && m->space_as_suffix) QP_TRY(put_space(m, out, at));
    return end_mark(out, at);
}

/* ---- encoding ---- */

/* The id of a text that the model does not know, in a vocabulary of its own (renumber). */
static int32_t listed(const qp_sentencepiece *m, const char *text, size_t bytes)
{
    int32_t id = m->known ? qp_vocabulary_find(&m->vocabulary, text, bytes) : -1;
    return id >= 0 && id < m->known ? id : m->unknown_id;
}

qp_status qp_sentencepiece_add(const qp_sentencepiece *m, const qp_mapped_text *normal, size_t begin, size_t end,
                               int32_t id, size_t *unknown, qp_encoding *list)
{
    uint32_t from = normal->begin[begin], to = normal->begin[end];
    bool is_unknown = id == m->unknown_id;
    if (is_unknown && m->byte_fallback) {
        for (size_t i = begin; i < end; i++)
            QP_TRY(qp_encoding_add_span(list, m->byte_id[(unsigned char)normal->text[i]], from,
                                        i + 1 == end ? to : from));
    } else if (is_unknown && *unknown) {
        list->end[list->count - 1] = to;
        list->id[list->count - 1] = listed(m, normal->text + (*unknown - 1), end - (*unknown - 1));
    } else {
        bool foreign = m->known && id >= m->known;
        int32_t shown = is_unknown ? listed(m, normal->text + begin, end - begin) : foreign ? m->unknown_id : id;
        QP_TRY(qp_encoding_add_span(list, shown, from, to));
    }
    if (!is_unknown) *unknown = 0;
    if (is_unknown && !*unknown) *unknown = begin + 1;
    return QP_OK;
}

static int32_t id_of(const qp_sentencepiece *m, const char *text, size_t bytes)
{
    int32_t id = qp_vocabulary_find(&m->vocabulary, text, bytes);
    return id >= 0 && m->type[id] != QP_SPM_UNUSED ? id : m->unknown_id;
}

static qp_status encode_unigram(const qp_sentencepiece *m, const qp_mapped_text *normal, qp_encoding *list)
{
    qp_unigram_path path = {0};
    size_t unknown = 0;
    qp_status status = qp_unigram_apply(&m->unigram, normal->text, normal->bytes, &path);
    for (size_t i = 0; status == QP_OK && i < path.count; i++) {
        const qp_unigram_piece *p = &path.piece[i];
        int32_t id = p->id >= 0 ? p->id : m->unknown_id;
        status = qp_sentencepiece_add(m, normal, p->begin, p->begin + p->bytes, id, &unknown, list);
    }
    qp_unigram_path_free(&path);
    return status;
}

/* The end of the word that begins at `begin`: before the next space, even in suffix models, as in sentencepiece. */
static size_t word_end(const char *text, size_t bytes, size_t begin)
{
    for (size_t at = begin, length; at < bytes; at += length) {
        if (qp_utf8_next(text + at, bytes - at, &length) == 0x2581 && at > begin) return at;
    }
    return bytes;
}

static size_t char_end(const qp_sentencepiece *m, const char *text, size_t bytes, size_t begin)
{
    size_t length;
    if (is_user_defined(m, text + begin, bytes - begin, &length)) return begin + length;
    qp_utf8_next(text + begin, bytes - begin, &length);
    return begin + length;
}

static qp_status encode_simple(const qp_sentencepiece *m, const qp_mapped_text *normal, qp_encoding *list)
{
    size_t unknown = 0;
    bool words = m->model_type == QP_SPM_WORD;
    for (size_t at = 0, end; at < normal->bytes; at = end) {
        end = words ? word_end(normal->text, normal->bytes, at) : char_end(m, normal->text, normal->bytes, at);
        int32_t id = id_of(m, normal->text + at, end - at);
        QP_TRY(qp_sentencepiece_add(m, normal, at, end, id, &unknown, list));
    }
    return QP_OK;
}

typedef struct {
    const qp_sentencepiece *m;
    const qp_mapped_text *normal;
    qp_encoding *list;
    size_t unknown;
} joined_output;

static qp_status take_joined(void *self, size_t begin, size_t end, int32_t id)
{
    joined_output *out = self;
    return qp_sentencepiece_add(out->m, out->normal, begin, end, id >= 0 ? id : out->m->unknown_id, &out->unknown,
                                out->list);
}

/* No piece crosses the beginning of a run of spaces after a word (in suffix models: its end before a word). */
static size_t segment_end(const qp_sentencepiece *m, const char *text, size_t bytes, size_t begin)
{
    bool word = false, space_before = false;
    for (size_t at = begin, length; at < bytes; at += length) {
        bool space = qp_utf8_next(text + at, bytes - at, &length) == 0x2581;
        if (at > begin && (m->space_as_suffix ? !space && space_before : space && word)) return at;
        word = word || !space;
        space_before = space;
    }
    return bytes;
}

static qp_status encode_bpe(const qp_sentencepiece *m, const qp_mapped_text *normal, qp_encoding *list)
{
    joined_output out = {m, normal, list, false};
    qp_joiner joiner = {0};
    qp_status status = QP_OK;
    for (size_t at = 0, end; status == QP_OK && at < normal->bytes; at = end) {
        end = m->cuts_at_spaces ? segment_end(m, normal->text, normal->bytes, at) : normal->bytes;
        status = qp_joiner_join(&joiner, m, normal->text, at, end, take_joined, &out);
    }
    qp_joiner_free(&joiner);
    return status;
}

qp_status qp_sentencepiece_encode(const qp_sentencepiece *m, const char *text, size_t bytes, qp_encoding *list)
{
    qp_mapped_text normal = {0};
    list->count = 0;
    qp_status status = qp_sentencepiece_normalize(m, text, bytes, &normal);
    if (status == QP_OK) {
        switch (m->model_type) {
        case QP_SPM_UNIGRAM: status = encode_unigram(m, &normal, list); break;
        case QP_SPM_BPE: status = encode_bpe(m, &normal, list); break;
        default: status = encode_simple(m, &normal, list);
        }
    }
    qp_mapped_text_free(&normal);
    return status;
}
