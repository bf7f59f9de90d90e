#include "tokenizer/sentencepiece/sentencepiece_rules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"
#include "tokenizer/sentencepiece/sentencepiece_trainer_config.h"
#include "tokenizer/models/charsmap_compile.h"
#include "lib/text/utf8.h"
#include "tokenizer/sentencepiece/unicode_newer.h"

enum { CODES = 0x110000, LONGEST_FORM = 32, LONGEST_KEY = 8 };

typedef struct {
    int32_t code[LONGEST_FORM];
    int count;
} sequence;

/* A rule; the texts of all rules are in one pool. */
typedef struct {
    int32_t from[LONGEST_KEY];
    uint32_t to;
    uint8_t from_count, to_count;
    bool dropped;
} rewrite;

/* ---- rules by what they replace; a slot holds a rule's number + 1 ---- */

static sequence from_of(const rewrite *rule)
{
    sequence s = {.count = rule->from_count};
    memcpy(s.code, rule->from, rule->from_count * sizeof *s.code);
    return s;
}

static bool slot_is_free(const uint32_t *slot) { return *slot == 0; }

typedef struct {
    const int32_t *code;
    int count;
} rule_key;

static rule_key slot_key(const rewrite *list, const uint32_t *slot)
{
    const rewrite *rule = &list[*slot - 1];
    return (rule_key){rule->from, rule->from_count};
}

static uint64_t key_hash(const rewrite *list, rule_key key)
{
    (void)list;
    return XXH3_64bits(key.code, (size_t)key.count * sizeof *key.code);
}

static bool slot_has(const rewrite *list, const uint32_t *slot, rule_key key)
{
    const rewrite *rule = &list[*slot - 1];
    return rule->from_count == key.count && memcmp(rule->from, key.code, (size_t)key.count * sizeof *key.code) == 0;
}

QP_HASH(rule_slots, uint32_t, rule_key, const rewrite *, slot_is_free, slot_key, key_hash, slot_has)

typedef struct {
    rewrite *list;
    rule_slots slots;
    int32_t *pool;
    size_t count, capacity, pool_count, pool_capacity;
    int32_t *plain_first, *plain_next; /* characters whose whole decomposition is this one character, as a chain */
} rules;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece rules: out of memory"); }

