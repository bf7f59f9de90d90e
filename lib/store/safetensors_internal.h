#ifndef QP_SAFETENSORS_INTERNAL_H
#define QP_SAFETENSORS_INTERNAL_H

#include <jansson.h>

#include "lib/base/files/binary.h"
#include "lib/store/checksum.h"
#include "lib/store/safetensors.h"

/* The reader, for the files that parse the header and read the arrays. */
struct qp_safetensors {
    qp_binary base;
    qp_map *map;           /* NULL: not mapped */
    uint64_t header_bytes; /* of the JSON */
    char *header;          /* the JSON, byte for byte */
    json_t *root;          /* owns all names, keys and values below */
    qp_stored *stored;     /* in the order of their bytes */
    int *by_name;          /* indices into stored, sorted by name */
    int count;
    const char **key; /* metadata */
    const char **value;
    int metadata_count;
};

/* qp_safetensors_pread — exactly `bytes` from `offset`; QP_EIO otherwise. */
qp_status qp_safetensors_pread(const qp_safetensors *file, uint64_t offset, void *memory, size_t bytes);

/* qp_checksum_place — the 32 digits of the checksum in a header of `bytes`, or NULL. */
char *qp_checksum_place(char *header, size_t bytes);

/* qp_printable — a name from a file, fit for one line of a message: control characters replaced, long names cut. */
typedef struct {
    char text[80];
} qp_printable_name;
const char *qp_printable(const char *name, qp_printable_name *buffer);

#endif
