#include "tokenizer/split/regex.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "tokenizer/split/regex_internal.h"
#include "lib/text/unicode_tables.h"
#include "lib/text/utf8.h"

/* A way not taken yet: go on with node at `at`; for a loop also with every character less, down to `least`. */
struct qp_regex_branch {
    size_t node, at, least;
    bool is_loop;
};

enum { STEPS_PER_BYTE = 64, FREE_STEPS = 1 << 20, DEEPEST = 64 };

void qp_regex_free(qp_regex *regex)
{
    for (size_t i = 0; i < regex->set_count; i++) free(regex->set[i].item);
    free(regex->node);
    free(regex->set);
    free(regex->classes);
    *regex = (qp_regex){0};
}

void qp_regex_scratch_free(qp_regex_scratch *scratch)
{
    free(scratch->branch);
    *scratch = (qp_regex_scratch){0};
}

bool qp_is_white_space(int32_t code)
{
    if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13);
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Alphabetic, M, Nd, Pc and the two joiners. Alphabetic is L, Nl and the circled letters. */
bool qp_is_word_character(int32_t code)
{
    if (code < 0) return false;
    if (code < 0x80)
        return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
               code == '_';
    if (code == 0x200C || code == 0x200D || (code >= 0x24B6 && code <= 0x24E9)) return true;
    if (code >= 0x1F130 && code <= 0x1F189)
        return code <= 0x1F149 || (code >= 0x1F150 && code <= 0x1F169) || code >= 0x1F170;
    utf8proc_category_t c = utf8proc_category(code);
    return (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_ND) || c == UTF8PROC_CATEGORY_NL ||
           c == UTF8PROC_CATEGORY_PC;
}

/* Also the ideographs that came behind Unicode 9.0. */
static bool is_of_script(int32_t script, int32_t code)
{
    if (qp_script_of(code) == script) return true;
    return script == QP_SCRIPT_HAN && ((code >= 0x4DB6 && code <= 0x4DBF) || (code >= 0x9FD6 && code <= 0x9FFF) ||
                                       (code >= 0x2A6D7 && code <= 0x2A6DF) || (code >= 0x2B735 && code <= 0x2B739) ||
                                       (code >= 0x2CEB0 && code <= 0x2EBE0) || (code >= 0x30000 && code <= 0x323AF));
}

/* Its \w has no joiners, and alone (not in a class) the six small numbers of Latin-1. */
static bool is_oniguruma_word(int32_t code, bool alone)
{
    if (!alone) return code != 0x200C && code != 0x200D && qp_is_word_character(code);
    if (code == 0xB2 || code == 0xB3 || code == 0xB9 || (code >= 0xBC && code <= 0xBE)) return true;
    return code != 0x200C && code != 0x200D && qp_is_word_character(code);
}

static bool item_has(const qp_regex *regex, const struct qp_regex_item *item, int32_t code)
{
    bool has = false;
    switch (item->kind) {
    case QP_RX_RANGE: has = code >= item->low && code <= item->high; break;
    case QP_RX_CATEGORIES: has = code >= 0 && (item->categories >> utf8proc_category(code) & 1); break;
    case QP_RX_SPACE: has = qp_is_white_space(code); break;
    case QP_RX_WORD: has = item->low ? is_oniguruma_word(code, item->low == 1) : qp_is_word_character(code); break;
    case QP_RX_ANY: has = code != '\n'; break;
    case QP_RX_SCRIPT: has = is_of_script(item->low, code); break;
    case QP_RX_ALPHABETIC: has = qp_is_alphabetic(code); break;
    case QP_RX_LOWER: has = qp_is_lower_case(code); break;
    case QP_RX_SUBSET: has = qp_regex_set_has(regex, &regex->set[item->low], code); break;
    }
    return has != item->opposite;
}

bool qp_regex_set_has(const qp_regex *regex, const struct qp_regex_set *set, int32_t code)
{
    bool has = set->all;
    for (size_t i = 0; i < set->item_count && has == set->all; i++) has = item_has(regex, &set->item[i], code);
    return has != set->opposite;
}

