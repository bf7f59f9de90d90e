#define _GNU_SOURCE /* memmem */
#include "tokenizer/sentencepiece/sentencepiece_huggingface.h"

#include <stdlib.h>
#include <string.h>

#include "tokenizer/models/bpe_texts.h"
#include "lib/text/json_writer.h"
#include "lib/text/utf8.h"

#define SPACE_SIGN "\xE2\x96\x81"   /* U+2581 */
#define UNKNOWN_SIGN "\xE2\x81\x87" /* U+2047, in the text of an unknown piece */

static qp_status refuse(const char *what)
{
    return qp_fail(QP_EDATA, "%s cannot be expressed in a tokenizer.json; keep the sentencepiece .model", what);
}

static qp_status string(qp_text_buffer *out, const char *text, size_t bytes)
{
    return qp_json_string(out, text, bytes) ? QP_OK : refuse("a piece that is not UTF-8");
}

static const char *surface_of(const qp_sentencepiece *m)
{
    return m->unknown_surface ? m->unknown_surface : " " UNKNOWN_SIGN " ";
}

/* ---- what a tokenizer.json cannot express ---- */

/* No text becomes a reserved piece, not even its own name. */
static qp_status check_reserved(const qp_sentencepiece *m, int32_t id)
{
    const qp_vocabulary *v = &m->vocabulary;
    size_t bytes, length;
    const char *text = qp_vocabulary_text(v, id, &bytes);
    qp_utf8_next(text, bytes, &length);
    if (length == bytes) return refuse("a control or unknown piece of one character");
    if (qp_vocabulary_find(v, text, bytes) >= 0) return refuse("an ordinary piece spelled like a control piece");
    for (int32_t other = 0; other < id; other++) {
        size_t other_bytes;
        const char *other_text = qp_vocabulary_text(v, other, &other_bytes);
        if (v->kind[other] != QP_PIECE_NORMAL && other_bytes == bytes && memcmp(other_text, text, bytes) == 0)
            return refuse("two control pieces of one name");
    }
    return QP_OK;
}

static qp_status check_pieces(const qp_sentencepiece *m)
{
    int reserved = 0;
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        if (m->type[id] == QP_SPM_USER_DEFINED && (m->add_dummy_prefix || m->remove_extra_spaces))
            return refuse("a user-defined piece beside a space put first or extra spaces removed (which an added token "
                          "would undergo too)");
        if (m->type[id] == QP_SPM_USER_DEFINED && memchr(text, ' ', bytes))
            return refuse("a user-defined piece with a space that is not escaped");
        if (m->type[id] == QP_SPM_UNUSED) return refuse("an unused piece");
        if (!m->byte_fallback && memmem(text, bytes, UNKNOWN_SIGN, 3))
            return refuse("a piece with the sign U+2047, which is the text of an unknown one too,");
        if (m->type[id] == QP_SPM_NORMAL || m->type[id] == QP_SPM_USER_DEFINED) continue;
        if (++reserved > 4096) return refuse("more than 4,096 control pieces");
        QP_TRY(check_reserved(m, id));
    }
    return QP_OK;
}

static qp_status check(const qp_sentencepiece *m)
{
    if (m->model_type == QP_SPM_UNIGRAM)
        return refuse("a unigram model (scores are added as 64-bit numbers there and as 32-bit ones by sentencepiece, "
                      "equal sums would part)");
    if (m->model_type == QP_SPM_WORD) return refuse("a model of words that keep their space");
    if (m->rules.unit_count)
        return refuse(
            "a model with normalisation rules (\"Precompiled\" applies only the shortest rule to a cluster of "
            "characters)");
    if (m->back_rules.unit_count) return refuse("a denormalizer");
    if (m->space_as_suffix) return refuse("a space after words (treat_whitespace_as_suffix)");
    if (!m->escape_spaces) return refuse("spaces that are not escaped");
    if (!m->byte_fallback && strcmp(surface_of(m), " " UNKNOWN_SIGN " ") != 0)
        return refuse("an unknown_surface of one's own");
    int32_t space = qp_vocabulary_find(&m->vocabulary, SPACE_SIGN, 3);
    if (space < 0) return refuse("a vocabulary without the space");
    return check_pieces(m);
}

/* ---- stages ---- */

static void stage(qp_text_buffer *out, bool *first, const char *rest)
{
    qp_text_format(out, "%s\n  {\"type\": ", *first ? "" : ",");
    qp_text_put(out, rest, strlen(rest));
    qp_text_put(out, "}", 1);
    *first = false;
}

/* In the order of qp_sentencepiece_normalize: spaces before the text, rows of spaces, the space put first, signs, signs
 * after the text. */
