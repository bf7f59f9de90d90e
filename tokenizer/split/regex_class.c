#include "tokenizer/split/regex_class.h"

#include <stdio.h>
#include <string.h>

enum { DEEPEST_CLASS = 60 };

/* A class being read: members for between PCRE2's brackets, and what PCRE2 does not allow there, as alternatives of the
 * form "|[..]|..". */
typedef struct {
    qp_text_buffer members, others;
} members;

static void free_members(members *m)
{
    qp_text_free(&m->members);
    qp_text_free(&m->others);
}

/* White_Space as code points: PCRE2 tests them faster than the property. */
static const char white_space[] =
    "\\x09-\\x0D\\x20\\x85\\xA0\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}";

const char *qp_regex_word_class(qp_regex_flavor flavor, bool alone)
{
    static const char oniguruma[] = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\xB2\\xB3\\xB9\\xBC-\\xBE";
    if (flavor != QP_REGEX_ONIGURUMA) return "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}";
    return alone ? oniguruma : "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"; /* inside a class without the six small numbers */
}

static void add_code(int32_t code, qp_text_buffer *out)
{
    bool plain = (code >= '0' && code <= '9') || ((code | 32) >= 'a' && (code | 32) <= 'z');
    qp_text_format(out, plain ? "%c" : "\\x{%X}", (unsigned)code);
}

/* `set` is written as between brackets. The opposite of one property is another; that of more is a class of its own. */
static void add_set(members *m, const char *set, bool opposite)
{
    bool one_property = set[0] == '\\' && strchr(set, '}')[1] == '\0';
    if (!opposite)
        qp_text_add(&m->members, set);
    else if (one_property)
        qp_text_format(&m->members, "\\P%s", set + 2);
    else
        qp_text_format(&m->others, "|[^%s]", set);
}

/* ---- escapes ---- */

/* The name in \p{name}, after the p: long names of categories, and scripts by name alone, which PCRE2 would take for
 * script extensions. */
static qp_status take_property(qp_regex_reader *r, bool opposite, members *m)
{
    static const char *const longer[][2] = {
        {"Letter", "L"},         {"Mark", "M"},        {"Number", "N"},           {"Punctuation", "P"},
        {"Symbol", "S"},         {"Separator", "Z"},   {"Other", "C"},            {"Uppercase_Letter", "Lu"},
        {"Lowercase_Letter", "Ll"}, {"Decimal_Number", "Nd"}, {"Alphabetic", "Alphabetic"}, {"Uppercase", "Uppercase"},
        {"Lowercase", "Lowercase"}, {"White_Space", "White_Space"}, {"Emoji", "Emoji"}, {"Any", "Any"},
        {"IsAlpha", "Alphabetic"}, {"IsUpper", "Uppercase"}, {"IsLower", "Lowercase"}, {"IsN", "N"}, {"IsL", "L"},
        {"IsAlnum", "Alphabetic}\\p{Nd"}};
    char name[40] = "", set[64];
    size_t length = 0;
    if (!qp_regex_take_if(r, "{")) {
        int32_t letter = qp_regex_take(r);
        if (letter < 'A' || letter > 'Z') return qp_regex_refuse(r, "an unknown character property");
        name[0] = (char)letter;
    } else {
        if (qp_regex_take_if(r, "^")) opposite = !opposite;
        for (int32_t letter; (letter = qp_regex_peek(r)) == '_' || ((letter | 32) >= 'a' && (letter | 32) <= 'z');) {
            if (length + 1 == sizeof name) break;
            name[length++] = (char)qp_regex_take(r);
        }
        if (length == 0 || !qp_regex_take_if(r, "}")) return qp_regex_refuse(r, "an unknown character property");
    }
    const char *known = length <= 2 ? name : NULL;
    for (size_t i = 0; !known && i < sizeof longer / sizeof *longer; i++)
        if (strcmp(longer[i][0], name) == 0) known = longer[i][1];
    snprintf(set, sizeof set, known ? "\\p{%s}" : "\\p{sc:%s}", known ? known : name);
    add_set(m, set, opposite);
    return QP_OK;
}

/* Hexadecimal digits: {any number} or as many as said. */
static qp_status take_hex(qp_regex_reader *r, int digits, int32_t *code)
{
    bool braces = qp_regex_take_if(r, "{");
    int count = 0;
    for (*code = 0; r->at < r->bytes && (braces || count < digits) && count < 7; count++, r->at++) {
        char c = r->pattern[r->at];
        int value = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (value < 0) break;
        *code = *code * 16 + value;
    }
    bool ends = braces ? qp_regex_take_if(r, "}") && count > 0 : count == digits;
    return ends && *code <= 0x10FFFF ? QP_OK : qp_regex_refuse(r, "an unknown escape");
}

