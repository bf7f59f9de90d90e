#include <stdio.h>

#include "lib/base/random.h"
#include "tests/tokenizer/tokenizer_help.h"
#include "tokenizer/encode_lines.h"
#include "tokenizer/models/text_parts.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer.h"
#include "tokenizer/split/split.h"
#include "tokenizer/tokenizer_formats.h"

static const char *const corpus[] = {"A dog runs in the snow.", "나는 학교에 간다.", "grün grüne grünen Bäume",
                                     "123 124 125"};

enum { LINES = 3000, LONGEST = 90 };

/* Lines of random words of the corpus, some empty. */
static void make_lines(char text[LINES][LONGEST], qp_text *line)
{
    for (uint64_t i = 0; i < LINES; i++) {
        uint64_t parts = qp_random_below(1, i, 4);
        size_t bytes = 0;
        for (uint64_t k = 0; k < parts; k++)
            bytes += (size_t)snprintf(text[i] + bytes, LONGEST - bytes, "%s%d", corpus[(i + k) % 3], (int)(i % 97));
        line[i] = (qp_text){text[i], bytes};
    }
}

Test(encode_lines, equals_one_by_one_for_any_number_of_threads)
{
    static char text[LINES][LONGEST];
    static qp_text line[LINES];
    qp_tokenizer_config config = test_config("bpe", 400);
    qp_tokenizer *t = test_train(&config, corpus, 4);
    make_lines(text, line);
    for (int threads = 1; threads <= 3; threads++) {
        qp_encoded_lines out = {0};
        cr_assert_eq(qp_tokenizer_encode_lines(t, line, LINES, threads, &out), QP_OK);
        cr_assert_eq(out.count, LINES);
        for (size_t i = 0; i < LINES; i++) {
            int32_t *id;
            int count;
            cr_assert_eq(qp_tokenizer_encode(t, line[i].text, line[i].bytes, &id, &count), QP_OK);
            cr_assert_eq(out.start[i + 1] - out.start[i], (size_t)count, "line %zu", i);
            cr_assert(count == 0 || memcmp(id, out.id + out.start[i], (size_t)count * sizeof *id) == 0);
            free(id);
        }
        qp_encoded_lines_free(&out);
    }
    qp_tokenizer_free(t);
}

Test(encode_lines, no_lines_and_the_line_that_fails)
{
    qp_tokenizer_config config = test_config("bpe", 400);
    qp_tokenizer *t = test_train(&config, corpus, 4);
    qp_encoded_lines out = {0};
    cr_assert_eq(qp_tokenizer_encode_lines(t, NULL, 0, 2, &out), QP_OK);
    cr_assert_eq(out.count, 0);
    cr_assert_eq(out.start[0], 0);
    qp_text line[] = {{"dog", 3}, {"dog", (size_t)1 << 40}, {"dog", 3}};
    cr_assert_eq(qp_tokenizer_encode_lines(t, line, 3, 2, &out), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "line 2: tokenizer: text of 2^31 bytes or more; cut it into lines");
    qp_encoded_lines_free(&out);
    qp_tokenizer_free(t);
}

/* One long text: the ids are those of the whole, whatever the kind of vocabulary, wherever it is cut. */
static void compare_long(const qp_tokenizer *t, const char *what)
{
    enum { WORDS = 24000 };
    static const char *const word[] = {"dog",   "\u00e9t\u00e9",   "\ub098\ub294", "\u0301x", "1,234",  "don't",
                                       "\u4e2d\u6587", "",       "\uff21b",      "A.",      "\u00a8", "\u2581z"};
    char *text = malloc(WORDS * 12);
    size_t bytes = 0;
    for (uint64_t i = 0; i < WORDS; i++)
        bytes += (size_t)sprintf(text + bytes, "%s%s", word[qp_random_below(7, i, 12)], i % 97 ? " " : "\t");
    int32_t *id;
    int count;
    cr_assert_eq(qp_tokenizer_encode(t, text, bytes, &id, &count), QP_OK, "%s", qp_error_message());
    for (int threads = 1; threads <= 3; threads += 2) {
        qp_encoded_lines out = {0};
        const qp_text line[] = {{"a dog", 5}, {text, bytes}, {"", 0}, {text + 7, 9}};
        cr_assert_eq(qp_tokenizer_encode_lines(t, line, 4, threads, &out), QP_OK, "%s", qp_error_message());
        size_t same = 0;
        while (same < (size_t)count && id[same] == out.id[out.start[1] + same]) same++;
        cr_assert_eq(out.start[2] - out.start[1], (size_t)count, "%s: %zu, not %d ids, alike up to %zu", what,
                     out.start[2] - out.start[1], count, same);
        cr_assert(memcmp(id, out.id + out.start[1], (size_t)count * sizeof *id) == 0, "%s", what);
        cr_assert_eq(out.start[3], out.start[2]);
        qp_encoded_lines_free(&out);
    }
    free(id);
    free(text);
}

