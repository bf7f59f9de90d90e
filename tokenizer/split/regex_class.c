#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "lib/base/array.h"
#include "tokenizer/split/regex_parse.h"
#include "lib/text/unicode_tables.h"

enum { MOST_ITEMS = 4096, DEEPEST_CLASS = 60 };

static qp_status add_item(const qp_rx_parser *p, struct qp_regex_set *set, struct qp_regex_item item)
{
    if (set->item_count >= MOST_ITEMS) return qp_rx_refuse(p, "too many parts of a class");
    if (!QP_GROW(set->item, set->capacity, set->item_count + 1))
        return qp_fail(QP_EMEMORY, "%s: out of memory", p->place);
    set->item[set->item_count++] = item;
    return QP_OK;
}

/* A range; without regard to case also its other cases: every letter of the range in both, s also as U+017F, k as
 * U+212A. */
static qp_status add_range(const qp_rx_parser *p, struct qp_regex_set *set, int32_t low, int32_t high)
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
                {"Pc", BIT(PC)},
                {"Pd", BIT(PD)},
                {"Ps", BIT(PS)},
                {"Pe", BIT(PE)},
                {"Pi", BIT(PI)},
                {"Pf", BIT(PF)},
                {"Po", BIT(PO)},
                {"Sm", BIT(SM)},
                {"Sc", BIT(SC)},
                {"Sk", BIT(SK)},
                {"So", BIT(SO)},
                {"Cc", BIT(CC)},
                {"Cf", BIT(CF)},
                {"Co", BIT(CO)},
                {"Letter", BIT(LU) | BIT(LL) | BIT(LT) | BIT(LM) | BIT(LO)},
                {"Mark", BIT(MN) | BIT(MC) | BIT(ME)},
                {"Number", BIT(ND) | BIT(NL) | BIT(NO)},
                {"Punctuation", BIT(PC) | BIT(PD) | BIT(PS) | BIT(PE) | BIT(PI) | BIT(PF) | BIT(PO)},
                {"Symbol", BIT(SM) | BIT(SC) | BIT(SK) | BIT(SO)},
                {"Separator", BIT(ZS) | BIT(ZL) | BIT(ZP)}};

/* Scripts, by a character of each. The table is that of Unicode 9.0; what Han got later is added. */
static const struct {
    const char *name;
    int32_t example;
} script[] = {{"Han", 0x4E00},    {"Hangul", 0xAC00},   {"Hiragana", 0x3042},  {"Katakana", 0x30A2},
              {"Latin", 'a'},     {"Cyrillic", 0x0430}, {"Greek", 0x03B1},     {"Arabic", 0x0628},
              {"Hebrew", 0x05D0}, {"Thai", 0x0E01},     {"Devanagari", 0x0905}};

static qp_status parse_property(qp_rx_parser *p, struct qp_regex_set *set, bool opposite)
{
    char name[20] = "";
    size_t length = 0;
    if (qp_rx_take_if(p, "{")) {
        if (qp_rx_take_if(p, "^")) opposite = !opposite;
        while (p->at < p->bytes && p->pattern[p->at] != '}' && length + 1 < sizeof name)
            name[length++] = p->pattern[p->at++];
        if (!qp_rx_take_if(p, "}")) return qp_rx_refuse(p, "an unknown character property");
    } else if (p->at < p->bytes) {
        name[0] = p->pattern[p->at++];
    }
    struct qp_regex_item item = {.kind = QP_RX_CATEGORIES, .opposite = opposite};
    for (size_t i = 0; i < sizeof category / sizeof *category && item.categories == 0; i++)
        item.categories = strcmp(category[i].name, name) == 0 ? category[i].mask : 0;
    if (item.categories) return add_item(p, set, item);
    item.kind = QP_RX_SCRIPT;
    for (size_t i = 0; i < sizeof script / sizeof *script && item.low == 0; i++)
        item.low = strcmp(script[i].name, name) == 0 ? qp_script_of(script[i].example) : 0;
    return item.low ? add_item(p, set, item) : qp_rx_refuse(p, "an unknown character property");
}

static const char hex[] = "0123456789abcdef";

