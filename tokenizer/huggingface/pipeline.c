#include "tokenizer/huggingface/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/characters.h"
#include "lib/text/byte_letters.h"
#include "lib/base/array.h"
#include "tokenizer/huggingface/pipeline_added.h"
#include "tokenizer/huggingface/pipeline_length.h"
#include "tokenizer/huggingface/pipeline_model.h"
#include "tokenizer/huggingface/pipeline_template.h"
#include "lib/text/utf8.h"
#include "tokenizer/stages/stage_kinds.h"

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "tokenizer: out of memory; use shorter texts"); }

/* Text and ranges under way, and the memory of all stages. */
typedef struct qp_pipeline_scratch {
    qp_mapped_text text, next;
    qp_ranges ranges, next_ranges;
    qp_stage_scratch scratch;
    qp_word_pieces pieces;
    qp_encoding one; /* before it goes into the template */
    const char *original;
    size_t original_bytes;
} state;

static void free_state(state *s)
{
    qp_mapped_text_free(&s->text);
    qp_mapped_text_free(&s->next);
    qp_ranges_free(&s->ranges);
    qp_ranges_free(&s->next_ranges);
    qp_stage_scratch_free(&s->scratch);
    qp_word_pieces_free(&s->pieces);
    qp_encoding_free(&s->one);
}

void qp_pipeline_scratch_free(qp_pipeline_scratch *scratch)
{
    if (scratch) free_state(scratch);
    free(scratch);
}

static void swap(state *s)
{
    qp_mapped_text text = s->text;
    qp_ranges ranges = s->ranges;
    s->text = s->next;
    s->next = text;
    s->next.bytes = 0;
    s->ranges = s->next_ranges;
    s->next_ranges = ranges;
    s->next_ranges.count = 0;
}

/* Every byte of a character has the span of the character. */
static qp_status begin(state *s, const char *text, size_t bytes)
{
    if (bytes > INT32_MAX / 4) return qp_fail(QP_EDATA, "tokenizer: text of 2^29 bytes or more; cut it into lines");
    s->original = text;
    s->original_bytes = bytes;
    s->text.mapped = s->next.mapped = true;
    s->text.bytes = s->next.bytes = 0;
    s->ranges.count = s->next_ranges.count = 0;
    QP_TRY(qp_regex_text(&s->scratch.regex, text, bytes));
    for (size_t at = 0, length; at < bytes; at += length) {
        qp_utf8_next(text + at, bytes - at, &length);
        QP_TRY(qp_mapped_text_add(&s->text, text + at, length, at, at + length, false));
    }
    return qp_ranges_add(&s->ranges, 0, bytes, -1);
}

/* ---- added tokens ---- */

static qp_status keep_range(state *s, struct qp_range r)
{
    size_t start = s->next.bytes;
    QP_TRY(qp_changes_copy(&s->text, r.begin, r.end, &s->next));
    return qp_ranges_add(&s->next_ranges, start, s->next.bytes, r.added);
}

static qp_status cut_all_added(const qp_pipeline *p, const qp_trie *trie, state *s)
{
    if (trie->count == 0) return QP_OK;
    for (size_t i = 0; i < s->ranges.count; i++) {
        struct qp_range r = s->ranges.range[i];
        QP_TRY(r.added >= 0 ? keep_range(s, r)
                            : qp_pipeline_cut_added(p, trie, (qp_stretch){&s->text, r.begin, r.end}, &s->next,
                                                    &s->next_ranges));
    }
    swap(s);
    return QP_OK;
}

/* ---- stages ---- */

static qp_status normalize(const qp_pipeline *p, state *s)
{
    for (size_t k = 0; k < p->normalizer.count; k++) {
        const qp_stage *stage = &p->normalizer.stage[k];
        for (size_t i = 0; i < s->ranges.count; i++) {
            struct qp_range r = s->ranges.range[i];
            size_t start = s->next.bytes;
            if (r.added >= 0) {
                QP_TRY(keep_range(s, r));
                continue;
            }
            QP_TRY(stage->kind->normalize(stage->self, &s->scratch, (qp_stretch){&s->text, r.begin, r.end}, &s->next));
            QP_TRY(qp_ranges_add(&s->next_ranges, start, s->next.bytes, -1));
        }
        swap(s);
    }
    return QP_OK;
}

static qp_status split(const qp_pipeline *p, state *s)
{
    for (size_t k = 0; k < p->splitter.count; k++) {
        const qp_stage *stage = &p->splitter.stage[k];
        for (size_t i = 0; i < s->ranges.count; i++) {
            struct qp_range r = s->ranges.range[i];
            const qp_stretch stretch = {&s->text, r.begin, r.end};
            QP_TRY(r.added >= 0 ? keep_range(s, r)
                                : stage->kind->split(stage->self, &s->scratch, stretch, &s->next, &s->next_ranges));
        }
        swap(s);
    }
    return QP_OK;
}

