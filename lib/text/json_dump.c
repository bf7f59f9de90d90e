#include "lib/text/json_dump.h"

#include "lib/text/text_buffer.h"

/* The buffer remembers a failure that jansson ignores. */
static int put(const char *text, size_t bytes, void *buffer)
{
    qp_text_put(buffer, text, bytes);
    return 0;
}

char *qp_json_dump(const json_t *value, size_t flags)
{
    qp_text_buffer buffer = {0};
    char *text;
    if (json_dump_callback(value, put, &buffer, flags) == 0)
        return qp_text_finish(&buffer, &text, NULL) == QP_OK ? text : NULL;
    qp_text_free(&buffer);
    return NULL;
}
