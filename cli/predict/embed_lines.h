#ifndef QP_EMBED_LINES_H
#define QP_EMBED_LINES_H

#include "cli/base/chunks.h"
#include "cli/base/options.h"
#include "lib/package/embeddings.h"

/* qp_embed_lines — the vectors of all lines of the command's input, chunk by chunk: the positional files, --file, or
 * stdin. `use` is called after each chunk, whose vectors are the last ones of `vectors`; it may remove them by
 * setting count. Lines that are cut are warned of at the end.
 * Errors  QP_EUSAGE: both --file and files, a model that reads no text; those of reading, the model and `use`. */
typedef qp_status qp_embed_use(void *self, const qp_chunks *chunk, qp_embeddings *vectors);
typedef qp_status qp_embed_input(const qp_package *m, const qp_options *options, char *file, int threads,
                                 qp_embed_use *use, void *self);
qp_embed_input qp_embed_lines;

/* qp_embed_images — the same of files of images, for a model of --task match that reads them; chunk is NULL.
 * Errors  QP_EUSAGE: a model of another task; those of qp_read_images. */
qp_embed_input qp_embed_images;

#endif
