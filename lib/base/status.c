#include "lib/base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[1024];

qp_status qp_fail(qp_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

qp_status qp_fail_in(qp_status status, const char *place)
{
    char reason[sizeof message];
    if (strstr(message, place)) return status;
    memcpy(reason, message, sizeof reason);
    return qp_fail(status, "%s: %s", place, reason);
}

qp_status qp_status_of_errno(qp_status status) { return errno == ENOMEM ? QP_EMEMORY : status; }

const char *qp_error_message(void) { return message; }
