#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/text/corpus.h"
#include "tests/data/text_fixture.h"

static qp_status load(qp_text_kind kind, const char *source, const char *target, int max_length, qp_long_policy policy,
                      qp_corpus *corpus)
{
    qp_text_codec words = fixture_words();
    qp_corpus_options options = {.files = {.kind = kind, .source = source, .target = target},
                                 .source_codec = &words,
                                 .target_codec = &words,
                                 .max_length = max_length,
                                 .when_longer = policy};
    return qp_corpus_load(&options, corpus);
}

static void expect_ids(const qp_corpus_side *side, int64_t sequence, const char *wanted)
{
    char seen[500] = "";
    size_t used = 0;
    for (int64_t i = side->start[sequence]; i < side->start[sequence + 1]; i++)
        used += (size_t)snprintf(seen + used, sizeof seen - used, "%d ", side->id[i]);
    cr_expect_str_eq(seen, wanted);
}

Test(corpus, ids_of_both_sides_end_in_eos)
{
    qp_corpus c;
    const char *source = fixture_text("c.src", "a bb ccc\nx\n? dddd\n"),
               *target = fixture_text("c.trg", "bb\nyy zz\n? ? e");
    cr_assert_eq(load(QP_TEXT_TWO_FILES, source, target, 0, QP_LONG_SKIP, &c), QP_OK, "%s", qp_error_message());
    cr_expect_eq(c.sequences, 3);
    expect_ids(&c.source, 0, "5 6 7 2 ");
    expect_ids(&c.source, 1, "5 2 ");
    expect_ids(&c.source, 2, "3 8 2 ");
    expect_ids(&c.target, 0, "6 2 ");
    expect_ids(&c.target, 1, "6 6 2 ");
    expect_ids(&c.target, 2, "3 3 5 2 ");
    cr_expect_eq(c.statistics.lines, 3);
    cr_expect_eq(c.statistics.source.tokens, 9);
    cr_expect_eq(c.statistics.target.tokens, 9);
    cr_expect_eq(c.statistics.source.unknown, 1);
    cr_expect_eq(c.statistics.target.unknown, 2);
    cr_expect_eq(c.statistics.source.longest, 4);
    cr_expect_eq(c.statistics.source.longest_line, 1);
    cr_expect_eq(c.statistics.target.longest, 4);
    cr_expect_eq(c.statistics.target.longest_line, 3);
    cr_expect_eq(c.statistics.empty + c.statistics.skipped + c.statistics.cut, 0);
    qp_corpus_free(&c);
}

Test(corpus, long_pairs_are_skipped_or_cut_and_counted)
{
    qp_corpus c;
    const char *path = fixture_text("long.tsv", "a a\tb b\na a a\tb\na\tb b b b\n");
    cr_assert_eq(load(QP_TEXT_TABBED, path, NULL, 3, QP_LONG_SKIP, &c), QP_OK);
    cr_expect_eq(c.sequences, 1);
    cr_expect_eq(c.statistics.skipped, 2);
    cr_expect_eq(c.statistics.target.longest, 5, "what was left out is told");
    cr_expect_eq(c.statistics.target.tokens, 3);
    qp_corpus_free(&c);
    cr_assert_eq(load(QP_TEXT_TABBED, path, NULL, 3, QP_LONG_CUT, &c), QP_OK);
    cr_expect_eq(c.sequences, 3);
    cr_expect_eq(c.statistics.cut, 2);
    expect_ids(&c.source, 1, "5 5 2 ");
    expect_ids(&c.target, 1, "5 2 ");
    expect_ids(&c.target, 2, "5 5 2 ");
    qp_corpus_free(&c);
}

Test(corpus, empty_sides_are_left_out_and_counted)
{
    qp_corpus c;
    cr_assert_eq(load(QP_TEXT_TABBED, fixture_text("e.tsv", "a\tb\n\tb\na\t\n\t\nc\td\n"), NULL, 0, QP_LONG_SKIP, &c),
                 QP_OK);
    cr_expect_eq(c.sequences, 2);
    cr_expect_eq(c.statistics.empty, 3);
    cr_expect_eq(c.statistics.lines, 5);
    qp_corpus_free(&c);
}

Test(corpus, one_file_has_no_source)
{
    qp_corpus c;
    cr_assert_eq(load(QP_TEXT_ONE_FILE, NULL, fixture_text("lm", "a b\n\nccc"), 0, QP_LONG_CUT, &c), QP_OK);
    cr_expect_eq(c.sequences, 2);
    cr_expect_null(c.source.start);
    expect_ids(&c.target, 1, "7 2 ");
    cr_expect_eq(c.statistics.source.tokens, 0);
    qp_corpus_free(&c);
}

static void expect_failure(qp_status got, qp_status wanted, const char *message_part)
{
    cr_expect_eq(got, wanted, "status %d, not %d: %s", got, wanted, qp_error_message());
    cr_expect(strstr(qp_error_message(), message_part), "'%s' lacks '%s'", qp_error_message(), message_part);
}

