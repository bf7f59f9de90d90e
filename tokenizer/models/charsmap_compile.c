#include "tokenizer/models/charsmap_compile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"

enum { LABELS = 256, BLOCK = 256, MOST_UNITS = 1 << 21 };

/* To the state `target` by a byte; label 0 ends a key, and target is where its replacement begins. */
typedef struct {
    uint32_t label, target;
} edge;

typedef struct {
    size_t first, count; /* its edges, labels ascending */
    uint32_t base;       /* the unit of its edge with label c is base ^ c */
} state;

typedef struct {
    const edge *edge;
    size_t count;
} state_key;

typedef struct {
    edge *edge;
    state *state;
    size_t edge_count, edge_capacity, state_count, state_capacity;
} automaton;

/* ---- states by their edges; a slot holds a state's number + 1 ---- */

static bool slot_is_free(const uint32_t *slot) { return *slot == 0; }

static state_key slot_key(const automaton *a, const uint32_t *slot)
{
    const state *s = &a->state[*slot - 1];
    return (state_key){a->edge + s->first, s->count};
}

static uint64_t key_hash(const automaton *a, state_key key)
{
    (void)a;
    return XXH3_64bits(key.edge, key.count * sizeof *key.edge);
}

static bool slot_has(const automaton *a, const uint32_t *slot, state_key key)
{
    const state_key own = slot_key(a, slot);
    return own.count == key.count && memcmp(own.edge, key.edge, key.count * sizeof *key.edge) == 0;
}

QP_HASH(state_slots, uint32_t, state_key, const automaton *, slot_is_free, slot_key, key_hash, slot_has)

/* ---- replacements by their text; a slot holds where it begins + 1 ---- */

static const char *text_key(const char *const *pool, const uint32_t *slot) { return *pool + *slot - 1; }

static uint64_t text_hash(const char *const *pool, const char *text)
{
    (void)pool;
    return XXH3_64bits(text, strlen(text));
}

static bool text_is(const char *const *pool, const uint32_t *slot, const char *text)
{
    return strcmp(text_key(pool, slot), text) == 0;
}

QP_HASH(text_slots, uint32_t, const char *, const char *const *, slot_is_free, text_key, text_hash, text_is)

typedef struct {
    const qp_charsmap_rule *rule;
    automaton automaton;
    state_slots states;
    text_slots texts;
    char *pool;
    size_t pool_bytes, pool_capacity;
    struct unit {
        uint32_t value;
        bool used, is_base;
    } * unit;
    size_t unit_count, unit_capacity;
    size_t search, single[LABELS]; /* where the last state of this width is, or of one edge with this label */
} compiler;

static qp_status no_memory(void) { return qp_fail(QP_EMEMORY, "sentencepiece rules: out of memory"); }

/* ---- the automaton ---- */

static qp_status place_of_text(compiler *c, const char *text, uint32_t *place)
{
    const char *pool = c->pool;
    uint32_t *slot = text_slots_place(&c->texts, &pool, text);
    if (!slot) return no_memory();
    if (*slot == 0) {
        size_t bytes = strlen(text) + 1;
        if (!QP_GROW(c->pool, c->pool_capacity, c->pool_bytes + bytes)) return no_memory();
        memcpy(c->pool + c->pool_bytes, text, bytes);
        *slot = (uint32_t)c->pool_bytes + 1;
        c->texts.count++;
        c->pool_bytes += bytes;
    }
    *place = *slot - 1;
    return QP_OK;
}

static qp_status state_with(compiler *c, state_key key, uint32_t *number)
{
    automaton *a = &c->automaton;
    uint32_t *slot = state_slots_place(&c->states, a, key);
    if (!slot) return no_memory();
    if (*slot == 0) {
        if (!QP_GROW(a->edge, a->edge_capacity, a->edge_count + key.count)) return no_memory();
        if (!QP_GROW(a->state, a->state_capacity, a->state_count + 1)) return no_memory();
        memcpy(a->edge + a->edge_count, key.edge, key.count * sizeof *key.edge);
        a->state[a->state_count++] = (state){.first = a->edge_count, .count = key.count};
        a->edge_count += key.count;
        *slot = (uint32_t)a->state_count;
        c->states.count++;
    }
    *number = *slot - 1;
    return QP_OK;
}

/* The state after the first `depth` bytes of the keys low .. high-1, which they share. */
static qp_status add_state(compiler *c, size_t low, size_t high, size_t depth, uint32_t *number)
{
    edge own[LABELS];
    size_t count = 0;
    for (size_t i = low, end; i < high; i = end) {
        edge e = {.label = (unsigned char)c->rule[i].from[depth]};
        for (end = i + 1; end < high && (unsigned char)c->rule[end].from[depth] == e.label;) end++;
        QP_TRY(e.label ? add_state(c, i, end, depth + 1, &e.target) : place_of_text(c, c->rule[i].to, &e.target));
        own[count++] = e;
    }
    return state_with(c, (state_key){own, count}, number);
}

