#define _GNU_SOURCE
#include "cli/base/signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/files/map.h"
#include "lib/base/temporaries.h"

static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
enum { WATCHED = sizeof watched / sizeof *watched };

static volatile sig_atomic_t received;

static void handle(void (*handler)(int number), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < WATCHED; i++) {
        struct sigaction before; /* signals ignored by nohup or a background shell stay ignored */
        if (sigaction(watched[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
}

static void tidy(int number)
{
    qp_temporaries_remove();
    raise(number);
}

void qp_signals_tidy(void) { handle(tidy, (int)SA_RESETHAND); }

static void remember(int number)
{
    received = number;
    qp_signals_tidy(); /* the next signal terminates */
}

void qp_signals_watch(void)
{
    qp_reader_stop_flag(&received);
    handle(remember, 0); /* no SA_RESTART: a waiting read must return */
}

const volatile sig_atomic_t *qp_signals_flag(void) { return &received; }

int qp_signals_received(void) { return (int)received; }

static bool put(const char *text) { return write(STDERR_FILENO, text, strlen(text)) >= 0; }

static void on_bus_error(int number, siginfo_t *information, void *context)
{
    const char *path = qp_map_path_at(information->si_addr);
    (void)context;
    if (!path) {
        signal(number, SIG_DFL); /* the instruction fails again */
        return;
    }
    if (put("quipu: ") && put(path)) put(": became shorter while it was in use; fetch or make it again\n");
    _exit(74);
}

void qp_signals_catch_lost_file(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
