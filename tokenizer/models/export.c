#include "tokenizer/models/export.h"

#include <stdlib.h>

void qp_export_free(qp_export *content)
{
    free(content->text[0]);
    free(content->text[1]);
    *content = (qp_export){0};
}
