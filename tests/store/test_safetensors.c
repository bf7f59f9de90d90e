#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/checked.h"
#include "lib/store/safetensors.h"

static char folder[64];

static void make_folder(void)
{
    strcpy(folder, "/tmp/qp_store_XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    DIR *listing = opendir(folder);
    for (struct dirent *entry; (entry = readdir(listing));) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.') remove(path);
    }
    closedir(listing);
    rmdir(folder);
}

TestSuite(safetensors, .init = make_folder, .fini = remove_folder);

static const char *in_folder(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const void *content, size_t bytes)
{
    FILE *stream = fopen(in_folder(name), "wb");
    cr_assert_not_null(stream);
    cr_assert_eq(fwrite(content, 1, bytes, stream), bytes);
    fclose(stream);
}

/* a file with the given JSON and `data` zero bytes after it */
static void put_header(const char *json, size_t data)
{
    size_t length = strlen(json);
    unsigned char *content = calloc(1, 8 + length + data);
    qp_little_put_u64(content, length);
    memcpy(content + 8, json, length);
    put("x", content, 8 + length + data);
    free(content);
}

/* one line, naming the file, saying what to do, holding `word` */
static void expect_refusal(const char *path, qp_status status, const char *word)
{
    qp_safetensors *file = (void *)1;
    cr_assert_eq(qp_safetensors_open(path, &file), status, "%s", qp_error_message());
    cr_assert_null(file);
    const char *message = qp_error_message();
    cr_assert_eq(strncmp(message, path, strlen(path)), 0, "%s", message);
    cr_assert_not_null(strstr(message, word), "'%s' is missing in: %s", word, message);
    cr_assert_not_null(strpbrk(message, ";"), "%s", message);
    cr_assert_null(strchr(message, '\n'));
}

static void refuse_header(const char *json, size_t data, const char *word)
{
    put_header(json, data);
    expect_refusal(in_folder("x"), QP_EDATA, word);
}

static const double f64[3] = {1.5, -2.25, 1e-300};
static const float f32[6] = {0, -0.0f, 1.25f, INFINITY, 3e-40f, -7};
static const int64_t i64[2] = {INT64_MIN, 42};
static const int32_t i32[2] = {-5, 6};
static const uint8_t u8[3] = {0, 1, 255};

static qp_safetensors_writer *sample_writer(void)
{
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_metadata(writer, "config", "{\"layers\": 3, \"quipu.checksum\":\"x\"}");
    qp_safetensors_writer_metadata(writer, "한국어", "값 \n\t\\ \" end");
    qp_safetensors_writer_add(writer, "i64", QP_DTYPE_I64, 1, (int64_t[]){2}, i64);
    qp_safetensors_writer_add(writer, "f64", QP_DTYPE_F64, 1, (int64_t[]){3}, f64);
    qp_safetensors_writer_add(writer, "layer.0.f32", QP_DTYPE_F32, 2, (int64_t[]){2, 3}, f32);
    qp_safetensors_writer_add(writer, "empty", QP_DTYPE_F32, 2, (int64_t[]){0, 9}, NULL);
    qp_safetensors_writer_add(writer, "i32", QP_DTYPE_I32, 1, (int64_t[]){2}, i32);
    qp_safetensors_writer_add(writer, "scalar", QP_DTYPE_F32, 0, NULL, f32 + 2);
    qp_safetensors_writer_add(writer, "u8", QP_DTYPE_U8, 3, (int64_t[]){1, 3, 1}, u8);
    return writer;
}

static char *slurp(const char *path, size_t *bytes)
{
    FILE *stream = fopen(path, "rb");
    cr_assert_not_null(stream);
    fseek(stream, 0, SEEK_END);
    *bytes = (size_t)ftell(stream);
    rewind(stream);
    char *content = malloc(*bytes + 1);
    cr_assert_eq(fread(content, 1, *bytes, stream), *bytes);
    fclose(stream);
    return content;
}