/* Hexadecimal digits: {any number} or as many as said. */
static qp_status parse_hex(qp_rx_parser *p, int digits, int32_t *code)
{
    bool braces = qp_rx_take_if(p, "{");
    int count = 0;
    *code = 0;
    for (; p->at < p->bytes && (braces || count < digits) && count < 7; count++, p->at++) {
        const char *place = strchr(hex, p->pattern[p->at] | (p->pattern[p->at] >= 'A' ? 32 : 0));
        if (!place || !*place) break;
        *code = *code * 16 + (int32_t)(place - hex);
    }
    bool ends = braces ? qp_rx_take_if(p, "}") && count > 0 : count == digits;
    return ends && *code <= 0x10FFFF ? QP_OK : qp_rx_refuse(p, "an unknown escape");
}

/* Behind a backslash: a class, added to the set, or one character in *code (else -1). */
static qp_status parse_escape(qp_rx_parser *p, struct qp_regex_set *set, int32_t *code)
{
    *code = -1;
    if (p->at >= p->bytes) return qp_rx_refuse(p, "a backslash at the end");
    int32_t letter = qp_rx_take(p);
    switch (letter) {
    case 'n': *code = '\n'; return QP_OK;
    case 'r': *code = '\r'; return QP_OK;
    case 't': *code = '\t'; return QP_OK;
    case 'f': *code = '\f'; return QP_OK;
    case 'v': *code = '\v'; return QP_OK;
    case 's':
    case 'S': return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_SPACE, .opposite = letter == 'S'});
    case 'w':
    case 'W':
        return add_item(p, set,
                        (struct qp_regex_item){.kind = QP_RX_WORD,
                                               .opposite = letter == 'W',
                                               .low = p->flavor == QP_REGEX_ONIGURUMA ? 2 : 0});
    case 'd':
    case 'D':
        return add_item(
            p, set, (struct qp_regex_item){.kind = QP_RX_CATEGORIES, .opposite = letter == 'D', .categories = BIT(ND)});
    case 'p':
    case 'P': return parse_property(p, set, letter == 'P');
    case 'x': return parse_hex(p, 2, code);
    case 'u': return parse_hex(p, 4, code);
    default:
        if (letter < 0 || letter > 0x7F || (letter | 32) < 'a' || (letter | 32) > 'z') {
            if (letter < '0' || letter > '9') {
                *code = letter;
                return QP_OK;
            }
        }
        return qp_rx_refuse(p, "an unknown escape");
    }
}

/* ---- [classes] ---- */

static qp_status keep_set(qp_rx_parser *p, struct qp_regex_set *set, int *index)
{
    qp_regex *r = p->regex;
    for (int32_t code = 0; code < 128; code++) set->ascii[code] = qp_regex_set_has(r, set, code);
    if (!QP_GROW(r->set, r->set_capacity, r->set_count + 1)) return qp_fail(QP_EMEMORY, "%s: out of memory", p->place);
    *index = (int)r->set_count;
    r->set[r->set_count++] = *set;
    *set = (struct qp_regex_set){0};
    return QP_OK;
}

/* A finished set becomes one item of another. */
static qp_status add_subset(qp_rx_parser *p, struct qp_regex_set *inner, struct qp_regex_set *set)
{
    int index;
    QP_TRY(keep_set(p, inner, &index));
    return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_SUBSET, .low = index});
}

/* [:name:] in a class; *known false: it is none. Oniguruma takes them from Unicode. */
static qp_status parse_posix(qp_rx_parser *p, struct qp_regex_set *set, bool *known)
{
    static const uint32_t signs = BIT(PC) | BIT(PD) | BIT(PS) | BIT(PE) | BIT(PI) | BIT(PF) | BIT(PO) | BIT(SM) |
                                  BIT(SC) | BIT(SK) | BIT(SO);
    *known = true;
    if (qp_rx_take_if(p, "[:alpha:]")) return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_ALPHABETIC});
    if (qp_rx_take_if(p, "[:lower:]")) return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_LOWER});
    if (qp_rx_take_if(p, "[:space:]")) return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_SPACE});
    if (qp_rx_take_if(p, "[:word:]")) return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_WORD, .low = 2});
    bool both = qp_rx_take_if(p, "[:alnum:]");
    if (both) QP_TRY(add_item(p, set, (struct qp_regex_item){.kind = QP_RX_ALPHABETIC}));
    if (both || qp_rx_take_if(p, "[:digit:]"))
        return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_CATEGORIES, .categories = BIT(ND)});
    if (qp_rx_take_if(p, "[:punct:]"))
        return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_CATEGORIES, .categories = signs});
    *known = false;
    return QP_OK;
}

