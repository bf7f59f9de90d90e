#ifndef QP_WARNINGS_H
#define QP_WARNINGS_H

#include <stdint.h>

/* warnings — one warning for each kind of problem, with a count, instead of one for each line. */
typedef struct {
    char text[700]; /* of the first line concerned, its place included */
    int64_t count;  /* lines concerned */
} qp_warning;

/* qp_warning_add — count one more line; the first one's place and text are kept.
 * qp_warning_report — print "PLACE:LINE: TEXT (the same in N more lines)", or nothing if no line was added. */
void qp_warning_add(qp_warning *warning, const char *path, int64_t line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void qp_warning_report(const qp_warning *warning);

/* What several commands say of a text that is too long for the model. Tokens of the text, tokens read. */
#define QP_WINDOW_WARNING "%lld tokens are more than the %lld the model reads at once; read in overlapping windows"
#define QP_CUT_WARNING "%lld tokens are more than the model reads; cut to %lld"

#endif