/* After a backslash: members of a class, or one character in *code (else -1). */
static qp_status take_escape(qp_regex_reader *r, bool alone, members *m, int32_t *code)
{
    static const char control[] = "n\nr\rt\tf\fv\v";
    int32_t letter = qp_regex_take(r);
    *code = -1;
    if (letter < 0) return qp_regex_refuse(r, "a backslash at the end");
    if (letter == 'x' || letter == 'u') return take_hex(r, letter == 'x' ? 2 : 4, code);
    if (letter == 'p' || letter == 'P') return take_property(r, letter == 'P', m);
    if (letter == 's' || (letter == 'S' && alone)) return add_set(m, white_space, letter == 'S'), QP_OK;
    if (letter == 'S') return add_set(m, "\\p{White_Space}", true), QP_OK;
    if (letter == 'w' || letter == 'W') return add_set(m, qp_regex_word_class(r->flavor, alone), letter == 'W'), QP_OK;
    if (letter == 'd' || letter == 'D') return add_set(m, "\\p{Nd}", letter == 'D'), QP_OK;
    bool hex = r->flavor != QP_REGEX_PERL && (letter == 'h' || letter == 'H');
    if (hex) return add_set(m, "0-9A-Fa-f", letter == 'H'), QP_OK;
    for (size_t i = 0; i + 1 < sizeof control; i += 2)
        if (letter == control[i]) *code = control[i + 1];
    bool digit = letter >= '0' && letter <= '9', is_letter = (letter | 32) >= 'a' && (letter | 32) <= 'z';
    if (*code < 0 && digit) return qp_regex_refuse(r, "a back-reference");
    if (*code < 0 && is_letter) return qp_regex_refuse(r, "an unknown escape");
    if (*code < 0) *code = letter;
    return QP_OK;
}

/* ---- [classes] ---- */

/* The members as one item: [..], or a group of alternatives where there is more than brackets can hold. */
static void put_members(const members *m, bool opposite, qp_text_buffer *out)
{
    qp_text_buffer all = {0};
    if (m->members.bytes) qp_text_format(&all, "[%.*s]", (int)m->members.bytes, m->members.text);
    if (m->others.bytes) qp_text_put(&all, m->others.text + (all.bytes == 0), m->others.bytes - (all.bytes == 0));
    if (all.bytes == 0) qp_text_add(&all, "(?!)");
    if (m->others.bytes == 0 && opposite && m->members.bytes)
        qp_text_format(out, "[^%.*s]", (int)m->members.bytes, m->members.text);
    else if (opposite)
        qp_text_format(out, "(?:(?!%.*s)(?s:.))", (int)all.bytes, all.text);
    else if (memchr(all.text, '|', all.bytes))
        qp_text_format(out, "(?:%.*s)", (int)all.bytes, all.text);
    else
        qp_text_put(out, all.text, all.bytes);
    out->failed = out->failed || all.failed || m->members.failed || m->others.failed;
    qp_text_free(&all);
}

/* [:name:] in a class; *known false: it is none. Oniguruma takes them from Unicode. */
static bool take_posix(qp_regex_reader *r, members *m)
{
    static const char *const posix[][2] = {
        {"alpha:]", "\\p{Alphabetic}"},  {"lower:]", "\\p{Lowercase}"}, {"upper:]", "\\p{Uppercase}"},
        {"alnum:]", "\\p{Alphabetic}\\p{Nd}"}, {"digit:]", "\\p{Nd}"},  {"space:]", "\\p{White_Space}"},
        {"punct:]", "\\p{P}\\p{S}"},     {"cntrl:]", "\\p{Cc}"},        {"xdigit:]", "0-9A-Fa-f"},
        {"word:]", "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}"}};
    size_t begin = r->at;
    if (r->flavor != QP_REGEX_ONIGURUMA || !qp_regex_take_if(r, "[:")) return false;
    bool opposite = qp_regex_take_if(r, "^");
    for (size_t i = 0; i < sizeof posix / sizeof *posix; i++) {
        if (!qp_regex_take_if(r, posix[i][0])) continue;
        add_set(m, posix[i][1], opposite);
        return true;
    }
    r->at = begin;
    return false;
}