/* The place `count` characters after `at` in the original, or before it if negative; at most the ends of the text. */
static uint32_t move_characters(const state *s, uint32_t at, int count)
{
    size_t length;
    for (; count > 0 && at < s->original_bytes; count--) {
        qp_utf8_next(s->original + at, s->original_bytes - at, &length);
        at += (uint32_t)length;
    }
    for (; count < 0 && at > 0; count++) {
        at--;
        while (at > 0 && ((unsigned char)s->original[at] & 0xC0) == 0x80) at--;
    }
    return at;
}

/* What is trimmed: in pieces of bytes only the space; in strings of tokens all white space, and the letter that shows a
 * space. */
static bool is_trimmed(int32_t code, bool bytes)
{
    return bytes ? code == ' ' : qp_is_white_space(code) || code == qp_byte_letter(' ');
}

/* A span leaves out the spaces at both ends of its token: as many characters less, whatever they were in the text. */
static void trim(const qp_pipeline *p, const state *s, const char *text, size_t length_of_text, bool bytes,
                 bool is_first, qp_token *t)
{
    int leading = 0, trailing = 0;
    size_t length;
    for (size_t at = 0; at < length_of_text; at += length, leading++) {
        if (!is_trimmed(qp_utf8_next(text + at, length_of_text - at, &length), bytes)) break;
    }
    for (size_t at = length_of_text; at > 0; at -= length, trailing++) {
        if (!is_trimmed(qp_utf8_before(text, at, &length), bytes)) break;
    }
    if (leading == 1 && p->trim_prefix_space && (is_first || t->begin == 0)) leading = 0;
    uint32_t begin_at = move_characters(s, t->begin, leading);
    t->begin = begin_at < t->end ? begin_at : t->end;
    if (trailing > 0 && move_characters(s, 0, trailing) > t->end) return; /* more spaces than text before the end */
    uint32_t end_at = move_characters(s, t->end, -trailing);
    t->end = end_at > t->begin ? end_at : t->begin;
}

/* trim for a piece of the model: by its bytes, or by its string. */
static void trim_piece(const qp_pipeline *p, const state *s, size_t at, size_t end, int32_t piece, bool is_first,
                       qp_token *t)
{
    bool unknown = piece == p->unknown, own = unknown ? p->model == QP_MODEL_UNIGRAM : p->byte_level;
    const char *text = own ? s->text.text + at : p->token[piece];
    trim(p, s, text, own ? end - at : p->token_bytes[piece], own && p->byte_level, is_first, t);
}

static qp_status tokens_of_range(const qp_pipeline *p, state *s, struct qp_range r, qp_encoding *list)
{
    const qp_mapped_text *text = &s->text;
    if (r.added >= 0) {
        qp_token token = {
            .id = p->added[r.added].id, .begin = text->begin[r.begin], .end = text->end[r.end - 1]};
        if (p->trims) trim(p, s, text->text + r.begin, r.end - r.begin, false, list->count == 0, &token);
        return qp_encoding_add_token(list, token);
    }
    QP_TRY(qp_pipeline_model(p, text->text + r.begin, r.end - r.begin, &s->pieces));
    size_t at = r.begin;
    for (size_t i = 0; i < s->pieces.count; i++) {
        size_t end = at + (s->pieces.bytes[i] & ~QP_SHARED);
        qp_token token = {
            .id = p->token_id[s->pieces.piece[i]], .begin = text->begin[at], .end = text->end[end - 1]};
        if (p->trims) trim_piece(p, s, at, end, s->pieces.piece[i], list->count == 0, &token);
        QP_TRY(qp_encoding_add_token(list, token));
        if (!(s->pieces.bytes[i] & QP_SHARED)) at = end;
    }
    return QP_OK;
}

static qp_status encode_one(const qp_pipeline *p, const char *text, size_t bytes, bool match_added, state *s,
                            qp_encoding *list)
{
    list->count = 0;
    QP_TRY(begin(s, text, bytes));
    if (match_added) QP_TRY(cut_all_added(p, &p->raw_added, s));
    QP_TRY(normalize(p, s));
    if (match_added) QP_TRY(cut_all_added(p, &p->normal_added, s));
    QP_TRY(split(p, s));
    for (size_t i = 0; i < s->ranges.count; i++) QP_TRY(tokens_of_range(p, s, s->ranges.range[i], list));
    return QP_OK;
}

