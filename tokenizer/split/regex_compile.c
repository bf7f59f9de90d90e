#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "tokenizer/split/regex_parse.h"
#include "lib/text/utf8.h"

enum { DEEPEST = 40, MOST_BACK = 200, LONGEST = 1 << 16, MOST_NODES = 1 << 16 };

qp_status qp_rx_refuse(const qp_rx_parser *p, const char *what)
{
    return qp_fail(QP_EDATA, "%s: regular expression \"%.60s\": %s at byte %zu; this program cannot do it", p->place,
                   p->pattern, what, p->at);
}

static qp_status add_node(qp_rx_parser *p, struct qp_regex_node node, size_t *index)
{
    qp_regex *r = p->regex;
    if (r->count >= MOST_NODES) return qp_rx_refuse(p, "too long an expression");
    if (!QP_GROW(r->node, r->capacity, r->count + 1)) return qp_fail(QP_EMEMORY, "%s: out of memory", p->place);
    if (index) *index = r->count;
    r->node[r->count++] = node;
    return QP_OK;
}

int32_t qp_rx_peek(const qp_rx_parser *p)
{
    size_t length;
    return p->at < p->bytes ? qp_utf8_next(p->pattern + p->at, p->bytes - p->at, &length) : -2;
}

int32_t qp_rx_take(qp_rx_parser *p)
{
    size_t length = 1;
    int32_t code = qp_utf8_next(p->pattern + p->at, p->bytes - p->at, &length);
    p->at += length;
    return code;
}

bool qp_rx_take_if(qp_rx_parser *p, const char *word)
{
    size_t length = strlen(word);
    if (p->bytes - p->at < length || memcmp(p->pattern + p->at, word, length) != 0) return false;
    p->at += length;
    return true;
}

/* ---- quantifiers ---- */

typedef struct {
    uint32_t low, high;
    bool lazy, possessive;
} quantifier;

static uint32_t parse_number(qp_rx_parser *p, uint32_t missing)
{
    uint32_t value = 0;
    bool any = false;
    for (; p->at < p->bytes && p->pattern[p->at] >= '0' && p->pattern[p->at] <= '9'; any = true)
        value = value < 100000 ? value * 10 + (uint32_t)(p->pattern[p->at++] - '0') : (p->at++, value);
    return any ? value : missing;
}

/* A + behind a quantifier: nothing is given back; but Oniguruma repeats {m,n}+ once more. */
static qp_status parse_quantifier(qp_rx_parser *p, quantifier *q)
{
    bool counted = false;
    *q = (quantifier){1, 1, false, false};
    if (qp_rx_take_if(p, "*"))
        *q = (quantifier){.low = 0, .high = UINT32_MAX};
    else if (qp_rx_take_if(p, "+"))
        *q = (quantifier){.low = 1, .high = UINT32_MAX};
    else if (qp_rx_take_if(p, "?"))
        *q = (quantifier){.low = 0, .high = 1};
    else if (qp_rx_take_if(p, "{")) {
        counted = true;
        q->low = parse_number(p, 0);
        q->high = qp_rx_take_if(p, ",") ? parse_number(p, UINT32_MAX) : q->low;
        if (!qp_rx_take_if(p, "}") || q->high < q->low || q->low > 1000)
            return qp_rx_refuse(p, "a count that makes no sense");
    } else {
        return QP_OK;
    }
    if (counted && p->flavor == QP_REGEX_ONIGURUMA && qp_rx_peek(p) == '+') return QP_OK;
    q->possessive = qp_rx_take_if(p, "+");
    q->lazy = !q->possessive && qp_rx_take_if(p, "?");
    if (qp_rx_peek(p) == '*' || qp_rx_peek(p) == '+') return qp_rx_refuse(p, "a quantifier of a quantifier");
    return QP_OK;
}

/* A split whose body is next: taken first, unless lazy; `after` is filled in later. */
static qp_status add_split(qp_rx_parser *p, bool lazy, size_t *index)
{
    QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_SPLIT}, index));
    p->regex->node[*index].lazy = lazy;
    return QP_OK;
}

static void aim_split(qp_rx_parser *p, size_t split, size_t body, size_t after)
{
    struct qp_regex_node *node = &p->regex->node[split];
    node->first = node->lazy ? after : body;
    node->second = node->lazy ? body : after;
}

/* The nodes from `first` on are a body; make them repeat. The body is moved behind what the quantifier puts before it.
 */
