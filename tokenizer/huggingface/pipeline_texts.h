#ifndef QP_PIPELINE_TEXTS_H
#define QP_PIPELINE_TEXTS_H

#include "tokenizer/huggingface/pipeline.h"
#include "tokenizer/models/piece_texts.h"

/* pipeline_texts — what the first decoders make of each token, made once: those that change every string by itself, and
 * the first step of ByteLevel, letters to bytes. Where that is all, decoding is one copy per token. */
enum { QP_ID_NOTHING = 1, QP_ID_SPECIAL = 2 }; /* no token has this id; left out with the special ones */

typedef struct qp_pipeline_texts {
    qp_piece_texts texts; /* of a string that has others before and after it */
    uint8_t *flags;       /* of each id: QP_ID_NOTHING, QP_ID_SPECIAL or 0 */
    size_t stages;        /* how many decoders it covers */
    bool first_differs, last_differs; /* the first string of a text, or the last, becomes something else */
    bool raw;                         /* the last stage covered is ByteLevel: bytes, which may not be UTF-8 */
} qp_pipeline_texts;

/* qp_pipeline_texts_make — from the tokens and decoders; errors: QP_EMEMORY, and those of a decoder. */
qp_status qp_pipeline_texts_make(const qp_pipeline *pipeline, qp_pipeline_texts **texts);
void qp_pipeline_texts_free(qp_pipeline_texts *texts); /* NULL is fine */

/* qp_pipeline_collect — appends the strings of the tokens `id`, before any decoder; ids that are nothing are left out,
 * and with skip_special the special added tokens.
 * qp_pipeline_decoders — sends `read` through `count` decoders; it becomes their result. `made` is working memory. */
qp_status qp_pipeline_collect(const qp_pipeline *pipeline, const int32_t *id, size_t count, bool skip_special,
                              qp_strings *strings);
qp_status qp_pipeline_decoders(const qp_pipeline *pipeline, size_t first, size_t count, qp_strings *read,
                               qp_strings *made);

#endif
