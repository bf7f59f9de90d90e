#include <criterion/criterion.h>
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
