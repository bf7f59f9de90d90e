#ifndef QP_COMMON_PIECES_H
#define QP_COMMON_PIECES_H

#include "tokenizer/tokenizer.h"

/* qp_common_pieces — where the pieces of one vocabulary are in another: id[i] of `theirs` for each id i of `ours`, -1:
 * none. Pieces match by the text that they add after another one (" dog" of "\u2581dog", of "\u0120dog" and of
 * WordPiece's "dog"), else by their printable form, special ids by their role. What several pieces of a vocabulary have
 * matches nothing. *id is malloc'ed; *common counts the matches.    Errors  QP_EMEMORY. */
qp_status qp_common_pieces(const qp_tokenizer *ours, const qp_tokenizer *theirs, int32_t **id, int *common);

#endif
