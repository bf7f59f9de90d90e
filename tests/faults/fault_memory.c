#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/faults/fault.h"

fault_plan *fault_shared;

bool fault_due(void)
{
    fault_plan *plan = fault_shared;
    if (!plan) return false;
    int64_t count = __atomic_add_fetch(&plan->count, 1, __ATOMIC_RELAXED);
    return plan->at > 0 && (plan->ever ? count >= plan->at : count == plan->at);
}

/* The next allocator: the C library's, or the address sanitizer's. */
static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t);
    bool ready, resolving;
} next;

/* Memory for dlsym itself, should it ask for some. */
static _Alignas(16) char early[4096];
static size_t early_used;

static bool resolve(void)
{
    if (next.ready) return true;
    if (next.resolving) return false;
    next.resolving = true;
    next.malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    next.calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    next.realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    next.memalign = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "memalign");
    next.resolving = false;
    next.ready = true;
    return true;
}

static void *early_memory(size_t bytes)
{
    size_t rounded = (bytes + 15) & ~(size_t)15;
    if (rounded > sizeof early - early_used) return NULL;
    early_used += rounded;
    return early + early_used - rounded;
}

/* Libraries that end the process themselves when their own memory fails, or whose failure is not memory to us: the
 * loader (TLS of new threads), OpenMP, OpenBLAS and the Fortran library that it opens. */
static bool is_excused(const void *caller)
{
    static const char *const library[] = {"/ld-linux",    "/libgomp",     "/libomp",
                                          "/libopenblas", "/libgfortran", "/libquadmath"};
    Dl_info information;
    if (!dladdr(caller, &information) || !information.dli_fname) return false;
    for (size_t i = 0; i < sizeof library / sizeof *library; i++)
        if (strstr(information.dli_fname, library[i])) return true;
    return false;
}

/* A new thread asks for its stack for the leak sanitizer, which ends the process if it gets no answer. */
static bool is_for_leaks(void)
{
    void *place[8];
    Dl_info information;
    int places = backtrace(place, sizeof place / sizeof *place);
    for (int i = 2; i < places; i++)
        if (dladdr(place[i], &information) && information.dli_fname && strstr(information.dli_fname, "/liblsan"))
            return true;
    return false;
}

static bool refused(const void *caller)
{
    static _Thread_local bool inside;
    fault_plan *plan = fault_shared;
    if (inside || !plan || plan->kind != FAULT_ALLOC || !fault_due()) return false;
    if (is_excused(caller)) return false;
    inside = true; /* backtrace may allocate */
    bool excused = is_for_leaks();
    inside = false;
    if (excused) return false;
    __atomic_add_fetch(&plan->hits, 1, __ATOMIC_RELAXED);
    inside = true;
    if (plan->places == 0) plan->places = backtrace(plan->place, sizeof plan->place / sizeof *plan->place);
    inside = false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t bytes)
{
    if (!resolve()) return early_memory(bytes);
    return refused(__builtin_return_address(0)) ? NULL : next.malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    if (!resolve()) return early_memory(count * bytes);
    return refused(__builtin_return_address(0)) ? NULL : next.calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes)
{
    if (!resolve()) return NULL;
    return refused(__builtin_return_address(0)) ? NULL : next.realloc(memory, bytes);
}

static void *aligned(size_t alignment, size_t bytes, const void *caller)
{
    return !resolve() || refused(caller) ? NULL : next.memalign(alignment, bytes);
}

void *memalign(size_t alignment, size_t bytes) { return aligned(alignment, bytes, __builtin_return_address(0)); }

void *aligned_alloc(size_t alignment, size_t bytes) { return aligned(alignment, bytes, __builtin_return_address(0)); }

int posix_memalign(void **memory, size_t alignment, size_t bytes)
{
    *memory = aligned(alignment, bytes, __builtin_return_address(0));
    return *memory ? 0 : ENOMEM;
}
