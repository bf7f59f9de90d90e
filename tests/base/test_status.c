#include <criterion/criterion.h>
#include <string.h>

#include "lib/base/status.h"

static qp_status passes_up(qp_status status)
{
    QP_TRY(status);
    return QP_OK;
}

Test(status, message_and_passing)
{
    cr_assert_str_eq(qp_error_message(), "");
    cr_assert_eq(qp_fail(QP_EDATA, "f:%d: bad", 3), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "f:3: bad");
    cr_assert_eq(passes_up(QP_EIO), QP_EIO);
    cr_assert_eq(passes_up(QP_OK), QP_OK);
    cr_assert_eq(qp_fail_in(QP_EDATA, "f:3"), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "f:3: bad");
    cr_assert_eq(qp_fail_in(QP_EIO, "other"), QP_EIO);
    cr_assert_str_eq(qp_error_message(), "other: f:3: bad");
    char long_text[5000];
    memset(long_text, 'x', sizeof long_text);
    long_text[4999] = '\0';
    qp_fail(QP_EDATA, "%s", long_text);
    cr_assert_lt(strlen(qp_error_message()), 1100);
}