Test(safetensors, written_is_read_back)
{
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("a")), QP_OK, "%s", qp_error_message());
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(in_folder("a"), &file), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_safetensors_verify(file), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_safetensors_count(file), 7);
    cr_assert_eq(qp_safetensors_metadata_count(file), 3);
    cr_assert_str_eq(qp_safetensors_metadata(file, "한국어"), "값 \n\t\\ \" end");
    cr_assert_null(qp_safetensors_metadata(file, "none"));
    cr_assert_null(qp_safetensors_find(file, "layer.0"));
    const qp_stored *stored = qp_safetensors_find(file, "layer.0.f32");
    cr_assert(stored && stored->dimensions == 2 && stored->shape[0] == 2 && stored->shape[1] == 3 &&
              stored->bytes == 24);
    float back[6];
    cr_assert_eq(qp_safetensors_bytes(file, stored, back), QP_OK);
    cr_assert_eq(memcmp(back, f32, sizeof f32), 0, "every bit comes back");
    qp_real real[6];
    cr_assert_eq(qp_safetensors_reals(file, qp_safetensors_find(file, "f64"), real), QP_OK);
    cr_assert_eq(real[1], (qp_real)-2.25);
    cr_assert_eq(qp_safetensors_reals(file, qp_safetensors_find(file, "scalar"), real), QP_OK);
    cr_assert_eq(real[0], (qp_real)1.25);
    int64_t integer[3];
    cr_assert_eq(qp_safetensors_integers(file, qp_safetensors_find(file, "i64"), integer), QP_OK);
    cr_assert(integer[0] == INT64_MIN && integer[1] == 42);
    cr_assert_eq(qp_safetensors_integers(file, qp_safetensors_find(file, "i32"), integer), QP_OK);
    cr_assert(integer[0] == -5 && integer[1] == 6);
    cr_assert_eq(qp_safetensors_integers(file, qp_safetensors_find(file, "u8"), integer), QP_OK);
    cr_assert(integer[0] == 0 && integer[1] == 1 && integer[2] == 255);
    cr_assert_eq(qp_safetensors_integers(file, qp_safetensors_find(file, "f64"), integer), QP_EDATA);
    cr_assert_eq(qp_safetensors_find(file, "empty")->count, 0);
    cr_assert_eq(qp_safetensors_at(file, 0)->offset % 64, 0, "the data begin at a multiple of 64");
    qp_safetensors_close(file);
}

Test(safetensors, need_tells_both_shapes)
{
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("a")), QP_OK);
    qp_safetensors *file;
    const qp_stored *stored = NULL;
    cr_assert_eq(qp_safetensors_open(in_folder("a"), &file), QP_OK);
    cr_assert_eq(qp_safetensors_need(file, "layer.0.f32", 2, (int64_t[]){-1, 3}, &stored), QP_OK);
    cr_assert_str_eq(stored->name, "layer.0.f32");
    cr_assert_eq(qp_safetensors_need(file, "layer.0.f32", 2, (int64_t[]){3, 2}, &stored), QP_EDATA);
    cr_assert_not_null(strstr(qp_error_message(), "[2, 3] where [3, 2]"), "%s", qp_error_message());
    cr_assert_eq(qp_safetensors_need(file, "no\nsuch", 2, (int64_t[]){3, 2}, &stored), QP_EDATA);
    cr_assert_null(strchr(qp_error_message(), '\n'));
    qp_safetensors_close(file);
}

Test(safetensors, equal_contents_make_equal_files)
{
    size_t a, b;
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("a")), QP_OK);
    char *first = slurp(in_folder("a"), &a);
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("b")), QP_OK);
    char *second = slurp(in_folder("b"), &b);
    cr_assert(a == b && !memcmp(first, second, a));
    free(first);
    free(second);
}

Test(safetensors, every_flipped_bit_is_found)
{
    size_t bytes;
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("a")), QP_OK);
    char *content = slurp(in_folder("a"), &bytes);
    for (size_t bit = 0; bit < 8 * bytes; bit++) {
        content[bit / 8] = (char)(content[bit / 8] ^ (1 << bit % 8));
        put("x", content, bytes);
        qp_safetensors *file;
        if (qp_safetensors_open(in_folder("x"), &file) == QP_OK) {
            cr_assert_eq(qp_safetensors_verify(file), QP_EDATA, "bit %zu of byte %zu", bit % 8, bit / 8);
            qp_safetensors_close(file);
        }
        content[bit / 8] = (char)(content[bit / 8] ^ (1 << bit % 8));
    }
    free(content);
}

Test(safetensors, every_truncation_is_refused)
{
    size_t bytes;
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("a")), QP_OK);
    char *content = slurp(in_folder("a"), &bytes);
    for (size_t length = 0; length < bytes; length++) {
        put("x", content, length);
        expect_refusal(in_folder("x"), QP_EDATA, "");
    }
    free(content);
}

