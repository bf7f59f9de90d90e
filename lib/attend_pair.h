#ifndef QP_ATTEND_PAIR_H
#define QP_ATTEND_PAIR_H

#include "lib/decode/search.h"
#include "lib/package.h"
#include "lib/picture/picture.h"

/* qp_attend_pair — all attention maps of one sentence pair, from one forced pass through the same operations that
 * trained the model.
 * target    the translation to look at (forced); NULL: what the model itself says, found with `search`
 * picture   filled; the caller frees it. Cross rows are named by the token produced there.
 * found     receives the target text as decoded, malloc'ed; may be NULL
 * Errors    those of the codecs, of search and of the model; QP_EDATA for a source without any token. */
qp_status qp_attend_pair(const qp_package *package, const char *source, const char *target,
                         const qp_search_config *search, qp_picture *picture, char **found);

#endif
