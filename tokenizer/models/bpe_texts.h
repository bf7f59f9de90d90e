#ifndef QP_BPE_TEXTS_H
#define QP_BPE_TEXTS_H

#include "tokenizer/models/bpe.h"
#include "tokenizer/models/vocabulary.h"

/* bpe_texts — when are merges of pairs (GPT-2, Hugging Face, quipu) equal to merges of texts (tiktoken, sentencepiece:
 * any two neighbors that spell a piece)? If every piece, split into single symbols and merged by all lower ranks, ends
 * as exactly the pair that makes it. Proof: while both ends of a piece inside a text are boundaries, no merge has
 * crossed them, so its inside was merged as the piece alone is; at its rank it is therefore that pair, and no other
 * pair with the same text can occur there. The condition implies that a merge has a higher rank than those of its
 * parts. */

/* qp_bpe_pairs — the one merge of each piece that is ever applied, by rank, out of possibly several for a piece.
 *   in_bytes    the symbols are bytes, else characters
 *   *pair       malloc'ed, *count of them
 *   *unreached  the first piece of several symbols that no merge makes, or -1
 *   *broken     the first piece with merges whose own symbols are not merged into it, or by another pair, or -1
 * If both are -1, merging by pairs and merging by texts are the same.
 * Time: the square of a piece's length. Errors: QP_EMEMORY. */
qp_status qp_bpe_pairs(const qp_vocabulary *vocabulary, const qp_bpe *bpe, bool in_bytes, struct qp_merge **pair,
                       size_t *count, int32_t *unreached, int32_t *broken);

#endif