Test(safetensors, large_metadata)
{
    size_t bytes = 3u << 20;
    char *text = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++) text[i] = "ab\"\\ "[i % 5];
    text[bytes] = '\0';
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_metadata(writer, "tokenizer", text);
    cr_assert_eq(qp_safetensors_writer_save(writer, in_folder("a")), QP_OK);
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(in_folder("a"), &file), QP_OK, "%s", qp_error_message());
    cr_assert_eq(strcmp(qp_safetensors_metadata(file, "tokenizer"), text), 0);
    cr_assert_eq(qp_safetensors_verify(file), QP_OK);
    qp_safetensors_close(file);
    free(text);
}

Test(safetensors, half_precision)
{
    /* 1, -2, largest half, smallest subnormal, infinity, -0 | bfloat16: 1, -3.140625 */
    const uint16_t half[6] = {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x7C00, 0x8000}, brain[2] = {0x3F80, 0xC049};
    const double expected[6] = {1, -2, 65504, 0x1p-24, INFINITY, -0.0};
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    qp_safetensors_writer_add(writer, "half", QP_DTYPE_F16, 1, (int64_t[]){6}, half);
    qp_safetensors_writer_add(writer, "brain", QP_DTYPE_BF16, 1, (int64_t[]){2}, brain);
    cr_assert_eq(qp_safetensors_writer_save(writer, in_folder("a")), QP_OK);
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(in_folder("a"), &file), QP_OK);
    qp_real value[6];
    cr_assert_eq(qp_safetensors_reals(file, qp_safetensors_find(file, "half"), value), QP_OK);
    for (int i = 0; i < 6; i++)
        cr_assert((double)value[i] == expected[i] && signbit((double)value[i]) == signbit(expected[i]), "%d", i);
    cr_assert_eq(qp_safetensors_reals(file, qp_safetensors_find(file, "brain"), value), QP_OK);
    cr_assert(value[0] == (qp_real)1 && value[1] == (qp_real)-3.140625);
    qp_safetensors_close(file);
}

/* Every element of every type converts to a real. */
Test(safetensors, reals_of_every_type)
{
    static const char *const name[] = {"f64", "f32", "i64", "i32", "u8"};
    static const qp_dtype dtype[] = {QP_DTYPE_F64, QP_DTYPE_F32, QP_DTYPE_I64, QP_DTYPE_I32, QP_DTYPE_U8};
    const double d[3] = {0.5, -2, 7};
    const float f[3] = {0.5F, -2, 7};
    const int64_t wide[3] = {3, -2, 7};
    const int32_t narrow[3] = {3, -2, 7};
    const uint8_t byte[3] = {3, 2, 7};
    const void *const content[] = {d, f, wide, narrow, byte};
    qp_safetensors_writer *writer = qp_safetensors_writer_new();
    for (int i = 0; i < 5; i++) qp_safetensors_writer_add(writer, name[i], dtype[i], 1, (int64_t[]){3}, content[i]);
    cr_assert_eq(qp_safetensors_writer_save(writer, in_folder("a")), QP_OK);
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(in_folder("a"), &file), QP_OK);
    for (int i = 0; i < 5; i++) {
        qp_real value[3] = {-1, -1, -1};
        cr_assert_eq(qp_safetensors_reals(file, qp_safetensors_find(file, name[i]), value), QP_OK);
        cr_assert_eq(value[0], (qp_real)(i < 2 ? 0.5 : 3), "%s", name[i]);
        cr_assert_eq(value[1], (qp_real)(i == 4 ? 2 : -2), "%s", name[i]);
        cr_assert_eq(value[2], (qp_real)7, "%s", name[i]);
    }
    qp_safetensors_close(file);
}

