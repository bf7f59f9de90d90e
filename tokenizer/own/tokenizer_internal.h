#ifndef QP_TOKENIZER_INTERNAL_H
#define QP_TOKENIZER_INTERNAL_H

#include "tokenizer/models/bpe.h"
#include "tokenizer/models/bpe_dropout.h"
#include "tokenizer/foreign.h"
#include "lib/text/normalize.h"
#include "tokenizer/split/split.h"
#include "tokenizer/tokenizer.h"
#include "tokenizer/own/tokenizer_config.h"
#include "tokenizer/models/trie.h"
#include "tokenizer/models/unigram.h"
#include "tokenizer/models/unigram_lattice.h"
#include "tokenizer/models/vocabulary.h"

/* tokenizer_parts — what a tokenizer is made of; for the files of this folder that make, save and load one. */
struct qp_tokenizer {
    int type; /* QP_TOKENIZER_CHAR .. */
    qp_form form;
    bool lower_case, byte_fallback;
    bool case_fold, strip_accents, jamo;
    bool space_first; /* a space is put before the text, and taken away again */
    bool whole_text;  /* no piece reaches over a segment's end, so the model takes all of a text at once */
    qp_split_rules rules;
    uint8_t *classes; /* of rules; NULL where they are not needed */
    qp_vocabulary vocabulary;
    qp_bpe bpe;
    qp_unigram unigram;
    float *score; /* of each piece, for unigram */
    size_t score_capacity;
    qp_trie initial, continuing; /* of WordPiece */
    qp_foreign foreign;          /* set: all of the above is empty, the work is done there */
    uint8_t *whole;              /* of each piece: a segment spelled like it becomes just this piece */
};

/* qp_tokenizer_new — an empty tokenizer of these settings; NULL without memory.
 * qp_tokenizer_set — the settings that came later: where to cut, a space first, folding. Call it before any piece.
 *                    Errors: QP_EMEMORY. */
typedef struct {
    int pattern;
    bool space_first, case_fold, strip_accents, jamo;
} qp_tokenizer_settings;

qp_tokenizer *qp_tokenizer_new(int type, qp_form form, bool lower_case, bool byte_fallback, bool single_digits);
qp_status qp_tokenizer_set(qp_tokenizer *tokenizer, const qp_tokenizer_settings *settings);

/* qp_tokenizer_space_default — does this type, cut by this pattern, put a space first unless told otherwise? */
bool qp_tokenizer_space_default(int type, int pattern);

/* qp_tokenizer_add_special — the pieces every vocabulary begins with: <pad> <s> </s> <unk>, then the bytes if used. */
qp_status qp_tokenizer_add_special(qp_tokenizer *tokenizer);

/* qp_tokenizer_add_piece — a piece with its score (0 where there are none). */
qp_status qp_tokenizer_add_piece(qp_tokenizer *tokenizer, qp_piece_kind kind, const char *text, size_t bytes,
                                 float score);

/* qp_tokenizer_finish — after the last piece and merge. */
qp_status qp_tokenizer_finish(qp_tokenizer *tokenizer);

/* qp_tokenizer_prepare — *work becomes the text that is split: space first, normal form. Nothing for an empty text. */
qp_status qp_tokenizer_prepare(const qp_tokenizer *tokenizer, const char *text, size_t bytes, qp_mapped_text *work);

/* qp_tokenizer_encode_segment — append the ids of one segment of prepared text; spans are not made. */
qp_status qp_tokenizer_encode_segment(const qp_tokenizer *tokenizer, const char *text, size_t bytes,
                                      qp_encoding *encoding);

/* The memory of an encoding. */
struct qp_encoding_scratch {
    qp_mapped_text work;
    int32_t *symbol;
    size_t symbol_capacity;
    qp_bpe_scratch bpe;
    qp_unigram_path path;
    qp_foreign_scratch foreign;
    qp_random_merges *random; /* set: merges are left out, segmentations drawn; alpha is of the drawing */
    double alpha;
    qp_unigram_lattice lattice;
    qp_lattice_path drawn;
};

/* qp_encoding_add — append an id.   qp_encoding_add_unknown — a character or word without a piece: its bytes, or <unk>.
 * qp_tokenizer_add_drawn — a random segmentation of a segment, of unigram. Errors: QP_EMEMORY. */
qp_status qp_encoding_add(qp_encoding *encoding, int32_t id);
qp_status qp_encoding_add_unknown(const qp_tokenizer *tokenizer, const char *text, size_t bytes, qp_encoding *encoding);
qp_status qp_tokenizer_add_drawn(const qp_tokenizer *tokenizer, const char *text, size_t bytes, qp_encoding *encoding);

#endif
