#ifndef QP_QUIPU_INTERNAL_H
#define QP_QUIPU_INTERNAL_H

#include "lib/config/config.h"
#include "lib/decode/lines.h"
#include "lib/package/package.h"
#include "lib/quipu.h"

/* What the files of the public interface share. A result is a qp_status until it leaves the library.
 *
 * qp_quipu_options — set the options of a call, found in any of the tables, after their defaults and the model's rules
 *   of decoding.
 *   Errors  QP_EUSAGE: a struct without size, an unknown option, a bad value.
 * qp_quipu_threads, qp_quipu_batch — the numbers of `options`, which may be NULL.
 * qp_quipu_task — QP_EUSAGE unless the package's task is one of a list ended by -1; `what` names the call.
 * qp_quipu_lines — views of texts, malloc'ed; NULL: out of memory, as qp_fail has said. */
qp_status qp_quipu_options(const qp_package *package, const quipu_options *options,
                           const qp_field_table *const *table, void *const *object, int tables);
int qp_quipu_threads(const quipu_options *options);
int qp_quipu_batch(const quipu_options *options);
qp_status qp_quipu_task(const qp_package *package, const char *what, const int *task);
qp_line *qp_quipu_lines(const char *const *text, int count);

#endif
