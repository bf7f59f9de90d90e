#include "tokenizer/huggingface/pipeline_model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/text/utf8.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

void qp_word_pieces_free(qp_word_pieces *pieces)
{
    free(pieces->piece);
    free(pieces->bytes);
    free(pieces->best);
    qp_bpe_scratch_free(&pieces->bpe);
    *pieces = (qp_word_pieces){0};
}

static qp_status add(qp_word_pieces *w, int32_t piece, size_t bytes)
{
    if (!QP_GROW(w->piece, w->piece_capacity, w->count + 1) || !QP_GROW(w->bytes, w->bytes_capacity, w->count + 1))
        return no_memory();
    w->piece[w->count] = piece;
    w->bytes[w->count++] = (uint32_t)bytes;
    return QP_OK;
}

/* The piece spelled prefix + text + suffix, or -1. Affixes may be NULL. */
static int32_t find_affixed(const qp_pipeline *p, const char *prefix, const char *text, size_t bytes,
                            const char *suffix)
{
    char stack[256], *joined = stack;
    size_t before = prefix ? strlen(prefix) : 0, after = suffix ? strlen(suffix) : 0;
    if (before + after == 0) return qp_vocabulary_find(&p->vocabulary, text, bytes);
    if (before + bytes + after > sizeof stack && !(joined = malloc(before + bytes + after))) return -1;
    if (before) memcpy(joined, prefix, before);
    memcpy(joined + before, text, bytes);
    if (after) memcpy(joined + before + bytes, suffix, after);
    int32_t piece = qp_vocabulary_find(&p->vocabulary, joined, before + bytes + after);
    if (joined != stack) free(joined);
    return piece;
}

/* The bytes of the first character; after ByteLevel every byte is one. */
static size_t character_bytes(const qp_pipeline *p, const char *text, size_t bytes)
{
    size_t length = 1;
    if (!p->byte_level) qp_utf8_next(text, bytes, &length);
    return length;
}

/* All bytes of the text have byte pieces: add them. */
static qp_status add_bytes(const qp_pipeline *p, const char *text, size_t bytes, qp_word_pieces *w, bool *done)
{
    *done = false;
    if (!p->byte_fallback) return QP_OK;
    for (size_t i = 0; i < bytes; i++) {
        if (p->byte_piece[(unsigned char)text[i]] < 0) return QP_OK;
    }
    for (size_t i = 0; i < bytes; i++) QP_TRY(add(w, p->byte_piece[(unsigned char)text[i]], 1));
    *done = true;
    return QP_OK;
}

static qp_status unknown_word(const qp_pipeline *p, size_t bytes, qp_word_pieces *w)
{
    w->count = 0;
    if (p->unknown < 0)
        return qp_fail(QP_EDATA, "tokenizer: an unknown word and no unknown token; choose another tokenizer");
    return add(w, p->unknown, bytes);
}

/* ---- BPE ---- */

static qp_status lay_out(const qp_pipeline *p, const char *text, size_t bytes, qp_word_pieces *w)
{
    bool held = false; /* an unknown that may still grow */
    size_t held_bytes = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        length = character_bytes(p, text + at, bytes - at);
        bool last = at + length == bytes, done;
        int32_t piece = find_affixed(p, at > 0 ? p->prefix : NULL, text + at, length, last ? p->suffix : NULL);
        if (piece >= 0) {
            if (held) QP_TRY(add(w, p->unknown, held_bytes));
            held = false;
            QP_TRY(add(w, piece, length));
            continue;
        }
        QP_TRY(add_bytes(p, text + at, length, w, &done));
        if (done) continue;
        if (p->unknown < 0 && p->unknown_text) return unknown_word(p, bytes, w);
        if (p->unknown < 0) continue;
        if (held && !p->fuse_unknown) QP_TRY(add(w, p->unknown, held_bytes));
        held_bytes = held && p->fuse_unknown ? held_bytes + length : length;
        held = true;
    }
    return held ? add(w, p->unknown, held_bytes) : QP_OK;
}

static qp_status model_bpe(const qp_pipeline *p, const char *text, size_t bytes, qp_word_pieces *w)
{
    if (p->ignore_merges) {
        int32_t whole = qp_vocabulary_find(&p->vocabulary, text, bytes);
        if (whole >= 0) return add(w, whole, bytes);
    }
    QP_TRY(lay_out(p, text, bytes, w));
    return qp_bpe_apply_spans(&p->bpe, &w->bpe, w->piece, w->bytes, &w->count);
}

/* ---- Unigram: in double, first found wins ties ---- */

static void offer(struct qp_best *best, double score, size_t begin, int32_t piece)
{
    if (best->piece != -2 && !(score > best->score)) return;
    *best = (struct qp_best){score, begin, piece};
}

