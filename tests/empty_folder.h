#ifndef QP_EMPTY_FOLDER_H
#define QP_EMPTY_FOLDER_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/file.h"

/* empty_folder — each test runs in an empty folder of its own:
 *     TestSuite(writer, .init = folder_begin, .fini = folder_end);
 * empty_folder is its path. The functions write files into it. */

static char empty_folder[64];

static inline void folder_begin(void)
{
    strcpy(empty_folder, "/tmp/quipu-test-XXXXXX");
    cr_assert(mkdtemp(empty_folder) && chdir(empty_folder) == 0);
}

static inline void folder_end(void)
{
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(qp_file_remove_tree(empty_folder), QP_OK);
    cr_assert_not(qp_file_exists(empty_folder));
}

static inline void put_bytes(const char *name, const void *content, size_t bytes)
{
    FILE *file = fopen(name, "wb");
    cr_assert(file && fwrite(content, 1, bytes, file) == bytes && fclose(file) == 0);
}

static inline void put_text(const char *name, const char *text) { put_bytes(name, text, strlen(text)); }

static inline void put_gzip(const char *name, const char *mode, const void *content, size_t bytes)
{
    gzFile file = gzopen(name, mode);
    cr_assert(file && gzwrite(file, content, (unsigned)bytes) == (int)bytes && gzclose(file) == Z_OK);
}

/* The file's bytes are those of the text. */
static inline void expect_content(const char *name, const char *wanted)
{
    char *content;
    size_t bytes;
    cr_assert_eq(qp_file_read(name, 1 << 20, &content, &bytes), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(content, wanted, "%s", name);
    free(content);
}

#endif
