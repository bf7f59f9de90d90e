#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/text/corpus_statistics.h"
#include "tests/data/text_fixture.h"

Test(corpus_statistics, lengths)
{
    char *text;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    for (int line = 100; line >= 1; line--) {
        for (int word = 0; word < line; word++) fputs("a ", stream);
        fputc('\n', stream);
    }
    fclose(stream);
    qp_text_codec codec = fixture_words();
    qp_corpus_options options = {{.kind = QP_TEXT_ONE_FILE, .target = fixture_file("steps", text, bytes)},
                                 NULL,
                                 &codec,
                                 0,
                                 QP_LONG_SKIP,
                                 false,
                                 false,
                                 false,
                                 false};
    qp_corpus c;
    free(text);
    cr_assert_eq(qp_corpus_load(&options, &c), QP_OK, "%s", qp_error_message());
    qp_length_statistics f;
    cr_assert_eq(qp_corpus_length_statistics(&c.target, c.sequences, &f), QP_OK);
    cr_expect_eq(f.shortest, 2);
    cr_expect_eq(f.median, 51, "the 50th of 2..101");
    cr_expect_eq(f.percentile_90, 91);
    cr_expect_eq(f.percentile_95, 96);
    cr_expect_eq(f.percentile_99, 100);
    cr_expect_eq(f.longest, 101);
    cr_expect_float_eq(f.mean, 51.5, 1e-12);
    qp_corpus_free(&c);
}

Test(corpus_statistics, lengths_of_one_sequence)
{
    qp_corpus_side side = {(int32_t[]){5, QP_EOS}, (int64_t[]){0, 2}, {0}};
    qp_length_statistics f;
    cr_assert_eq(qp_corpus_length_statistics(&side, 1, &f), QP_OK);
    cr_expect(f.shortest == 2 && f.median == 2 && f.percentile_99 == 2 && f.longest == 2);
}

Test(corpus_statistics, overlap_of_training_and_validation)
{
    qp_text_files training = {.kind = QP_TEXT_TWO_FILES,
                              .source = fixture_text("o.src", "a\nb\nc\na\n"),
                              .target = fixture_text("o.trg", "A\nB\nC\nA\n")};
    qp_text_files validation = {.kind = QP_TEXT_TABBED,
                                .source = fixture_text("o.tsv", "a\tA\nb\tC\nx\tC\na\tx\nq\tq\n")};
    qp_overlap_statistics f;
    cr_assert_eq(qp_corpus_overlap_statistics(&training, &validation, 0, &f), QP_OK, "%s", qp_error_message());
    cr_expect_eq(f.pairs, 5);
    cr_expect_eq(f.seen_pairs, 1);
    cr_expect_eq(f.seen_sources, 3);
    cr_expect_eq(f.seen_targets, 3);
    cr_expect_eq(f.repeated_training_pairs, 1);
    validation = (qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = fixture_text("o.lm", "A\nZ\n")};
    training = (qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = training.target};
    cr_assert_eq(qp_corpus_overlap_statistics(&training, &validation, 0, &f), QP_OK);
    cr_expect(f.pairs == 2 && f.seen_pairs == 1 && f.seen_targets == 1 && f.seen_sources == 0);
    cr_assert_eq(qp_corpus_overlap_statistics(&training, &validation, 2, &f), QP_OK);
    cr_expect(f.pairs == 0 && f.seen_pairs == 0, "lines of one byte are passed over");
    validation.target = "/tmp/qp no such file";
    cr_expect_eq(qp_corpus_overlap_statistics(&training, &validation, 0, &f), QP_ENOINPUT);
}

Test(corpus_statistics, percent)
{
    cr_expect_float_eq(qp_percent(1, 8), 12.5, 1e-12);
    cr_expect_eq(qp_percent(0, 0), 0.0);
}
