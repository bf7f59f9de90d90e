#ifndef QP_HASH_H
#define QP_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* QP_HASH — an open-addressing hash table for entries of one type: defines the struct `name` and
 *   entry *name_find(const name *table, context self, key wanted)    the entry, or NULL
 *   entry *name_place(name *table, context self, key wanted)         the entry, or the free one where it belongs: fill
 *                                                                    it and add 1 to table->count; NULL without memory
 *   void   name_free(name *table)                                    frees the table; what entries own is the caller's
 * name      begins the names of the functions
 * entry     what is stored, key included
 * key       what is looked for
 * context   type of what hashing and comparing depend on (`const void *` and NULL where it is nothing)
 * is_free   bool is_free(const entry *e): true of zeroed memory, false of every filled entry
 * key_of    key key_of(context self, const entry *e)
 * hash      uint64_t hash(context self, key wanted): its low bits must be well mixed
 * same      bool same(context self, const entry *e, key wanted)
 * Linear probing, doubled when two thirds are full. An all-zero struct is an empty table. Entries move when the table
 * grows, so pointers hold until the next name_place. Nothing is removed. Source: Knuth, TAOCP 3, section 6.4. */
#define QP_HASH(name, entry, key, context, is_free, key_of, hash, same)                                                \
    typedef struct {                                                                                                   \
        entry *slot;                                                                                                   \
        size_t mask, count; /* mask + 1 slots, a power of two; or none */                                              \
    } name;                                                                                                            \
    __attribute__((unused)) static inline entry *name##_seek(const name *table, context self, key wanted)              \
    {                                                                                                                  \
        size_t at = (size_t)hash(self, wanted) & table->mask;                                                          \
        while (!is_free(&table->slot[at]) && !same(self, &table->slot[at], wanted)) at = (at + 1) & table->mask;       \
        return &table->slot[at];                                                                                       \
    }                                                                                                                  \
    __attribute__((unused)) static inline entry *name##_find(const name *table, context self, key wanted)              \
    {                                                                                                                  \
        if (!table->slot) return NULL;                                                                                 \
        entry *found = name##_seek(table, self, wanted);                                                               \
        return is_free(found) ? NULL : found;                                                                          \
    }                                                                                                                  \
    __attribute__((unused)) static inline bool name##_grow(name *table, context self)                                  \
    {                                                                                                                  \
        size_t slots = table->slot ? (table->mask + 1) * 2 : 16;                                                       \
        name larger = {slots < table->mask ? NULL : calloc(slots, sizeof(entry)), slots - 1, table->count};            \
        if (!larger.slot) return false;                                                                                \
        for (size_t i = 0; table->slot && i <= table->mask; i++)                                                       \
            if (!is_free(&table->slot[i])) *name##_seek(&larger, self, key_of(self, &table->slot[i])) = table->slot[i];\
        free(table->slot);                                                                                             \
        *table = larger;                                                                                               \
        return true;                                                                                                   \
    }                                                                                                                  \
    __attribute__((unused)) static inline entry *name##_place(name *table, context self, key wanted)                   \
    {                                                                                                                  \
        bool full = !table->slot || (table->count + 1) * 3 > (table->mask + 1) * 2;                                    \
        return full && !name##_grow(table, self) ? NULL : name##_seek(table, self, wanted);                            \
    }                                                                                                                  \
    __attribute__((unused)) static inline void name##_free(name *table)                                                \
    {                                                                                                                  \
        free(table->slot);                                                                                             \
        *table = (name){0};                                                                                            \
    }

#endif
