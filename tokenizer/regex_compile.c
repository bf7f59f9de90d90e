#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "tokenizer/growing.h"
#include "tokenizer/regex.h"
#include "tokenizer/regex_parts.h"
#include "tokenizer/utf8.h"

typedef struct {
    const char *place, *pattern;
    size_t bytes, at;
    qp_regex *regex;
    bool any_case;
    int depth;
} parser;

enum { DEEPEST = 40, LONGEST = 1 << 16, MOST_NODES = 1 << 16 };

static qp_status refuse(const parser *p, const char *what)
{
    return qp_fail(QP_EDATA, "%s: regular expression \"%.60s\": %s at byte %zu; this program cannot do it", p->place,
                   p->pattern, what, p->at);
}

static qp_status add_node(parser *p, struct qp_regex_node node, size_t *index)
{
    qp_regex *r = p->regex;
    if (r->count >= MOST_NODES) return refuse(p, "too long an expression");
    if (!QP_GROW(r->node, r->capacity, r->count + 1)) return qp_fail(QP_EMEMORY, "%s: out of memory", p->place);
    if (index) *index = r->count;
    r->node[r->count++] = node;
    return QP_OK;
}

static int32_t peek(const parser *p)
{
    size_t length;
    return p->at < p->bytes ? qp_utf8_next(p->pattern + p->at, p->bytes - p->at, &length) : -2;
}

static int32_t take(parser *p)
{
    size_t length = 1;
    int32_t code = qp_utf8_next(p->pattern + p->at, p->bytes - p->at, &length);
    p->at += length;
    return code;
}

static bool take_if(parser *p, const char *word)
{
    size_t length = strlen(word);
    if (p->bytes - p->at < length || memcmp(p->pattern + p->at, word, length) != 0) return false;
    p->at += length;
    return true;
}

/* ---- sets ---- */

static qp_status add_item(const parser *p, struct qp_regex_set *set, struct qp_regex_item item)
{
    if (set->item_count == sizeof set->item / sizeof *set->item) return refuse(p, "too many parts of a class");
    set->item[set->item_count++] = item;
    return QP_OK;
}

/* A range; without regard to case also its other cases: every letter of the range in both, s also as U+017F, k as
 * U+212A. */
static qp_status add_range(const parser *p, struct qp_regex_set *set, int32_t low, int32_t high)
{
    QP_TRY(add_item(p, set, (struct qp_regex_item){.kind = QP_RX_RANGE, .low = low, .high = high}));
    if (!p->any_case) return QP_OK;
    for (int32_t code = low; code <= high && high - low < 256; code++) {
        int32_t other[] = {utf8proc_tolower(code), utf8proc_toupper(code), (code | 32) == 's' ? 0x17F : code,
                           (code | 32) == 'k' ? 0x212A : code};
        for (int i = 0; i < 4; i++) {
            if (other[i] >= low && other[i] <= high) continue;
            QP_TRY(add_item(p, set, (struct qp_regex_item){.kind = QP_RX_RANGE, .low = other[i], .high = other[i]}));
        }
    }
    return QP_OK;
}

#define BIT(name) (1u << UTF8PROC_CATEGORY_##name)
static const struct {
    const char *name;
    uint32_t mask;
} category[] = {{"Lu", BIT(LU)},
                {"Ll", BIT(LL)},
                {"Lt", BIT(LT)},
                {"Lm", BIT(LM)},
                {"Lo", BIT(LO)},
                {"L", BIT(LU) | BIT(LL) | BIT(LT) | BIT(LM) | BIT(LO)},
                {"Mn", BIT(MN)},
                {"Mc", BIT(MC)},
                {"Me", BIT(ME)},
                {"M", BIT(MN) | BIT(MC) | BIT(ME)},
                {"Nd", BIT(ND)},
                {"Nl", BIT(NL)},
                {"No", BIT(NO)},
                {"N", BIT(ND) | BIT(NL) | BIT(NO)},
                {"P", BIT(PC) | BIT(PD) | BIT(PS) | BIT(PE) | BIT(PI) | BIT(PF) | BIT(PO)},
                {"S", BIT(SM) | BIT(SC) | BIT(SK) | BIT(SO)},
                {"Zs", BIT(ZS)},
                {"Zl", BIT(ZL)},
                {"Zp", BIT(ZP)},
                {"Z", BIT(ZS) | BIT(ZL) | BIT(ZP)},
                {"Cc", BIT(CC)},
                {"Cf", BIT(CF)}};

static qp_status parse_property(parser *p, struct qp_regex_set *set, bool opposite)
{
    char name[8] = "";
    size_t length = 0;
    if (take_if(p, "{")) {
        if (take_if(p, "^")) opposite = !opposite;
        while (p->at < p->bytes && p->pattern[p->at] != '}' && length + 1 < sizeof name)
            name[length++] = p->pattern[p->at++];
        if (!take_if(p, "}")) return refuse(p, "an unknown character property");
    } else if (p->at < p->bytes) {
        name[0] = p->pattern[p->at++];
    }
    for (size_t i = 0; i < sizeof category / sizeof *category; i++) {
        if (strcmp(category[i].name, name) != 0) continue;
        return add_item(
            p, set,
            (struct qp_regex_item){.kind = QP_RX_CATEGORIES, .opposite = opposite, .categories = category[i].mask});
    }
    return refuse(p, "an unknown character property");
}