Test(safetensors, hostile_headers)
{
    put("x", "", 0);
    expect_refusal(in_folder("x"), QP_EDATA, "empty");
    put("x", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
    expect_refusal(in_folder("x"), QP_EDATA, "9223372036854775807");
    put("x", "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    expect_refusal(in_folder("x"), QP_EDATA, "claims a header");
    put("x", "PK\003\004 something", 14);
    expect_refusal(in_folder("x"), QP_EDATA, "zip file");
    char torch[] = "PK\003\004----------------------\012\000--m/data.pkl";
    put("x", torch, sizeof torch);
    expect_refusal(in_folder("x"), QP_EDATA, "PyTorch");
    put("x", "version https://git-lfs.github.com/spec/v1\n", 43);
    expect_refusal(in_folder("x"), QP_EDATA, "git lfs pull");
    refuse_header("{\"a\": [", 0, "JSON");
    refuse_header("{} 5", 0, "JSON");
    refuse_header("{\"a\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "F8_E4M3");
    static const char *const forms[] = {"{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}",
                                        "{\"a\":{\"dtype\":\"F32\",\"shape\":\"1\",\"data_offsets\":[0,4]}}",
                                        "{\"a\":{\"dtype\":3,\"shape\":[1],\"data_offsets\":[0,4]}}",
                                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}",
                                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4]}}",
                                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":1}}",
                                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}",
                                        "{\"a\":[]}"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) refuse_header(forms[i], 4, "'a'");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                  "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                  8, "duplicate");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "do not fit its shape");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "negative");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0, "larger");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, "integer");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "begin before they end");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "cut short");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "follow the last");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}", 5, "gap");
    refuse_header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                  "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}",
                  6, "overlaps");
    refuse_header("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1, "8 dimensions");
    refuse_header("{\"a\\nb\":5}", 0, "a?b");
    refuse_header("{\"__metadata__\":{\"k\":5}}", 0, "not a string");
    refuse_header("{\"__metadata__\":[]}", 0, "not a map");
}

