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
/* The entry point of libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) { return QP_FUZZ_TARGET(data, bytes); }
#endif
