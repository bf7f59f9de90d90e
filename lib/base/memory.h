#ifndef QP_MEMORY_H
#define QP_MEMORY_H

#include <stddef.h>

/* qp_memory_bytes — bytes of memory this process may use: those of the machine or the limit of its control group,
 * whichever is less; 4 GiB if neither is known. Callers refuse larger needs in advance, because the system grants such
 * memory and kills the process when it is touched. */
size_t qp_memory_bytes(void);

#endif