/* Behind a backslash: a class, added to the set, or one character in *code (else -1). */
static qp_status parse_escape(parser *p, struct qp_regex_set *set, int32_t *code)
{
    *code = -1;
    if (p->at >= p->bytes) return refuse(p, "a backslash at the end");
    int32_t letter = take(p);
    switch (letter) {
    case 'n': *code = '\n'; return QP_OK;
    case 'r': *code = '\r'; return QP_OK;
    case 't': *code = '\t'; return QP_OK;
    case 'f': *code = '\f'; return QP_OK;
    case 'v': *code = '\v'; return QP_OK;
    case 's':
    case 'S': return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_SPACE, .opposite = letter == 'S'});
    case 'w':
    case 'W': return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_WORD, .opposite = letter == 'W'});
    case 'd':
    case 'D':
        return add_item(
            p, set, (struct qp_regex_item){.kind = QP_RX_CATEGORIES, .opposite = letter == 'D', .categories = BIT(ND)});
    case 'p':
    case 'P': return parse_property(p, set, letter == 'P');
    default:
        if (letter < 0 || letter > 0x7F || (letter | 32) < 'a' || (letter | 32) > 'z') {
            if (letter < '0' || letter > '9') {
                *code = letter;
                return QP_OK;
            }
        }
        return refuse(p, "an unknown escape");
    }
}

static qp_status parse_class(parser *p, struct qp_regex_set *set)
{
    set->opposite = take_if(p, "^");
    for (bool first = true; first || peek(p) != ']'; first = false) {
        if (p->at >= p->bytes) return refuse(p, "a class without ]");
        int32_t low = take(p), high;
        if (low == '[' || low < 0 || (low == '&' && peek(p) == '&')) return refuse(p, "a class in a class");
        if (low == '\\') QP_TRY(parse_escape(p, set, &low));
        if (low < 0) continue;
        high = low;
        if (peek(p) == '-' && p->at + 1 < p->bytes && p->pattern[p->at + 1] != ']') {
            take(p);
            high = take(p);
            if (high == '\\') QP_TRY(parse_escape(p, set, &high));
            if (high < low) return refuse(p, "a range that goes down");
        }
        QP_TRY(add_range(p, set, low, high));
    }
    p->at++;
    return QP_OK;
}

static qp_status add_set(parser *p, struct qp_regex_set *set, int *index)
{
    qp_regex *r = p->regex;
    for (int32_t code = 0; code < 128; code++) set->ascii[code] = qp_regex_set_has(set, code);
    if (!QP_GROW(r->set, r->set_capacity, r->set_count + 1)) return qp_fail(QP_EMEMORY, "%s: out of memory", p->place);
    *index = (int)r->set_count;
    r->set[r->set_count++] = *set;
    return QP_OK;
}

/* ---- quantifiers ---- */

typedef struct {
    uint32_t low, high;
    bool lazy, possessive;
} quantifier;

static uint32_t parse_number(parser *p, uint32_t missing)
{
    uint32_t value = 0;
    bool any = false;
    for (; p->at < p->bytes && p->pattern[p->at] >= '0' && p->pattern[p->at] <= '9'; any = true)
        value = value < 100000 ? value * 10 + (uint32_t)(p->pattern[p->at++] - '0') : (p->at++, value);
    return any ? value : missing;
}

static qp_status parse_quantifier(parser *p, quantifier *q)
{
    *q = (quantifier){1, 1, false, false};
    if (take_if(p, "*"))
        *q = (quantifier){.low = 0, .high = UINT32_MAX};
    else if (take_if(p, "+"))
        *q = (quantifier){.low = 1, .high = UINT32_MAX};
    else if (take_if(p, "?"))
        *q = (quantifier){.low = 0, .high = 1};
    else if (take_if(p, "{")) {
        q->low = parse_number(p, 0);
        q->high = take_if(p, ",") ? parse_number(p, UINT32_MAX) : q->low;
        if (!take_if(p, "}") || q->high < q->low || q->low > 1000) return refuse(p, "a count that makes no sense");
    } else {
        return QP_OK;
    }
    q->possessive = take_if(p, "+");
    q->lazy = !q->possessive && take_if(p, "?");
    if (peek(p) == '*' || peek(p) == '+') return refuse(p, "a quantifier of a quantifier");
    return QP_OK;
}

/* A split whose body is next: taken first, unless lazy; `after` is filled in later. */
static qp_status add_split(parser *p, bool lazy, size_t *index)
{
    QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_SPLIT}, index));
    p->regex->node[*index].lazy = lazy;
    return QP_OK;
}

