#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

/* interrupted — signals during read(2). */
static volatile sig_atomic_t stop, signals;
static pthread_t reading;
static int end;

static void count(int number)
{
    (void)number;
    signals++;
}

/* Interrupts the waiting reader ten times, then writes what it waits for; with `ask`, the last signal asks to stop. */
static void *disturb(void *ask)
{
    for (int i = 0; i < 10; i++) {
        usleep(5000);
        if (ask && i == 9) stop = 1;
        pthread_kill(reading, SIGUSR1);
    }
    for (int i = 0; ask && i < 100 && stop == 1; i++) { /* it may not have been waiting */
        usleep(5000);
        pthread_kill(reading, SIGUSR1);
    }
    if (!ask && write(end, "line\n", 5) != 5) return NULL;
    return NULL;
}

static qp_status read_disturbed(void *ask, char **line)
{
    struct sigaction action = {.sa_handler = count}; /* no SA_RESTART */
    int pipe_end[2];
    char path[64];
    size_t bytes;
    pthread_t other;
    qp_reader *reader;
    sigaction(SIGUSR1, &action, NULL);
    cr_assert_eq(pipe(pipe_end), 0);
    end = pipe_end[1];
    reading = pthread_self();
    snprintf(path, sizeof path, "/dev/fd/%d", pipe_end[0]);
    qp_reader_stop_flag(&stop);
    cr_assert_eq(qp_reader_open(path, &reader), QP_OK);
    pthread_create(&other, NULL, disturb, ask);
    qp_status status = qp_reader_next(reader, line, &bytes);
    stop = 2;
    pthread_join(other, NULL);
    cr_assert_gt(signals, 0);
    if (status == QP_OK) cr_assert_str_eq(*line, "line");
    qp_reader_close(reader);
    return status;
}

Test(interrupted, goes_on_after_other_signals)
{
    char *line;
    cr_assert_eq(read_disturbed(NULL, &line), QP_OK);
}

Test(interrupted, ends_when_asked)
{
    char *line;
    cr_assert_eq(read_disturbed(&end, &line), QP_ESTOPPED);
}
