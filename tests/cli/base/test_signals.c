#include "cli/base/signals.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

Test(signals, the_first_sets_a_flag_and_ends_a_read)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe(ends), 0);
    qp_signals_watch();
    cr_assert_eq(qp_signals_received(), 0);
    cr_assert_eq(*qp_signals_flag(), 0);
    alarm(0);
    if (fork() == 0) {
        usleep(100000);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    cr_assert_eq(read(ends[0], &byte, 1), -1);
    cr_assert_eq(errno, EINTR);
    cr_assert_eq(qp_signals_received(), SIGTERM);
    cr_assert_eq(*qp_signals_flag(), SIGTERM);
}

Test(signals, the_second_terminates, .signal = SIGINT)
{
    signal(SIGINT, SIG_DFL); /* the background processes of a shell ignore it */
    qp_signals_watch();
    raise(SIGTERM);
    raise(SIGINT);
}
