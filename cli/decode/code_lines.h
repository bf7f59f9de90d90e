#ifndef QP_CODE_LINES_H
#define QP_CODE_LINES_H

#include "cli/base/chunks.h"
#include "lib/package/package.h"

/* code_lines — lines of codes, "12 7 200 41", in place of the lines of text that an autoencoder reads.
 *
 * qp_code_lines — the model of `package` reads codes from now on; *codec encodes such lines: it borrows the package.
 * qp_code_lines_check — has every line of a chunk that is not blank as many codes as the model has parts?
 * Errors  QP_EUSAGE for a model without codes; those of a line, by the codec or with its place: QP_EDATA. */
qp_status qp_code_lines(qp_package *package, qp_text_codec *codec);
qp_status qp_code_lines_check(const qp_model *model, const qp_chunks *chunks);

#endif
