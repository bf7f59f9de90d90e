#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "lib/train/metrics.h"

Test(metrics, names_and_values)
{
    qp_metrics m = {0};
    char name[40];
    cr_expect_null(qp_metrics_find(&m, "loss"));
    qp_metrics_add(&m, "loss", 2);
    qp_metrics_add(&m, "a_name_that_has_thirty_letters", 3);
    qp_metrics_add(&m, "loss", 5);
    cr_expect_eq(*qp_metrics_find(&m, "loss"), 2, "the first one");
    cr_expect_eq(*qp_metrics_find(&m, "a_name_that_has_thirty_"), 3);
    cr_expect_null(qp_metrics_find(&m, "los"));
    for (int i = m.count; i < QP_METRICS_MAX + 3; i++) {
        snprintf(name, sizeof name, "%d", i);
        qp_metrics_add(&m, name, i);
    }
    cr_expect_eq(m.count, QP_METRICS_MAX);
    cr_expect_eq(*qp_metrics_find(&m, "15"), 15);
    cr_expect_null(qp_metrics_find(&m, "16"));
}
