#include <string.h>

#include "lib/metric/entity.h"

/* The parts of a tag; type is "_" if it has none. */
typedef struct {
    char prefix;
    const char *type;
    size_t bytes;
} parts;

static parts take_apart(const char *tag)
{
    parts p = {.prefix = *tag ? *tag : 'O', .type = *tag ? tag + 1 : tag};
    const char *hyphen = strchr(p.type, '-');
    if (hyphen) p.type = hyphen + 1;
    if (!*p.type) p.type = "_";
    p.bytes = strlen(p.type);
    return p;
}

static bool same_type(parts a, parts b) { return a.bytes == b.bytes && !memcmp(a.type, b.type, a.bytes); }

static bool is_one_of(char letter, const char *letters) { return letter && strchr(letters, letter) != NULL; }

/* ---- conlleval's rules ---- */

static bool ends_before(parts before, parts now)
{
    if (is_one_of(before.prefix, "ES")) return true;
    if (is_one_of(before.prefix, "BI") && is_one_of(now.prefix, "BSO")) return true;
    return !is_one_of(before.prefix, "O.") && !same_type(before, now);
}

static bool begins_at(parts before, parts now)
{
    if (is_one_of(now.prefix, "BS")) return true;
    if (is_one_of(before.prefix, "ESO") && is_one_of(now.prefix, "EI")) return true;
    return !is_one_of(now.prefix, "O.") && !same_type(before, now);
}

static int repaired_spans(const char *const *tag, int count, qp_entity_span *span)
{
    const parts outside = take_apart("O");
    parts before = outside;
    int begin = 0, spans = 0;
    for (int i = 0; i <= count; i++) {
        parts now = i < count ? take_apart(tag[i]) : outside;
        if (ends_before(before, now)) span[spans++] = (qp_entity_span){before.type, before.bytes, begin, i - 1};
        if (begins_at(before, now)) begin = i;
        before = now;
    }
    return spans;
}

/* ---- strict schemes: a pattern is the prefix before, the prefix now, and whether the types are = or / (differ) or
 * either (a blank); * is any prefix. ---- */

typedef struct {
    const char *prefixes, *begin, *inside, *end;
} rules;

static const rules scheme_rules[] = {
    [QP_ENTITY_IOB1] = {"IOB", "OI ,II/,BI ,IB=,BB=", "BI=,II=", "II/,IO ,IB ,BO ,BI/,BB="},
    [QP_ENTITY_IOB2] = {"IOB", "*B ", "BI=,II=", "IO ,II/,IB ,BO ,BI/,BB "},
    [QP_ENTITY_IOE1] = {"IOE", "OI ,II/,EI ,EE=", "II=,IE=", "II/,IO ,IE/,EI=,EE="},
    [QP_ENTITY_IOE2] = {"IOE", "OI ,OE ,EI ,EE ,II/,IE/", "IE=,II=", "E* "},
    [QP_ENTITY_IOBES] = {"IOBES", "*B ,*S ", "BI=,BE=,II=,IE=", "S* ,E* "},
    [QP_ENTITY_BILOU] = {"UOBIL", "*B ,*U ", "BI=,BL=,II=,IL=", "U* ,L* "},
};

static bool matches(const char *pattern, parts before, parts now)
{
    for (;; pattern += 4) {
        bool fits = (pattern[0] == '*' || pattern[0] == before.prefix) &&
                    (pattern[1] == '*' || pattern[1] == now.prefix);
        if (fits && (pattern[2] == ' ' || (pattern[2] == '=') == same_type(before, now))) return true;
        if (!pattern[3]) return false;
    }
}

static parts part_at(const char *const *tag, int count, int i)
{
    return take_apart(i >= 0 && i < count ? tag[i] : "O");
}

static int strict_spans(const rules *r, const char *const *tag, int count, qp_entity_span *span)
{
    int spans = 0;
    for (int i = 0; i < count;) {
        parts now = part_at(tag, count, i);
        if (!matches(r->begin, part_at(tag, count, i - 1), now)) {
            i++;
            continue;
        }
        int end = i + 1;
        while (end < count && matches(r->inside, part_at(tag, count, end - 1), part_at(tag, count, end))) end++;
        if (matches(r->end, part_at(tag, count, end - 1), part_at(tag, count, end)))
            span[spans++] = (qp_entity_span){now.type, now.bytes, i, end - 1};
        i = end;
    }
    return spans;
}

qp_status qp_entity_spans(qp_entity_scheme scheme, const char *const *tag, int count, qp_entity_span *span, int *spans)
{
    *spans = 0;
    if (scheme == QP_ENTITY_DEFAULT) {
        *spans = repaired_spans(tag, count, span);
        return QP_OK;
    }
    const rules *r = &scheme_rules[scheme];
    for (int i = 0; i < count; i++)
        if (!is_one_of(take_apart(tag[i]).prefix, r->prefixes))
            return qp_fail(QP_EDATA,
                           "entities: tag '%.60s' begins with none of %s; choose the scheme the tags were written in",
                           tag[i], r->prefixes);
    *spans = strict_spans(r, tag, count, span);
    return QP_OK;
}

bool qp_entity_has_prefixes(const char *const *tag, int count)
{
    bool some = false;
    for (int i = 0; i < count; i++) {
        bool outside = !strcmp(tag[i], "O");
        if (!outside && !(is_one_of(tag[i][0], "BIESLU") && tag[i][1] == '-')) return false;
        some |= !outside;
    }
    return some;
}
