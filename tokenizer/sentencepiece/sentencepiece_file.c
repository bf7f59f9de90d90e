#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/sentencepiece/sentencepiece.h"
#include "tokenizer/sentencepiece/sentencepiece_fast.h"
#include "lib/text/utf8.h"

/* ---- protocol buffers: fields of a message ---- */

typedef struct {
    const char *at, *end;
} message;

typedef struct {
    uint32_t number, wire;
    uint64_t value; /* varint and fixed; the length of bytes */
    message bytes;
} field;

static bool read_varint(message *m, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && m->at < m->end; shift += 7) {
        unsigned char byte = (unsigned char)*m->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return shift < 63 || byte < 2;
    }
    return false;
}

static bool read_fixed(message *m, size_t bytes, uint64_t *value)
{
    if ((size_t)(m->end - m->at) < bytes) return false;
    *value = 0;
    for (size_t i = 0; i < bytes; i++) *value |= (uint64_t)(unsigned char)m->at[i] << 8 * i;
    m->at += bytes;
    return true;
}

static bool read_field(message *m, field *f, int depth);

/* Groups are obsolete but legal: skipped up to their end mark. */
static bool skip_group(message *m, uint32_t number, int depth)
{
    field inner;
    while (m->at < m->end) {
        if (!read_field(m, &inner, depth + 1)) return false;
        if (inner.wire == 4) return inner.number == number;
    }
    return false;
}

