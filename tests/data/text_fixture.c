#include "tests/data/text_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/random.h"

static qp_status encode_words(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    (void)self;
    *count = 0;
    *id = malloc((bytes / 2 + 1) * sizeof **id);
    for (size_t i = 0; i < bytes;) {
        size_t length = 0;
        while (i + length < bytes && text[i + length] != ' ') length++;
        if (length == 3 && !memcmp(text + i, "bad", 3)) {
            free(*id);
            return qp_fail(QP_EDATA, "words: a bad word; write a good one");
        }
        if (length) (*id)[(*count)++] = length == 1 && text[i] == '?' ? QP_UNK : QP_SPECIAL_COUNT + (int32_t)length;
        i += length + 1;
    }
    return QP_OK;
}

static qp_status encode_bytes(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    (void)self;
    *id = malloc((bytes + 1) * sizeof **id);
    for (size_t i = 0; i < bytes; i++) (*id)[i] = QP_SPECIAL_COUNT + (unsigned char)text[i];
    *count = (int)bytes;
    return QP_OK;
}

qp_text_codec fixture_words(void) { return (qp_text_codec){.vocabulary_size = 100, .encode = encode_words}; }
qp_text_codec fixture_bytes(void) { return (qp_text_codec){.vocabulary_size = 260, .encode = encode_bytes}; }

static char folder[] = "/tmp/qp_data_XXXXXX";

static void remove_folder(void) { qp_file_remove_tree(folder); }

const char *fixture_file(const char *name, const void *content, size_t bytes)
{
    static bool made;
    if (!made) {
        cr_assert(mkdtemp(folder));
        atexit(remove_folder);
        made = true;
    }
    static char paths[64][100]; /* of this test: Criterion runs each in a process of its own */
    static int used;
    cr_assert_lt(used, 64);
    char *path = paths[used++];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    cr_assert_eq(fwrite(content, 1, bytes, file), bytes);
    fclose(file);
    return path;
}

const char *fixture_text(const char *name, const char *text) { return fixture_file(name, text, strlen(text)); }

static const char *random_lines(const char *name, int lines, int longest, uint64_t key)
{
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    uint64_t counter = 0;
    for (int i = 0; i < lines; i++) {
        int words = 1 + (int)qp_random_below(key, counter++, (uint64_t)longest);
        for (int w = 0; w < words; w++)
            fprintf(stream, "%.*s ", 1 + (int)qp_random_below(key, counter++, 30),
                    "abcdefghijklmnopqrstuvwxyzabcdefgh");
        fputc('\n', stream);
    }
    fclose(stream);
    const char *path = fixture_file(name, text, bytes);
    free(text);
    return path;
}

void fixture_corpus(int pairs, int longest, bool monolingual, qp_corpus *corpus)
{
    qp_text_codec codec = fixture_words();
    qp_corpus_options options = {.files = {monolingual ? QP_TEXT_ONE_FILE : QP_TEXT_TWO_FILES,
                                           monolingual ? NULL : random_lines("random.src", pairs, longest, 1),
                                           random_lines("random.trg", pairs, longest, 2)},
                                 .source_codec = &codec,
                                 .target_codec = &codec};
    cr_assert_eq(qp_corpus_load(&options, corpus), QP_OK, "%s", qp_error_message());
    cr_assert_eq(corpus->sequences, pairs);
}
