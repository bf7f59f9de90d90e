#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/hold_out.h"
#include "tests/data/text_fixture.h"

static qp_train_settings settings;
static char line[QP_HOLD_OUT_BYTES];

/* Hold back of `lines` texts, of which `distinct` differ. */
static bool hold_back(int lines, int distinct, qp_train_data *data)
{
    static char text[20000];
    size_t used = 0;
    for (int i = 0; i < lines; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d\ta text %d\n", i % 2, i % distinct);
    qp_train_defaults(&settings);
    settings.model.task = QP_TASK_CLASSIFY;
    settings.model.encoder = QP_KIND_BAG;
    data->files[QP_TRAINING] = (qp_text_files){.kind = QP_TEXT_LABELLED, .source = fixture_text("texts.tsv", text)};
    const qp_survey survey = {.examples = lines};
    cr_assert_eq(qp_hold_out(&settings, &survey, data, line), QP_OK, "%s", qp_error_message());
    return data->has_valid;
}

static int64_t count(const qp_text_files *files)
{
    qp_text_pairs *pairs;
    qp_text_pair pair;
    bool more = true;
    int64_t found = 0;
    cr_assert_eq(qp_text_pairs_open(files, &pairs), QP_OK);
    for (; more; found += more) cr_assert_eq(qp_text_pairs_next(pairs, &pair, &more), QP_OK);
    qp_text_pairs_close(pairs);
    return found;
}

Test(hold_out, a_part_can_tell_checkpoints_apart)
{
    for (int lines = 100; lines < 400; lines += 50) {
        qp_train_data data = {0};
        if (!hold_back(lines, lines, &data)) continue;
        int64_t held = count(&data.files[QP_VALIDATION]), rest = count(&data.files[QP_TRAINING]);
        cr_expect(held >= 5 && held <= lines / 4, "%lld of %d", (long long)held, lines);
        cr_expect_eq(held + rest, lines);
        cr_expect(strncmp(line, "validation one example in ", 26) == 0, "%s", line);
    }
}

Test(hold_out, a_few_texts_that_are_repeated_are_all_for_training)
{
    for (int distinct = 1; distinct < 4; distinct++) {
        qp_train_data data = {0};
        cr_expect_not(hold_back(400, distinct, &data));
        cr_expect(strstr(line, "much alike") && strstr(line, "--valid FILE"), "%s", line);
        cr_expect_eq(count(&data.files[QP_TRAINING]), 400);
    }
}

Test(hold_out, it_is_said_that_few_examples_are_all_for_training)
{
    qp_train_data data = {0};
    cr_expect_not(hold_back(20, 20, &data));
    cr_expect(strstr(line, "too few") && strstr(line, "--valid FILE"), "%s", line);
    data.no_valid = true;
    cr_expect_not(hold_back(20, 20, &data));
    cr_expect_str_empty(line, "--valid none was given: %s", line);
}
