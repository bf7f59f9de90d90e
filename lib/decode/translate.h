#ifndef QP_TRANSLATE_H
#define QP_TRANSLATE_H

#include "lib/decode/lines.h"
#include "lib/decode/search.h"

/* translate — lines of text to lines of text. */
typedef struct {
    const qp_model *model; /* with packed parameters (qp_params_pack): faster, and independent of batches */
    const qp_text_codec *source, *target;
    qp_search_config search;
    qp_line prefix; /* every translation of a line with tokens begins with this text; {0}: none */
    int batch_size; /* sentences searched together; affects the speed, never the result */
    int threads;
    bool alignment; /* fill the attention of every hypothesis (alignment.h reads it); search.unk = copy does, too */
} qp_translator;

/* One hypothesis of one line: hypothesis h of search.best[h]. */
typedef struct {
    char *text; /* NUL-terminated; may contain any character, line feeds too */
    size_t bytes;
} qp_translated;

typedef struct {
    int32_t *source_id; /* the tokens the model read, with EOS */
    int source_count;
    int source_tokens;       /* before the line was cut, without EOS; > source_count-1: it was cut */
    qp_search_result search; /* ids, log-probabilities, scores; best first; count 0 for a line without tokens */
    qp_translated *best;     /* [search.count] */
    int32_t end_id;          /* the token that ends a hypothesis */
} qp_translation;

/* qp_translate — translation[i] for line[i]; a line without tokens (empty, blank) has no hypothesis. Lines longer
 *   than the model's max_length are cut. Lines are sorted by length and translated in batches on `threads` threads.
 *   With search.unk = copy the texts have source words in place of unknown tokens (token_place.h).
 * translation  [count], written whole; free each with qp_translation_free, after a failure too
 * Memory       ids and results of all lines: call it with a bounded number of them.
 * Errors       those of the codecs and of qp_search; QP_EMEMORY. */
qp_status qp_translate(const qp_translator *translator, const qp_line *line, int count, qp_translation *translation);
void qp_translation_free(qp_translation *translation);

#endif