static qp_status apply_quantifier(qp_rx_parser *p, size_t first, quantifier q)
{
    qp_regex *r = p->regex;
    size_t length = r->count - first, split;
    if (q.low == 1 && q.high == 1) return QP_OK;
    if (length == 1 && r->node[first].code == QP_RX_SET && !q.lazy) {
        r->node[first].code = QP_RX_LOOP;
        r->node[first].low = q.low;
        r->node[first].high = q.high;
        r->node[first].possessive = q.possessive;
        return QP_OK;
    }
    if (q.possessive || (q.high != UINT32_MAX && q.high > 16) || q.low > 16)
        return qp_rx_refuse(p, "a group repeated like this");
    struct qp_regex_node *body = malloc((length + 1) * sizeof *body);
    if (!body) return qp_fail(QP_EMEMORY, "%s: out of memory", p->place);
    memcpy(body, r->node + first, length * sizeof *body);
    r->count = first;
    uint32_t copies = q.high == UINT32_MAX ? q.low + 1 : q.high;
    qp_status status = QP_OK;
    size_t splits[20], split_count = 0, start = first;
    for (uint32_t i = 0; i < copies && status == QP_OK; i++) {
        if (i >= q.low) {
            status = add_split(p, q.lazy, &split);
            if (status == QP_OK) splits[split_count++] = split;
        }
        start = r->count;
        for (size_t k = 0; k < length && status == QP_OK; k++) {
            struct qp_regex_node node = body[k];
            node.first += start - first;
            node.second += start - first;
            status = add_node(p, node, NULL);
        }
    }
    free(body);
    if (status == QP_OK && q.high == UINT32_MAX)
        status = add_node(p, (struct qp_regex_node){.code = QP_RX_JUMP, .first = splits[0]}, NULL);
    for (size_t i = 0; i < split_count; i++) aim_split(p, splits[i], splits[i] + 1, r->count);
    return status;
}

/* ---- terms, alternatives ---- */

static qp_status parse_alternatives(qp_rx_parser *p);

/* (?= ), (?! ), (?<= ), (?<! ) and (?> ): the body ends in MATCH of its own; one that looks back must end where it was
 * asked from, and has at most as many characters as all its parts together. */
static qp_status parse_body(qp_rx_parser *p, struct qp_regex_node node)
{
    qp_regex *r = p->regex;
    size_t look = 0;
    QP_TRY(add_node(p, node, &look));
    r->node[look].first = r->count;
    QP_TRY(parse_alternatives(p));
    if (node.code == QP_RX_BEHIND) {
        for (size_t i = r->node[look].first; i < r->count; i++) {
            uint32_t most = r->node[i].code == QP_RX_SET ? 1 : r->node[i].code == QP_RX_LOOP ? r->node[i].high : 0;
            bool repeats = r->node[i].code == QP_RX_JUMP && r->node[i].first <= i;
            if (most > MOST_BACK || repeats) return qp_rx_refuse(p, "looking back any number of characters");
            r->node[look].high += most;
        }
        if (r->node[look].high > MOST_BACK) return qp_rx_refuse(p, "looking back so many characters");
        QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_HERE}, NULL));
    }
    QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_MATCH}, NULL));
    r->node[look].second = r->count;
    return QP_OK;
}

/* (?<name> or (?P<name>: nothing but the group itself. */
static bool take_name(qp_rx_parser *p)
{
    size_t at = p->at;
    if (!qp_rx_take_if(p, "?<") && !qp_rx_take_if(p, "?P<")) return false;
    while (p->at < p->bytes && p->pattern[p->at] != '>') p->at++;
    if (qp_rx_take_if(p, ">")) return true;
    p->at = at;
    return false;
}

static qp_status parse_group(qp_rx_parser *p)
{
    static const struct {
        const char *sign;
        struct qp_regex_node node;
    } body[] = {{"?!", {.code = QP_RX_LOOK, .wanted = false}},
                {"?=", {.code = QP_RX_LOOK, .wanted = true}},
                {"?<!", {.code = QP_RX_BEHIND, .wanted = false}},
                {"?<=", {.code = QP_RX_BEHIND, .wanted = true}},
                {"?>", {.code = QP_RX_ATOMIC}}};
    bool outer = p->any_case;
    int kind = 0;
    if (++p->depth > DEEPEST) return qp_rx_refuse(p, "groups too deep");
    while (kind < 5 && !qp_rx_take_if(p, body[kind].sign)) kind++;
    if (kind < 5) {
        QP_TRY(parse_body(p, body[kind].node));
    } else {
        if (qp_rx_take_if(p, "?i:"))
            p->any_case = true;
        else if (qp_rx_take_if(p, "?-i:"))
            p->any_case = false;
        else if (!qp_rx_take_if(p, "?:") && qp_rx_peek(p) == '?' && !take_name(p))
            return qp_rx_refuse(p, "an unknown kind of group");
        QP_TRY(parse_alternatives(p));
    }
    if (!qp_rx_take_if(p, ")")) return qp_rx_refuse(p, "a group without )");
    p->any_case = outer;
    p->depth--;
    return QP_OK;
}

