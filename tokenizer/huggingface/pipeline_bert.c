#include "tokenizer/huggingface/pipeline_bert.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "lib/text/characters.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_bert.h"

/* What the normalizer makes of a character. ASK: only the stages know. */
enum { ASK, SPACE, PART, ALONE };
enum { LETTERS = 0x530, SIGNS = 0x2010, SIGNS_END = 0x2060, TABLE = LETTERS + SIGNS_END - SIGNS };

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

void qp_pipeline_bert_free(qp_pipeline_bert *fast)
{
    if (!fast) return;
    free(fast->character);
    qp_trie_free(&fast->initial);
    qp_trie_free(&fast->continuing);
    free(fast);
}

void qp_pipeline_bert_scratch_free(qp_pipeline_bert_scratch *scratch)
{
    free(scratch->word);
    qp_pipeline_scratch_free(scratch->stages);
    qp_encoding_free(&scratch->tokens);
    *scratch = (qp_pipeline_bert_scratch){0};
}

/* ---- preparing ---- */

static uint8_t kind_of(int32_t code, const char *text, size_t bytes)
{
    utf8proc_category_t category = utf8proc_category(code);
    if (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME)
        return ASK;
    for (size_t at = 0, length; at < bytes; at += length) {
        int32_t made = qp_utf8_next(text + at, bytes - at, &length);
        if (made < 0) return ASK;
        if (qp_is_white_space(made)) return code < 0x80 && length == bytes ? SPACE : ASK;
        if (qp_is_bert_punctuation(made)) return length == bytes ? ALONE : ASK;
    }
    return PART;
}

static qp_status fill_table(const qp_pipeline *p, qp_pipeline_bert *fast)
{
    fast->character = calloc(TABLE, sizeof *fast->character);
    if (!fast->character) return no_memory();
    for (int32_t i = 0; i < TABLE; i++) {
        int32_t code = i < LETTERS ? i : i - LETTERS + SIGNS;
        char text[4], *normal;
        size_t bytes = qp_utf8_write(code, text), normal_bytes;
        struct qp_bert_character *c = &fast->character[i];
        QP_TRY(qp_pipeline_normalize(p, text, bytes, &normal, &normal_bytes));
        if (normal_bytes <= sizeof c->text) {
            c->kind = kind_of(code, normal, normal_bytes);
            c->bytes = (uint8_t)normal_bytes;
            memcpy(c->text, normal, normal_bytes);
        }
        free(normal);
    }
    return QP_OK;
}

/* Tries of the pieces that begin a word, and of those that continue one, without their prefix. *usable is false if one
 * is not UTF-8. */
static qp_status build_tries(const qp_pipeline *p, qp_pipeline_bert *fast, bool *usable)
{
    const qp_vocabulary *v = &p->vocabulary;
    size_t prefix = strlen(p->prefix), count = 0, going_on = 0;
    qp_trie_key *key = malloc(2 * ((size_t)v->count + 1) * sizeof *key), *more = key ? key + v->count + 1 : NULL;
    if (!key) return no_memory();
    *usable = true;
    for (int32_t i = 0; i < v->count; i++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(v, i, &bytes);
        if (v->kind[i] != QP_PIECE_NORMAL) continue;
        for (size_t at = 0, length; at < bytes; at += length) {
            if (qp_utf8_next(text + at, bytes - at, &length) < 0) *usable = false;
        }
        key[count++] = (qp_trie_key){text, bytes, i};
        if (bytes > prefix && memcmp(text, p->prefix, prefix) == 0)
            more[going_on++] = (qp_trie_key){text + prefix, bytes - prefix, i};
    }
    qp_status status = qp_trie_build(&fast->initial, key, count);
    if (status == QP_OK) status = qp_trie_build(&fast->continuing, more, going_on);
    free(key);
    return status;
}

qp_status qp_pipeline_bert_prepare(const qp_pipeline *p, qp_pipeline_bert **fast)
{
    *fast = NULL;
    if (p->model != QP_MODEL_WORDPIECE || !p->prefix || p->unknown < 0) return QP_OK;
    const qp_bert_normalizer *normalizer = qp_stages_only(&p->normalizer, &qp_stage_bert_normalizer);
    if (!normalizer || !qp_stages_only(&p->splitter, &qp_stage_bert_splitter)) return QP_OK;
    qp_pipeline_bert *own = calloc(1, sizeof *own);
    if (!own) return no_memory();
    bool usable = false;
    own->decomposes = normalizer->strips_accents;
    own->isolates_han = normalizer->isolates_han;
    qp_status status = build_tries(p, own, &usable);
    if (status == QP_OK && usable) status = fill_table(p, own);
    if (status == QP_OK && usable)
        *fast = own;
    else
        qp_pipeline_bert_free(own);
    return status;
}

/* ---- encoding ---- */

typedef struct {
    const qp_pipeline *p;
    qp_pipeline_bert_scratch *s;
    size_t bytes, characters; /* of the word under way */
    qp_id_list ids;           /* has room for three ids for each byte to come */
} encoder;

