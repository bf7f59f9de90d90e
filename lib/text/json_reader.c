#include "lib/text/json_reader.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* jansson 2.14 is not safe when an allocation fails: it reports some failures as bad syntax, and after others it frees
 * memory twice or ends the process. So its memory is taken before it starts: one block that is large enough for any
 * text with as many brackets, commas and colons. The block is freed with the last value in it.
 *
 * jansson allocates through two functions that hold for the whole process. Ours call those that were set before, except
 * in a thread that is reading, and for what such a thread took. */
typedef struct block block;
struct block {
    block *next;
    size_t used, bytes; /* of `memory` */
    size_t values;      /* allocations not freed yet, and one while jansson is reading */
    bool exhausted;
    alignas(max_align_t) unsigned char memory[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static json_malloc_t inner_malloc;
static json_free_t inner_free;
static block *blocks;
static _Thread_local block *reading;

static void *block_malloc(size_t bytes)
{
    if (!reading) return inner_malloc(bytes);
    size_t rounded = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded < bytes || rounded > reading->bytes - reading->used) {
        reading->exhausted = true;
        return NULL;
    }
    void *taken = reading->memory + reading->used;
    reading->used += rounded;
    reading->values++;
    return taken;
}

/* One value less: frees a block without values. Called with the lock held. */
static void release(block **link)
{
    block *b = *link;
    if (--b->values > 0) return;
    *link = b->next;
    free(b);
}

static void block_free(void *memory)
{
    if (!memory) return;
    pthread_mutex_lock(&lock);
    block **link = &blocks;
    while (*link &&
           !((unsigned char *)memory >= (*link)->memory && (unsigned char *)memory < (*link)->memory + (*link)->bytes))
        link = &(*link)->next;
    bool found = *link != NULL;
    if (found) release(link);
    pthread_mutex_unlock(&lock);
    if (!found) inner_free(memory);
}

/* An upper bound of what jansson takes for a text: the sizes of its structures, each list and table doubled when full,
 * without reuse of what it frees. A key's 256 bytes include its value. */
static size_t bytes_for(const char *text, size_t bytes)
{
    size_t objects = 0, arrays = 0, values = 1, keys = 0;
    for (size_t i = 0; i < bytes; i++) {
        objects += text[i] == '{';
        arrays += text[i] == '[';
        keys += text[i] == ':';
        values += text[i] == ',';
    }
    values += objects + arrays;
    return 4096 + 8 * bytes + 288 * objects + 176 * arrays + 256 * keys + 160 * values;
}

static block *begin(size_t bytes)
{
    block *b = malloc(sizeof *b + bytes);
    if (!b) return NULL;
    json_malloc_t allocate;
    json_free_t free_one;
    pthread_mutex_lock(&lock);
    json_get_alloc_funcs(&allocate, &free_one);
    if (allocate != block_malloc) {
        inner_malloc = allocate;
        inner_free = free_one;
        json_set_alloc_funcs(block_malloc, block_free);
    }
    *b = (block){.next = blocks, .bytes = bytes, .values = 1};
    blocks = b;
    pthread_mutex_unlock(&lock);
    return reading = b;
}

/* Whether the block was large enough. */
static bool end(block *b)
{
    bool enough = !b->exhausted;
    reading = NULL;
    pthread_mutex_lock(&lock);
    block **link = &blocks;
    while (*link != b) link = &(*link)->next;
    release(link);
    pthread_mutex_unlock(&lock);
    return enough;
}

qp_status qp_json_read(const char *place, const char *text, size_t bytes, size_t flags, json_t **root)
{
    json_error_t error;
    *root = NULL;
    block *b = bytes < SIZE_MAX / 1024 ? begin(bytes_for(text, bytes)) : NULL;
    if (!b) return qp_fail(QP_EMEMORY, "%s: out of memory while reading it", place);
    *root = json_loadb(text, bytes, flags, &error);
    if (!end(b)) {
        json_decref(*root);
        *root = NULL;
        return qp_fail(QP_EBUG, "%s: JSON of %zu bytes needs more memory than quipu reckoned", place, bytes);
    }
    if (*root) return QP_OK;
    int line = error.line > 0 ? error.line : 1;
    return qp_fail(QP_EDATA, "%s:%d: not JSON: %s; fetch or make the file again", place, line, error.text);
}