/* The same after a way through another project's format, if it can express the tokenizer; 1: it can, and cuts. */
static int compare_exported(const qp_tokenizer *t, qp_tokenizer_format format)
{
    qp_export file = {0};
    qp_tokenizer *other = NULL;
    if (qp_tokenizer_export(t, format, &file) != QP_OK) return 0;
    cr_assert_eq(qp_tokenizer_of_content(format, "test", file.text[0], file.bytes[0], &other), QP_OK, "%s",
                 qp_error_message());
    qp_export_free(&file);
    compare_long(other, qp_tokenizer_info(other).type);
    int cuts = qp_tokenizer_cut(other) != QP_CUT_NOWHERE;
    qp_tokenizer_free(other);
    return cuts;
}

Test(encode_lines, a_long_text_in_parts)
{
    static const char *const type[] = {"char", "byte", "word", "space", "bpe", "byte-bpe", "unigram", "wordpiece"};
    enum { TYPES = sizeof type / sizeof *type };
    int cuts = 0, pipelines = 0;
    for (int k = 0; k < TYPES; k++) {
        for (int pattern = QP_CUT_WORDS; pattern <= QP_CUT_NONE; pattern++) {
            qp_tokenizer_config config = test_config(type[k], 400);
            test_lines lines = {corpus, 4, 0};
            qp_tokenizer *t = NULL;
            config.pattern = pattern;
            config.lower_case = pattern % 2;
            if (qp_tokenizer_train(&config, test_next_line, &lines, NULL, &t) != QP_OK) continue; /* not this pattern */
            cuts += qp_tokenizer_cut(t) != QP_CUT_NOWHERE;
            compare_long(t, type[k]);
            pipelines += compare_exported(t, QP_FORMAT_HUGGINGFACE);
            compare_exported(t, QP_FORMAT_SENTENCEPIECE);
            qp_tokenizer_free(t);
        }
    }
    cr_assert(cuts >= 15 && pipelines >= 1, "%d, %d", cuts, pipelines);
}

/* Models of sentencepiece that drop spaces, keep them, and put one first. */
Test(encode_lines, a_long_text_in_parts_for_sentencepiece)
{
    int cuts = 0;
    for (int k = 0; k < 8; k++) {
        qp_sentencepiece_config config;
        qp_config_defaults(&qp_sentencepiece_fields, &config);
        config.model_type = k & 4 ? QP_SPM_TRAIN_UNIGRAM : QP_SPM_TRAIN_BPE;
        config.add_dummy_prefix = k & 1;
        config.remove_extra_whitespaces = k & 2;
        config.vocab_size = 70;
        config.hard_vocab_limit = 0;
        test_lines lines = {corpus, 4, 0};
        const qp_sentencepiece_symbols none = {0};
        qp_tokenizer *t = NULL;
        char *content;
        size_t bytes;
        qp_status status = qp_sentencepiece_train(&config, &none, test_next_line, &lines, &content, &bytes);
        if (status == QP_OK)
            status = qp_tokenizer_of_content(QP_FORMAT_SENTENCEPIECE, "trained", content, bytes, &t);
        cr_assert_eq(status, QP_OK, "%s", qp_error_message());
        free(content);
        cuts += qp_tokenizer_cut(t) != QP_CUT_NOWHERE;
        compare_long(t, "sentencepiece");
        qp_tokenizer_free(t);
    }
    cr_assert_eq(cuts, 3);
}

/* Cuts are only at single spaces between letters, and never cost a character. */
Test(encode_lines, places_to_cut)
{
    static const char text[] = "ab cd  ef, gh \u0301i \ud559\uad50\uc5d0 \uac04\ub2e4";
    static const char *const part[] = {"ab", "cd  ef, gh \u0301i", "\ud559\uad50\uc5d0", "\uac04\ub2e4"};
    qp_text rest = {text, sizeof text - 1};
    for (int i = 0; i < 4; i++) {
        qp_text got = qp_text_part(QP_CUT_AROUND_SPACE, 1, &rest);
        cr_assert(got.bytes == strlen(part[i]) && memcmp(got.text, part[i], got.bytes) == 0, "part %d", i);
    }
    cr_assert_eq(rest.bytes, 0);
    rest = (qp_text){text, sizeof text - 1};
    cr_assert_eq(qp_text_part(QP_CUT_BEFORE_SPACE, 1, &rest).bytes, 2);
    cr_assert_eq(*rest.text, ' ');
    cr_assert_eq(qp_text_part(QP_CUT_NOWHERE, 1, &rest).bytes, sizeof text - 3);
    cr_assert_eq(rest.bytes, 0);
}
