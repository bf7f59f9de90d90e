#include "tests/models/hf_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/import/hf_import.h"

__attribute__((format(printf, 3, 0))) static void put(const hf_case *c, const char *what, const char *format,
                                                     va_list arguments)
{
    printf("%s%s: ", what, c->name);
    vprintf(format, arguments);
    putchar('\n');
}

void hf_differs(hf_case *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(c, "", format, arguments);
    va_end(arguments);
    c->differences++;
}

void hf_skips(hf_case *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    put(c, "skipped: ", format, arguments);
    va_end(arguments);
    c->skipped = true;
}

/* An architecture, a class or an option that the importer refuses by name. */
static bool is_unknown(const char *message)
{
    return strstr(message, "is not one that can be read") || strstr(message, "cannot be read as a class of") ||
           strstr(message, "a model of this kind cannot be read");
}

bool hf_load(hf_case *c, const char *task)
{
    qp_hf_model made;
    qp_model_free(c->model);
    qp_status status = qp_hf_import_model(c->folder, &(qp_hf_wish){.task = task}, &made);
    if (status != QP_OK && is_unknown(qp_error_message()))
        hf_skips(c, "%s", qp_error_message());
    else if (status != QP_OK)
        hf_differs(c, "%s", qp_error_message());
    c->model = made.model;
    c->images = made.images;
    free(made.labels);
    return status == QP_OK;
}
