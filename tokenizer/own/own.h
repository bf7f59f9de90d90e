#ifndef QP_OWN_H
#define QP_OWN_H

#include "lib/text/normalize.h"
#include "tokenizer/models/bpe.h"
#include "tokenizer/models/bpe_dropout.h"
#include "tokenizer/models/encoding.h"
#include "tokenizer/models/piece_texts.h"
#include "tokenizer/models/trie.h"
#include "tokenizer/models/unigram.h"
#include "tokenizer/models/unigram_lattice.h"
#include "tokenizer/models/vocabulary.h"
#include "tokenizer/own/tokenizer_config.h"
#include "tokenizer/split/split.h"

/* own — quipu's own tokenizer: normalize, split into segments, and let one model cut each segment into pieces. */

/* What an own tokenizer does with text; the names are those of tokenizer_config.h. */
typedef struct {
    int type; /* QP_TOKENIZER_CHAR .. */
    qp_form form;
    int pattern; /* QP_CUT_ */
    bool lower_case, case_fold, strip_accents, jamo;
    bool byte_fallback, single_digits;
    bool space_first; /* a space is put before the text, and removed again in decoding */
} qp_own_settings;

typedef struct {
    qp_own_settings settings;
    qp_split_rules rules; /* where the settings split text */
    uint8_t *classes;     /* of rules; NULL where they need none */
    bool whole_text;      /* no piece crosses the end of a segment, so the model takes the whole text at once */
    qp_vocabulary vocabulary;
    qp_piece_texts texts; /* what each id decodes to, special ones left out */
    uint8_t *whole;       /* of each piece: a segment with its text is encoded as this piece alone */
    qp_bpe bpe;           /* types bpe and byte-bpe */
    qp_unigram unigram;
    float *score; /* of each piece, for unigram */
    size_t score_capacity;
    struct {
        qp_trie initial, continuing; /* pieces that begin a word, and those inside one */
    } wordpiece;
} qp_own;

#define QP_UNKNOWN_TEXT "<unk>"

/* qp_own_new — an empty tokenizer; types byte and byte-bpe always have byte fallback. Errors: QP_EMEMORY. */
qp_status qp_own_new(const qp_own_settings *settings, qp_own **tokenizer);
void qp_own_free(qp_own *tokenizer);

/* qp_own_space_default — the default of space_first for this type and pattern. */
bool qp_own_space_default(int type, int pattern);

/* qp_own_add_special — the pieces every vocabulary begins with: <pad> <s> </s> <unk>, then the bytes if used.
 * qp_own_add_piece   — a piece with its score (0 where there are none).
 * qp_own_finish      — call it after the last piece and merge. */
qp_status qp_own_add_special(qp_own *tokenizer);
qp_status qp_own_add_piece(qp_own *tokenizer, qp_piece_kind kind, const char *text, size_t bytes, float score);
qp_status qp_own_finish(qp_own *tokenizer);

/* qp_own_prepare — *work becomes the text that is split: space first, normal form; empty for an empty text. */
qp_status qp_own_prepare(const qp_own *tokenizer, const char *text, size_t bytes, qp_mapped_text *work);

/* The working memory of an encoding. */
typedef struct {
    qp_mapped_text work;
    qp_bpe_scratch bpe;
    qp_unigram_path path;
    qp_random_merges *random; /* set: segmentations are drawn at random; alpha is the temperature of unigram */
    double alpha;
    qp_unigram_lattice lattice;
    qp_lattice_path drawn;
} qp_own_scratch;

/* qp_own_scratch_of — the memory of this encoding, made at first. NULL: no memory. */
qp_own_scratch *qp_own_scratch_of(qp_encoding *encoding);

/* One segment of prepared text; all append to *encoding without spans. Errors: QP_EMEMORY.
 * qp_own_add_segment — its ids.
 * qp_own_add_parts   — its ids, without looking the whole segment up first.
 * qp_own_add_unknown — a character or word without a piece: its bytes, or <unk>. */
qp_status qp_own_add_segment(const qp_own *tokenizer, const char *text, size_t bytes, qp_own_scratch *scratch,
                             qp_encoding *encoding);
qp_status qp_own_add_parts(const qp_own *tokenizer, const char *text, size_t bytes, qp_own_scratch *scratch,
                           qp_encoding *encoding);
qp_status qp_own_add_unknown(const qp_own *tokenizer, const char *text, size_t bytes, qp_encoding *encoding);

/* qp_own_lattice — all segmentations of a segment, of unigram. Errors: QP_EMEMORY. */
qp_status qp_own_lattice(const qp_own *tokenizer, const char *text, size_t bytes, qp_unigram_lattice *lattice);

/* Vocabularies of whole words have no pieces of words. */
static inline bool qp_own_has_whole_words(const qp_own *tokenizer)
{
    return tokenizer->settings.type == QP_TOKENIZER_WORD || tokenizer->settings.type == QP_TOKENIZER_SPACE;
}

#endif
