#include "lib/store/checksum.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

static void put_digits(XXH128_hash_t hash, char digits[QP_CHECKSUM_DIGITS + 1])
{
    snprintf(digits, QP_CHECKSUM_DIGITS + 1, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64, (uint64_t)hash.low64);
}

static void end_piece(qp_checksum *sum)
{
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, XXH3_128bits_digest(sum->piece));
    XXH3_128bits_update(sum->all, &digest, sizeof digest);
    XXH3_128bits_reset(sum->piece);
    sum->filled = 0;
}

bool qp_checksum_begin(qp_checksum *sum)
{
    *sum = (qp_checksum){XXH3_createState(), XXH3_createState(), 0};
    if (sum->piece && sum->all) {
        XXH3_128bits_reset(sum->piece);
        XXH3_128bits_reset(sum->all);
        return true;
    }
    XXH3_freeState(sum->piece);
    XXH3_freeState(sum->all);
    return false;
}

void qp_checksum_add(qp_checksum *sum, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    while (count > 0) {
        const size_t room = QP_CHECKSUM_PIECE - sum->filled, some = count < room ? count : room;
        XXH3_128bits_update(sum->piece, from, some);
        sum->filled += some;
        from += some;
        count -= some;
        if (sum->filled == QP_CHECKSUM_PIECE) end_piece(sum);
    }
}

void qp_checksum_end(qp_checksum *sum, char digits[QP_CHECKSUM_DIGITS + 1])
{
    if (sum->filled) end_piece(sum);
    put_digits(XXH3_128bits_digest(sum->all), digits);
    XXH3_freeState(sum->piece);
    XXH3_freeState(sum->all);
}

void qp_checksum_piece(const void *bytes, size_t count, unsigned char *digest)
{
    XXH128_canonicalFromHash((XXH128_canonical_t *)digest, XXH3_128bits(bytes, count));
}

void qp_checksum_of(const unsigned char *digest, size_t pieces, char digits[QP_CHECKSUM_DIGITS + 1])
{
    _Static_assert(sizeof(XXH128_canonical_t) == QP_CHECKSUM_DIGEST, "a digest has 16 bytes");
    put_digits(XXH3_128bits(digest, pieces * QP_CHECKSUM_DIGEST), digits);
}
