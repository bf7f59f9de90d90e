#ifndef QP_STAGE_KINDS_H
#define QP_STAGE_KINDS_H

#include "lib/text/normalize.h"
#include "tokenizer/stages/stage.h"
#include "tokenizer/stages/stage_json.h"
#include "tokenizer/stages/stage_pattern.h"

/* stage_kinds — all kinds of stages, and the states that others than the kind itself look at. */

/* Normalizers */
extern const qp_stage_kind qp_stage_nfc, qp_stage_nfd, qp_stage_nfkc, qp_stage_nfkd; /* no state */
extern const qp_stage_kind qp_stage_lowercase, qp_stage_strip_accents, qp_stage_nmt, qp_stage_strip;
extern const qp_stage_kind qp_stage_prepend, qp_stage_replace, qp_stage_charsmap;
extern const qp_stage_kind qp_stage_bert_normalizer, qp_stage_byte_letters;

/* Splitters */
extern const qp_stage_kind qp_stage_byte_level, qp_stage_split_letters, qp_stage_metaspace, qp_stage_split;
extern const qp_stage_kind qp_stage_whitespace, qp_stage_whitespace_split, qp_stage_digits, qp_stage_punctuation;
extern const qp_stage_kind qp_stage_bert_splitter, qp_stage_delimiter, qp_stage_scripts, qp_stage_fixed_length;

/* Decoders */
extern const qp_stage_kind qp_stage_decode_byte_level, qp_stage_decode_wordpiece, qp_stage_decode_suffix;
extern const qp_stage_kind qp_stage_decode_metaspace, qp_stage_decode_replace, qp_stage_decode_bytes;
extern const qp_stage_kind qp_stage_decode_fuse, qp_stage_decode_strip, qp_stage_decode_ctc;

/* qp_stage_bert_normalizer */
typedef struct {
    bool clean, isolates_han, strips_accents, lowers;
} qp_bert_normalizer;

/* qp_stage_replace, qp_stage_decode_replace: every match of the pattern becomes `content`. */
typedef struct {
    qp_pattern pattern;
    qp_stage_string content;
} qp_replacement;

/* qp_stage_split. With `invert`, what is between the matches counts as the matches. */
typedef struct {
    qp_pattern pattern;
    qp_split_behavior behavior;
    bool invert;
} qp_pattern_splitter;

/* qp_stage_byte_level; the pattern is GPT-2's. */
typedef struct {
    bool prefix_space, use_regex;
    qp_pattern pattern;
} qp_byte_level;

/* qp_byte_level_raw — what qp_stage_decode_byte_level makes of one string before all become UTF-8: appends the bytes of
 * its letters; a string with a character that is no byte's letter is copied. Errors: QP_EMEMORY. */
qp_status qp_byte_level_raw(qp_text text, qp_strings *raw);

/* qp_stage_delimiter */
typedef struct {
    qp_stage_string character;
} qp_delimiter;

/* qp_stage_decode_wordpiece */
typedef struct {
    qp_stage_string prefix;
    bool cleanup;
} qp_wordpiece_decoder;

/* qp_stage_form — the normal form of a stage, QP_FORM_NONE if it is another kind. */
qp_form qp_stage_form(const qp_stage *stage);

#endif
