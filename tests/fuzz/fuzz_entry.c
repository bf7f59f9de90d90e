#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz_targets.h"

void qp_fuzz_require(int kept, const char *promise)
{
    if (kept) return;
    fprintf(stderr, "fuzz: broken promise: %s\n", promise);
    abort();
}

#ifdef QP_FUZZ_TARGET
/* The entry point of libFuzzer. FUZZ_ONLY=N: inputs that begin with another byte are not run, nor kept (-1), so that a
 * target of several readers tries one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static int only = -2;
    if (only == -2) only = getenv("FUZZ_ONLY") ? atoi(getenv("FUZZ_ONLY")) : -1;
    if (only >= 0 && bytes > 0 && data[0] != only) return -1;
    return QP_FUZZ_TARGET(data, bytes);
}
#endif
