#ifndef QP_MASKING_H
#define QP_MASKING_H

#include "lib/base/batch.h"

/* masking — the qp_batch_source of a masked language model: batches of texts (qp_batch.target of another source, which
 * must outlive it) in which some tokens are hidden, to be told from the rest.
 *
 * Of the n tokens of a text that are words (ids from QP_SPECIAL_COUNT on) round(rate * n), at least one, are chosen. A
 * chosen token becomes the mask (8 of 10), another token drawn at random (1 of 10), or stays (1 of 10); it is to be told
 * in any case. With whole words, words are chosen instead of tokens while they fit into that number; pieces of a word
 * are replaced one by one. A text in which no whole word fits has single tokens chosen; one of unknown words alone its
 * first.
 *   source      the text with its QP_EOS, tokens replaced        target.id   the tokens that stood there
 *   read        their places, counted from the text's first row  target.sequences   as many rows as were chosen
 * Choices are a function of (seed, epoch, number of the batch, text in the batch, place), so they are the same for any
 * number of threads and after a resume.
 *
 * The mask is the piece [MASK] or <mask> of the tokenizer if it has one (Hugging Face's), else QP_PAD: no text ever holds
 * that id, since batches have no padding.
 * Source   Devlin et al. 2019, BERT; whole words: its repository, May 2019; anew in each epoch: Liu et al. 2019, RoBERTa. */
typedef struct {
    qp_batch_source texts;
    const qp_text_codec *codec; /* piece(): the mask, and where words begin; random tokens are below vocabulary_size */
    double rate;                /* 0 < rate < 1; BERT: 0.15 */
    bool whole_words;
    bool fixed; /* validation: every epoch hides what the first does, so that losses can be compared */
    uint64_t seed;
    int slots;
} qp_masking_options;

typedef struct qp_masking qp_masking;

/* qp_masking_new — Memory  one byte a piece; 20 bytes a token of one batch for each slot.
 * Errors  QP_EUSAGE (rate out of bounds), QP_EMEMORY.
 * qp_masking_source — as qp_batcher_source. */
qp_status qp_masking_new(const qp_masking_options *options, qp_masking **masking);
qp_batch_source qp_masking_source(qp_masking *masking);
void qp_masking_free(qp_masking *masking);

/* qp_mask_id — the mask of this vocabulary. */
int32_t qp_mask_id(const qp_text_codec *codec);

/* qp_mask_encode — a text in which every [MASK] (or the tokenizer's own <mask>) is one hidden token, as ids without
 * QP_EOS; spaces around it belong to it. What stands between is encoded by itself.
 * place  [*masks] rows of the hidden tokens. The caller frees id and place (NULL where there are none).
 * Errors  those of the codec; QP_EMEMORY. */
qp_status qp_mask_encode(const qp_text_codec *codec, const char *text, size_t bytes, int32_t **id, int *count,
                         int32_t **place, int *masks);

#endif