static void leave(const qp_pipeline *p, const char *text, size_t bytes, size_t begin, struct qp_best *best)
{
    size_t length = character_bytes(p, text + begin, bytes - begin);
    int32_t node = 0;
    bool single = false;
    for (size_t end = begin; end < bytes && qp_trie_step(&p->trie, &node, (unsigned char)text[end]);) {
        int32_t piece = p->trie.unit[node].value;
        end++;
        if (piece < 0) continue;
        offer(&best[end], best[begin].score + p->score[piece], begin, piece);
        single = single || end - begin == length;
    }
    if (!single) offer(&best[begin + length], best[begin].score + p->unknown_score, begin, -1);
}

static qp_status model_unigram(const qp_pipeline *p, const char *text, size_t bytes, qp_word_pieces *w)
{
    if (!QP_GROW(w->best, w->best_capacity, bytes + 1)) return no_memory();
    for (size_t i = 0; i <= bytes; i++) w->best[i] = (struct qp_best){0, 0, -2};
    for (size_t at = 0, length; at < bytes; at += length) {
        length = character_bytes(p, text + at, bytes - at);
        leave(p, text, bytes, at, w->best);
    }
    size_t count = 0; /* the path, turned round in place: each node's begin leads back, so note the ends */
    for (size_t end = bytes; end > 0; end = w->best[end].begin)
        QP_TRY((count++, add(w, w->best[end].piece, end - w->best[end].begin)));
    for (size_t i = 0; i < count / 2; i++) {
        int32_t piece = w->piece[i];
        uint32_t own = w->bytes[i];
        w->piece[i] = w->piece[count - 1 - i];
        w->bytes[i] = w->bytes[count - 1 - i];
        w->piece[count - 1 - i] = piece;
        w->bytes[count - 1 - i] = own;
    }
    qp_word_pieces path = {.piece = w->piece, .bytes = w->bytes, .count = count};
    w->piece = NULL;
    w->bytes = NULL;
    w->count = w->piece_capacity = w->bytes_capacity = 0;
    qp_status status = QP_OK;
    size_t at = 0;
    for (size_t i = 0; i < count && status == QP_OK; i++) {
        size_t own = path.bytes[i];
        bool done = false;
        if (path.piece[i] >= 0 && path.piece[i] != p->unknown) {
            status = add(w, path.piece[i], own);
            at += own;
            continue;
        }
        while (i + 1 < count && (path.piece[i + 1] < 0 || path.piece[i + 1] == p->unknown)) own += path.bytes[++i];
        size_t first = w->count;
        int32_t named = qp_vocabulary_find(&p->vocabulary, text + at, own); /* the unknown piece's own name */
        if (named >= 0) {
            status = add(w, named, own);
            at += own;
            continue;
        }
        status = add_bytes(p, text + at, own, w, &done);
        for (size_t k = first; done && k < w->count; k++)
            w->bytes[k] = (uint32_t)own | (k + 1 < w->count ? QP_SHARED : 0);
        if (status == QP_OK && !done) {
            status = p->unknown < 0 ? qp_fail(QP_EDATA, "tokenizer: an unknown character and no unknown token")
                                    : add(w, p->unknown, own);
        }
        at += own;
    }
    free(path.piece);
    free(path.bytes);
    return status;
}

/* ---- WordPiece, WordLevel ---- */

static qp_status model_wordpiece(const qp_pipeline *p, const char *text, size_t bytes, qp_word_pieces *w)
{
    int characters = 0;
    for (size_t at = 0; at < bytes; characters++) at += character_bytes(p, text + at, bytes - at);
    if (characters > p->longest_word) return unknown_word(p, bytes, w);
    for (size_t at = 0, end; at < bytes; at = end) {
        int32_t piece = -1;
        for (end = bytes - at < p->longest_piece ? bytes : at + p->longest_piece; end > at; end--) {
            if (!p->byte_level && end < bytes && ((unsigned char)text[end] & 0xC0) == 0x80) continue;
            piece = find_affixed(p, at ? p->prefix : NULL, text + at, end - at, NULL);
            if (piece >= 0) break;
        }
        if (piece < 0) return unknown_word(p, bytes, w);
        QP_TRY(add(w, piece, end - at));
    }
    return QP_OK;
}

qp_status qp_pipeline_model(const qp_pipeline *p, const char *text, size_t bytes, qp_word_pieces *w)
{
    w->count = 0;
    if (bytes == 0) return QP_OK;
    if (p->model == QP_MODEL_BPE) return model_bpe(p, text, bytes, w);
    if (p->model == QP_MODEL_UNIGRAM) return model_unigram(p, text, bytes, w);
    if (p->model == QP_MODEL_WORDPIECE) return model_wordpiece(p, text, bytes, w);
    int32_t piece = qp_vocabulary_find(&p->vocabulary, text, bytes);
    return piece >= 0 ? add(w, piece, bytes) : unknown_word(p, bytes, w);
}