static void aim_split(parser *p, size_t split, size_t body, size_t after)
{
    struct qp_regex_node *node = &p->regex->node[split];
    node->first = node->lazy ? after : body;
    node->second = node->lazy ? body : after;
}

/* The nodes from `first` on are a body; make them repeat. The body is moved behind what the quantifier puts before it.
 */
static qp_status apply_quantifier(parser *p, size_t first, quantifier q)
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
        return refuse(p, "a group repeated like this");
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

static qp_status parse_alternatives(parser *p);

/* (?= ) and (?! ): the body ends in MATCH of its own. */
static qp_status parse_look(parser *p, bool wanted)
{
    size_t look = 0;
    QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_LOOK, .wanted = wanted}, &look));
    p->regex->node[look].first = p->regex->count;
    QP_TRY(parse_alternatives(p));
    QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_MATCH}, NULL));
    p->regex->node[look].second = p->regex->count;
    return QP_OK;
}

static qp_status parse_group(parser *p)
{
    bool outer = p->any_case;
    if (++p->depth > DEEPEST) return refuse(p, "groups too deep");
    if (take_if(p, "?!"))
        QP_TRY(parse_look(p, false));
    else if (take_if(p, "?="))
        QP_TRY(parse_look(p, true));
    else {
        if (take_if(p, "?i:"))
            p->any_case = true;
        else if (!take_if(p, "?:") && peek(p) == '?')
            return refuse(p, "an unknown kind of group");
        QP_TRY(parse_alternatives(p));
    }
    if (!take_if(p, ")")) return refuse(p, "a group without )");
    p->any_case = outer;
    p->depth--;
    return QP_OK;
}

static qp_status parse_atom(parser *p)
{
    struct qp_regex_set set = {0};
    int32_t code = take(p);
    int index = 0;
    if (code == '(') return parse_group(p);
    if (code == '$') return add_node(p, (struct qp_regex_node){.code = QP_RX_END}, NULL);
    if (code == '^' || (code == '\\' && take_if(p, "A")))
        return add_node(p, (struct qp_regex_node){.code = QP_RX_BEGIN}, NULL);
    if (code == '*' || code == '+' || code == '?' || code == '{' || code < 0) return refuse(p, "nothing to repeat");
    if (code == '[') {
        QP_TRY(parse_class(p, &set));
    } else if (code == '.') {
        QP_TRY(add_item(p, &set, (struct qp_regex_item){.kind = QP_RX_ANY}));
    } else {
        if (code == '\\') QP_TRY(parse_escape(p, &set, &code));
        if (code >= 0) QP_TRY(add_range(p, &set, code, code));
    }
    QP_TRY(add_set(p, &set, &index));
    return add_node(p, (struct qp_regex_node){.code = QP_RX_SET, .set = index}, NULL);
}

static qp_status parse_sequence(parser *p)
{
    while (p->at < p->bytes && peek(p) != '|' && peek(p) != ')') {
        size_t first = p->regex->count;
        quantifier q;
        QP_TRY(parse_atom(p));
        QP_TRY(parse_quantifier(p, &q));
        QP_TRY(apply_quantifier(p, first, q));
    }
    return QP_OK;
}

/* a|b|c: split to a, else split to b, else c; each jumps behind the last. A split goes in front of its alternative. */
static qp_status parse_alternatives(parser *p)
{
    size_t jumps[256], jump_count = 0;
    for (;;) {
        size_t split, from = p->regex->count;
        QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_SPLIT}, &split));
        QP_TRY(parse_sequence(p));
        if (!take_if(p, "|")) {
            p->regex->node[split] = (struct qp_regex_node){.code = QP_RX_JUMP, .first = from + 1};
            break;
        }
        if (jump_count == sizeof jumps / sizeof *jumps) return refuse(p, "too many alternatives");
        QP_TRY(add_node(p, (struct qp_regex_node){.code = QP_RX_JUMP}, &jumps[jump_count++]));
        p->regex->node[split].first = from + 1;
        p->regex->node[split].second = p->regex->count;
    }
    for (size_t i = 0; i < jump_count; i++) p->regex->node[jumps[i]].first = p->regex->count;
    return QP_OK;
}

qp_status qp_regex_compile(const char *place, const char *pattern, size_t bytes, qp_regex *regex)
{
    parser p = {.place = place, .pattern = pattern, .bytes = bytes, .regex = regex};
    *regex = (qp_regex){0};
    qp_status status = bytes > LONGEST ? refuse(&p, "too long an expression") : parse_alternatives(&p);
    if (status == QP_OK && p.at < bytes) status = refuse(&p, "a ) too many");
    if (status == QP_OK) status = add_node(&p, (struct qp_regex_node){.code = QP_RX_MATCH}, NULL);
    if (status == QP_OK) regex->known = qp_word_pattern_of(pattern, bytes);
    if (regex->known && !(regex->classes = qp_word_classes_make()))
        status = qp_fail(QP_EMEMORY, "regular expression: out of memory");
    if (status != QP_OK) qp_regex_free(regex);
    return status;
}
