#include "lib/run/class_weights.h"

#include <criterion/criterion.h>
#include <string.h>

static qp_labels labels;

static void begin(void)
{
    int number;
    static const char *const text[] = {"ham", "spam", "a:b"};
    for (int i = 0; i < 3; i++) cr_assert_eq(qp_labels_add(&labels, text[i], strlen(text[i]), &number), QP_OK);
}

Test(class_weights, lists)
{
    qp_real weight[3];
    begin();
    cr_assert_eq(qp_class_weights_parse("spam:2.5,a:b:0.5", &labels, weight), QP_OK, "%s", qp_error_message());
    cr_expect(weight[0] == 1 && weight[1] == (qp_real)2.5 && weight[2] == (qp_real)0.5);
    static const char *const wrong[][2] = {
        {"spam", "not balanced"},      {"eggs:1", "no such label"},     {"spam:0", "no number above 0"},
        {"spam:x", "no number above"}, {"spam:", "no number above"},    {"spam:-1", "no number above"},
        {"spam:1,,", "not balanced"},  {"spam:1,spam:2", "named twice"}, {"spam:inf", "no number above"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(qp_class_weights_parse(wrong[i][0], &labels, weight), QP_EUSAGE, "%s", wrong[i][0]);
        cr_expect(strstr(qp_error_message(), wrong[i][1]), "%s", qp_error_message());
    }
    qp_labels_free(&labels);
}

Test(class_weights, balanced_as_scikit_learn)
{
    qp_real weight[3];
    static const int64_t count[] = {6, 3, 1};
    qp_class_weights_balance(count, 3, weight);
    cr_expect_float_eq(weight[0], 10 / 18.0, 1e-6);
    cr_expect_float_eq(weight[1], 10 / 9.0, 1e-6);
    cr_expect_float_eq(weight[2], 10 / 3.0, 1e-6);
}
