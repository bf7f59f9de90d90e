#ifndef QP_MEMORY_H
#define QP_MEMORY_H

#include <stddef.h>

/* qp_memory_bytes — bytes of memory this process may ever use: the machine's, or the limit of its control group when that
 * is less; 4 GiB where neither is told. What needs more is refused before it is begun: the system would not refuse it,
 * but kill whoever touches the last page. */
size_t qp_memory_bytes(void);

#endif
