#ifndef QP_NORMALIZE_H
#define QP_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/view.h"

/* normalize — Unicode normal forms and lower case of any bytes, with spans into the original.
 *
 * Text is cut where nothing before can combine with what follows (at a starter that is neither a mark nor a medial or
 * final jamo); each such cluster is decomposed, ordered and composed. Clusters already in normal form, nearly all text,
 * are copied. Bytes that are not UTF-8 are kept. Time is linear in the length, even for long runs of combining marks.
 * Source: Unicode Standard Annex 15; character data from utf8proc. */

/* The normal forms and their names in configurations, as X(ID, text). */
#define QP_FORMS(X)                                                                                                    \
    X(QP_FORM_NONE, "none") X(QP_FORM_NFC, "nfc") X(QP_FORM_NFKC, "nfkc") X(QP_FORM_NFD, "nfd") X(QP_FORM_NFKD, "nfkd")
#define QP_FORM_ID(id, text) id,
typedef enum { QP_FORMS(QP_FORM_ID) QP_FORM_COUNT } qp_form;

/* Text that is being rewritten. With `mapped`, byte i came from bytes begin[i] .. end[i]-1 of the original; inserted
 * bytes have begin = end. All zero before the first use; its memory is reused for the next line. */
typedef struct {
    char *text;
    size_t bytes, capacity;
    bool mapped;
    uint32_t *begin, *end;
    size_t begin_capacity, end_capacity;
    int32_t *code; /* scratch of one cluster */
    size_t code_capacity;
    uint8_t *order;
    size_t order_capacity;
    int32_t *sorted;
    size_t sorted_capacity;
} qp_mapped_text;

void qp_mapped_text_free(qp_mapped_text *mapped);

/* qp_mapped_text_add — appends bytes that came from begin .. end of the original; one_to_one: byte k from begin + k. */
qp_status qp_mapped_text_add(qp_mapped_text *mapped, const char *text, size_t bytes, size_t begin, size_t end,
                             bool one_to_one);

/* qp_normalize — appends the normal form of text[0..bytes) to *out.
 * lower   every code point is mapped to lower case separately (utf8proc_tolower), after decomposition
 * Errors  QP_EMEMORY; QP_EDATA for a text of 2^31 bytes or more. */
qp_status qp_normalize(qp_form form, bool lower, const char *text, size_t bytes, qp_mapped_text *out);

/* qp_is_normal — is the text certainly in this normal form? A quick test that knows the common letters of most scripts,
 * Hangul and Han; false means unknown. */
bool qp_is_normal(qp_form form, const char *text, size_t bytes);

/* qp_nfc_view — the text in NFC, the form in which labels, tags, hypotheses and references are compared, so that text
 * that is decomposed (as macOS writes file names) equals the same text composed.
 * room    must be all zero at first; reused by the next call, which ends the view
 * Errors  those of qp_normalize. */
qp_status qp_nfc_view(qp_text text, qp_mapped_text *room, qp_text *normal);

/* qp_nfc_or_text    — the same without a status: where there is no memory for NFC, the text itself.
 * qp_nfc_characters — the code points of the text in NFC, by which scores per character are given. */
qp_text qp_nfc_or_text(const char *text, size_t bytes, qp_mapped_text *room);
int64_t qp_nfc_characters(const char *text, size_t bytes);

#endif