/* The length of the character at `at` if it is in the set, else 0. */
static size_t in_set(const qp_regex *regex, const struct qp_regex_set *set, const char *text, size_t bytes, size_t at)
{
    if (at >= bytes) return 0;
    unsigned char byte = (unsigned char)text[at];
    if (byte < 0x80) return set->ascii[byte];
    size_t length;
    int32_t code = qp_utf8_next(text + at, bytes - at, &length);
    return qp_regex_set_has(regex, set, code) ? length : 0;
}

/* Where the character before `at` begins. */
static size_t one_back(const char *text, size_t at)
{
    size_t begin = at - 1, length;
    while (begin > 0 && at - begin < 4 && ((unsigned char)text[begin] & 0xC0) == 0x80) begin--;
    qp_utf8_next(text + begin, at - begin, &length);
    return begin + length == at ? begin : at - 1;
}

typedef struct {
    const qp_regex *regex;
    qp_regex_scratch *scratch;
    const char *text;
    size_t bytes, steps, here; /* here: where a look back was asked from */
} matcher;

static qp_status add_branch(matcher *m, struct qp_regex_branch branch)
{
    qp_regex_scratch *s = m->scratch;
    if (!QP_GROW(s->branch, s->capacity, s->count + 1)) return qp_fail(QP_EMEMORY, "regular expression: out of memory");
    s->branch[s->count++] = branch;
    return QP_OK;
}

/* Run a loop over one set from *at; false: too few. What may be given back later becomes one branch. */
static qp_status run_loop(matcher *m, size_t pc, size_t *at, bool *goes_on)
{
    const struct qp_regex_node *node = &m->regex->node[pc];
    const struct qp_regex_set *set = &m->regex->set[node->set];
    size_t least = *at, length;
    uint32_t count = 0;
    while (count < node->low && (length = in_set(m->regex, set, m->text, m->bytes, *at)) > 0) {
        *at += length;
        count++;
    }
    *goes_on = count >= node->low;
    if (!*goes_on || node->lazy) return QP_OK;
    least = *at;
    while (count < node->high && (length = in_set(m->regex, set, m->text, m->bytes, *at)) > 0) {
        *at += length;
        count++;
    }
    if (*at == least || node->possessive) return QP_OK;
    return add_branch(m, (struct qp_regex_branch){pc + 1, *at, least, true});
}

/* The latest way not taken; false: there is none above `floor`. */
static bool take_branch(matcher *m, size_t floor, size_t *pc, size_t *at)
{
    qp_regex_scratch *s = m->scratch;
    if (s->count <= floor) return false;
    struct qp_regex_branch *branch = &s->branch[s->count - 1];
    *pc = branch->node;
    if (!branch->is_loop) {
        *at = branch->at;
        s->count--;
        return true;
    }
    branch->at = one_back(m->text, branch->at);
    *at = branch->at;
    if (branch->at <= branch->least) s->count--;
    return true;
}

static qp_status run(matcher *m, size_t pc, size_t at, int depth, bool *matches, size_t *end);

/* A body on its own: look-ahead, or a group that gives nothing back. */
static qp_status run_body(matcher *m, const struct qp_regex_node *node, size_t *at, int depth, bool *goes_on)
{
    bool matches;
    size_t end;
    QP_TRY(run(m, node->first, *at, depth + 1, &matches, &end));
    if (node->code == QP_RX_ATOMIC) {
        *goes_on = matches;
        if (matches) *at = end;
    } else {
        *goes_on = matches == node->wanted;
    }
    return QP_OK;
}

/* Does the body match from one of the places before `at` up to it? */
static qp_status look_back(matcher *m, const struct qp_regex_node *node, size_t at, int depth, bool *goes_on)
{
    size_t outer = m->here, end, from = at;
    bool matches = false;
    m->here = at;
    for (uint32_t back = 0; !matches && back <= node->high; back++) {
        if (back > 0 && from == 0) break;
        if (back > 0) from = one_back(m->text, from);
        QP_TRY(run(m, node->first, from, depth + 1, &matches, &end));
    }
    m->here = outer;
    *goes_on = matches == node->wanted;
    return QP_OK;
}

static bool is_word(const struct qp_regex_node *node, int32_t code)
{
    return node->low ? is_oniguruma_word(code, true) : qp_is_word_character(code);
}

