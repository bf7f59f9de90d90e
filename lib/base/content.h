#ifndef QP_CONTENT_H
#define QP_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

/* content — what a file is by its first bytes, for the message about a file that is given in the place of another kind:
 * an archive as text, a model as a tokenizer. */
typedef enum {
    QP_CONTENT_OTHER, /* none of these: text, or anything else */
    QP_CONTENT_SAFETENSORS,
    QP_CONTENT_GGUF,
    QP_CONTENT_TORCH,  /* a zip archive with a pickle */
    QP_CONTENT_PICKLE, /* protocols 2 to 5 */
    QP_CONTENT_NPZ,    /* a zip archive of arrays */
    QP_CONTENT_NPY,
    QP_CONTENT_ZIP,
    QP_CONTENT_XZ,
    QP_CONTENT_ZSTD,
    QP_CONTENT_BZIP2,
    QP_CONTENT_7Z,
    QP_CONTENT_GZIP,
    QP_CONTENT_JSON, /* the last that may be a text for a model */
    QP_CONTENT_LFS,
    QP_CONTENT_PAGE
} qp_content;

enum { QP_CONTENT_BYTES = 128 }; /* as many decide it; of a shorter file all */

/* qp_content_of      — from the first bytes.
 * qp_content_of_file — of a regular file; OTHER if it cannot be read. Takes no memory.
 * qp_content_binary  — is it no text?
 * qp_content_begun   — could more bytes than these make it one that is no text? For readers that must not wait.
 * qp_content_name    — "a zip file"; of OTHER "a file of an unknown kind". */
qp_content qp_content_of(const void *begin, size_t bytes);
qp_content qp_content_of_file(const char *path);
bool qp_content_binary(qp_content content);
bool qp_content_begun(const void *begin, size_t bytes);
const char *qp_content_name(qp_content content);

#endif
