#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/survey.h"
#include "tests/data/text_fixture.h"

static qp_survey survey_of(int task, qp_text_files files)
{
    qp_train_settings settings;
    qp_train_data data = {.files = {files}};
    qp_survey survey;
    memset(&settings, 0, sizeof settings);
    qp_train_defaults(&settings);
    settings.model.task = task;
    cr_assert_eq(qp_survey_take(&settings, &data, &survey), QP_OK, "%s", qp_error_message());
    return survey;
}

Test(survey, pairs_words_and_characters)
{
    qp_text_files files = {.kind = QP_TEXT_TABBED, .source = fixture_text("s.tsv", "ab c\tab\nd\tx y z\n")};
    qp_survey s = survey_of(QP_TASK_TRANSLATE, files);
    cr_expect(s.examples == 2 && s.source.words == 3 && s.target.words == 4);
    cr_expect(s.source.characters == 5 && s.target.characters == 7 && s.target.longest == 5);
    cr_expect_eq(s.target.distinct_characters, 6, "a b x y z and the space");
    cr_expect_float_eq(s.shared, 2 / 5.0, 1e-9, "the source, a and b of five; of the target 4 of 7, with two spaces");
}

Test(survey, labels_and_single_words)
{
    qp_text_files files = {.kind = QP_TEXT_LABELLED,
                           .source = fixture_text("l.tsv", "it\tRossi\nen\tSmith\nen\tvan B\n")};
    qp_survey s = survey_of(QP_TASK_CLASSIFY, files);
    cr_expect(s.examples == 3 && s.labels == 2);
    cr_expect_float_eq(s.one_word, 2 / 3.0, 1e-9);
}

Test(survey, tags_that_make_spans)
{
    const char *text = "Ann\tB-PER\nLee\tI-PER\nsat\tO\n\nBonn\tB-LOC\n\n";
    qp_survey s = survey_of(QP_TASK_TAG, (qp_text_files){.kind = QP_TEXT_LABELLED, .source = fixture_text("t", text)});
    cr_expect(s.examples == 2 && s.target.words == 4 && s.labels == 4 && s.span_tags == 1);
}

Test(survey, series_that_rise)
{
    qp_text_files files = {.kind = QP_TEXT_LABELLED,
                           .source = fixture_text("r.csv", "y\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n")};
    cr_expect_gt(survey_of(QP_TASK_REGRESS, files).trend, 2);
    files.source = fixture_text("f.csv", "y\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n");
    cr_expect_lt(survey_of(QP_TASK_REGRESS, files).trend, 0.5);
}

/* White space of ASCII and the wide space of Chinese and Japanese texts divide words; nothing else does. */
Test(survey, what_divides_words)
{
    static const struct {
        const char *line;
        int64_t words;
    } row[] = {{"a", 1},
               {" a ", 1},
               {"a b", 2},
               {"a  b", 2},
               {"a\vb\fc", 3},
               {"a\rb", 2},
               {"\xe3\x80\x80", 0},
               {"a\xe3\x80\x80"
                "b",
                2},
               {"a\x0e"
                "b",
                1},
               {"a\x08"
                "b",
                1},
               {"a\xc2\xa0"
                "b",
                1}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[20];
        snprintf(text, sizeof text, "%s\n", row[i].line);
        qp_survey s = survey_of(QP_TASK_LM,
                                (qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = fixture_text("w", text)});
        cr_expect_eq(s.target.words, row[i].words, "row %zu: %d", i, (int)s.target.words);
        cr_expect_eq(s.one_word, row[i].words == 1);
        cr_expect_eq(s.source.words + s.source.characters, 0);
    }
}

/* The longest line and the share of common characters are of all lines. */
Test(survey, sums_over_lines)
{
    qp_text_files files = {.kind = QP_TEXT_TABBED, .source = fixture_text("s.tsv", "abcd\te\nab\tabz\nb\txyz\n")};
    qp_survey s = survey_of(QP_TASK_TRANSLATE, files);
    cr_expect(s.source.longest == 4 && s.target.longest == 3);
    cr_expect(s.source.distinct_characters == 4 && s.target.distinct_characters == 6);
    cr_expect_float_eq(s.shared, 2 / 7.0, 1e-9, "a and b of the target, once the source has had them");
    cr_expect_float_eq(s.one_word, 1, 1e-9);
    cr_expect_eq(s.labels, 0);
}

/* Tags that make spans: O, and names after B- or I-. */
Test(survey, tags_of_spans_and_others)
{
    static const struct {
        const char *tag;
        bool spans;
    } row[] = {{"O", true},   {"B-X", true}, {"I-X", true},   {"B-", false},  {"B", false},  {"E-X", false},
               {"BX", false}, {"OO", false}, {"NOUN", false}, {"X-B", false}, {"I_X", false}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[40];
        snprintf(text, sizeof text, "a\t%s\nb\tO\n\n", row[i].tag);
        qp_survey s = survey_of(QP_TASK_TAG,
                                (qp_text_files){.kind = QP_TEXT_LABELLED, .source = fixture_text("t", text)});
        cr_expect_eq(s.span_tags, row[i].spans ? 1 : 0.5, "%s: %g", row[i].tag, s.span_tags);
        cr_expect_eq(s.labels, i ? 2 : 1);
        cr_expect(s.target.words == 2 && s.target.longest == 1 && s.examples == 1);
    }
}

/* The rise between the means of the first fifth and the last, in deviations of all. */
Test(survey, the_trend_of_a_series)
{
    static const struct {
        const char *text;
        double trend;
    } row[] = {{"y\n1\n2\n3\n4\n", 0}, /* no fifth */
               {"y\n1\n2\n3\n4\n5\n", 4 / 1.4142135623730951},
               {"y\n5\n4\n3\n2\n1\n", -4 / 1.4142135623730951},
               {"y\n3\n3\n3\n3\n3\n", 0},
               {"y\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n", 9 / 3.1622776601683795}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_survey s = survey_of(
            QP_TASK_REGRESS, (qp_text_files){.kind = QP_TEXT_LABELLED, .source = fixture_text("r.csv", row[i].text)});
        cr_expect_float_eq(s.trend, row[i].trend, 1e-9, "row %zu: %g", i, s.trend);
    }
}
