#ifndef QP_TOKEN_PLACE_H
#define QP_TOKEN_PLACE_H

#include "lib/decode/hypothesis.h"
#include "lib/decode/lines.h"

/* token_place — where in a text its tokens are, by means of the codec alone: which word (between white space) each of
 * them belongs to. For alignments in words, and for words copied in place of unknown tokens. */

/* qp_words_split — the words of a text; *word is malloc'ed, its entries point into the text.
 * qp_words_of_source — word [count] of each token that the model read of `line`: token i belongs to the first word k
 *   so that the line up to the end of word k has more than i tokens. The last token, EOS, belongs to `words`, as do
 *   tokens after the last word.      Time  an encoding of the line for each word.
 * Errors  QP_EMEMORY, those of the codec. */
qp_status qp_words_split(const char *text, size_t bytes, qp_line **word, int *words);
qp_status qp_words_of_source(const qp_text_codec *codec, const qp_line *line, const qp_line *word, int words, int count,
                             int32_t *of_word);

/* Attention between words, the ends of both sentences counting as one word each. */
typedef struct {
    qp_real *weight;      /* [targets, sources] */
    int sources, targets; /* words of the source and its end; words of the target and, if it has one, its end */
    qp_line *source;      /* [sources - 1] the words */
} qp_word_alignment;

/* qp_word_alignment_init — from the attention a of a hypothesis to source_count tokens of `line`:
 *   weight[w, v] = mean over the tokens t of target word w of the sum over the tokens s of source word v of a[t, s]
 * A word that shares its only token with the word before has that word's row.
 * Errors  QP_EMEMORY, those of the codecs. */
qp_status qp_word_alignment_init(const qp_text_codec *source, const qp_line *line, int source_count,
                                 const qp_text_codec *target, const qp_hypothesis *hypothesis,
                                 qp_word_alignment *alignment);
void qp_word_alignment_free(qp_word_alignment *alignment);

/* qp_copy_unknown — replace what unknown tokens decoded to by the source word with the most attention (of the token
 * with the most, alignment.h). Unknown tokens that follow each other without white space and have the same word give it
 * once. Without unknown tokens nothing changes.
 * text, bytes  what the hypothesis decodes to, malloc'ed; replaced
 * Source       Luong et al. 2015, "Addressing the rare word problem in neural machine translation"
 * Errors       QP_EMEMORY, those of the codecs. */
qp_status qp_copy_unknown(const qp_text_codec *source, const qp_line *line, int source_count,
                          const qp_text_codec *target, const qp_hypothesis *hypothesis, char **text, size_t *bytes);

#endif