static qp_status take_class(qp_regex_reader *r, members *m, bool *opposite);

/* After [ inside a class: a class whose members join those of the outer one. */
static qp_status take_inner_class(qp_regex_reader *r, members *m)
{
    members inner = {0};
    bool opposite;
    qp_status status = take_class(r, &inner, &opposite);
    if (status == QP_OK && !opposite) {
        qp_text_put(&m->members, inner.members.text, inner.members.bytes);
        qp_text_put(&m->others, inner.others.text, inner.others.bytes);
    } else if (status == QP_OK) {
        qp_text_add(&m->others, "|");
        put_members(&inner, true, &m->others);
    }
    free_members(&inner);
    return status;
}

/* One member of a class: a class in it, a range, a character, an escape. */
static qp_status take_member(qp_regex_reader *r, members *m)
{
    if (take_posix(r, m)) return QP_OK;
    int32_t low = qp_regex_take(r), high;
    if (low < 0) return qp_regex_refuse(r, "a byte that is not UTF-8");
    if (low == '[' && (r->flavor == QP_REGEX_PERL || qp_regex_peek(r) == ':'))
        return qp_regex_refuse(r, "a class in a class");
    if (low == '[') return take_inner_class(r, m);
    if (low == '\\') QP_TRY(take_escape(r, false, m, &low));
    if (low < 0) return QP_OK;
    add_code(low, &m->members);
    if (qp_regex_peek(r) != '-' || r->at + 1 >= r->bytes || r->pattern[r->at + 1] == ']') return QP_OK;
    r->at++;
    high = qp_regex_take(r);
    if (high == '[') return qp_regex_refuse(r, "a range up to a class");
    if (high == '\\') QP_TRY(take_escape(r, false, m, &high));
    if (high < low) return qp_regex_refuse(r, "a range that goes down");
    qp_text_add(&m->members, "-");
    add_code(high, &m->members);
    return QP_OK;
}

/* The members so far become the left side of &&. */
static void close_side(members *side, qp_text_buffer *both)
{
    qp_text_add(both, "(?=");
    put_members(side, false, both);
    qp_text_add(both, ")");
    free_members(side);
}

/* After [: members up to ]. a&&b: what is in both. */
static qp_status take_class(qp_regex_reader *r, members *m, bool *opposite)
{
    qp_text_buffer both = {0};
    *opposite = qp_regex_take_if(r, "^");
    qp_status status = ++r->depth > DEEPEST_CLASS ? qp_regex_refuse(r, "classes that are nested too deep") : QP_OK;
    for (bool first = true; status == QP_OK && (first || qp_regex_peek(r) != ']'); first = false) {
        bool empty = m->members.bytes + m->others.bytes == 0;
        if (r->at >= r->bytes) {
            status = qp_regex_refuse(r, "a class without ]");
        } else if (r->flavor != QP_REGEX_PERL && qp_regex_take_if(r, "&&")) {
            if (empty || qp_regex_peek(r) == ']') status = qp_regex_refuse(r, "a && without a side");
            close_side(m, &both);
        } else {
            status = take_member(r, m);
        }
    }
    if (status == QP_OK && both.bytes) {
        put_members(m, false, &both);
        free_members(m);
        qp_text_format(&m->others, "|(?:%.*s)", (int)both.bytes, both.text);
    }
    if (status == QP_OK && both.failed) status = qp_fail(QP_EMEMORY, "%s: out of memory", r->place);
    qp_text_free(&both);
    r->at++;
    r->depth--;
    return status;
}

qp_status qp_regex_one(qp_regex_reader *r, qp_text_buffer *out)
{
    members m = {0};
    bool opposite = false;
    qp_status status = QP_OK;
    int32_t first = qp_regex_take(r), code = first; /* after a backslash, code is what is escaped */
    if (first == '[')
        status = take_class(r, &m, &opposite);
    else if (first == '\\')
        status = take_escape(r, true, &m, &code);
    if (status == QP_OK && (m.members.failed || m.others.failed))
        status = qp_fail(QP_EMEMORY, "%s: out of memory", r->place);
    if (status == QP_OK && (first == '[' || m.members.bytes + m.others.bytes))
        put_members(&m, opposite, out);
    else if (status == QP_OK && first == '.')
        qp_text_add(out, ".");
    else if (status == QP_OK)
        add_code(code, out);
    free_members(&m);
    return status;
}