static bool is_character(int32_t code)
{
    bool surrogate = code >= 0xD800 && code < 0xE000,
         none = (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
    return code > 0 && !surrogate && !none;
}

static bool is_same(const sequence *a, const sequence *b)
{
    return a->count == b->count && memcmp(a->code, b->code, (size_t)a->count * sizeof *a->code) == 0;
}

static sequence decomposed(int32_t code)
{
    sequence s = {{code}, 1};
    int boundary = 0, newer = qp_newer_form(code, s.code);
    if (newer) {
        s.count = newer;
        return s;
    }
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT;
    utf8proc_ssize_t count = utf8proc_decompose_char(code, s.code, LONGEST_FORM, options, &boundary);
    if (count >= 1 && count <= LONGEST_FORM) {
        s.count = (int)count;
    } else {
        s.code[0] = code;
    }
    return s;
}

static sequence composed(sequence s)
{
    int32_t work[LONGEST_FORM + 1], newer = qp_newer_composed(s.code, s.count);
    if (newer) return (sequence){{newer}, 1};
    memcpy(work, s.code, (size_t)s.count * sizeof *work);
    utf8proc_ssize_t count = utf8proc_normalize_utf32(work, s.count, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (count > 0 && count <= LONGEST_FORM) {
        memcpy(s.code, work, (size_t)count * sizeof *work);
        s.count = (int)count;
    }
    return s;
}

static sequence to_of(const rules *r, const rewrite *rule)
{
    sequence s = {.count = rule->to_count};
    memcpy(s.code, r->pool + rule->to, rule->to_count * sizeof *s.code);
    return s;
}

static rewrite *find(const rules *r, const sequence *from)
{
    const uint32_t *slot = rule_slots_find(&r->slots, r->list, (rule_key){from->code, from->count});
    return slot ? &r->list[*slot - 1] : NULL;
}

static qp_status write_to(rules *r, rewrite *rule, const sequence *to)
{
    size_t count = (size_t)to->count;
    if (!QP_GROW(r->pool, r->pool_capacity, r->pool_count + count)) return no_memory();
    memcpy(r->pool + r->pool_count, to->code, count * sizeof *to->code);
    rule->to = (uint32_t)r->pool_count;
    rule->to_count = (uint8_t)count;
    r->pool_count += count;
    return QP_OK;
}

static qp_status set(rules *r, const sequence *from, const sequence *to)
{
    uint32_t *slot = rule_slots_place(&r->slots, r->list, (rule_key){from->code, from->count});
    if (!slot) return no_memory();
    if (*slot) {
        rewrite *old = &r->list[*slot - 1];
        old->dropped = false;
        return write_to(r, old, to);
    }
    if (!QP_GROW(r->list, r->capacity, r->count + 1)) return no_memory();
    rewrite *fresh = &r->list[r->count];
    *fresh = (rewrite){.from_count = (uint8_t)from->count};
    memcpy(fresh->from, from->code, (size_t)from->count * sizeof *from->code);
    QP_TRY(write_to(r, fresh, to));
    *slot = (uint32_t)++r->count;
    r->slots.count++;
    return QP_OK;
}

static void drop(const rules *r, int32_t code)
{
    sequence from = {{code}, 1};
    rewrite *found = find(r, &from);
    if (found) found->dropped = true;
}

/* ---- compatibility forms ---- */

/* Adds every sequence whose characters decompose, one by one, to those of `whole`. */
static qp_status expand(rules *r, const sequence *whole, const sequence *to, sequence *from)
{
    if (from->count == whole->count) return is_same(from, to) ? QP_OK : set(r, from, to);
    int32_t last = whole->code[from->count];
    for (int32_t code = r->plain_first[last]; code; code = r->plain_next[code]) {
        from->code[from->count++] = code;
        qp_status status = expand(r, whole, to, from);
        from->count--;
        QP_TRY(status);
    }
    return QP_OK;
}

static qp_status add_compatible(rules *r)
{
    r->plain_first = calloc(CODES, sizeof *r->plain_first);
    r->plain_next = calloc(CODES, sizeof *r->plain_next);
    if (!r->plain_first || !r->plain_next) return no_memory();
    for (int32_t code = 1; code < CODES; code++) {
        if (!is_character(code)) continue;
        sequence from = {{code}, 1}, parts = decomposed(code), to = composed(parts);
        if (!is_same(&from, &to)) QP_TRY(set(r, &from, &to));
        if (parts.count != 1) continue;
        r->plain_next[code] = r->plain_first[parts.code[0]];
        r->plain_first[parts.code[0]] = code;
    }
    for (int32_t code = 1; code < CODES; code++) {
        sequence none = {{0}, 0};
        if (!is_character(code)) continue;
        sequence parts = decomposed(code);
        if (parts.count < 2 || parts.count > LONGEST_KEY) continue;
        sequence to = composed(parts);
        if (!is_same(&to, &parts)) QP_TRY(expand(r, &parts, &to, &none));
    }
    return QP_OK;
}

/* ---- rules that follow from shorter ones ---- */

/* Does reading `from` from the left, always by the longest kept rule of less than all its characters, give `to`? */
static bool follows(const rules *r, const rewrite *whole)
{
    const sequence first = from_of(whole), last = to_of(r, whole), *from = &first, *to = &last;
    int made = 0;
    for (int at = 0, used; at < from->count; at += used) {
        const rewrite *best = NULL;
        for (used = from->count - at; used > 0; used--) {
            if (used == from->count) continue;
            sequence part = {.count = used};
            memcpy(part.code, from->code + at, (size_t)used * sizeof *part.code);
            best = find(r, &part);
            if (best && !best->dropped) break;
            best = NULL;
        }
        if (!best) used = 1;
        int length = best ? best->to_count : 1;
        const int32_t *code = best ? r->pool + best->to : from->code + at;
        if (made + length > to->count || memcmp(to->code + made, code, (size_t)length * sizeof *code) != 0)
            return false;
        made += length;
    }
    return made == to->count;
}

static void drop_redundant(rules *r)
{
    for (int length = 2; length <= LONGEST_KEY; length++) {
        for (size_t i = 0; i < r->count; i++) {
            if (r->list[i].from_count == length && !r->list[i].dropped) r->list[i].dropped = follows(r, &r->list[i]);
        }
    }
}

/* ---- nmt and case ---- */

static qp_status add_nmt(rules *r)
{
    static const int32_t spaces[] = {0x9,    0xA,    0xC,    0xD,    0x1680, 0x200B, 0x200E, 0x200F,
                                     0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD, 0x200C, 0x61C};
    static const int32_t gone[] = {1,    2,    3,    4,    5,    6,    7,    8,    0xB,  0xE,
                                   0xF,  0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
                                   0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x7F, 0x8F, 0x9F};
    const sequence space = {{' '}, 1}, nothing = {{0}, 0};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        sequence from = {{spaces[i]}, 1};
        QP_TRY(set(r, &from, &space));
    }
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        sequence from = {{gone[i]}, 1};
        QP_TRY(set(r, &from, &nothing));
    }
    drop(r, 0xFF5E); /* the wide tilde is not the narrow one in Japanese */
    return QP_OK;
}