/* Places between characters. Oniguruma has lines where the others have the whole text. */
static bool take_place(qp_rx_parser *p, struct qp_regex_node *node)
{
    bool lines = p->flavor == QP_REGEX_ONIGURUMA, place = true;
    if (qp_rx_take_if(p, "$"))
        node->code = lines ? QP_RX_LINE_END : QP_RX_END;
    else if (qp_rx_take_if(p, "^"))
        node->code = lines ? QP_RX_LINE_BEGIN : QP_RX_BEGIN;
    else if (qp_rx_take_if(p, "\\A"))
        node->code = QP_RX_BEGIN;
    else if (qp_rx_take_if(p, "\\z"))
        node->code = QP_RX_END;
    else if (qp_rx_take_if(p, "\\b"))
        *node = (struct qp_regex_node){.code = QP_RX_EDGE, .low = lines, .wanted = true};
    else if (qp_rx_take_if(p, "\\B"))
        *node = (struct qp_regex_node){.code = QP_RX_EDGE, .low = lines, .wanted = false};
    else
        place = false;
    return place;
}

static qp_status parse_atom(qp_rx_parser *p)
{
    struct qp_regex_node node = {0};
    int32_t code = qp_rx_peek(p);
    if (take_place(p, &node)) return add_node(p, node, NULL);
    if (qp_rx_take_if(p, "(")) return parse_group(p);
    if (code == '*' || code == '+' || code == '?' || code == '{' || code < 0)
        return qp_rx_refuse(p, "nothing to repeat");
    QP_TRY(qp_rx_one(p, &node.set));
    node.code = QP_RX_SET;
    return add_node(p, node, NULL);
}

static qp_status parse_sequence(qp_rx_parser *p)
{
    while (p->at < p->bytes && qp_rx_peek(p) != '|' && qp_rx_peek(p) != ')') {
        size_t first = p->regex->count;
        quantifier q;
        QP_TRY(parse_atom(p));
        do { /* (?:x{1,2})+ may be written x{1,2}+ */
            QP_TRY(parse_quantifier(p, &q));
            QP_TRY(apply_quantifier(p, first, q));
        } while (p->flavor == QP_REGEX_ONIGURUMA && qp_rx_peek(p) == '+');
    }
    return QP_OK;
}

/* a|b|c: split to a, else split to b, else c; each jumps behind the last. A split goes in front of its alternative. */
static qp_status parse_alternatives(qp_rx_parser *p)
{
    size_t jumps[256], jump_count = 0;
    for (;;) {
        size_t split, from = p->regex->count;
        QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_SPLIT}, &split));
        QP_TRY(parse_sequence(p));
        if (!qp_rx_take_if(p, "|")) {
            p->regex->node[split] = (struct qp_regex_node){.code = QP_RX_JUMP, .first = from + 1};
            break;
        }
        if (jump_count == sizeof jumps / sizeof *jumps) return qp_rx_refuse(p, "too many alternatives");
        QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_JUMP}, &jumps[jump_count++]));
        p->regex->node[split].first = from + 1;
        p->regex->node[split].second = p->regex->count;
    }
    for (size_t i = 0; i < jump_count; i++) p->regex->node[jumps[i]].first = p->regex->count;
    return QP_OK;
}

qp_status qp_regex_compile_as(qp_regex_flavor flavor, const char *place, const char *pattern, size_t bytes,
                              qp_regex *regex)
{
    qp_rx_parser p = {.place = place, .pattern = pattern, .bytes = bytes, .regex = regex, .flavor = flavor};
    *regex = (qp_regex){0};
    p.any_case = bytes <= LONGEST && qp_rx_take_if(&p, "(?i)");
    qp_status status = bytes > LONGEST ? qp_rx_refuse(&p, "too long an expression") : parse_alternatives(&p);
    if (status == QP_OK && p.at < bytes) status = qp_rx_refuse(&p, "a ) too many");
    if (status == QP_OK) status = add_node(&p, (struct qp_regex_node){.code = QP_RX_MATCH}, NULL);
    bool lines = flavor == QP_REGEX_ONIGURUMA && memchr(pattern, '$', bytes); /* they end texts, not lines */
    if (status == QP_OK && !lines) regex->known = qp_word_pattern_of(pattern, bytes);
    if (regex->known && !(regex->classes = qp_word_classes_make()))
        status = qp_fail(QP_EMEMORY, "regular expression: out of memory");
    if (status != QP_OK) qp_regex_free(regex);
    return status;
}

qp_status qp_regex_compile(const char *place, const char *pattern, size_t bytes, qp_regex *regex)
{
    return qp_regex_compile_as(QP_REGEX_COMMON, place, pattern, bytes, regex);
}
