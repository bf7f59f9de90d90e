#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/content.h"

typedef struct {
    const char *begin;
    size_t bytes;
    qp_content content;
} example;

/* The beginning of a zip archive whose first entry has this name. */
static size_t zip(const char *entry, unsigned char *begin)
{
    enum { NAME = 30 };
    memset(begin, 0, NAME);
    memcpy(begin, "PK\3\4", 4);
    begin[26] = (unsigned char)strlen(entry);
    memcpy(begin + NAME, entry, strlen(entry));
    return NAME + strlen(entry);
}

static const example examples[] = {{"\x10\0\0\0\0\0\0\0{\"", 10, QP_CONTENT_SAFETENSORS},
                                   {"\x10\0\0\0\0\0\0\0x", 9, QP_CONTENT_OTHER},
                                   {"GGUF\3\0\0\0\1", 9, QP_CONTENT_GGUF},
                                   {"GGUF is a format", 16, QP_CONTENT_OTHER},
                                   {"\x80\4\x95", 3, QP_CONTENT_PICKLE},
                                   {"\x80\6\x95", 3, QP_CONTENT_OTHER},
                                   {"\x93NUMPY\1\0", 8, QP_CONTENT_NPY},
                                   {"PK\3\4\x14\0", 6, QP_CONTENT_ZIP},
                                   {"\xfd"
                                    "7zXZ\0\0\4",
                                    8, QP_CONTENT_XZ},
                                   {"\x28\xb5\x2f\xfd\4\x58", 6, QP_CONTENT_ZSTD},
                                   {"BZh91AY&SY\x19", 11, QP_CONTENT_BZIP2},
                                   {"7z\xbc\xaf\x27\x1c\0\4", 8, QP_CONTENT_7Z},
                                   {"\x1f\x8b\x08", 3, QP_CONTENT_GZIP},
                                   {"{\"model\": 1}", 12, QP_CONTENT_JSON},
                                   {"version https://git-lfs.github.com/spec/v1", 42, QP_CONTENT_LFS},
                                   {"<!DOCTYPE html>", 15, QP_CONTENT_PAGE},
                                   {"a sentence", 10, QP_CONTENT_OTHER},
                                   {"", 0, QP_CONTENT_OTHER}};
enum { EXAMPLES = sizeof examples / sizeof *examples };

Test(content, by_the_first_bytes)
{
    for (int i = 0; i < EXAMPLES; i++) {
        const example *e = &examples[i];
        cr_expect_eq(qp_content_of(e->begin, e->bytes), e->content, "%d", i);
        cr_expect_eq(qp_content_binary(e->content), e->content > QP_CONTENT_OTHER && e->content < QP_CONTENT_JSON);
        cr_expect(strlen(qp_content_name(e->content)) > 5);
    }
}

Test(content, archives_by_their_first_entry)
{
    unsigned char begin[QP_CONTENT_BYTES];
    cr_expect_eq(qp_content_of(begin, zip("weight.npy", begin)), QP_CONTENT_NPZ);
    cr_expect_eq(qp_content_of(begin, zip("archive/data.pkl", begin)), QP_CONTENT_TORCH);
    cr_expect_eq(qp_content_of(begin, zip("a.txt", begin)), QP_CONTENT_ZIP);
    cr_expect_eq(qp_content_of(begin, zip("npy", begin)), QP_CONTENT_ZIP, "shorter than an ending");
    cr_expect_eq(qp_content_of(begin, zip("a.npy", begin) - 1), QP_CONTENT_ZIP, "cut short");
}

/* Bytes that a longer beginning may make binary are waited for, other text never. */
Test(content, what_may_still_become_binary)
{
    static const char *const text[] = {"a", "Pa", "PK\n", "BZh9\n", "BZh91AY&SY", "{", "<!", "version "};
    static const char *const begun[] = {"P", "PK", "PK\3\4", "BZh91AY&S", "G", "\x80", "\xfd"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        cr_expect_not(qp_content_begun(text[i], strlen(text[i])), "%s", text[i]);
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++)
        cr_expect(qp_content_begun(begun[i], strlen(begun[i])), "%zu", i);
}

Test(content, of_files)
{
    FILE *file = fopen("content", "w");
    fputs("{}", file);
    fclose(file);
    cr_expect_eq(qp_content_of_file("content"), QP_CONTENT_JSON);
    unlink("content");
    cr_expect_eq(qp_content_of_file("content"), QP_CONTENT_OTHER);
    cr_expect_eq(qp_content_of_file("."), QP_CONTENT_OTHER);
    cr_expect_eq(qp_content_of_file("/dev/zero"), QP_CONTENT_OTHER);
}