static void normalizer(const qp_sentencepiece *m, qp_text_buffer *out)
{
    bool first = true;
    qp_text_format(out, "{\"type\": \"Sequence\", \"normalizers\": [");
    if (m->remove_extra_spaces) {
        stage(out, &first, "\"Replace\", \"pattern\": {\"Regex\": \"\\\\A +\"}, \"content\": \"\"");
        stage(out, &first, "\"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \" \"");
    }
    if (m->add_dummy_prefix)
        stage(out, &first,
              "\"Replace\", \"pattern\": {\"Regex\": \"\\\\A(?=[\\\\s\\\\S])\"}, \"content\": \"" SPACE_SIGN "\"");
    stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"" SPACE_SIGN "\"");
    if (m->remove_extra_spaces)
        stage(out, &first, "\"Replace\", \"pattern\": {\"Regex\": \"" SPACE_SIGN "+\\\\z\"}, \"content\": \"\"");
    qp_text_format(out, "]}");
}

/* A name as a regular expression that matches nothing else. */
static void quote(qp_text_buffer *name, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (strchr("\\.[]{}()*+?^$|#/&-", text[i])) qp_text_put(name, "\\", 1);
        qp_text_put(name, text + i, 1);
    }
}

/* Whole tokens of one type are replaced. */
static qp_status replace_names(const qp_sentencepiece *m, int type, const char *content, bool *first,
                               qp_text_buffer *out)
{
    qp_text_buffer name = {0};
    bool any = false;
    qp_text_put(&name, "\\A(?:", 5);
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        if (m->type[id] != type) continue;
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        if (any) qp_text_put(&name, "|", 1);
        quote(&name, text, bytes);
        any = true;
    }
    qp_text_put(&name, ")\\z", 3);
    qp_status status = name.failed ? qp_fail(QP_EMEMORY, "tokenizer file: out of memory") : QP_OK;
    if (status == QP_OK && any) {
        qp_text_format(out, "%s\n  {\"type\": \"Replace\", \"pattern\": {\"Regex\": ", *first ? "" : ",");
        status = string(out, name.text, name.bytes);
        qp_text_format(out, "}, \"content\": ");
        if (status == QP_OK) status = string(out, content, strlen(content));
        qp_text_put(out, "}", 1);
        *first = false;
    }
    qp_text_free(&name);
    return status;
}

/* sentencepiece drops one leading space; if it removes extra spaces, it drops every leading piece that is only a space
 * and the first space of the next piece (but none of an unknown piece's text). Such pieces keep their ▁ till then. */
static qp_status decoder(const qp_sentencepiece *m, qp_text_buffer *out)
{
    bool first = true;
    qp_text_format(out, "{\"type\": \"Sequence\", \"decoders\": [");
    QP_TRY(replace_names(m, QP_SPM_CONTROL, "", &first, out));
    QP_TRY(replace_names(m, QP_SPM_UNKNOWN, surface_of(m), &first, out));
    if (m->remove_extra_spaces)
        stage(out, &first,
              "\"Replace\", \"pattern\": {\"Regex\": \"(?!\\\\A" SPACE_SIGN "\\\\z)" SPACE_SIGN
              "\"}, \"content\": \" \"");
    else
        stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"" SPACE_SIGN "\"}, \"content\": \" \"");
    if (m->byte_fallback) stage(out, &first, "\"ByteFallback\"");
    stage(out, &first, "\"Fuse\"");
    if (m->remove_extra_spaces) {
        stage(out, &first,
              m->byte_fallback ? "\"Replace\", \"pattern\": {\"Regex\": \"\\\\A" SPACE_SIGN "* ?\"}, \"content\": \"\""
                               : "\"Replace\", \"pattern\": {\"Regex\": \"\\\\A" SPACE_SIGN "*(?: (?!" UNKNOWN_SIGN
                                 " ))?\"}, \"content\": \"\"");
        stage(out, &first, "\"Replace\", \"pattern\": {\"String\": \"" SPACE_SIGN "\"}, \"content\": \" \"");
    } else if (m->add_dummy_prefix) {
        stage(out, &first, "\"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0");
    }
    qp_text_format(out, "]}");
    return QP_OK;
}

/* ---- the model ---- */

/* Any two pieces that spell this one, with its rank. */
static qp_status add_splits(const qp_sentencepiece *m, const qp_vocabulary *v, int32_t id, qp_bpe *bpe)
{
    size_t bytes, length;
    const char *text = qp_vocabulary_text(v, id, &bytes);
    for (size_t at = 0; at < bytes; at += length) {
        qp_utf8_next(text + at, bytes - at, &length);
        if (at == 0) continue;
        int32_t left = qp_vocabulary_find(v, text, at), right = qp_vocabulary_find(v, text + at, bytes - at);
        if (left >= 0 && right >= 0) QP_TRY(qp_bpe_add_ranked(bpe, left, right, id, m->rank[id]));
    }
    return QP_OK;
}

/* The pieces that are joined and join: *v has the others as special ones, which no text finds. */
static qp_status joins(const qp_sentencepiece *m, qp_vocabulary *v, qp_bpe *bpe)
{
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
        qp_piece_kind kind = m->type[id] == QP_SPM_NORMAL ? QP_PIECE_NORMAL : QP_PIECE_SPECIAL;
        QP_TRY(qp_vocabulary_add(v, kind, text, bytes, NULL));
    }
    for (int32_t id = 0; id < v->count; id++) {
        if (m->type[id] == QP_SPM_NORMAL) QP_TRY(add_splits(m, v, id, bpe));
    }
    return QP_OK;
}

