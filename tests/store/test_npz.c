#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/store/checked.h"
#include "lib/store/npz.h"
#include "lib/store/npz_read.h"

static char path[64];

static void make_path(void)
{
    strcpy(path, "/tmp/qp_npz_XXXXXX");
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
}

static void remove_path(void) { remove(path); }

TestSuite(npz, .init = make_path, .fini = remove_path);

static unsigned char *slurp(size_t *bytes)
{
    FILE *stream = fopen(path, "rb");
    cr_assert_not_null(stream);
    fseek(stream, 0, SEEK_END);
    *bytes = (size_t)ftell(stream);
    rewind(stream);
    unsigned char *content = malloc(*bytes + 1);
    cr_assert_eq(fread(content, 1, *bytes, stream), *bytes);
    fclose(stream);
    content[*bytes] = 0;
    return content;
}

static const float value[6] = {1, 2, 3, 4, 5, 6.5f};

static qp_npz *sample(void)
{
    static const char *const text[2] = {"한국어", "a\xff"};
    static const int32_t number[1] = {-7};
    qp_npz *npz = qp_npz_new();
    qp_npz_add_floats(npz, "weights", 2, (int64_t[]){2, 3}, value);
    qp_npz_add_texts(npz, "tokens", text, 2);
    qp_npz_add_integers(npz, "scalar", 0, NULL, number);
    return npz;
}

/* Walks the central directory as an unzipper does. */
Test(npz, is_a_zip_of_npy_files)
{
    size_t bytes;
    cr_assert_eq(qp_npz_save(sample(), path), QP_OK, "%s", qp_error_message());
    unsigned char *content = slurp(&bytes), *end = content + bytes - 22;
    cr_assert_eq(qp_little_u32(end), 0x06054b50);
    cr_assert_eq(end[10], 3);
    unsigned char *central = content + qp_little_u32(end + 16);
    const char *names[3] = {"weights.npy", "tokens.npy", "scalar.npy"};
    const char *headers[3] = {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3,), }",
                              "{'descr': '<U3', 'fortran_order': False, 'shape': (2,), }",
                              "{'descr': '<i4', 'fortran_order': False, 'shape': (), }"};
    const unsigned char *body[3];
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(qp_little_u32(central), 0x02014b50);
        size_t name_bytes = central[28], size = qp_little_u32(central + 24);
        cr_assert(name_bytes == strlen(names[i]) && !memcmp(central + 46, names[i], name_bytes));
        const unsigned char *local = content + qp_little_u32(central + 42), *data = local + 30 + name_bytes;
        cr_assert_eq(qp_little_u32(local), 0x04034b50);
        cr_assert_eq(qp_little_u32(central + 16), crc32(0, data, (unsigned)size));
        cr_assert_eq(memcmp(data, "\x93NUMPY\x01\x00", 8), 0);
        cr_assert_eq(memcmp(data + 10, headers[i], strlen(headers[i])), 0, "%.60s", data + 10);
        size_t header = 10u + data[8] + 256u * data[9];
        cr_assert(header % 64 == 0 && data[header - 1] == '\n');
        body[i] = data + header;
        central += 46 + name_bytes;
    }
    cr_assert_eq(central, end);
    cr_assert_eq(memcmp(body[0], value, sizeof value), 0);
    const uint32_t codes[6] = {0xD55C, 0xAD6D, 0xC5B4, 'a', 0xFFFD, 0};
    cr_assert_eq(memcmp(body[1], codes, sizeof codes), 0);
    cr_assert_eq((int32_t)qp_little_u32(body[2]), -7);
    free(content);
}

Test(npz, equal_contents_make_equal_files)
{
    size_t a, b;
    cr_assert_eq(qp_npz_save(sample(), path), QP_OK);
    unsigned char *first = slurp(&a);
    cr_assert_eq(qp_npz_save(sample(), path), QP_OK);
    unsigned char *second = slurp(&b);
    cr_assert(a == b && !memcmp(first, second, a));
    free(first);
    free(second);
}

