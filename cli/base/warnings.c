#include "cli/base/warnings.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/base/text.h"

void qp_warning_add(qp_warning *warning, const char *path, int64_t line, const char *format, ...)
{
    if (warning->count++ > 0) return;
    va_list arguments;
    int used = snprintf(warning->text, sizeof warning->text, "%.300s:%lld: ", path, (long long)line);
    va_start(arguments, format);
    vsnprintf(warning->text + used, sizeof warning->text - (size_t)used, format, arguments);
    va_end(arguments);
}

void qp_warning_report(const qp_warning *warning)
{
    long long more = (long long)warning->count - 1;
    if (more == 0) qp_warn("%s", warning->text);
    if (more > 0) qp_warn("%s (the same in %lld more line%s)", warning->text, more, more == 1 ? "" : "s");
}
