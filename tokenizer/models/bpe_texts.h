#ifndef QP_BPE_TEXTS_H
#define QP_BPE_TEXTS_H

#include "tokenizer/models/bpe.h"
#include "tokenizer/models/vocabulary.h"

/* bpe_texts — merges of pairs (GPT-2, Hugging Face, ours) and merges of texts (tiktoken, sentencepiece: any two
 * neighbours that spell a piece) say the same where every piece, spelled out and merged by all earlier ranks, ends as
 * just the pair that makes it. Why: as long as both ends of a piece inside a text are boundaries, no merge has reached
 * across them, so inside it everything went as in the piece alone; so when its rank comes it is that pair, and no other
 * pair with the same text ever stands there. Ranks must grow: a merge comes after the merges of its parts, which the
 * condition contains. */

/* qp_bpe_pairs — of merges, possibly several for a piece: the one of each piece that is ever applied, by rank.
 *   in_bytes    a piece is spelled in bytes, else in characters
 *   *pair       malloc'ed, *count of them
 *   *unreached  the first piece of more than one symbol that no merge can end in, or -1; *broken: the first piece with
 *               merges that its own merging does not end in, or whose listed pair is another one, or -1. Where both are
 *               -1 the two ways of merging are the same.
 * Time: the square of a piece's length. Errors: QP_EMEMORY. */
qp_status qp_bpe_pairs(const qp_vocabulary *vocabulary, const qp_bpe *bpe, bool in_bytes, struct qp_merge **pair,
                       size_t *count, int32_t *unreached, int32_t *broken);

#endif