static bool is_edge(const matcher *m, const struct qp_regex_node *node, size_t at)
{
    size_t length;
    bool before = false, behind = false;
    if (at > 0) {
        size_t from = one_back(m->text, at);
        before = is_word(node, qp_utf8_next(m->text + from, at - from, &length));
    }
    if (at < m->bytes) behind = is_word(node, qp_utf8_next(m->text + at, m->bytes - at, &length));
    return before != behind;
}

static bool is_place(const matcher *m, const struct qp_regex_node *node, size_t at)
{
    switch (node->code) {
    case QP_RX_HERE: return at == m->here;
    case QP_RX_END: return at == m->bytes;
    case QP_RX_BEGIN: return at == 0;
    case QP_RX_LINE_END: return at == m->bytes || m->text[at] == '\n';
    case QP_RX_LINE_BEGIN: return at == 0 || (at < m->bytes && m->text[at - 1] == '\n');
    default: return is_edge(m, node, at) == node->wanted;
    }
}

static qp_status step(matcher *m, size_t *pc, size_t *at, int depth, bool *goes_on)
{
    const struct qp_regex_node *node = &m->regex->node[*pc];
    size_t length, next = *pc + 1;
    *goes_on = true;
    switch (node->code) {
    case QP_RX_SET:
        length = in_set(m->regex, &m->regex->set[node->set], m->text, m->bytes, *at);
        *goes_on = length > 0;
        *at += length;
        break;
    case QP_RX_LOOP: QP_TRY(run_loop(m, *pc, at, goes_on)); break;
    case QP_RX_SPLIT:
        QP_TRY(add_branch(m, (struct qp_regex_branch){node->second, *at, 0, false}));
        next = node->first;
        break;
    case QP_RX_JUMP: next = node->first; break;
    case QP_RX_LOOK:
    case QP_RX_ATOMIC:
        QP_TRY(run_body(m, node, at, depth, goes_on));
        next = node->second;
        break;
    case QP_RX_BEHIND:
        QP_TRY(look_back(m, node, *at, depth, goes_on));
        next = node->second;
        break;
    case QP_RX_MATCH: break;
    default: *goes_on = is_place(m, node, *at);
    }
    *pc = next;
    return QP_OK;
}

static qp_status run(matcher *m, size_t pc, size_t at, int depth, bool *matches, size_t *end)
{
    size_t floor = m->scratch->count;
    *matches = false;
    if (depth > DEEPEST) return qp_fail(QP_EDATA, "regular expression: groups too deep");
    for (;;) {
        if (m->regex->node[pc].code == QP_RX_MATCH) {
            *matches = true;
            *end = at;
            break;
        }
        if (m->steps-- == 0) return qp_fail(QP_EDATA, "regular expression: needs too many steps; use a simpler one");
        bool goes_on;
        QP_TRY(step(m, &pc, &at, depth, &goes_on));
        if (!goes_on && !take_branch(m, floor, &pc, &at)) break;
    }
    m->scratch->count = floor;
    return QP_OK;
}

qp_status qp_regex_at(const qp_regex *regex, qp_regex_scratch *scratch, const char *text, size_t bytes, size_t at,
                      bool *matches, size_t *end)
{
    matcher m = {regex, scratch, text, bytes, FREE_STEPS + STEPS_PER_BYTE * (bytes - at), 0};
    scratch->count = 0;
    return run(&m, 0, at, 0, matches, end);
}

qp_status qp_regex_find(const qp_regex *regex, qp_regex_scratch *scratch, const char *text, size_t bytes, size_t *begin,
                        size_t *end, bool *found)
{
    *found = false;
    if (regex->known && *begin < bytes) {
        *end = qp_word_pattern_end(regex->known, regex->classes, text, bytes, *begin);
        *found = true;
        return QP_OK;
    }
    for (size_t length; *begin <= bytes; *begin += length) {
        QP_TRY(qp_regex_at(regex, scratch, text, bytes, *begin, found, end));
        if (*found || *begin == bytes) return QP_OK;
        qp_utf8_next(text + *begin, bytes - *begin, &length);
    }
    return QP_OK;
}
