#include "lib/base/temporaries.h"

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { MOST = 256 };

static _Atomic(const char *) path_of[MOST];

void qp_temporaries_add(const char *path)
{
    for (int i = 0; i < MOST; i++) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&path_of[i], &none, path)) return;
    }
}

void qp_temporaries_drop(const char *path)
{
    for (int i = 0; i < MOST; i++) {
        const char *expected = path;
        if (path && atomic_compare_exchange_strong(&path_of[i], &expected, NULL)) return;
    }
}

void qp_temporaries_remove(void)
{
    for (int i = 0; i < MOST; i++) {
        const char *path = atomic_load(&path_of[i]);
        if (path) unlink(path);
    }
}
