#ifndef QP_MASKING_H
#define QP_MASKING_H

#include "lib/base/batch.h"

/* masking — the qp_batch_source of a masked language model: batches of texts (qp_batch.target of another source, which
 * must outlive it) in which some tokens are masked, to be predicted from the rest.
 *
 * Of the n ordinary tokens of a text (not special) round(rate * n), at least one, are chosen. A chosen
 * token becomes the mask (8 of 10), a random token (1 of 10), or is unchanged (1 of 10); it is predicted in any case.
 * With whole words, words are chosen instead of tokens while they fit into that number; each piece of a word is
 * replaced on its own. If no whole word fits, single tokens are chosen; in a text of only unknown words, the first
 * token.
 *   source            the text with its end, tokens replaced
 *   source_row        the chosen rows, counted from the first row of the text
 *   target.id         the original tokens
 *   target.sequences  one row per chosen token
 * Choices are a function of (seed, epoch, batch, text in the batch, row), so they are the same for any number of
 * threads and after resuming.
 *
 * The mask is that of the codec's special ids, else the piece [MASK] or <mask> (as in Hugging Face), else PAD, which no
 * text contains because batches have no padding.
 * Source   Devlin et al. 2019, BERT; whole words: its repository, May 2019; a new choice in each epoch: Liu et al.
 *          2019, RoBERTa. */
typedef struct {
    qp_batch_source texts;
    const qp_text_codec *codec; /* finds the mask and the first pieces of words */
    double rate;                /* 0 < rate < 1; BERT: 0.15 */
    bool whole_words;
    bool fixed; /* validation: the masks of the first epoch in every epoch, for comparable losses */
    uint64_t seed;
    int slots;
} qp_masking_options;

typedef struct qp_masking qp_masking;

/* qp_masking_new
 * Memory  one byte per piece; 20 bytes per token of one batch for each slot.
 * Errors  QP_EUSAGE (rate out of bounds), QP_EMEMORY.
 * qp_masking_source — as qp_batcher_source. */
qp_status qp_masking_new(const qp_masking_options *options, qp_masking **masking);
qp_batch_source qp_masking_source(qp_masking *masking);
void qp_masking_free(qp_masking *masking);

/* qp_mask_id — the mask of this vocabulary. */
int32_t qp_mask_id(const qp_text_codec *codec);

/* qp_mask_encode — encode a text in which every [MASK] (or the tokenizer's <mask>), with the spaces around it, is one
 * masked token. The text between masks is encoded separately; there is no end.
 * place  [*masks] rows of the masked tokens. The caller frees id and place (NULL if there are none).
 * Errors  those of the codec; QP_EMEMORY. */
qp_status qp_mask_encode(const qp_text_codec *codec, const char *text, size_t bytes, int32_t **id, int *count,
                         int32_t **place, int *masks);

/* qp_mask_find — the next mask in text[at..bytes) and its length; false: none. */
bool qp_mask_find(const char *text, size_t at, size_t bytes, size_t *mark, size_t *length);

/* qp_mask_misspelled — the first "[mask]", "{MASK}" or the like in a text, which is read as text; NULL: none. */
const char *qp_mask_misspelled(const char *text, size_t bytes);

#endif
