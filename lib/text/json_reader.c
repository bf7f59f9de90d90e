#include "lib/text/json_reader.h"

#include <pthread.h>
#include <stdbool.h>

/* jansson allocates through two functions that hold for the whole process. Ours call those that were set before, and
 * note a failure for their own thread, so that threads and other users of jansson do not disturb one another. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static json_malloc_t inner_malloc;
static _Thread_local bool no_memory;

static void *noting_malloc(size_t bytes)
{
    void *memory = inner_malloc(bytes);
    if (!memory) no_memory = true;
    return memory;
}

static void watch_allocations(void)
{
    json_malloc_t allocate;
    json_free_t release;
    pthread_mutex_lock(&lock);
    json_get_alloc_funcs(&allocate, &release);
    if (allocate != noting_malloc) {
        inner_malloc = allocate;
        json_set_alloc_funcs(noting_malloc, release);
    }
    pthread_mutex_unlock(&lock);
}

qp_status qp_json_read(const char *place, const char *text, size_t bytes, size_t flags, json_t **root)
{
    json_error_t error;
    watch_allocations();
    no_memory = false;
    *root = json_loadb(text, bytes, flags, &error);
    if (no_memory) {
        json_decref(*root);
        *root = NULL;
        return qp_fail(QP_EMEMORY, "%s: out of memory while reading it", place);
    }
    if (*root) return QP_OK;
    int line = error.line > 0 ? error.line : 1;
    return qp_fail(QP_EDATA, "%s:%d: not JSON: %s; fetch or make the file again", place, line, error.text);
}
