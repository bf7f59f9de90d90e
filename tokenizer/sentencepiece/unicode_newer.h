#ifndef QP_UNICODE_NEWER_H
#define QP_UNICODE_NEWER_H

#include <stdint.h>

/* unicode_newer — characters of Unicode 16 and 17 that sentencepiece's rules know and older versions of utf8proc do
 * not. Source: UnicodeData.txt and CaseFolding.txt of Unicode 17. */
enum { QP_NEWER_FORM = 3 };

/* qp_newer_form — the compatibility decomposition of a newer character.    Returns  how many characters it has; 0: none
 * that is newer. */
int qp_newer_form(int32_t code, int32_t form[QP_NEWER_FORM]);

/* qp_newer_composed — the newer character with exactly this canonical decomposition, or 0. */
int32_t qp_newer_composed(const int32_t *form, int count);

/* qp_newer_folded — the small letter of a newer capital; others are returned as they are. */
int32_t qp_newer_folded(int32_t code);

#endif
