#define _GNU_SOURCE
#include "cli/evaluate/label_report.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *names[] = {(char[]){"yes"}, (char[]){"no"}};
static const qp_labels labels = {.count = 2, .text = names};

/* Truth yes yes yes no, answers yes yes no no, and one label that training did not have. */
static qp_label_metrics counted(void)
{
    static const int32_t truth[] = {0, 0, 0, 1, -1}, answer[] = {0, 0, 1, 1, 0};
    qp_label_metrics metrics;
    cr_assert_eq(qp_label_metrics_init(&labels, false, &metrics), QP_OK);
    cr_assert_eq(qp_label_metrics_add(&metrics, truth, answer, 5), QP_OK);
    return metrics;
}

/* What is printed; the caller frees it. */
static char *printed(const char *list, bool json)
{
    qp_label_metrics metrics = counted();
    char *text = NULL;
    size_t bytes;
    FILE *before = stdout;
    stdout = open_memstream(&text, &bytes);
    cr_assert_eq(qp_label_report_print(&metrics, list, json), QP_OK, "%s", qp_error_message());
    fclose(stdout);
    stdout = before;
    qp_label_metrics_free(&metrics);
    return text;
}

Test(label_report, lists_are_checked)
{
    cr_assert_eq(qp_label_report_check("accuracy,f1,entity-f1,report,confusion"), QP_OK);
    cr_assert_eq(qp_label_report_check("acuracy"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "did you mean accuracy"), "%s", qp_error_message());
}

Test(label_report, lines)
{
    char *text = printed("accuracy,confusion", false);
    cr_assert(strncmp(text, "accuracy           60.00  answers", 33) == 0, "%s", text);
    cr_assert(strstr(text, "  yes\tyes\t2\n  yes\tno\t1\n  no\tno\t1\n"), "%s", text);
    cr_assert(strstr(text, "\n1 answers are labels that training did not have"), "%s", text);
    free(text);
}

Test(label_report, json)
{
    char *text = printed("accuracy,report", true);
    cr_assert(strstr(text, "\"accuracy\":{\"score\":60.0}"), "%s", text);
    cr_assert(strstr(text, "\"no\":{\"precision\":50.0,\"recall\":100.0,"), "%s", text);
    cr_assert(strstr(text, "\"unseen\":1}"), "%s", text);
    free(text);
}

Test(label_report, entity_metrics_need_entities)
{
    qp_label_metrics metrics = counted();
    cr_assert_eq(qp_label_report_print(&metrics, "entity-f1", false), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "use f1"), "%s", qp_error_message());
    qp_label_metrics_free(&metrics);
}
