#ifndef QP_VERSIONS_H
#define QP_VERSIONS_H

#include <stdio.h>

/* versions — what this program is and what it is built of. */

/* qp_versions_print — version and build of quipu, of every library, and the kernels chosen; returns 0. It only asks
 * for constants, so that it takes no time. */
int qp_versions_print(FILE *stream);

#endif
