#include "tokenizer/models/text_parts.h"

#include "lib/text/utf8.h"

/* Letters that have no compatibility form with a space in it, and that are no marks. */
static bool is_plain_letter(int32_t code)
{
    static const int32_t range[][2] = {{'A', 'Z'},         {'a', 'z'},         {0xC0, 0xD6},     {0xD8, 0xF6},
                                       {0xF8, 0x24F},      {0x388, 0x3FF},     {0x400, 0x481},   {0x48A, 0x52F},
                                       {0x3041, 0x3096},   {0x30A1, 0x30FA},   {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}};
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (code <= range[i][1]) return code >= range[i][0];
    return false;
}

/* Is text[at] a single space between two letters? */
static bool is_safe(qp_text text, size_t at)
{
    size_t length;
    return text.text[at] == ' ' && at > 0 && at + 1 < text.bytes &&
           is_plain_letter(qp_utf8_before(text.text, at, &length)) &&
           is_plain_letter(qp_utf8_next(text.text + at + 1, text.bytes - at - 1, &length));
}

qp_text qp_text_part(qp_safe_cut cut, size_t wanted, qp_text *rest)
{
    const qp_text whole = *rest;
    size_t at = wanted;
    while (cut != QP_CUT_NOWHERE && at < whole.bytes && !is_safe(whole, at)) at++;
    if (cut == QP_CUT_NOWHERE || at >= whole.bytes) {
        rest->bytes = 0;
        return whole;
    }
    size_t next = at + (cut == QP_CUT_AROUND_SPACE);
    *rest = (qp_text){whole.text + next, whole.bytes - next};
    return (qp_text){whole.text, at};
}
