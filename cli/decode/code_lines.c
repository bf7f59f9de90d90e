#include "cli/decode/code_lines.h"

#include <stdlib.h>

/* Numbers with blanks between them; the model knows which of them are codes. */
static qp_status encode(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    (void)self;
    size_t at = 0;
    *count = 0;
    *id = malloc((bytes / 2 + 2) * sizeof **id);
    if (!*id) return qp_fail(QP_EMEMORY, "out of memory for a line of %zu bytes", bytes);
    while (at < bytes) {
        int32_t number = 0;
        size_t first = at;
        for (; at < bytes && text[at] >= '0' && text[at] <= '9' && number < 100000000; at++)
            number = 10 * number + (text[at] - '0');
        if (at > first) (*id)[(*count)++] = number;
        if (at < bytes && (text[at] == ' ' || text[at] == '\t')) {
            at++;
        } else if (at < bytes) {
            free(*id);
            *id = NULL;
            return qp_fail(QP_EDATA, "a line of codes has only numbers and blanks, as `quipu predict` writes them");
        }
    }
    return QP_OK;
}

qp_status qp_code_lines(qp_package *package, qp_text_codec *codec)
{
    *codec = package->source_codec;
    codec->encode = encode;
    return qp_model_read_codes(package->model);
}