Test(corpus, failures_name_file_line_and_cause)
{
    qp_corpus c;
    const char *good = fixture_text("good", "a\nb\n"), *bad = fixture_text("worse", "a\nx bad\n");
    expect_failure(load(QP_TEXT_TWO_FILES, good, bad, 0, QP_LONG_SKIP, &c), QP_EDATA, "worse:2: words: a bad word; ");
    expect_failure(load(QP_TEXT_TWO_FILES, bad, good, 0, QP_LONG_SKIP, &c), QP_EDATA, "worse:2: words: a bad word; ");
    cr_expect_null(c.target.id, "nothing is left of a corpus that failed");
    const char *latin = fixture_text("latin", "a\nb\xe9\n");
    expect_failure(load(QP_TEXT_TWO_FILES, good, latin, 0, QP_LONG_SKIP, &c), QP_EDATA,
                   "latin:2: byte 2 is not UTF-8; ");
    expect_failure(load(QP_TEXT_TWO_FILES, latin, good, 0, QP_LONG_SKIP, &c), QP_EDATA,
                   "latin:2: byte 2 is not UTF-8; ");
    const char *empty = fixture_text("empty", ""), *blank = fixture_text("blank", "\n\n");
    expect_failure(load(QP_TEXT_TWO_FILES, empty, empty, 0, QP_LONG_SKIP, &c), QP_EDATA,
                   "empty: the file has no lines");
    expect_failure(load(QP_TEXT_TWO_FILES, blank, good, 0, QP_LONG_SKIP, &c), QP_EDATA, "none of 2 lines");
    expect_failure(load(QP_TEXT_TWO_FILES, good, empty, 0, QP_LONG_SKIP, &c), QP_EDATA, "good: 2 lines, but");
    expect_failure(load(QP_TEXT_TWO_FILES, good, good, 1, QP_LONG_SKIP, &c), QP_EUSAGE, "max-length 1");
    expect_failure(load(QP_TEXT_TWO_FILES, good, good, -5, QP_LONG_SKIP, &c), QP_EUSAGE, "max-length -5");
}

/* Every byte but the line's end reaches the codec: NUL, control characters, ten million of them. */
Test(corpus, hostile_lines_reach_the_codec_whole)
{
    enum { LONG_BYTES = 10 << 20 };
    static const char strange[] = "a\0b\xc3\xa9\x7f\n";
    size_t bytes = sizeof strange - 1 + LONG_BYTES;
    char *text = malloc(bytes);
    cr_assert(text);
    memcpy(text, strange, sizeof strange - 1);
    for (size_t i = sizeof strange - 1; i < bytes; i++) text[i] = (char)('!' + i % 90);
    qp_text_codec codec = fixture_bytes();
    qp_corpus_options options = {{.kind = QP_TEXT_ONE_FILE, .target = fixture_file("strange", text, bytes)},
                                 NULL,
                                 &codec,
                                 0,
                                 QP_LONG_SKIP,
                                 false,
                                 false,
                                 false,
                                 false};
    qp_corpus c;
    cr_assert_eq(qp_corpus_load(&options, &c), QP_OK, "%s", qp_error_message());
    cr_assert_eq(c.sequences, 2);
    cr_expect_eq(qp_corpus_length(&c.target, 0), 7);
    cr_expect_eq(qp_corpus_length(&c.target, 1), LONG_BYTES + 1);
    for (int i = 0; i < 6; i++) cr_expect_eq(c.target.id[i], QP_SPECIAL_COUNT + (unsigned char)strange[i]);
    for (size_t i = 0; i < LONG_BYTES; i += 4093)
        cr_assert_eq(c.target.id[7 + i], QP_SPECIAL_COUNT + text[sizeof strange - 1 + i]);
    qp_corpus_free(&c);
    free(text);
}

Test(corpus, an_autoencoder_reads_what_it_writes)
{
    qp_text_codec words = fixture_words();
    qp_corpus_options options = {.files = {.kind = QP_TEXT_ONE_FILE, .target = fixture_text("itself", "a bb\n\nccc\n")},
                                 .target_codec = &words,
                                 .to_itself = true};
    qp_corpus corpus;
    cr_assert_eq(qp_corpus_load(&options, &corpus), QP_OK, "%s", qp_error_message());
    int32_t id[] = {5, 6, QP_EOS, 7, QP_EOS};
    cr_assert_arr_eq(corpus.source.id, id, sizeof id);
    cr_assert_arr_eq(corpus.target.id, id, sizeof id);
    cr_assert_eq(corpus.source.start[2], 5);
    cr_assert_eq(corpus.statistics.source.tokens, 5);
    qp_corpus_free(&corpus);
    cr_assert(!corpus.source.id && !corpus.target.id);
}
