#ifndef QP_CHECKSUM_H
#define QP_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

/* checksum — of a whole file: the 128 bit XXH3 of the digests (128 bit XXH3, canonical, 16 bytes) of its pieces of
 * QP_CHECKSUM_PIECE bytes, so that several threads can compute it. */
enum { QP_CHECKSUM_DIGITS = 32, QP_CHECKSUM_PIECE = 1 << 20 };

/* The bytes of a file, from the first to the last, in any parts. */
typedef struct {
    struct XXH3_state_s *piece, *all;
    size_t filled; /* bytes in the piece */
} qp_checksum;

/* qp_checksum_begin — false: no memory.
 * qp_checksum_end — the checksum in lower-case hexadecimal digits; frees the memory. */
bool qp_checksum_begin(qp_checksum *sum);
void qp_checksum_add(qp_checksum *sum, const void *bytes, size_t count);
void qp_checksum_end(qp_checksum *sum, char digits[QP_CHECKSUM_DIGITS + 1]);

/* qp_checksum_piece — the digest [QP_CHECKSUM_DIGEST] of one piece.
 * qp_checksum_of — the checksum from the digests of all `pieces`. */
enum { QP_CHECKSUM_DIGEST = 16 };
void qp_checksum_piece(const void *bytes, size_t count, unsigned char *digest);
void qp_checksum_of(const unsigned char *digest, size_t pieces, char digits[QP_CHECKSUM_DIGITS + 1]);

#endif
