#ifndef QP_DECODE_SUPPORT_H
#define QP_DECODE_SUPPORT_H

#include "lib/base/batch.h"
#include "lib/decode/search.h"
#include "lib/model/model.h"

/* decode_support — small random models and a codec of numbered words for the tests of lib/decode. */

/* A translator with `vocabulary` ids on both sides, 16 wide, 2+2 layers, 2 heads, weights packed. end: bias of EOS, by
 * which hypotheses of all lengths end. */
qp_model *support_model(int vocabulary, uint64_t seed, double end);

/* The same model with other settings, each FIELD=VALUE of the configuration; `settings` of them. */
qp_model *support_model_with(const char *const *setting, int settings, int vocabulary, uint64_t seed, double end);

/* "w4 w5" <-> 4 5; words that are none of the vocabulary are UNK, printed "?". */
qp_text_codec support_codec(int *vocabulary);

/* `count` pseudo-random sources of 1 .. 9 tokens and EOS; free start and id of the result with support_sources_free. */
qp_ids support_sources(int count, int vocabulary, uint64_t seed);
qp_ids support_source_of(const qp_ids *sources, int i, int32_t start[2]);
void support_sources_free(qp_ids *sources);

qp_search_config support_search(int beam, int longest);

/* The attention of a hypothesis by a full pass over it, mean over the heads of the last layer but one of three or more,
 * else of the last: [hypothesis tokens, source tokens], to be freed. */
qp_real *support_attention(const qp_model *model, const qp_ids *source, const qp_hypothesis *found);

/* Log-probabilities of the token after `prefix`, by a full pass over it: [vocabulary], EOS and all, nothing forbidden.
 */
void support_next(const qp_model *model, qp_tape *tape, qp_ids source, const int32_t *prefix, int count, double *log_p);

#endif
