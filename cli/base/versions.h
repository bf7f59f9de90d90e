#ifndef QP_VERSIONS_H
#define QP_VERSIONS_H

#include <stdio.h>

/* versions — versions of the program and its libraries. */

/* qp_versions_print — print version and build of quipu, the versions of all libraries, and the kernels; returns 0. */
int qp_versions_print(FILE *stream);

#endif