Test(safetensors, header_order_is_free)
{
    put_header("{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]},"
               "\"a\":{\"shape\":[],\"dtype\":\"BOOL\",\"data_offsets\":[0,1]}}",
               3);
    qp_safetensors *file;
    cr_assert_eq(qp_safetensors_open(in_folder("x"), &file), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(qp_safetensors_at(file, 0)->name, "a");
    cr_assert_eq(qp_safetensors_verify(file), QP_EDATA, "no checksum is not a good checksum");
    qp_safetensors_close(file);
}

/* Names of arrays in messages: control characters are ?, and long ones are cut before a character. */
Test(safetensors, names_in_messages)
{
    char header[2000], name[1000] = "";
    refuse_header("{\"a\\u007f\\tb\":5}", 0, "a??b");
    for (int i = 0; i < 300; i++) strcat(name, "é");
    for (int more = 0; more < 3; more++) {
        snprintf(header, sizeof header, "{\"%.*s%s\":5}", more, "xy", name);
        refuse_header(header, 0, "é...");
        char after = *(strstr(qp_error_message(), "é...") + strlen("é..."));
        cr_expect(after == ' ' || after == ':' || after == '\'' || after == '"', "%s", qp_error_message());
        cr_expect_null(strstr(qp_error_message(), "\xc3..."), "%s", qp_error_message());
    }
}

/* A checksum has 32 digits; anything else is none. */
Test(safetensors, checksums_of_another_length)
{
    static const char *const value[] = {"", "12345", "0123456789abcdef0123456789abcde",
                                        "0123456789abcdef0123456789abcdef0", "0123456789abcdef0123456789abcdef"};
    for (int i = 0; i < 5; i++) {
        char header[300];
        qp_safetensors *file;
        snprintf(header, sizeof header,
                 "{\"__metadata__\":{\"quipu.checksum\":\"%s\",\"more\":\"a text that is long enough for "
                 "digits\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
                 value[i]);
        put_header(header, 1);
        cr_assert_eq(qp_safetensors_open(in_folder("x"), &file), QP_OK, "%s", qp_error_message());
        cr_assert_eq(qp_safetensors_verify(file), QP_EDATA);
        cr_assert(strstr(qp_error_message(), i < 4 ? "carries no checksum" : "does not fit"), "%s: %s", value[i],
                  qp_error_message());
        qp_safetensors_close(file);
    }
}

Test(safetensors, too_many_tensors)
{
    char *json = malloc(70u * (QP_STORED_MAX + 1) + 10), *at = json;
    at += sprintf(at, "{");
    for (int i = 0; i <= QP_STORED_MAX; i++)
        at += sprintf(at, "%s\"%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "", i);
    sprintf(at, "}");
    refuse_header(json, 0, "100001 tensors");
    free(json);
}

/* From now on this process may take `bytes` more of memory; sanitizers need their own. */
static void limit_memory(size_t bytes)
{
    size_t pages = 0;
    FILE *stream = fopen("/proc/self/statm", "r");
    if (!stream || fscanf(stream, "%zu", &pages) != 1) cr_skip_test("no /proc/self/statm");
    fclose(stream);
    rlim_t most = (rlim_t)(pages * (size_t)sysconf(_SC_PAGESIZE) + bytes);
#ifndef __SANITIZE_ADDRESS__
    cr_assert_eq(setrlimit(RLIMIT_AS, &(struct rlimit){most, most}), 0);
#endif
    (void)most;
}

/* `count` times "before NUMBER after", with commas between them, as the header of a file. */
static void put_many(const char *begin, const char *before, const char *after, const char *end, int count)
{
    size_t bytes = (strlen(before) + strlen(after) + 9) * (size_t)count + strlen(begin) + strlen(end) + 1;
    char *json = malloc(bytes), *at = json + sprintf(json, "%s", begin);
    for (int i = 0; i < count; i++) at += sprintf(at, "%s%s%d%s", i ? "," : "", before, i, after);
    strcpy(at, end);
    put_header(json, 0);
    free(json);
}

/* Files of up to 70 MB that would take a gigabyte when parsed. */
Test(safetensors, headers_of_millions_of_values_take_no_memory)
{
    static const struct {
        const char *begin, *before, *after, *end;
        int count;
    } many[] = {
        {"{", "\"", "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", "}", 400000},
        {"{\"__metadata__\":{", "\"", "\":\"\"", "}}", 2000000},
        {"{\"a\":[", "[", "]", "]}", 2000000},
        {"{\"a\":[", "{\"\":", "}", "]}", 1000000},
    };
    limit_memory(200 << 20);
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        put_many(many[i].begin, many[i].before, many[i].after, many[i].end, many[i].count);
        expect_refusal(in_folder("x"), QP_EDATA, "more than 100000 tensors");
    }
}

Test(safetensors, what_is_no_file)
{
    expect_refusal(in_folder("absent"), QP_ENOINPUT, "cannot be opened");
    expect_refusal(folder, QP_ENOINPUT, "folder");
    char path[200];
    strcpy(path, in_folder("pipe"));
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refusal(path, QP_ENOINPUT, "regular");
}

Test(safetensors, writer_refuses_nonsense_and_leaves_nothing)
{
    qp_safetensors_writer *writer = sample_writer();
    qp_safetensors_writer_add(writer, "u8", QP_DTYPE_U8, 1, (int64_t[]){3}, u8);
    cr_assert_eq(qp_safetensors_writer_save(writer, in_folder("a")), QP_EDATA);
    cr_assert_not_null(strstr(qp_error_message(), "'u8' is given twice"), "%s", qp_error_message());
    writer = qp_safetensors_writer_new();
    qp_safetensors_writer_metadata(writer, "k", "\xff");
    cr_assert_eq(qp_safetensors_writer_save(writer, in_folder("a")), QP_EDATA);
    writer = qp_safetensors_writer_new();
    qp_safetensors_writer_add(writer, "huge", QP_DTYPE_F64, 2, (int64_t[]){1ll << 40, 1ll << 40}, f64);
    cr_assert_eq(qp_safetensors_writer_save(writer, in_folder("a")), QP_EDATA);
    cr_assert_neq(access(in_folder("a"), F_OK), 0);
    cr_assert_eq(qp_safetensors_writer_save(sample_writer(), in_folder("no/such/folder")), QP_ECREATE);
}

Test(safetensors, files_of_others)
{
    DIR *listing = opendir("../shared/oracles");
    if (!listing) cr_skip_test("no ../shared/oracles here");
    int read = 0;
    for (struct dirent *entry; (entry = readdir(listing));) {
        size_t length = strlen(entry->d_name);
        if (length < 12 || strcmp(entry->d_name + length - 12, ".safetensors") != 0) continue;
        char path[400];
        snprintf(path, sizeof path, "../shared/oracles/%s", entry->d_name);
        qp_safetensors *file;
        cr_assert_eq(qp_safetensors_open(path, &file), QP_OK, "%s", qp_error_message());
        cr_assert_not_null(qp_safetensors_metadata(file, "op"));
        for (int i = 0; i < qp_safetensors_count(file); i++) {
            const qp_stored *stored = qp_safetensors_at(file, i);
            qp_real *value = malloc((stored->count + 1) * sizeof *value);
            cr_assert_eq(qp_safetensors_reals(file, stored, value), QP_OK, "%s", qp_error_message());
            free(value);
        }
        qp_safetensors_close(file);
        read++;
    }
    closedir(listing);
    cr_log_info("%d files read", read);
    cr_assert_gt(read, 0);
}
