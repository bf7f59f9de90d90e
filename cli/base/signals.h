#ifndef QP_SIGNALS_H
#define QP_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* signals — Ctrl-C and SIGTERM for long commands that can save their work. */

/* qp_signals_tidy — from now on a signal that terminates the program first removes its temporary files. */
void qp_signals_tidy(void);

/* qp_signals_watch — from now on the first SIGINT, SIGTERM or SIGHUP only sets a flag and interrupts a waiting read;
 * the second one terminates the program. Without this call the first signal terminates it. */
void qp_signals_watch(void);

/* qp_signals_received — number of the received signal, or 0. */
int qp_signals_received(void);

/* qp_signals_flag — address of that number; not 0 means stop. */
const volatile sig_atomic_t *qp_signals_flag(void);

/* qp_signals_catch_lost_file — where a mapped model file has become shorter the program ends with exit code 74 and one
 * line, not with SIGBUS. */
void qp_signals_catch_lost_file(void);

#endif
