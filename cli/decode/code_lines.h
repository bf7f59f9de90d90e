#ifndef QP_CODE_LINES_H
#define QP_CODE_LINES_H

#include "lib/package/package.h"

/* code_lines — lines of codes, "12 7 200 41", in place of the lines of text that an autoencoder reads.
 *
 * qp_code_lines — the model of `package` reads codes from now on; *codec encodes such lines: it borrows the package.
 * Errors  QP_EUSAGE for a model without codes; those of a line, by the codec: QP_EDATA. */
qp_status qp_code_lines(qp_package *package, qp_text_codec *codec);

#endif
