#include "lib/text/utf8_repair.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text/characters.h"
#include "lib/text/utf8.h"

static size_t count_bad(const char *text, size_t bytes)
{
    size_t bad = 0;
    for (size_t at = 0, length; at < bytes; at += length)
        bad += qp_utf8_next(text + at, bytes - at, &length) == QP_INVALID_CODE;
    return bad;
}

qp_status qp_utf8_repair(char **text, size_t *bytes)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t bad = count_bad(*text, *bytes), to = 0;
    if (bad == 0) return QP_OK;
    char *made = malloc(*bytes + 2 * bad + 1);
    if (!made) return qp_fail(QP_EMEMORY, "out of memory for a text of %zu bytes", *bytes);
    for (size_t at = 0, length; at < *bytes; at += length) {
        bool good = qp_utf8_next(*text + at, *bytes - at, &length) != QP_INVALID_CODE;
        memcpy(made + to, good ? *text + at : replacement, good ? length : 3);
        to += good ? length : 3;
    }
    made[to] = '\0';
    free(*text);
    *text = made;
    *bytes = to;
    return QP_OK;
}

bool qp_utf8_is_blank(const char *text, size_t bytes)
{
    for (size_t at = 0, length; at < bytes; at += length)
        if (!qp_is_white_space(qp_utf8_next(text + at, bytes - at, &length))) return false;
    return true;
}
