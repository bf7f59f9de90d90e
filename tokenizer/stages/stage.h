#ifndef QP_STAGE_H
#define QP_STAGE_H

#include <jansson.h>

#include "lib/base/view.h"
#include "lib/text/changes.h"
#include "lib/text/json_writer.h"
#include "tokenizer/split/regex.h"
#include "tokenizer/stages/ranges.h"
#include "tokenizer/stages/strings.h"

/* stage — one step of a pipeline: a normalizer changes text, a splitter cuts it, a decoder changes the strings of
 * tokens on the way back. A stage is a kind and the state of that kind; the kinds are those of Hugging Face tokenizers
 * 0.23 (stage_kinds.h). Source: github.com/huggingface/tokenizers, its file format and its observed behaviour. */
typedef enum { QP_ROLE_NORMALIZER, QP_ROLE_SPLITTER, QP_ROLE_DECODER } qp_stage_role;

/* What the new form of a string of a token depends on: TOGETHER, on several strings; ALONE, on this string; BUT_FIRST
 * and BUT_LAST, on this string and on whether it is the first (the last) one. */
typedef enum { QP_STRINGS_TOGETHER, QP_STRINGS_ALONE, QP_STRINGS_BUT_FIRST, QP_STRINGS_BUT_LAST } qp_stage_strings;

/* Working memory of the stages of one thread. All zero before the first use. */
typedef struct {
    qp_changes changes;
    qp_regex_scratch regex;
} qp_stage_scratch;

/* from->text[begin .. end), which a stage reads. */
typedef struct {
    const qp_mapped_text *from;
    size_t begin, end;
} qp_stretch;

/* A kind of stage. `self` is its state of `bytes` bytes, zeroed before read. A kind has the one function of its role.
 *   type       its name in a tokenizer.json; NULL: it is never written
 *   read       fill the state from the object in a tokenizer.json; NULL: there are no fields
 *   write      append the fields (", "key": value ..."); NULL: there are none
 *   release    free what the state holds; NULL: nothing
 *   normalize  append to `out` what the stretch becomes, with its spans
 *   split      the same, and append the ranges of `out` it is cut into; empty ranges are left out
 *   decode     append the strings that the strings `in` become
 * Errors  QP_EDATA, naming `place` and what is wrong; QP_EMEMORY. */
typedef struct {
    qp_stage_role role;
    const char *type;
    size_t bytes;
    qp_status (*read)(const char *place, const json_t *json, void *self);
    qp_status (*write)(const void *self, qp_text_buffer *out);
    void (*release)(void *self);
    qp_status (*normalize)(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out);
    qp_status (*split)(const void *self, qp_stage_scratch *scratch, qp_stretch stretch, qp_mapped_text *out,
                       qp_ranges *ranges);
    qp_status (*decode)(const void *self, const qp_strings *in, qp_strings *out);
    qp_stage_strings strings; /* of decode */
} qp_stage_kind;

typedef struct {
    const qp_stage_kind *kind;
    void *self;
} qp_stage;

typedef struct {
    qp_stage *stage;
    size_t count, capacity;
} qp_stage_list;

void qp_stage_scratch_free(qp_stage_scratch *scratch);

/* qp_stages_add  — append a stage of this kind; *self is its zeroed state. Errors: QP_EMEMORY.
 * qp_stages_free — free the stages and the list. */
qp_status qp_stages_add(qp_stage_list *list, const qp_stage_kind *kind, void **self);
void qp_stages_free(qp_stage_list *list);

/* qp_stages_only — the state of the only stage of the list if it is of this kind, else NULL. */
const void *qp_stages_only(const qp_stage_list *list, const qp_stage_kind *kind);

/* qp_stage_text — the text of a stretch. */
static inline qp_text qp_stage_text(qp_stretch s) { return (qp_text){s.from->text + s.begin, s.end - s.begin}; }

#endif
