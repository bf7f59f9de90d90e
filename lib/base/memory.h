#ifndef QP_MEMORY_H
#define QP_MEMORY_H

#include <stddef.h>

/* qp_memory_bytes — bytes of memory this process may use: those of the machine or the limit of its control group,
 * whichever is less; 4 GiB if neither is known. Callers refuse larger needs in advance, because the system grants such
 * memory and kills the process when it is touched. */
size_t qp_memory_bytes(void);

/* qp_memory_large — `bytes` of memory that free() releases, aligned to 64 bytes, uninitialised; NULL: out of memory.
 * Large blocks ask for large pages: reading weights in order is a third to twice as fast where the processor need not
 * look up a page every 4 KB. */
void *qp_memory_large(size_t bytes);

#endif