static qp_status encode_text(const qp_pipeline *p, const char *text, size_t bytes, bool special, bool match_added,
                             bool cut, state *s, qp_encoding *list)
{
    bool fills_template = special && p->has_template;
    qp_encoding *one = fills_template ? &s->one : list;
    QP_TRY(encode_one(p, text, bytes, match_added, s, one));
    if (cut) QP_TRY(qp_pipeline_cut(&p->length, fills_template ? qp_template_added(&p->single) : 0, one, NULL));
    if (fills_template) QP_TRY(qp_template_fill(&p->single, one, NULL, list));
    return cut ? qp_pipeline_fill(&p->length, list) : QP_OK;
}

qp_status qp_pipeline_encode_into(const qp_pipeline *p, const char *text, size_t bytes, bool special, bool match_added,
                                  qp_pipeline_scratch **scratch, qp_encoding *list)
{
    list->count = 0;
    if (!*scratch) *scratch = calloc(1, sizeof **scratch);
    if (!*scratch) return no_memory();
    return encode_text(p, text, bytes, special, match_added, false, *scratch, list);
}

qp_status qp_pipeline_encode(const qp_pipeline *p, const char *text, size_t bytes, bool special, bool match_added,
                             qp_encoding *list)
{
    state s = {0};
    list->count = 0;
    qp_status status = encode_text(p, text, bytes, special, match_added, true, &s, list);
    free_state(&s);
    return status;
}

qp_status qp_pipeline_encode_pair(const qp_pipeline *p, const char *a, size_t a_bytes, const char *b, size_t b_bytes,
                                  bool special, qp_encoding *list)
{
    state s = {0};
    qp_encoding one = {0}, two = {0};
    const qp_template *t = special && p->has_template ? &p->pair : &qp_template_plain_pair;
    list->count = 0;
    qp_status status = encode_one(p, a, a_bytes, true, &s, &one);
    if (status == QP_OK) status = encode_one(p, b, b_bytes, true, &s, &two);
    if (status == QP_OK) status = qp_pipeline_cut(&p->length, qp_template_added(t), &one, &two);
    if (status == QP_OK) status = qp_template_fill(t, &one, &two, list);
    if (status == QP_OK) status = qp_pipeline_fill(&p->length, list);
    qp_encoding_free(&one);
    qp_encoding_free(&two);
    free_state(&s);
    return status;
}

qp_status qp_pipeline_normalize(const qp_pipeline *p, const char *text, size_t bytes, char **normal,
                                size_t *normal_bytes)
{
    state s = {0};
    *normal = NULL;
    *normal_bytes = 0;
    qp_status status = begin(&s, text, bytes);
    if (status == QP_OK) status = normalize(p, &s);
    if (status == QP_OK && !QP_GROW(s.text.text, s.text.capacity, s.text.bytes + 1)) status = no_memory();
    if (status == QP_OK) {
        *normal_bytes = s.ranges.count ? s.text.bytes : 0;
        *normal = s.text.text;
        s.text.text = NULL;
        (*normal)[*normal_bytes] = '\0';
    }
    free_state(&s);
    return status;
}

/* A word as Hugging Face's trainers see it: in byte-level pipelines with letters for bytes. */
static qp_status count_word(const char *text, size_t bytes, bool letters, qp_mapped_text *work, qp_word_counts *words)
{
    if (!letters) return qp_word_counts_add(words, text, bytes, 1);
    if (!QP_GROW(work->text, work->capacity, 2 * bytes + 4)) return no_memory();
    size_t made = 0;
    for (size_t i = 0; i < bytes; i++) made += qp_utf8_write(qp_byte_letter((unsigned char)text[i]), work->text + made);
    return qp_word_counts_add(words, work->text, made, 1);
}

qp_status qp_pipeline_count_words(const qp_pipeline *p, const char *text, size_t bytes, qp_word_counts *words)
{
    state s = {0};
    qp_mapped_text work = {0};
    bool letters = false;
    for (size_t k = 0; k < p->splitter.count; k++)
        letters = p->splitter.stage[k].kind == &qp_stage_byte_level ||
                  (letters && p->splitter.stage[k].kind != &qp_stage_split_letters);
    qp_status status = begin(&s, text, bytes);
    if (status == QP_OK) status = normalize(p, &s);
    if (status == QP_OK) status = split(p, &s);
    for (size_t i = 0; i < s.ranges.count && status == QP_OK; i++) {
        struct qp_range r = s.ranges.range[i];
        status = count_word(s.text.text + r.begin, r.end - r.begin, letters, &work, words);
    }
    qp_mapped_text_free(&work);
    free_state(&s);
    return status;
}