/* Simple case folding: one character stays one. */
static int32_t folded(int32_t code)
{
    int32_t made[LONGEST_FORM], newer = qp_newer_folded(code);
    int boundary = 0;
    if (newer != code) return newer;
    utf8proc_ssize_t count = utf8proc_decompose_char(code, made, LONGEST_FORM, UTF8PROC_STABLE | UTF8PROC_CASEFOLD,
                                                     &boundary);
    if (count == 1) return made[0];
    return code == 0x130 ? code : utf8proc_tolower(code);
}

static qp_status fold_case(rules *r)
{
    for (size_t i = 0; i < r->count; i++) {
        int32_t *code = r->pool + r->list[i].to;
        for (int k = 0; k < r->list[i].to_count; k++) code[k] = folded(code[k]);
    }
    for (int32_t code = 1; code < CODES; code++) {
        sequence from = {{code}, 1}, to = {{folded(code)}, 1};
        const rewrite *old = find(r, &from);
        if (!is_character(code) || (old && !old->dropped) || is_same(&from, &to)) continue;
        QP_TRY(set(r, &from, &to));
    }
    return QP_OK;
}

/* ---- compiled ---- */

static size_t write_codes(const sequence *s, char *out)
{
    size_t bytes = 0;
    for (int i = 0; i < s->count; i++) bytes += qp_utf8_write(s->code[i], out + bytes);
    out[bytes] = '\0';
    return bytes + 1;
}

static qp_status compile(const rules *r, qp_charsmap *map)
{
    qp_charsmap_rule *rule = malloc((r->count + 1) * sizeof *rule);
    char *text = malloc((r->count + 1) * 4 * (LONGEST_KEY + 1 + LONGEST_FORM));
    size_t count = 0, used = 0;
    qp_status status = rule && text ? QP_OK : no_memory();
    for (size_t i = 0; status == QP_OK && i < r->count; i++) {
        if (r->list[i].dropped) continue;
        sequence from = from_of(&r->list[i]), to = to_of(r, &r->list[i]);
        rule[count].from = text + used;
        used += write_codes(&from, text + used);
        rule[count++].to = text + used;
        used += write_codes(&to, text + used);
    }
    if (status == QP_OK) status = qp_charsmap_compile(rule, count, map);
    free(rule);
    free(text);
    return status;
}

qp_status qp_sentencepiece_rules(int rule, qp_charsmap *map)
{
    rules r = {0};
    *map = (qp_charsmap){0};
    if (rule == QP_SPM_IDENTITY) return QP_OK;
    qp_status status = add_compatible(&r);
    if (status == QP_OK) drop_redundant(&r);
    if (status == QP_OK && (rule == QP_SPM_NMT_NFKC || rule == QP_SPM_NMT_NFKC_CF)) status = add_nmt(&r);
    if (status == QP_OK && (rule == QP_SPM_NFKC_CF || rule == QP_SPM_NMT_NFKC_CF)) status = fold_case(&r);
    if (status == QP_OK) status = compile(&r, map);
    free(r.list);
    free(r.pool);
    rule_slots_free(&r.slots);
    free(r.plain_first);
    free(r.plain_next);
    return status;
}
