#include "cli/decode/code_lines.h"

#include <stdlib.h>

#include "lib/text/utf8_repair.h"

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

qp_status qp_code_lines_check(const qp_model *model, const qp_chunks *chunks)
{
    const qp_model_config *c = qp_model_config_of(model);
    qp_status status = QP_OK;
    for (int i = 0; status == QP_OK && i < chunks->count; i++) {
        const qp_line *line = &chunks->line[i];
        int32_t *id = NULL;
        int count = 0, known = 0;
        if (qp_utf8_is_blank(line->text, line->bytes)) continue;
        status = encode(NULL, line->text, line->bytes, &id, &count);
        while (status == QP_OK && known < count && id[known] < c->codebook) known++;
        free(id);
        if (status == QP_EDATA || (status == QP_OK && (count != c->codes || known < count)))
            status = qp_fail(QP_EDATA, "%s:%lld: a line of codes has %lld numbers from 0 to %lld with blanks between "
                                       "them, as `quipu predict` writes them",
                             qp_chunks_path(chunks, i), (long long)qp_chunks_number(chunks, i), (long long)c->codes,
                             (long long)c->codebook - 1);
    }
    return status;
}

qp_status qp_code_lines(qp_package *package, qp_text_codec *codec)
{
    *codec = package->source_codec;
    codec->encode = encode;
    return qp_model_read_codes(package->model);
}