/* The longest piece that fits, again and again; where none fits, the whole word is unknown. */
static void end_word(encoder *e)
{
    const qp_pipeline_bert *fast = e->p->bert;
    const char *word = e->s->word;
    size_t first = e->ids.count, length;
    bool known = e->characters <= (size_t)e->p->longest_word;
    for (size_t at = 0; known && at < e->bytes; at += length) {
        int32_t piece = qp_trie_longest(at ? &fast->continuing : &fast->initial, word + at, e->bytes - at, &length);
        known = piece >= 0;
        if (known) e->ids.id[e->ids.count++] = e->p->token_id[piece];
    }
    if (!known) {
        e->ids.count = first;
        e->ids.id[e->ids.count++] = e->p->token_id[e->p->unknown];
    }
    e->bytes = e->characters = 0;
}

static void add_to_word(encoder *e, const char *text, size_t bytes, size_t characters)
{
    memcpy(e->s->word + e->bytes, text, bytes);
    e->bytes += bytes;
    e->characters += characters;
}

static void add_hangul(encoder *e, int32_t code)
{
    int32_t index = code - 0xAC00, final = index % 28;
    char text[12];
    size_t bytes = qp_utf8_write(0x1100 + index / 588, text);
    bytes += qp_utf8_write(0x1161 + index % 588 / 28, text + bytes);
    if (final) bytes += qp_utf8_write(0x11A7 + final, text + bytes);
    add_to_word(e, text, bytes, final ? 3 : 2);
}

/* One character into the word; false: only the stages know it. */
static inline bool take(encoder *e, int32_t code, const char *text, size_t length)
{
    const qp_pipeline_bert *fast = e->p->bert;
    if (code >= 0xAC00 && code < 0xD7A4) {
        if (fast->decomposes)
            add_hangul(e, code);
        else
            add_to_word(e, text, length, 1);
        return true;
    }
    bool alone = code >= 0x4E00 && code < 0xA000;
    if (!alone) {
        bool letter = code >= 0 && code < LETTERS, sign = code >= SIGNS && code < SIGNS_END;
        if (!letter && !sign) return false;
        const struct qp_bert_character *c = &fast->character[letter ? code : code - SIGNS + LETTERS];
        if (c->kind == ASK || c->kind == SPACE) return false;
        text = c->text;
        length = c->bytes;
        alone = c->kind == ALONE;
        if (!alone) {
            size_t characters = 0;
            for (size_t i = 0; i < length; i++) characters += ((unsigned char)text[i] & 0xC0) != 0x80;
            add_to_word(e, text, length, characters);
            return true;
        }
    } else if (!fast->isolates_han) {
        add_to_word(e, text, length, 1);
        return true;
    }
    if (e->bytes) end_word(e);
    add_to_word(e, text, length, 1);
    end_word(e);
    return true;
}

static bool is_space(const encoder *e, char byte)
{
    return (unsigned char)byte < 0x80 && e->p->bert->character[(unsigned char)byte].kind == SPACE;
}

/* A stretch without spaces through the stages. */
static qp_status encode_slowly(encoder *e, const char *text, size_t bytes, size_t bytes_after)
{
    qp_encoding *list = &e->s->tokens;
    QP_TRY(qp_pipeline_encode_into(e->p, text, bytes, false, false, &e->s->stages, list));
    if (!QP_GROW(e->ids.id, e->ids.capacity, e->ids.count + (size_t)list->count + 3 * bytes_after + 16))
        return no_memory();
    for (int i = 0; i < list->count; i++) e->ids.id[e->ids.count++] = list->id[i];
    return QP_OK;
}

/* The stretch at text[0] up to the next space; *end is where that is. */
static qp_status encode_stretch(encoder *e, const char *text, size_t bytes, size_t *end)
{
    size_t first = e->ids.count, at = 0, length;
    bool known = true;
    for (; known && at < bytes && !is_space(e, text[at]); at += length) {
        int32_t code = qp_utf8_next(text + at, bytes - at, &length);
        known = take(e, code, text + at, length);
    }
    if (known) {
        if (e->bytes) end_word(e);
        *end = at;
        return QP_OK;
    }
    while (at < bytes && !is_space(e, text[at])) at++;
    e->ids.count = first;
    e->bytes = e->characters = 0;
    *end = at;
    return encode_slowly(e, text, at, bytes - at);
}

qp_status qp_pipeline_bert_encode(const qp_pipeline *p, qp_pipeline_bert_scratch *s, const char *text, size_t bytes,
                                  qp_id_list *ids)
{
    ids->count = 0;
    if (bytes > INT32_MAX / 4) return qp_fail(QP_EDATA, "tokenizer: text of 2^29 bytes or more; cut it into lines");
    /* a normal form here is at most three times as long: Hangul, and letters of two bytes */
    if (!QP_GROW(s->word, s->word_capacity, 3 * bytes + 16) || !QP_GROW(ids->id, ids->capacity, 3 * bytes + 16))
        return no_memory();
    encoder e = {.p = p, .s = s, .ids = *ids};
    qp_status status = QP_OK;
    for (size_t at = 0, end; at < bytes && status == QP_OK; at += end) {
        end = 1;
        if (!is_space(&e, text[at])) status = encode_stretch(&e, text + at, bytes - at, &end);
    }
    *ids = e.ids; /* it may have moved, also when a stretch fails */
    return status;
}
