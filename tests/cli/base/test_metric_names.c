#include "cli/base/metric_names.h"

#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/status.h"

Test(metric_names, whole_names_are_listed)
{
    cr_assert(qp_metric_listed("bleu,chrf++", "chrf++"));
    cr_assert(qp_metric_listed("bleu, chrf", "chrf"));
    cr_assert(qp_metric_listed("ter", "ter"));
    cr_assert_not(qp_metric_listed("chrf++", "chrf"));
    cr_assert_not(qp_metric_listed("macro-f1", "f1"));
    cr_assert_not(qp_metric_listed("", "f1"));
    cr_assert(qp_metric_listed("micro-f1,f1", "f1"));
}

Test(metric_names, unknown_names_are_refused)
{
    static const char *const known[] = {"accuracy", "f1"};
    cr_assert_eq(qp_metric_names_check("accuracy, f1", known, 2, "labels", "all"), QP_OK);
    cr_assert_eq(qp_metric_names_check("", known, 2, "labels", "all"), QP_OK);
    cr_assert_eq(qp_metric_names_check("f1,acuracy", known, 2, "labels", "all"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "'acuracy' for labels; did you mean accuracy"), "%s", qp_error_message());
    cr_assert_eq(qp_metric_names_check("zebra", known, 2, "labels", "accuracy or f1"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "choose from accuracy or f1"), "%s", qp_error_message());
}
