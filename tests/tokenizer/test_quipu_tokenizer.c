#include "tokenizer/quipu_tokenizer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/empty_folder.h"

/* The public interface of tokenizers; what they do is tested elsewhere. */

TestSuite(quipu_tokenizer, .init = folder_begin, .fini = folder_end);

static const char *const lines[] = {"the cat sees a dog", "the dog sees a cat", NULL};

static quipu_status next_line(void *self, const char **line, size_t *bytes)
{
    int *next = self;
    *line = lines[*next];
    *bytes = *line ? strlen(*line) : 0;
    *next += *line != NULL;
    return QUIPU_OK;
}

static quipu_status stop(void *self, const char **line, size_t *bytes)
{
    (void)self, (void)line, (void)bytes;
    return QUIPU_ESTOPPED;
}

static quipu_tokenizer *train(const char *const *option)
{
    int next = 0;
    const quipu_tokenizer_training training = {
        .size = sizeof training, .option = option, .next = next_line, .self = &next};
    quipu_tokenizer *made;
    cr_assert_eq(quipu_tokenizer_train(&training, &made), QUIPU_OK, "%s", quipu_error_message());
    return made;
}

Test(quipu_tokenizer, text_to_ids_and_back)
{
    static const char *const option[] = {"type", "bpe", "vocab-size", "300", NULL};
    static const char text[] = "the  dog sees\ta caé";
    quipu_tokenizer *t = train(option);
    quipu_encoding e = {.size = sizeof e};
    char *back;
    size_t bytes;
    cr_assert_eq(quipu_tokenizer_encode(t, text, strlen(text), &e), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_gt(e.count, 3);
    cr_expect_eq(e.begin[0], 0);
    cr_expect_eq(e.end[e.count - 1], strlen(text));
    for (int i = 1; i < e.count; i++) cr_expect_geq(e.begin[i], e.begin[i - 1]);
    cr_assert_eq(quipu_tokenizer_decode(t, e.id, e.count, &back, &bytes), QUIPU_OK, "%s", quipu_error_message());
    cr_expect_eq(bytes, strlen(back));
    cr_expect(strstr(back, "the") && strstr(back, "caé"), "%s", back);
    quipu_free(back);
    for (int i = 0; i < e.count; i++) cr_expect_eq(quipu_tokenizer_id(t, quipu_tokenizer_piece(t, e.id[i])), e.id[i]);
    cr_expect_str_eq(quipu_tokenizer_piece(t, -1), "");
    cr_expect_str_eq(quipu_tokenizer_piece(t, quipu_tokenizer_size(t)), "");
    cr_expect_eq(quipu_tokenizer_id(t, "no such piece"), -1);
    cr_expect_eq(quipu_tokenizer_decode(t, (const int32_t[]){quipu_tokenizer_size(t)}, 1, &back, NULL), QUIPU_EDATA);
    quipu_encoding_free(&e);
    quipu_tokenizer_close(t);
    quipu_tokenizer_close(NULL);
}

/* The same tokenizer from a file, from memory, and trained from a file of the same lines. */
Test(quipu_tokenizer, files_and_memory)
{
    static const char *const option[] = {"type", "word", NULL};
    static const char *const path[] = {"text"};
    quipu_tokenizer *made[4] = {train(option)};
    char *json, *other;
    size_t bytes, other_bytes;
    cr_assert_eq(quipu_tokenizer_save(made[0], "t.json"), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(qp_file_read("t.json", 1 << 20, &json, &bytes), QP_OK);
    cr_assert_eq(quipu_tokenizer_open("t.json", &made[1]), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(quipu_tokenizer_parse(json, bytes, &made[2]), QUIPU_OK, "%s", quipu_error_message());
    FILE *file = fopen("text", "w");
    for (int i = 0; lines[i]; i++) fprintf(file, "%s\n", lines[i]);
    fclose(file);
    const quipu_tokenizer_training training = {.size = sizeof training, .option = option, .file = path, .files = 1};
    cr_assert_eq(quipu_tokenizer_train(&training, &made[3]), QUIPU_OK, "%s", quipu_error_message());
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(quipu_tokenizer_save(made[i], "again.json"), QUIPU_OK, "%s", quipu_error_message());
        cr_assert_eq(qp_file_read("again.json", 1 << 20, &other, &other_bytes), QP_OK);
        cr_expect(bytes == other_bytes && memcmp(json, other, bytes) == 0, "%d", i);
        free(other);
        quipu_tokenizer_close(made[i]);
    }
    free(json);
}

Test(quipu_tokenizer, what_is_refused)
{
    static const char *const wrong[][3] = {{"type", NULL}, {"tipe", "bpe", NULL}, {"type", "zebra", NULL}};
    static const char *const path[] = {"nowhere"};
    quipu_tokenizer *t = NULL;
    int next = 0;
    for (int i = 0; i < 3; i++) {
        const quipu_tokenizer_training training = {
            .size = sizeof training, .option = wrong[i], .next = next_line, .self = &next};
        cr_expect_eq(quipu_tokenizer_train(&training, &t), QUIPU_EUSAGE, "%d: %s", i, quipu_error_message());
        cr_expect_null(t);
    }
    quipu_tokenizer_training training = {.size = sizeof training};
    cr_expect_eq(quipu_tokenizer_train(&training, &t), QUIPU_EUSAGE, "neither file nor next");
    training.file = path, training.files = 1;
    cr_expect_eq(quipu_tokenizer_train(&training, &t), QUIPU_ENOINPUT);
    training.next = next_line, training.self = &next;
    cr_expect_eq(quipu_tokenizer_train(&training, &t), QUIPU_EUSAGE, "both");
    training.file = NULL, training.files = 0, training.next = stop;
    cr_expect_eq(quipu_tokenizer_train(&training, &t), QUIPU_ESTOPPED);
    training.size = 0;
    cr_expect_eq(quipu_tokenizer_train(&training, &t), QUIPU_EUSAGE);
    cr_expect_eq(quipu_tokenizer_open("nowhere", &t), QUIPU_ENOINPUT);
    cr_expect_eq(quipu_tokenizer_parse("{", 1, &t), QUIPU_EDATA);
    cr_expect_str_eq(quipu_version(), "0.1.0");
}
