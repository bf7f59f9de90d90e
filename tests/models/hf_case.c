#include "tests/models/hf_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/import/hf_import.h"

void hf_differs(hf_case *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s: ", c->name);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
    c->differences++;
}

bool hf_load(hf_case *c, const char *task)
{
    qp_hf_model made;
    qp_model_free(c->model);
    qp_status status = qp_hf_import_model(c->folder, &(qp_hf_wish){.task = task}, &made);
    if (status != QP_OK) hf_differs(c, "%s", qp_error_message());
    c->model = made.model;
    free(made.labels);
    return status == QP_OK;
}
