#ifndef QP_STATUS_H
#define QP_STATUS_H

/* status — the result of every function that can fail, and a message of one line.
 *
 * The library never prints and never exits. A function that fails writes one line into a buffer of the
 * calling thread (like errno) and returns a status; the caller passes the status up unchanged.
 * The message has the form `place: what is wrong; what to do`; place is `file:line` where there is one. */

typedef enum {
    QP_OK = 0,
    QP_EUSAGE,   /* wrong option, key, value or combination      exit 2  */
    QP_EDATA,    /* the content of an input is wrong              exit 65 */
    QP_ENOINPUT, /* an input is missing or unreadable             exit 66 */
    QP_EBUG,     /* a broken invariant of quipu                   exit 70 */
    QP_ESHAPE,   /* shapes of a step do not fit                   exit 70 */
    QP_EMEMORY,  /* out of memory                                 exit 71 */
    QP_ECREATE,  /* an output cannot be created                   exit 73 */
    QP_EIO,      /* read or write failed half-way                 exit 74 */
    QP_ESTOPPED  /* asked to stop (signal); work is saved         exit 130/143 */
} qp_status;

/* qp_fail — sets the message of this thread, printf-style, one line without its end, and returns `status`. */
qp_status qp_fail(qp_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* qp_fail_in — puts "place: " before the message of this thread, unless the message names the place already; returns
 * `status`. For callers that know the file when what they called does not. */
qp_status qp_fail_in(qp_status status, const char *place);

/* qp_status_of_errno — QP_EMEMORY if errno is ENOMEM, else `status`: the reason of a failed call of the C library. */
qp_status qp_status_of_errno(qp_status status);

/* qp_error_message — the message of the last qp_fail in this thread, or "". Valid until the next qp_fail. */
const char *qp_error_message(void);

/* QP_TRY — returns the status of an expression if it is not QP_OK. */
#define QP_TRY(expression)                                                                                             \
    do {                                                                                                               \
        qp_status qp_try_status_ = (expression);                                                                       \
        if (qp_try_status_ != QP_OK) return qp_try_status_;                                                            \
    } while (0)

#endif
