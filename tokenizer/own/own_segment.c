#include <string.h>

#include "lib/base/batch.h"
#include "lib/text/utf8.h"
#include "tokenizer/own/own.h"

/* The ids of one segment: what each type of vocabulary makes of it. */

/* Room for the ids of `bytes` bytes of text; none needs more than one for each byte. */
static inline qp_status make_room(qp_encoding *e, size_t bytes)
{
    size_t count = (size_t)e->count + bytes + 1;
    return count > e->id_capacity ? qp_encoding_reserve(e, count) : QP_OK;
}

qp_status qp_own_add_unknown(const qp_own *t, const char *text, size_t bytes, qp_encoding *e)
{
    if (!t->settings.byte_fallback) return qp_encoding_add(e, QP_UNK);
    QP_TRY(make_room(e, bytes));
    for (size_t i = 0; i < bytes; i++) e->id[e->count++] = t->vocabulary.byte_id[(unsigned char)text[i]];
    return QP_OK;
}

/* One id for each character. */
static qp_status add_characters(const qp_own *t, const char *text, size_t bytes, qp_encoding *e)
{
    QP_TRY(make_room(e, bytes));
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        int32_t id = code == QP_INVALID_CODE ? -1 : qp_vocabulary_find_code(&t->vocabulary, code);
        if (id >= 0)
            e->id[e->count++] = id;
        else
            QP_TRY(qp_own_add_unknown(t, text + at, length, e));
    }
    return QP_OK;
}

/* The symbols of the segment are appended to the ids and merged in place. */
static qp_status add_joined(const qp_own *t, const char *text, size_t bytes, qp_own_scratch *s, qp_encoding *e)
{
    int first = e->count;
    QP_TRY(t->settings.type == QP_TOKENIZER_BYTE_BPE ? qp_own_add_unknown(t, text, bytes, e)
                                                     : add_characters(t, text, bytes, e));
    size_t count = (size_t)(e->count - first);
    if (s->random)
        QP_TRY(qp_bpe_apply_dropout(&t->bpe, &s->bpe, s->random, e->id + first, &count));
    else
        QP_TRY(qp_bpe_apply(&t->bpe, &s->bpe, e->id + first, &count));
    e->count = first + (int)count;
    return QP_OK;
}

static float score_of(const void *self, int32_t id, const char *text, size_t bytes)
{
    const qp_own *t = self;
    return (void)text, (void)bytes, t->score[id];
}

qp_status qp_own_lattice(const qp_own *t, const char *text, size_t bytes, qp_unigram_lattice *lattice)
{
    return qp_unigram_lattice_build(lattice, &t->unigram.trie, score_of, t, t->unigram.unknown_score, text, bytes);
}

static qp_status add_drawn(const qp_own *t, const char *text, size_t bytes, qp_own_scratch *s, qp_encoding *e)
{
    QP_TRY(qp_own_lattice(t, text, bytes, &s->lattice));
    qp_unigram_lattice_weigh(&s->lattice, s->alpha);
    QP_TRY(qp_unigram_lattice_draw(&s->lattice, s->random->key, s->random->draws++, &s->drawn));
    for (size_t i = 0; i < s->drawn.count; i++) {
        const struct qp_lattice_node *node = &s->lattice.node[s->drawn.node[i]];
        QP_TRY(node->id >= 0 ? qp_encoding_add(e, node->id)
                             : qp_own_add_unknown(t, text + node->begin, node->end - node->begin, e));
    }
    return QP_OK;
}

static qp_status add_path(const qp_own *t, const char *text, size_t bytes, qp_unigram_path *path, qp_encoding *e)
{
    QP_TRY(qp_unigram_apply(&t->unigram, text, bytes, path));
    for (size_t i = 0; i < path->count; i++) {
        const qp_unigram_piece *piece = &path->piece[i];
        QP_TRY(piece->id >= 0 ? qp_encoding_add(e, piece->id)
                              : qp_own_add_unknown(t, text + piece->begin, piece->bytes, e));
    }
    return QP_OK;
}

/* WordPiece: the longest piece that matches, repeatedly; where none does, the whole segment is unknown. */
static qp_status add_longest(const qp_own *t, const char *text, size_t bytes, qp_encoding *e)
{
    int first = e->count;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t id = qp_trie_longest(at ? &t->wordpiece.continuing : &t->wordpiece.initial, text + at, bytes - at,
                                     &length);
        if (id < 0) {
            e->count = first;
            return qp_own_add_unknown(t, text, bytes, e);
        }
        QP_TRY(qp_encoding_add(e, id));
    }
    return QP_OK;
}

qp_status qp_own_add_parts(const qp_own *t, const char *text, size_t bytes, qp_own_scratch *s, qp_encoding *e)
{
    switch (t->settings.type) {
    case QP_TOKENIZER_BYTE:
    case QP_TOKENIZER_WORD:
    case QP_TOKENIZER_SPACE: return qp_own_add_unknown(t, text, bytes, e);
    case QP_TOKENIZER_CHAR: return add_characters(t, text, bytes, e);
    case QP_TOKENIZER_UNIGRAM:
        return s->random ? add_drawn(t, text, bytes, s, e) : add_path(t, text, bytes, &s->path, e);
    case QP_TOKENIZER_WORDPIECE: return add_longest(t, text, bytes, e);
    default: return add_joined(t, text, bytes, s, e);
    }
}

qp_status qp_own_add_segment(const qp_own *t, const char *text, size_t bytes, qp_own_scratch *s, qp_encoding *e)
{
    bool merges = !qp_own_has_whole_words(t) && t->settings.type != QP_TOKENIZER_WORDPIECE;
    int type = t->settings.type;
    if (type == QP_TOKENIZER_CHAR || type == QP_TOKENIZER_BYTE || (s->random && merges))
        return qp_own_add_parts(t, text, bytes, s, e);
    int32_t id = qp_vocabulary_find(&t->vocabulary, text, bytes);
    if (id >= 0 && t->whole[id]) return qp_encoding_add(e, id);
    return qp_own_add_parts(t, text, bytes, s, e);
}
