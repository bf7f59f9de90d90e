#include "lib/metric/code_pass.h"

#include <string.h>

void qp_pass_apart(qp_codes *in, qp_codes *out, qp_code_test test)
{
    out->count = 0;
    for (int i = 0; i < in->count; i++) {
        bool apart = test(in->code[i]);
        if (apart) qp_codes_push(out, ' ');
        qp_codes_push(out, in->code[i]);
        if (apart) qp_codes_push(out, ' ');
    }
    out->failed |= in->failed;
}

void qp_pass_pair(qp_codes *in, qp_codes *out, qp_code_test first, qp_code_test second, bool before)
{
    out->count = 0;
    for (int i = 0; i < in->count; i++) {
        if (i + 1 == in->count || !first(in->code[i]) || !second(in->code[i + 1])) {
            qp_codes_push(out, in->code[i]);
            continue;
        }
        if (!before) qp_codes_push(out, ' ');
        qp_codes_push(out, in->code[i]);
        qp_codes_push(out, ' ');
        qp_codes_push(out, in->code[++i]);
        if (before) qp_codes_push(out, ' ');
    }
    out->failed |= in->failed;
}

void qp_pass_replace(qp_codes *in, qp_codes *out, const char *from, const char *to)
{
    int length = (int)strlen(from);
    out->count = 0;
    for (int i = 0; i < in->count;) {
        int same = 0;
        while (same < length && i + same < in->count && in->code[i + same] == (unsigned char)from[same]) same++;
        if (same == length) {
            for (const char *t = to; *t; t++) qp_codes_push(out, (unsigned char)*t);
            i += length;
        } else {
            qp_codes_push(out, in->code[i++]);
        }
    }
    out->failed |= in->failed;
}

void qp_pass_remove(qp_codes *in, qp_codes *out, qp_code_test test)
{
    out->count = 0;
    for (int i = 0; i < in->count; i++)
        if (!test(in->code[i])) qp_codes_push(out, in->code[i]);
    out->failed |= in->failed;
}

void qp_pass_unescape(qp_codes *in, qp_codes *out)
{
    qp_pass_replace(in, out, "&quot;", "\"");
    qp_pass_replace(out, in, "&amp;", "&");
    qp_pass_replace(in, out, "&lt;", "<");
    qp_pass_replace(out, in, "&gt;", ">");
    out->count = 0;
    qp_codes_push(out, ' '); /* gives the passes a neighbour at both ends */
    for (int i = 0; i < in->count; i++) qp_codes_push(out, in->code[i]);
    qp_codes_push(out, ' ');
    out->failed |= in->failed;
}

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_stop(int32_t c) { return c == '.' || c == ','; }
static bool is_dash(int32_t c) { return c == '-'; }
static bool is_no_digit(int32_t c) { return !is_digit(c); }

void qp_pass_numbers(qp_codes *in, qp_codes *out)
{
    qp_pass_pair(in, out, is_no_digit, is_stop, true);
    qp_pass_pair(out, in, is_stop, is_no_digit, false);
    qp_pass_pair(in, out, is_digit, is_dash, true);
}

bool qp_is_western_symbol(int32_t c)
{
    return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
           (c >= ':' && c <= '@') || c == '/';
}
