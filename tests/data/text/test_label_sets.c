#include "data/text/label_sets.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static qp_labels labels;
static qp_label_sets sets;
static int64_t unseen;

static qp_status add(qp_label_policy policy, const char *text)
{
    int32_t number = -1;
    const int32_t next = sets.count;
    qp_status status = qp_label_sets_add(&sets, &labels, policy, "file", 7, (qp_text){text, strlen(text)}, &number,
                                         &unseen);
    if (status == QP_OK) cr_expect(number == next && sets.count == next + 1, "%d %d", number, sets.count);
    return status;
}

static void expect_sets(const char *wanted)
{
    char found[200];
    size_t used = 0;
    for (int32_t s = 0; s < sets.count; s++) {
        used += (size_t)snprintf(found + used, sizeof found - used, "%s", s ? " |" : "");
        for (int64_t i = sets.start[s]; i < sets.start[s + 1]; i++)
            used += (size_t)snprintf(found + used, sizeof found - used, " %d", sets.label[i]);
    }
    cr_expect_str_eq(found, wanted, "%s", found);
}

static void forget(void)
{
    qp_labels_free(&labels);
    qp_label_sets_free(&sets);
    unseen = 0;
}

TestSuite(label_sets, .fini = forget);

/* Each label once, in the order of their numbers, however they are written. */
Test(label_sets, sets_are_sorted)
{
    cr_assert_eq(add(QP_LABEL_LEARN, "b,a"), QP_OK);
    cr_assert_eq(add(QP_LABEL_LEARN, "a"), QP_OK);
    cr_assert_eq(add(QP_LABEL_LEARN, ""), QP_OK);
    cr_assert_eq(add(QP_LABEL_LEARN, "c , a,  b ,c,a"), QP_OK);
    cr_assert_eq(add(QP_LABEL_LEARN, " two words "), QP_OK);
    cr_assert_eq(add(QP_LABEL_LEARN, "  "), QP_OK);
    cr_assert_eq(add(QP_LABEL_LEARN, "two words,d,c,b,a,a"), QP_OK);
    expect_sets(" 0 1 | 1 | | 0 1 2 | 3 | | 0 1 2 3 4");
    cr_expect_eq(labels.count, 5);
    cr_expect_str_eq(labels.text[0], "b");
    cr_expect_str_eq(labels.text[3], "two words");
    cr_expect_eq(unseen, 0);
}

/* Of labels that training did not have each counts by itself, and they come first. */
Test(label_sets, labels_that_training_did_not_have)
{
    cr_assert_eq(add(QP_LABEL_LEARN, "a,b"), QP_OK);
    cr_assert_eq(add(QP_LABEL_IGNORE, "b,x,a,y,b"), QP_OK);
    cr_assert_eq(add(QP_LABEL_IGNORE, "x"), QP_OK);
    expect_sets(" 0 1 | -1 -1 0 1 | -1");
    cr_expect_eq(unseen, 3);
    cr_expect_eq(labels.count, 2);
    cr_expect_eq(add(QP_LABEL_REFUSE, "a,x"), QP_EDATA);
    cr_expect(strstr(qp_error_message(), "file:7"), "%s", qp_error_message());
    cr_expect_eq(add(QP_LABEL_REFUSE, "b , a"), QP_OK);
    expect_sets(" 0 1 | -1 -1 0 1 | -1 | 0 1");
}

Test(label_sets, an_empty_label_beside_others)
{
    static const char *const wrong[] = {"a,", ",a", "a,,b", ",", "a, ,b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(add(QP_LABEL_LEARN, wrong[i]), QP_EDATA, "%s", wrong[i]);
        cr_expect_eq(sets.count, 0);
    }
}