Test(npz, nonsense_is_refused)
{
    qp_npz *npz = sample();
    qp_npz_add_floats(npz, "weights", 1, (int64_t[]){6}, value);
    cr_assert_eq(qp_npz_save(npz, path), QP_EDATA);
    cr_assert_not_null(strstr(qp_error_message(), "twice"));
    npz = qp_npz_new();
    qp_npz_add_floats(npz, "huge", 2, (int64_t[]){1 << 20, 1 << 20}, value);
    cr_assert_eq(qp_npz_save(npz, path), QP_EDATA);
    npz = qp_npz_new();
    qp_npz_add_floats(npz, "negative", 1, (int64_t[]){-1}, value);
    cr_assert_eq(qp_npz_save(npz, path), QP_EDATA);
}

/* ---- reading ---- */

Test(npz, a_matrix_is_read_back)
{
    float *read;
    int rows, columns;
    cr_assert_eq(qp_npz_save(sample(), path), QP_OK);
    cr_assert_eq(qp_npz_matrix(path, "weights", &read, &rows, &columns), QP_OK, "%s", qp_error_message());
    cr_expect(rows == 2 && columns == 3 && memcmp(read, value, sizeof value) == 0);
    free(read);
    cr_expect_eq(qp_npz_matrix(path, "weight", &read, &rows, &columns), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "no array 'weight'"), "%s", qp_error_message());
    cr_expect_eq(qp_npz_matrix(path, "scalar", &read, &rows, &columns), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "not an array of float32"), "%s", qp_error_message());
    cr_expect_null(read);
}

static void write_bytes(const void *content, size_t bytes)
{
    FILE *stream = fopen(path, "wb");
    cr_assert(stream && fwrite(content, 1, bytes, stream) == bytes);
    fclose(stream);
}

/* A file that numpy.save has written. */
Test(npz, a_plain_array_is_read)
{
    char content[128 + sizeof value];
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    memset(content, ' ', sizeof content);
    memcpy(content, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(content + 10, header, strlen(header));
    content[127] = '\n';
    memcpy(content + 128, value, sizeof value);
    write_bytes(content, sizeof content);
    float *read;
    int rows, columns;
    cr_assert_eq(qp_npz_matrix(path, "any", &read, &rows, &columns), QP_OK, "%s", qp_error_message());
    cr_expect(rows == 2 && columns == 3 && read[5] == 6.5f);
    free(read);
    memcpy(content + 10 + strlen(header) - 12, "(9, 3)", 6); /* more than there is */
    write_bytes(content, sizeof content);
    cr_expect_eq(qp_npz_matrix(path, "any", &read, &rows, &columns), QP_EDATA);
    memcpy(content + 10 + strlen(header) - 12, "(2,3,)", 6);
    write_bytes(content, sizeof content);
    cr_expect_eq(qp_npz_matrix(path, "any", &read, &rows, &columns), QP_EDATA);
}

/* Every file that is cut short, and every file with one byte changed, is read or refused. */
Test(npz, damaged_files_are_refused)
{
    size_t bytes;
    float *read;
    int rows, columns, refused = 0;
    cr_assert_eq(qp_npz_save(sample(), path), QP_OK);
    unsigned char *content = slurp(&bytes);
    for (size_t cut = 0; cut < bytes; cut++) {
        write_bytes(content, cut);
        cr_expect_neq(qp_npz_matrix(path, "weights", &read, &rows, &columns), QP_OK, "%zu of %zu bytes", cut, bytes);
    }
    for (size_t at = 0; at < bytes; at++) {
        content[at] ^= 0xff;
        write_bytes(content, bytes);
        refused += qp_npz_matrix(path, "weights", &read, &rows, &columns) != QP_OK;
        free(read);
        content[at] ^= 0xff;
    }
    cr_expect_gt(refused, 60);
    free(content);
}