static bool read_field(message *m, field *f, int depth)
{
    uint64_t tag;
    if (depth > 30 || !read_varint(m, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) return false;
    f->number = (uint32_t)(tag >> 3);
    f->wire = tag & 7;
    switch (f->wire) {
    case 0: return read_varint(m, &f->value);
    case 1: return read_fixed(m, 8, &f->value);
    case 5: return read_fixed(m, 4, &f->value);
    case 2:
        if (!read_varint(m, &f->value) || f->value > (uint64_t)(m->end - m->at)) return false;
        f->bytes = (message){m->at, m->at + f->value};
        m->at += f->value;
        return true;
    case 3: return skip_group(m, f->number, depth);
    case 4: return depth > 0;
    default: return false;
    }
}

/* A known field of another wire type counts as unknown, and is skipped, as protocol buffers do. */
static bool is(const field *f, uint32_t number, uint32_t wire) { return f->number == number && f->wire == wire; }

static qp_status damaged(const char *place, const char *what)
{
    return qp_fail(QP_EDATA, "%s: not a sentencepiece model: %s; give a file made by sentencepiece", place, what);
}

static qp_status no_memory(const char *place) { return qp_fail(QP_EMEMORY, "%s: out of memory", place); }

/* ---- the messages of the model ---- */

static qp_status keep_text(const char *place, const field *f, char **text)
{
    size_t bytes = (size_t)f->value;
    if (memchr(f->bytes.at, 0, bytes)) return damaged(place, "a name holds NUL");
    char *copy = malloc(bytes + 1);
    if (!copy) return no_memory(place);
    memcpy(copy, f->bytes.at, bytes);
    copy[bytes] = '\0';
    free(*text);
    *text = copy;
    return QP_OK;
}

static qp_status read_trainer(const char *place, message m, qp_sentencepiece *model)
{
    field f;
    while (m.at < m.end) {
        if (!read_field(&m, &f, 0)) return damaged(place, "trainer_spec is damaged");
        if (is(&f, 3, 0) && f.value >= 1 && f.value <= 4) model->model_type = (int)f.value;
        if (is(&f, 24, 0)) model->space_as_suffix = f.value != 0;
        if (is(&f, 35, 0)) model->byte_fallback = f.value != 0;
        if (is(&f, 44, 2)) QP_TRY(keep_text(place, &f, &model->unknown_surface));
        if (f.number >= 45 && f.number <= 48 && f.wire == 2)
            QP_TRY(keep_text(place, &f, &model->piece_name[f.number - 45]));
    }
    return QP_OK;
}

static qp_status read_normalizer(const char *place, message m, qp_sentencepiece *model, qp_charsmap *rules, bool back)
{
    field f;
    while (m.at < m.end) {
        if (!read_field(&m, &f, 0)) return damaged(place, "normalizer_spec is damaged");
        if (is(&f, 2, 2)) {
            qp_charsmap_free(rules);
            QP_TRY(qp_charsmap_read(place, f.bytes.at, (size_t)f.value, rules));
        }
        if (back) continue;
        if (is(&f, 3, 0)) model->add_dummy_prefix = f.value != 0;
        if (is(&f, 4, 0)) model->remove_extra_spaces = f.value != 0;
        if (is(&f, 5, 0)) model->escape_spaces = f.value != 0;
    }
    return QP_OK;
}

static qp_status add_piece(const char *place, qp_sentencepiece *model, const char *text, size_t bytes, float score,
                           int type)
{
    int32_t id = model->vocabulary.count;
    if (bytes == 0) return damaged(place, "an empty piece");
    if (memchr(text, 0, bytes)) return damaged(place, "a piece holds NUL");
    if (!isfinite(score) && !(score < 0)) return damaged(place, "a score is no number");
    if (!QP_GROW(model->score, model->score_capacity, (size_t)id + 1)) return no_memory(place);
    if (!QP_GROW(model->type, model->type_capacity, (size_t)id + 1)) return no_memory(place);
    model->score[id] = score;
    model->type[id] = (uint8_t)type;
    bool normal = type == QP_SPM_NORMAL || type == QP_SPM_USER_DEFINED || type == QP_SPM_UNUSED;
    if (normal && qp_vocabulary_find(&model->vocabulary, text, bytes) >= 0)
        return damaged(place, "a piece is there twice");
    if (type == QP_SPM_UNKNOWN) {
        if (model->unknown_id >= 0) return damaged(place, "two unknown pieces");
        model->unknown_id = id;
    }
    if (type == QP_SPM_BYTE) {
        unsigned byte;
        char again[8];
        if (bytes != 6 || sscanf(text, "<0x%2X>", &byte) != 1 || snprintf(again, sizeof again, "<0x%02X>", byte) != 6 ||
            memcmp(again, text, 6) != 0)
            return damaged(place, "a byte piece that names no byte");
        if (model->byte_id[byte] >= 0) return damaged(place, "a byte piece is there twice");
        model->byte_id[byte] = id;
    }
    return qp_vocabulary_add(&model->vocabulary, normal ? QP_PIECE_NORMAL : QP_PIECE_SPECIAL, text, bytes, NULL);
}

static qp_status read_piece(const char *place, message m, qp_sentencepiece *model)
{
    field f;
    message text = {0};
    float score = 0;
    int type = QP_SPM_NORMAL;
    while (m.at < m.end) {
        if (!read_field(&m, &f, 0)) return damaged(place, "a piece is damaged");
        if (is(&f, 1, 2)) text = f.bytes;
        if (is(&f, 2, 5)) {
            uint32_t bits = (uint32_t)f.value;
            memcpy(&score, &bits, 4);
        }
        if (is(&f, 3, 0) && f.value >= 1 && f.value <= 6) type = (int)f.value;
    }
    return add_piece(place, model, text.at ? text.at : "", (size_t)(text.end - text.at), score, type);
}

static qp_status read_model(const char *place, message m, qp_sentencepiece *model)
{
    field f;
    while (m.at < m.end) {
        if (!read_field(&m, &f, 0)) return damaged(place, "its fields are damaged");
        if (f.wire != 2) continue;
        if (f.number == 1) QP_TRY(read_piece(place, f.bytes, model));
        if (f.number == 2) QP_TRY(read_trainer(place, f.bytes, model));
        if (f.number == 3) QP_TRY(read_normalizer(place, f.bytes, model, &model->rules, false));
        if (f.number == 5) QP_TRY(read_normalizer(place, f.bytes, model, &model->back_rules, true));
    }
    if (model->unknown_id < 0) return damaged(place, "no unknown piece");
    for (int32_t id = 0; model->model_type == QP_SPM_UNIGRAM && id < model->vocabulary.count; id++) {
        if (!isfinite(model->score[id])) return damaged(place, "a score is no number"); /* others: required_chars */
    }
    for (int byte = 0; !model->byte_fallback && byte < 256; byte++) {
        if (model->byte_id[byte] >= 0) return damaged(place, "byte pieces without byte fallback");
    }
    for (int byte = 0; model->byte_fallback && byte < 256; byte++) {
        if (model->byte_id[byte] < 0) return damaged(place, "byte fallback without all 256 byte pieces");
    }
    return QP_OK;
}

/* ---- what encoding needs ---- */

static int32_t control_named(const qp_sentencepiece *model, const char *name)
{
    int32_t id = qp_sentencepiece_find(model, name, strlen(name));
    return model->type[id] == QP_SPM_CONTROL ? id : -1;
}

typedef struct {
    float score;
    int32_t id;
} scored;

static int by_score(const void *left, const void *right)
{
    const scored *a = left, *b = right;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static qp_status rank_pieces(const char *place, qp_sentencepiece *model)
{
    int count = model->vocabulary.count;
    scored *order = malloc(((size_t)count + 1) * sizeof *order);
    model->rank = malloc(((size_t)count + 1) * sizeof *model->rank);
    if (!order || !model->rank) {
        free(order);
        return no_memory(place);
    }
    for (int32_t id = 0; id < count; id++) order[id] = (scored){model->score[id], id};
    qsort(order, (size_t)count, sizeof *order, by_score);
    for (int i = 0, rank = 0; i < count; i++) {
        if (i > 0 && order[i].score < order[i - 1].score) rank++;
        model->rank[order[i].id] = rank;
    }
    free(order);
    return QP_OK;
}

/* Does the piece have a space after (in a suffix model: before) another character? */
static bool reaches_over_space(const qp_sentencepiece *model, const char *text, size_t bytes)
{
    bool before = false, was_space = false;
    for (size_t at = 0, length; at < bytes; at += length) {
        bool space = qp_utf8_next(text + at, bytes - at, &length) == 0x2581;
        if (model->space_as_suffix ? (!space && was_space) : (space && before)) return true;
        was_space = space;
        before = before || !space;
    }
    return false;
}

/* Scores as the unigram model uses them: a user-defined symbol gets 0.1 for every byte after the first, so that it
 * beats every other segmentation of its text. Source: sentencepiece 0.2.3. */
static qp_status score_pieces(const char *place, qp_sentencepiece *model)
{
    const qp_vocabulary *v = &model->vocabulary;
    float least = INFINITY, most = -INFINITY;
    model->unigram_score = malloc(((size_t)v->count + 1) * sizeof *model->unigram_score);
    if (!model->unigram_score) return no_memory(place);
    for (int32_t id = 0; id < v->count; id++) {
        if (model->type[id] != QP_SPM_NORMAL) continue;
        least = fminf(least, model->score[id]);
        most = fmaxf(most, model->score[id]);
    }
    if (least == INFINITY) least = most = 0;
    for (int32_t id = 0; id < v->count; id++) {
        size_t bytes;
        qp_vocabulary_text(v, id, &bytes);
        bool user = model->type[id] == QP_SPM_USER_DEFINED;
        model->unigram_score[id] = user ? (float)((double)bytes * 0.1 - 0.1) : model->score[id];
    }
    model->highest_score = most;
    model->unigram.score = model->unigram_score;
    model->unigram.unknown_score = least - 10;
    return QP_OK;
}

static qp_status build_trie(const char *place, qp_sentencepiece *model, bool user_only, qp_trie *trie)
{
    const qp_vocabulary *v = &model->vocabulary;
    qp_trie_key *key = malloc(((size_t)v->count + 1) * sizeof *key);
    if (!key) return no_memory(place);
    size_t count = 0;
    for (int32_t id = 0; id < v->count; id++) {
        bool user = model->type[id] == QP_SPM_USER_DEFINED;
        if (!user && (user_only || model->type[id] != QP_SPM_NORMAL)) continue;
        key[count].text = qp_vocabulary_text(v, id, &key[count].bytes);
        key[count++].value = id;
    }
    qp_status status = qp_trie_build(trie, key, count);
    free(key);
    return status;
}

static qp_status finish(const char *place, qp_sentencepiece *model)
{
    const qp_vocabulary *v = &model->vocabulary;
    static const char *const usual[] = {"<unk>", "<s>", "</s>", "<pad>"};
    int *id[] = {NULL, &model->bos_id, &model->eos_id, &model->pad_id};
    for (int i = 1; i < 4; i++) *id[i] = control_named(model, model->piece_name[i] ? model->piece_name[i] : usual[i]);
    model->cuts_at_spaces = true;
    for (int32_t p = 0; p < v->count; p++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(v, p, &bytes);
        model->has_unused = model->has_unused || model->type[p] == QP_SPM_UNUSED;
        if (reaches_over_space(model, text, bytes)) model->cuts_at_spaces = false;
    }
    QP_TRY(rank_pieces(place, model));
    QP_TRY(score_pieces(place, model));
    QP_TRY(build_trie(place, model, true, &model->user_defined));
    if (model->model_type == QP_SPM_UNIGRAM) QP_TRY(build_trie(place, model, false, &model->unigram.trie));
    QP_TRY(qp_sentencepiece_list_texts(model));
    return qp_sentencepiece_fast_make(model, &model->fast);
}

qp_status qp_sentencepiece_read(const char *place, const char *content, size_t bytes, qp_sentencepiece **model)
{
    *model = NULL;
    qp_sentencepiece *m = calloc(1, sizeof *m);
    if (!m) return no_memory(place);
    qp_vocabulary_init(&m->vocabulary);
    m->model_type = QP_SPM_UNIGRAM;
    m->add_dummy_prefix = m->remove_extra_spaces = m->escape_spaces = true;
    m->unknown_id = m->bos_id = m->eos_id = m->pad_id = -1;
    for (int i = 0; i < 256; i++) m->byte_id[i] = -1;
    qp_status status = read_model(place, (message){content, content + bytes}, m);
    if (status == QP_OK) status = finish(place, m);
    if (status == QP_OK) {
        *model = m;
    } else {
        qp_sentencepiece_free(m);
    }
    return status;
}
