#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/text/labels.h"

static int add(qp_labels *labels, const char *label)
{
    int number;
    cr_assert_eq(qp_labels_add(labels, label, strlen(label), &number), QP_OK, "%s", qp_error_message());
    return number;
}

Test(labels, numbers_are_in_order_of_first_appearance)
{
    qp_labels labels = {0};
    cr_assert_eq(qp_labels_find(&labels, "B-PER", 5), -1);
    cr_assert_eq(add(&labels, "B-PER"), 0);
    cr_assert_eq(add(&labels, "O"), 1);
    cr_assert_eq(add(&labels, "B-PER"), 0);
    char name[20];
    for (int i = 2; i < 3000; i++) {
        snprintf(name, sizeof name, "label %d", i);
        cr_assert_eq(add(&labels, name), i);
    }
    for (int i = 2; i < 3000; i++) {
        snprintf(name, sizeof name, "label %d", i);
        cr_assert_eq(qp_labels_find(&labels, name, strlen(name)), i);
        cr_assert_str_eq(labels.text[i], name);
    }
    cr_assert_eq(qp_labels_find(&labels, "B-PE", 4), -1);
    qp_labels_free(&labels);
}

Test(labels, json_brings_the_same_numbers_back)
{
    qp_labels labels = {0}, again = {0};
    add(&labels, "긍정");
    add(&labels, "a \"quoted\" one");
    add(&labels, "O");
    char *json;
    cr_assert_eq(qp_labels_json(&labels, &json), QP_OK);
    cr_assert_eq(qp_labels_parse(json, &again), QP_OK, "%s", qp_error_message());
    cr_assert_eq(again.count, 3);
    for (int i = 0; i < 3; i++) cr_assert_str_eq(again.text[i], labels.text[i]);
    cr_assert_eq(qp_labels_find(&again, "O", 1), 2);
    free(json);
    qp_labels_free(&labels);
    qp_labels_free(&again);
}

Test(labels, damaged_json_is_refused)
{
    const char *damaged[] = {
        "", "{", "{}", "[]", "[1]", "[\"a\", \"a\"]", "[\"\"]", "[\"a\", null]", "\"a\"", "[\"a\\u0000b\"]"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        qp_labels labels = {0};
        cr_assert_eq(qp_labels_parse(damaged[i], &labels), QP_EDATA, "%s", damaged[i]);
        cr_assert(labels.count == 0 && labels.text == NULL);
    }
}

Test(labels, an_unseen_label_is_reported_or_ignored)
{
    qp_labels labels = {0};
    add(&labels, "positive");
    add(&labels, "negative");
    int32_t number;
    cr_assert_eq(qp_labels_number(&labels, QP_LABEL_REFUSE, "dev.tsv", 7, "positve", 7, &number), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "dev.tsv:7: label 'positve'"), "%s", qp_error_message());
    cr_assert(strstr(qp_error_message(), "did you mean 'positive'?"), "%s", qp_error_message());
    cr_assert_eq(qp_labels_number(&labels, QP_LABEL_IGNORE, "dev.tsv", 7, "positve", 7, &number), QP_OK);
    cr_assert_eq(number, -1);
    cr_assert_eq(labels.count, 2);
    cr_assert_eq(qp_labels_number(&labels, QP_LABEL_LEARN, "dev.tsv", 7, "other", 5, &number), QP_OK);
    cr_assert(number == 2 && labels.count == 3);
    qp_label_policy policies[] = {QP_LABEL_LEARN, QP_LABEL_REFUSE, QP_LABEL_IGNORE};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(qp_labels_number(&labels, policies[i], "dev.tsv", 8, "", 0, &number), QP_EDATA);
        cr_assert(strstr(qp_error_message(), "dev.tsv:8: the label is empty"), "%s", qp_error_message());
    }
    char longest[400];
    memset(longest, 'x', sizeof longest);
    cr_assert_eq(qp_labels_number(&labels, QP_LABEL_REFUSE, "f", 1, longest, sizeof longest, &number), QP_EDATA);
    cr_assert_eq(qp_labels_number(&labels, QP_LABEL_LEARN, "f", 1, "a\0b", 3, &number), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "NUL"));
    qp_labels_free(&labels);
}

Test(labels, a_column_of_texts_is_no_column_of_labels)
{
    qp_labels labels = {0};
    char name[20];
    int number;
    for (int i = 0; i < QP_LABELS_MOST; i++) {
        snprintf(name, sizeof name, "%d", i);
        cr_assert_eq(add(&labels, name), i);
    }
    cr_assert_eq(qp_labels_add(&labels, "one more", 8, &number), QP_EDATA);
    cr_assert_eq(qp_labels_add(&labels, "17", 2, &number), QP_OK);
    cr_assert_eq(number, 17);
    qp_labels_free(&labels);
}

Test(labels, composed_and_decomposed_spellings_are_one_label)
{
    qp_labels labels = {0};
    cr_assert_eq(add(&labels, "caf\u00e9"), 0);
    cr_assert_eq(add(&labels, "cafe\u0301"), 0);
    cr_assert_eq(add(&labels, "\u1100\u1161"), 1);
    cr_assert_eq(qp_labels_find(&labels, "\uac00", 3), 1);
    cr_assert_eq(qp_labels_find(&labels, "\u1100\u1161", 6), 1);
    cr_assert_str_eq(labels.text[1], "\uac00");
    qp_labels_free(&labels);
}