/* ---- the double array ---- */

static qp_status add_block(compiler *c)
{
    if (c->unit_count + BLOCK > MOST_UNITS) return qp_fail(QP_EBUG, "sentencepiece rules: too large a trie");
    if (!QP_GROW(c->unit, c->unit_capacity, c->unit_count + BLOCK)) return no_memory();
    for (size_t i = 0; i < BLOCK; i++) c->unit[c->unit_count++] = (struct unit){1u << 31 | 0xFF, false, false};
    return QP_OK;
}

static bool fits(const compiler *c, const edge *e, size_t count, uint32_t base)
{
    bool free = !c->unit[base].is_base;
    for (size_t k = 0; k < count && free; k++) free = !c->unit[base ^ e[k].label].used;
    return free;
}

/* States of one edge fill the holes; a wider one is placed after the last of its width, so that the search is short.
 * Two states never have the same base: an edge of one would be taken for the other's. */
static qp_status place_state(compiler *c, state *s)
{
    const edge *e = c->automaton.edge + s->first;
    size_t *search = s->count == 1 ? &c->single[e->label] : &c->search;
    for (size_t at = *search;; at++) {
        if (at == c->unit_count) QP_TRY(add_block(c));
        s->base = (uint32_t)at ^ e->label;
        if (!c->unit[at].used && fits(c, e, s->count, s->base)) break;
    }
    *search = (size_t)s->base ^ e->label;
    c->unit[s->base].is_base = true;
    for (size_t k = 0; k < s->count; k++) c->unit[s->base ^ e[k].label].used = true;
    return QP_OK;
}

static qp_status place_states(compiler *c)
{
    automaton *a = &c->automaton;
    size_t first_free = 0;
    QP_TRY(add_block(c));
    c->unit[0].used = c->unit[0].is_base = true; /* sentencepiece 0.2.3 refuses a root whose unit is 0 */
    for (size_t width = LABELS; width > 0; width--) {
        while (first_free < c->unit_count && c->unit[first_free].used) first_free++;
        c->search = first_free;
        for (size_t i = 0; i < a->state_count; i++) {
            if (a->state[i].count == width) QP_TRY(place_state(c, &a->state[i]));
        }
    }
    return QP_OK;
}

/* A unit that leads to a state: its label, whether a key ends there, and where the state is, relative by XOR. */
static uint32_t unit_to(const automaton *a, uint32_t at, uint32_t label, uint32_t target)
{
    const state *s = &a->state[target];
    bool ends = a->edge[s->first].label == 0;
    return label | (ends ? 1u << 8 : 0) | (at ^ s->base) << 10;
}

static qp_status write_map(const compiler *c, uint32_t root, qp_charsmap *map)
{
    const automaton *a = &c->automaton;
    map->unit = malloc(c->unit_count * sizeof *map->unit);
    map->replacement = malloc(c->pool_bytes);
    if (!map->unit || !map->replacement) return no_memory();
    for (size_t i = 0; i < c->unit_count; i++) map->unit[i] = c->unit[i].value;
    map->unit[0] = unit_to(a, 0, 0, root);
    for (size_t i = 0; i < a->state_count; i++) {
        const state *s = &a->state[i];
        for (const edge *e = a->edge + s->first, *end = e + s->count; e < end; e++) {
            uint32_t at = s->base ^ e->label;
            map->unit[at] = e->label ? unit_to(a, at, e->label, e->target) : 1u << 31 | e->target;
        }
    }
    memcpy(map->replacement, c->pool, c->pool_bytes);
    map->unit_count = c->unit_count;
    map->replacement_bytes = c->pool_bytes;
    return QP_OK;
}

static int by_from(const void *left, const void *right)
{
    const qp_charsmap_rule *a = left, *b = right;
    return strcmp(a->from, b->from);
}

qp_status qp_charsmap_compile(qp_charsmap_rule *rule, size_t count, qp_charsmap *map)
{
    compiler c = {.rule = rule};
    uint32_t root;
    *map = (qp_charsmap){0};
    if (count == 0) return QP_OK;
    qsort(rule, count, sizeof *rule, by_from);
    qp_status status = add_state(&c, 0, count, 0, &root);
    if (status == QP_OK) status = place_states(&c);
    if (status == QP_OK) status = write_map(&c, root, map);
    if (status != QP_OK) qp_charsmap_free(map);
    free(c.automaton.edge);
    free(c.automaton.state);
    state_slots_free(&c.states);
    text_slots_free(&c.texts);
    free(c.pool);
    free(c.unit);
    return status;
}
