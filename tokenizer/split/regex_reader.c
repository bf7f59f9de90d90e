#include "tokenizer/split/regex_reader.h"

#include <string.h>

#include "lib/text/utf8.h"

qp_status qp_regex_refuse(const qp_regex_reader *r, const char *what)
{
    return qp_fail(QP_EDATA, "%s: regular expression \"%.60s\": %s at byte %zu; use another expression", r->place,
                   r->pattern, what, r->at);
}

int32_t qp_regex_peek(const qp_regex_reader *r)
{
    size_t length;
    return r->at < r->bytes ? qp_utf8_next(r->pattern + r->at, r->bytes - r->at, &length) : -2;
}

int32_t qp_regex_take(qp_regex_reader *r)
{
    if (r->at >= r->bytes) return -2;
    size_t length;
    int32_t code = qp_utf8_next(r->pattern + r->at, r->bytes - r->at, &length);
    r->at += length;
    return code;
}

bool qp_regex_take_if(qp_regex_reader *r, const char *word)
{
    size_t length = strlen(word);
    if (r->bytes - r->at < length || memcmp(r->pattern + r->at, word, length) != 0) return false;
    r->at += length;
    return true;
}
