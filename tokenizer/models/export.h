#ifndef QP_EXPORT_H
#define QP_EXPORT_H

#include <stddef.h>

/* export — the content of files written for other programs; zero it before the first use. */
typedef struct {
    char *text[2]; /* GPT-2: vocab.json, merges.txt; else one */
    size_t bytes[2];
    char note[1024]; /* what the reader of the file must be given besides it; "" */
} qp_export;

void qp_export_free(qp_export *content);

#endif
