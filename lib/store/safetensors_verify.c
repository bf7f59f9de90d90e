#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/share.h"
#include "lib/store/checked.h"
#include "lib/store/checksum.h"
#include "lib/store/safetensors.h"
#include "lib/store/safetensors_internal.h"

/* The pieces of a file, each read and digested by one thread. */
typedef struct {
    const qp_safetensors *file;
    uint64_t digits_at; /* where the file has its checksum, which counts as zeros */
    unsigned char *digest;
} verification;

/* Digits among these bytes of the file become '0'. */
static void blank_digits(const verification *v, uint64_t first, unsigned char *bytes, size_t count)
{
    for (uint64_t i = 0; i < QP_CHECKSUM_DIGITS; i++)
        if (v->digits_at + i >= first && v->digits_at + i - first < count) bytes[v->digits_at + i - first] = '0';
}

static qp_status digest_piece(void *self, size_t number, int thread)
{
    const verification *v = self;
    const uint64_t first = (uint64_t)number * QP_CHECKSUM_PIECE, left = v->file->base.bytes - first;
    const size_t count = left < QP_CHECKSUM_PIECE ? (size_t)left : QP_CHECKSUM_PIECE;
    const bool has_digits = v->digits_at < first + count && v->digits_at + QP_CHECKSUM_DIGITS > first;
    unsigned char *digest = v->digest + number * QP_CHECKSUM_DIGEST;
    (void)thread;
    if (v->file->map && !has_digits) {
        qp_checksum_piece(qp_map_bytes(v->file->map) + first, count, digest);
        return QP_OK;
    }
    unsigned char *bytes = malloc(count);
    qp_status status = bytes ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", v->file->base.path);
    if (status == QP_OK && v->file->map)
        memcpy(bytes, qp_map_bytes(v->file->map) + first, count);
    else if (status == QP_OK)
        status = qp_safetensors_pread(v->file, first, bytes, count);
    if (status == QP_OK) {
        blank_digits(v, first, bytes, count);
        qp_checksum_piece(bytes, count, digest);
    }
    free(bytes);
    return status;
}

static qp_status checksum_of(const qp_safetensors *file, uint64_t digits_at, char digits[QP_CHECKSUM_DIGITS + 1])
{
    enum { FEW = 16 }; /* pieces that are not worth a second thread */
    const size_t pieces = (size_t)((file->base.bytes + QP_CHECKSUM_PIECE - 1) / QP_CHECKSUM_PIECE);
    verification v = {file, digits_at, malloc(pieces * QP_CHECKSUM_DIGEST + 1)};
    if (!v.digest) return qp_fail(QP_EMEMORY, "%s: out of memory", file->base.path);
    qp_status status = qp_share(&(qp_shared_job){&v, digest_piece, NULL}, pieces, pieces < FEW ? 1 : 0);
    if (status == QP_OK) qp_checksum_of(v.digest, pieces, digits);
    free(v.digest);
    return status;
}

/* The checksum of earlier versions: of all bytes in one pass. */
static qp_status old_checksum_of(const qp_safetensors *file, uint64_t digits_at, char digits[QP_CHECKSUM_DIGITS + 1])
{
    enum { BUFFER = 1 << 16 };
    const verification v = {.digits_at = digits_at};
    XXH3_state_t *state = XXH3_createState();
    unsigned char *bytes = malloc(BUFFER);
    qp_status status = state && bytes ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", file->base.path);
    if (status == QP_OK) XXH3_128bits_reset(state);
    for (uint64_t at = 0; status == QP_OK && at < file->base.bytes; at += BUFFER) {
        const size_t count = file->base.bytes - at < BUFFER ? (size_t)(file->base.bytes - at) : BUFFER;
        status = qp_safetensors_pread(file, at, bytes, count);
        blank_digits(&v, at, bytes, count);
        XXH3_128bits_update(state, bytes, count);
    }
    if (status == QP_OK) {
        const XXH128_hash_t hash = XXH3_128bits_digest(state);
        snprintf(digits, QP_CHECKSUM_DIGITS + 1, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
                 (uint64_t)hash.low64);
    }
    XXH3_freeState(state);
    free(bytes);
    return status;
}

qp_status qp_safetensors_verify(const qp_safetensors *file)
{
    const char *place = qp_checksum_place(file->header, (size_t)file->header_bytes);
    char digits[QP_CHECKSUM_DIGITS + 1];
    if (!place)
        return qp_fail(QP_EDATA, "%s: carries no checksum (%s); it is damaged, or no file of quipu's", file->base.path,
                       QP_CHECKSUM_KEY);
    const uint64_t digits_at = 8 + (uint64_t)(place - file->header);
    QP_TRY(checksum_of(file, digits_at, digits));
    if (memcmp(digits, place, QP_CHECKSUM_DIGITS) == 0) return QP_OK;
    QP_TRY(old_checksum_of(file, digits_at, digits));
    if (memcmp(digits, place, QP_CHECKSUM_DIGITS) == 0) return QP_OK;
    return qp_fail(QP_EDATA, "%s: the checksum does not fit; the file is damaged, fetch or make it again",
                   file->base.path);
}