/* The pair of each piece, in order of rank. A character has no pair, its score is never asked for. */
static qp_status find_pairs(const qp_sentencepiece *m, struct qp_merge **pair, size_t *count)
{
    qp_bpe bpe = {0};
    qp_vocabulary v;
    int32_t unreached = -1, broken = -1;
    *pair = NULL;
    *count = 0;
    qp_vocabulary_init(&v);
    qp_status status = joins(m, &v, &bpe);
    if (status == QP_OK) status = qp_bpe_pairs(&v, &bpe, false, pair, count, &unreached, &broken);
    qp_bpe_free(&bpe);
    qp_vocabulary_free(&v);
    if (status != QP_OK) return status;
    int32_t wrong = broken >= 0 ? broken : unreached;
    if (wrong >= 0)
        return qp_fail(
            QP_EDATA,
            "tokenizer.json: its merges are pairs of pieces, but piece %d \"%.40s\" is not joined of just one; "
            "keep the sentencepiece .model",
            wrong, qp_vocabulary_shown(&m->vocabulary, wrong));
    for (size_t i = 1; i < *count; i++) {
        if ((*pair)[i].rank == (*pair)[i - 1].rank) return refuse("two pieces of one score (the leftmost is joined)");
    }
    return QP_OK;
}

static qp_status piece(const qp_sentencepiece *m, int32_t id, qp_text_buffer *out)
{
    size_t bytes;
    const char *text = qp_vocabulary_text(&m->vocabulary, id, &bytes);
    return string(out, text, bytes);
}

static qp_status model(const qp_sentencepiece *m, const struct qp_merge *pair, size_t count, qp_text_buffer *out)
{
    qp_text_format(out, "{\"type\": \"BPE\", \"dropout\": null, \"unk_token\": ");
    QP_TRY(piece(m, m->unknown_id, out));
    qp_text_format(out,
                       ", \"continuing_subword_prefix\": null, \"end_of_word_suffix\": null, \"fuse_unk\": true, "
                       "\"byte_fallback\": %s, \"ignore_merges\": false, \"vocab\": {",
                       m->byte_fallback ? "true" : "false");
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        qp_text_format(out, "%s\n  ", id ? "," : "");
        QP_TRY(piece(m, id, out));
        qp_text_format(out, ": %d", id);
    }
    qp_text_format(out, "}, \"merges\": [");
    for (size_t i = 0; i < count; i++) {
        qp_text_format(out, "%s\n  [", i ? "," : "");
        QP_TRY(piece(m, pair[i].left, out));
        qp_text_put(out, ", ", 2);
        QP_TRY(piece(m, pair[i].right, out));
        qp_text_put(out, "]", 1);
    }
    qp_text_put(out, "]}", 2);
    return QP_OK;
}

/* User-defined pieces: taken out of the normalised text, the longest at each place, before the model. */
static qp_status added_tokens(const qp_sentencepiece *m, qp_text_buffer *out)
{
    bool first = true;
    qp_text_put(out, "[", 1);
    for (int32_t id = 0; id < m->vocabulary.count; id++) {
        if (m->type[id] != QP_SPM_USER_DEFINED) continue;
        qp_text_format(out, "%s\n  {\"id\": %d, \"content\": ", first ? "" : ",", id);
        QP_TRY(piece(m, id, out));
        qp_text_format(out, ", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                                "\"normalized\": true, \"special\": false}");
        first = false;
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}

static qp_status file(const qp_sentencepiece *m, const struct qp_merge *pair, size_t count, qp_text_buffer *out)
{
    qp_text_format(out, "{\"version\": \"1.0\",\n \"truncation\": null,\n \"padding\": null,\n \"added_tokens\": ");
    QP_TRY(added_tokens(m, out));
    qp_text_format(out, ",\n \"normalizer\": ");
    normalizer(m, out);
    qp_text_format(out, ",\n \"pre_tokenizer\": null,\n \"post_processor\": null,\n \"decoder\": ");
    QP_TRY(decoder(m, out));
    qp_text_format(out, ",\n \"model\": ");
    QP_TRY(model(m, pair, count, out));
    qp_text_format(out, "}\n");
    return QP_OK;
}

qp_status qp_sentencepiece_write_huggingface(const qp_sentencepiece *m, char **text, size_t *bytes)
{
    struct qp_merge *pair = NULL;
    size_t count = 0;
    qp_text_buffer out = {0};
    *text = NULL;
    *bytes = 0;
    QP_TRY(check(m));
    qp_status status = m->model_type == QP_SPM_BPE ? find_pairs(m, &pair, &count) : QP_OK;
    if (status == QP_OK) status = file(m, pair, count, &out);
    free(pair);
    if (status == QP_OK) return qp_text_finish(&out, text, bytes);
    qp_text_free(&out);
    return status;
}
