#include "tokenizer/split/regex_syntax.h"

#include <string.h>

#include "tokenizer/split/regex_class.h"

enum { DEEPEST = 100, LONGEST = 1 << 16, MOST_REPEATS = 1000, MOST_OPTIONS = 4 };

#define CALLOUT "(?C)"

/* ---- quantifiers ---- */

static bool take_number(qp_regex_reader *r, unsigned *value)
{
    size_t begin = r->at;
    for (*value = 0; r->at < r->bytes && r->pattern[r->at] >= '0' && r->pattern[r->at] <= '9'; r->at++)
        if (*value <= MOST_REPEATS) *value = *value * 10 + (unsigned)(r->pattern[r->at] - '0');
    return r->at > begin;
}

/* After {: m}, m,}, m,n} or ,n} */
static qp_status take_count(qp_regex_reader *r, qp_text_buffer *out)
{
    unsigned low, high;
    bool has_low = take_number(r, &low), has_comma = qp_regex_take_if(r, ",");
    bool has_high = has_comma && take_number(r, &high);
    if (!qp_regex_take_if(r, "}") || (!has_low && !has_high)) return qp_regex_refuse(r, "a { that is no count");
    if (has_high && high < low) return qp_regex_refuse(r, "a count whose maximum is below its minimum");
    if (low > MOST_REPEATS || (has_high && high > MOST_REPEATS)) return qp_regex_refuse(r, "a count above 1000");
    qp_text_format(out, has_comma ? "{%u," : "{%u", low);
    if (has_high) qp_text_format(out, "%u", high);
    qp_text_add(out, "}");
    return QP_OK;
}

/* The item from byte `begin` of the output on becomes a group. */
static void wrap(qp_text_buffer *out, size_t begin)
{
    qp_text_add(out, "(?:)");
    if (out->failed) return;
    memmove(out->text + begin + 3, out->text + begin, out->bytes - 4 - begin);
    memcpy(out->text + begin, "(?:", 3);
    out->text[out->bytes - 1] = ')';
}

/* The quantifier of the item that begins at byte `begin` of the output. A + after it makes it possessive, but
 * Oniguruma takes {m,n}+ for a repetition of {m,n}. */
static qp_status take_quantifier(qp_regex_reader *r, size_t begin, qp_text_buffer *out)
{
    bool counted = false, repeated = false;
    int repeats = r->repeats;
    for (int32_t sign; (sign = qp_regex_peek(r)) == '*' || sign == '+' || sign == '?' || sign == '{';) {
        bool again = repeated && counted && sign == '+' && r->flavor == QP_REGEX_ONIGURUMA;
        if (repeated && !again) return qp_regex_refuse(r, "a quantifier of a quantifier");
        if (again) wrap(out, begin);
        r->repeats += sign != '?';
        counted = qp_regex_take_if(r, "{");
        repeated = true;
        if (counted) {
            QP_TRY(take_count(r, out));
        } else {
            char text = (char)qp_regex_take(r);
            qp_text_put(out, &text, 1);
        }
        bool possessive = !(counted && r->flavor == QP_REGEX_ONIGURUMA) && qp_regex_take_if(r, "+");
        if (possessive) qp_text_add(out, "+");
        if (possessive || (!possessive && qp_regex_take_if(r, "?"))) {
            if (!possessive) qp_text_add(out, "?");
            counted = false;
        }
    }
    /* a few ? outside of groups multiply the work by a constant: they are too common to be counted */
    bool is_option = r->repeats == repeats && r->depth == 0 && repeated && r->options++ < MOST_OPTIONS;
    if (repeated && !is_option) qp_text_add(out, CALLOUT);
    return QP_OK;
}

/* ---- terms, alternatives ---- */

static qp_status take_alternatives(qp_regex_reader *r, bool leaves_choices, qp_text_buffer *out);

/* (?<name> or (?P<name>: nothing but the group itself. */
static bool take_name(qp_regex_reader *r)
{
    size_t at = r->at;
    if (!qp_regex_take_if(r, "?<") && !qp_regex_take_if(r, "?P<")) return false;
    while (r->at < r->bytes && r->pattern[r->at] != '>') r->at++;
    if (qp_regex_take_if(r, ">")) return true;
    r->at = at;
    return false;
}

