#ifndef QP_MOSES_PREFIXES_H
#define QP_MOSES_PREFIXES_H

#include "lib/text/text_buffer.h"

/* qp_moses_prefixes_of — appends the abbreviations of a language as a nonbreaking_prefix file has them (see
 * qp_moses_prefixes): cs de el en es fi fr hu it nl pl pt ro ru sv. For another language those of English, as Moses
 * does. */
void qp_moses_prefixes_of(const char *language, qp_text_buffer *out);

#endif
