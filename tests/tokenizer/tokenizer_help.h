#ifndef QP_TOKENIZER_HELP_H
#define QP_TOKENIZER_HELP_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tokenizer.h"
#include "tokenizer/tokenizer_trainer.h"

/* Lines of a C array as a source for training. */
typedef struct {
    const char *const *line;
    int count, next;
} test_lines;

static inline qp_status test_next_line(void *self, const char **line, size_t *bytes)
{
    test_lines *lines = self;
    *line = lines->next < lines->count ? lines->line[lines->next++] : NULL;
    *bytes = *line ? strlen(*line) : 0;
    return QP_OK;
}

static inline qp_tokenizer_config test_config(const char *type, int vocab_size)
{
    qp_tokenizer_config config;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    cr_assert_eq(qp_config_set(qp_config_find(&qp_tokenizer_fields, "type"), &config, "test", type), QP_OK);
    config.vocab_size = vocab_size;
    return config;
}

static inline qp_tokenizer *test_train(const qp_tokenizer_config *config, const char *const *line, int count)
{
    test_lines lines = {line, count, 0};
    qp_tokenizer *tokenizer = NULL;
    qp_status status = qp_tokenizer_train(config, test_next_line, &lines, NULL, &tokenizer);
    cr_assert_eq(status, QP_OK, "%s", qp_error_message());
    return tokenizer;
}

/* decode(encode(text)) is the normal form of text, and the spans stay inside the text and in order. */
static inline void test_round_trip(const qp_tokenizer *tokenizer, const char *text, size_t bytes)
{
    qp_encoding e = {.spans = true};
    char *back = NULL, *normal = NULL;
    size_t back_bytes = 0, normal_bytes = 0;
    cr_assert_eq(qp_tokenizer_encode_into(tokenizer, text, bytes, &e), QP_OK, "%s", qp_error_message());
    for (int i = 0; i < e.count; i++) {
        cr_assert(e.begin[i] <= e.end[i] && e.end[i] <= bytes);
        cr_assert(i == 0 || (e.begin[i - 1] <= e.begin[i] && e.end[i - 1] <= e.end[i]));
    }
    cr_assert(e.count == 0 || e.end[e.count - 1] == bytes);
    cr_assert_eq(qp_tokenizer_decode(tokenizer, e.id, e.count, &back, &back_bytes), QP_OK);
    cr_assert_eq(qp_tokenizer_normalize(tokenizer, text, bytes, &normal, &normal_bytes), QP_OK);
    cr_assert_eq(back_bytes, normal_bytes, "\"%.60s\" came back as \"%.60s\"", normal, back);
    cr_assert(memcmp(back, normal, back_bytes) == 0, "\"%.60s\" came back as \"%.60s\"", normal, back);
    free(back);
    free(normal);
    qp_encoding_free(&e);
}

/* The printable pieces of a text, joined by single spaces. */
static inline char *test_pieces(const qp_tokenizer *tokenizer, const char *text)
{
    int32_t *id;
    int count;
    static char out[4096];
    cr_assert_eq(qp_tokenizer_encode(tokenizer, text, strlen(text), &id, &count), QP_OK);
    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, sizeof out - used, "%s%s", i ? " " : "", qp_tokenizer_piece(tokenizer, id[i]));
    }
    free(id);
    return out;
}

#endif