/* After (. An assertion ends where it began. */
static qp_status take_group(qp_regex_reader *r, qp_text_buffer *out)
{
    static const char *const kind[] = {"?:", "?i:", "?-i:", "?>", "?!", "?=", "?<!", "?<="};
    enum { KINDS = sizeof kind / sizeof *kind, FIRST_ASSERTION = 4 };
    if (++r->depth > DEEPEST) return qp_regex_refuse(r, "groups that are nested too deep");
    int k = 0, repeats = r->repeats;
    while (k < KINDS && !qp_regex_take_if(r, kind[k])) k++;
    if (k == KINDS && qp_regex_peek(r) == '?' && !take_name(r)) return qp_regex_refuse(r, "an unknown kind of group");
    qp_text_add(out, "(");
    if (k < KINDS) qp_text_add(out, kind[k]);
    bool assertion = k >= FIRST_ASSERTION && k < KINDS;
    QP_TRY(take_alternatives(r, !assertion, out));
    if (!qp_regex_take_if(r, ")")) return qp_regex_refuse(r, "a group without )");
    qp_text_add(out, assertion && r->repeats > repeats ? ")" CALLOUT : ")");
    r->depth--;
    return QP_OK;
}

/* \b or \B by the engine's own \w. */
static void add_edge(const qp_regex_reader *r, bool edge, qp_text_buffer *out)
{
    const char *word = qp_regex_word_class(r->flavor, true);
    qp_text_format(out, edge ? "(?:(?<=[%s])(?![%s])|(?<![%s])(?=[%s]))" : "(?:(?<=[%s])(?=[%s])|(?<![%s])(?![%s]))",
                   word, word, word, word);
}

static qp_status take_item(qp_regex_reader *r, qp_text_buffer *out)
{
    static const char *const place[] = {"$", "^", "\\A", "\\z"};
    for (int i = 0; i < 4; i++) {
        if (!qp_regex_take_if(r, place[i])) continue;
        qp_text_add(out, place[i]);
        return QP_OK;
    }
    bool edge = qp_regex_take_if(r, "\\b");
    if (edge || qp_regex_take_if(r, "\\B")) {
        add_edge(r, edge, out);
        return QP_OK;
    }
    if (qp_regex_take_if(r, "(")) return take_group(r, out);
    int32_t code = qp_regex_peek(r);
    if (code == -1) return qp_regex_refuse(r, "a byte that is not UTF-8");
    if (code == '*' || code == '+' || code == '?' || code == '{') return qp_regex_refuse(r, "nothing to repeat");
    return qp_regex_one(r, out);
}

/* Alternatives up to ) or the end. Those of the whole expression are tried once in each attempt, those of an assertion
 * once each time it is reached: they need no callouts. */
static qp_status take_alternatives(qp_regex_reader *r, bool leaves_choices, qp_text_buffer *out)
{
    int repeats = r->repeats;
    while (r->at < r->bytes && qp_regex_peek(r) != ')') {
        if (qp_regex_take_if(r, "|")) {
            qp_text_add(out, leaves_choices ? CALLOUT "|" : "|");
            if (leaves_choices && r->repeats > repeats) qp_text_add(out, CALLOUT);
            continue;
        }
        size_t begin = out->bytes;
        QP_TRY(take_item(r, out));
        QP_TRY(take_quantifier(r, begin, out));
    }
    return QP_OK;
}

qp_status qp_regex_syntax(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                          qp_text_buffer *out)
{
    qp_regex_reader r = {.place = place, .pattern = pattern, .bytes = bytes, .flavor = flavor};
    if (bytes > LONGEST) return qp_regex_refuse(&r, "more than 65536 bytes");
    if (qp_regex_take_if(&r, "(?i)")) qp_text_add(out, "(?i)");
    QP_TRY(take_alternatives(&r, false, out));
    if (r.at < bytes) return qp_regex_refuse(&r, "a ) without (");
    return out->failed ? qp_fail(QP_EMEMORY, "%s: out of memory", place) : QP_OK;
}