static qp_status parse_class(qp_rx_parser *p, struct qp_regex_set *set);

/* One member of a class: a class in it, a range, a character, an escape. */
static qp_status parse_member(qp_rx_parser *p, struct qp_regex_set *set)
{
    bool known = false;
    if (p->flavor == QP_REGEX_ONIGURUMA) QP_TRY(parse_posix(p, set, &known));
    if (known) return QP_OK;
    int32_t low = qp_rx_take(p), high;
    if (low < 0 || (low == '[' && (p->flavor == QP_REGEX_COMMON || qp_rx_peek(p) == ':')))
        return qp_rx_refuse(p, "a class in a class");
    if (low == '[') {
        struct qp_regex_set inner = {0};
        qp_status status = parse_class(p, &inner);
        if (status == QP_OK) status = add_subset(p, &inner, set);
        free(inner.item);
        return status;
    }
    if (low == '\\') QP_TRY(parse_escape(p, set, &low));
    if (low < 0) return QP_OK;
    high = low;
    if (qp_rx_peek(p) == '-' && p->at + 1 < p->bytes && p->pattern[p->at + 1] != ']') {
        qp_rx_take(p);
        high = qp_rx_take(p);
        if (high == '[') return qp_rx_refuse(p, "a range up to a class");
        if (high == '\\') QP_TRY(parse_escape(p, set, &high));
        if (high < low) return qp_rx_refuse(p, "a range that goes down");
    }
    return add_range(p, set, low, high);
}

/* Behind [: members up to ]. a&&b: what is in both. */
static qp_status parse_class(qp_rx_parser *p, struct qp_regex_set *set)
{
    struct qp_regex_set part = {0};
    bool opposite = qp_rx_take_if(p, "^");
    if (++p->depth > DEEPEST_CLASS) return qp_rx_refuse(p, "classes too deep");
    qp_status status = QP_OK;
    for (bool first = true; status == QP_OK && (first || qp_rx_peek(p) != ']'); first = false) {
        if (p->at >= p->bytes) {
            status = qp_rx_refuse(p, "a class without ]");
        } else if (p->pattern[p->at] == '&' && p->at + 1 < p->bytes && p->pattern[p->at + 1] == '&') {
            if (p->flavor == QP_REGEX_COMMON || part.item_count == 0) status = qp_rx_refuse(p, "a class in a class");
            p->at += 2;
            set->all = true;
            if (status == QP_OK) status = add_subset(p, &part, set);
        } else {
            status = parse_member(p, &part);
        }
    }
    if (status == QP_OK && set->all && part.item_count == 0) status = qp_rx_refuse(p, "nothing behind &&");
    if (status == QP_OK && set->all) {
        status = add_subset(p, &part, set);
    } else if (status == QP_OK) {
        *set = part;
        part.item = NULL;
    }
    free(part.item);
    set->opposite = opposite;
    p->at++;
    p->depth--;
    return status;
}

static qp_status read_one(qp_rx_parser *p, struct qp_regex_set *set)
{
    int32_t code = qp_rx_take(p);
    if (code == '[') return parse_class(p, set);
    if (code == '.') return add_item(p, set, (struct qp_regex_item){.kind = QP_RX_ANY});
    if (code == '\\') QP_TRY(parse_escape(p, set, &code));
    if (set->item_count == 1 && set->item[0].kind == QP_RX_WORD && set->item[0].low) set->item[0].low = 1;
    return code >= 0 ? add_range(p, set, code, code) : QP_OK;
}

qp_status qp_rx_one(qp_rx_parser *p, int *index)
{
    struct qp_regex_set set = {0};
    qp_status status = read_one(p, &set);
    if (status == QP_OK) status = keep_set(p, &set, index);
    free(set.item);
    return status;
}
