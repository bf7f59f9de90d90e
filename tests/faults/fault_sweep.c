#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/fault.h"
#include "tests/faults/fault_folder.h"

enum { LONGEST_RUN = 300, TEXT = 1 << 16 }; /* seconds; bytes of a message that are looked at */

typedef int main_function(int, char **, char **);

static struct {
    main_function *main;
    int argc;
    char **argv, **environment;
    const char *folder, *files, *codes, *word, *trace;
    bool resume, output;
    int findings;
} sweep;

static const char *setting(const char *name, const char *missing)
{
    const char *text = getenv(name);
    return text && *text ? text : missing;
}

static long number_setting(const char *name) { return strtol(setting(name, "0"), NULL, 10); }

static void read_plan(fault_plan *plan)
{
    static const struct {
        const char *name;
        fault_kind kind;
        int signal;
    } kind[] = {{"alloc", FAULT_ALLOC, 0},       {"error", FAULT_FAIL, 0},        {"short", FAULT_SHORT, 0},
                {"kill", FAULT_SIGNAL, SIGKILL}, {"term", FAULT_SIGNAL, SIGTERM}, {"int", FAULT_SIGNAL, SIGINT},
                {"hup", FAULT_SIGNAL, SIGHUP},   {"log", FAULT_RECORD, 0}};
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++)
        if (strcmp(setting("FAULT_KIND", ""), kind[i].name) == 0) {
            plan->kind = kind[i].kind;
            plan->signal = kind[i].signal;
        }
    plan->error = (int)number_setting("FAULT_ERROR");
    plan->calls = (int)number_setting("FAULT_CALLS");
    plan->ever = number_setting("FAULT_EVER") != 0;
}

/* The child: the program, with its output in files. */
static int run_main(int64_t at, bool faults)
{
    const char *log = setting("FAULT_LOG", NULL);
    if (chdir("work") != 0 || !freopen("../out", "w", stdout) || !freopen("../err", "w", stderr)) _exit(99);
    int input = open("../input", O_RDONLY);
    if (input >= 0 && dup2(input, 0) == 0) close(input);
    fault_shared->at = at;
    fault_shared->count = fault_shared->hits = 0;
    fault_shared->places = 0;
    fault_shared->group = 0;
    fault_shared->descriptor = -1;
    if (!faults) fault_shared = NULL;
    if (faults && fault_shared->kind == FAULT_RECORD) fault_log_open(log);
    if (faults && fault_shared->kind != FAULT_ALLOC && !fault_calls_watch()) _exit(77);
    int code = sweep.main(sweep.argc, sweep.argv, sweep.environment);
    if (faults && fault_shared->kind == FAULT_ALLOC) fault_shared = NULL; /* what looks for leaks has memory */
    return code;
}

/* The exit code of one run; 128 + the signal that ended it, 200: it did not end. Only the child returns -1. */
static int run(int64_t at, bool faults, int *code)
{
    sigset_t end, before;
    const struct timespec longest = {LONGEST_RUN, 0};
    sigemptyset(&end);
    sigaddset(&end, SIGCHLD);
    sigprocmask(SIG_BLOCK, &end, &before);
    pid_t child = fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        *code = run_main(at, faults);
        return -1;
    }
    int state = 0;
    const bool endless = sigtimedwait(&end, NULL, &longest) < 0;
    if (endless) kill(child, SIGKILL);
    waitpid(child, &state, 0);
    *code = endless ? 200 : WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    fault_shared->at = 0; /* not the calls of this process */
    return 0;
}

static void finding(int64_t at, int code, const char *what)
{
    static char message[TEXT];
    fault_read("err", message, sizeof message);
    message[strcspn(message, "\n")] = '\0';
    printf("finding: point %lld, call group %d, descriptor %d: %s; exit code %d, \"%.200s\"\n", (long long)at,
           fault_shared->group, fault_shared->descriptor, what, code, message);
    fflush(stdout);
    sweep.findings++;
    for (int i = 2; i < fault_shared->places; i++) {
        Dl_info in;
        if (!dladdr(fault_shared->place[i], &in) || !in.dli_fname) continue;
        const char *slash = strrchr(in.dli_fname, '/');
        printf(" %s+0x%lx", slash ? slash + 1 : in.dli_fname,
               (unsigned long)((char *)fault_shared->place[i] - (char *)in.dli_fbase));
    }
    if (fault_shared->places) puts("");
    fflush(stdout); /* the next child must not print it again */
}

static bool is_among(int code, const char *at)
{
    for (; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (atoi(at) == code) return true;
    return false;
}

/* What a run with a fault left. */
static void judge(int64_t at, int code)
{
    static char message[TEXT];
    const bool by_signal = fault_shared->kind == FAULT_SIGNAL && code == 128 + fault_shared->signal;
    const bool no_stderr = fault_shared->group == FAULT_WRITE && fault_shared->descriptor == 2;
    fault_read("err", message, sizeof message);
    if (code == 200)
        finding(at, code, "it does not end");
    else if (code == 0) {
        if (sweep.output && !fault_same_file("out", "straight.out"))
            finding(at, code, "success, but other output");
        else if (!fault_same_files(sweep.files, "work", "straight"))
            finding(at, code, "success, but other files");
    } else if (by_signal) {
        if (!fault_old_or_new(sweep.files)) finding(at, code, "a half-written file");
    } else {
        if (!is_among(code, sweep.codes))
            finding(at, code, "this exit code is wrong here");
        else if (!no_stderr && !strstr(message, "quipu: "))
            finding(at, code, "no message");
        else if (!no_stderr && sweep.word && !strstr(message, sweep.word))
            finding(at, code, "no message about it");
        else if (!fault_old_or_new(sweep.files))
            finding(at, code, "a half-written file");
        else if (!sweep.resume && fault_leftovers("work"))
            finding(at, code, "a temporary file is left");
    }
}

/* All points. The child returns -1 with its exit code. */
static int all_points(int64_t total, int *code, int64_t *tried, int64_t *reached)
{
    int64_t points = number_setting("FAULT_POINTS"), only = number_setting("FAULT_AT");
    const long most = strtol(setting("FAULT_MOST", "20"), NULL, 10);
    double stride = points > 0 && points < total ? (double)total / (double)points : 1;
    for (double next = only ? (double)only : 1 + (stride > 1 ? stride / 2 : 0); next <= (double)total; next += stride) {
        int64_t at = (int64_t)next;
        fault_fresh();
        if (run(at, true, code) < 0) return -1;
        ++*tried;
        *reached += fault_shared->hits > 0;
        judge(at, *code);
        if (sweep.resume) {
            fault_plan was = *fault_shared;
            if (run(0, false, code) < 0) return -1;
            *fault_shared = was;
            if (!is_among(*code, setting("FAULT_AGAIN", "0")))
                finding(at, *code, "the same command does not resume");
            else if (!fault_same_files(sweep.files, "work", "straight"))
                finding(at, *code, "resumed, but other files");
        }
        if (only || sweep.findings >= most) break;
    }
    return 0;
}

/* Of the leak sanitizer, if the program is linked with it. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* The first backtrace opens a library, whose memory the loader keeps. */
static void warm_backtrace(void)
{
    void *warm[4];
    if (__lsan_disable) __lsan_disable();
    backtrace(warm, 4);
    if (__lsan_enable) __lsan_enable();
}

/* In place of main: the straight run, then every point. */
static int sweep_main(int argc, char **argv, char **environment)
{
    int code;
    int64_t tried = 0, reached = 0;
    sweep.argc = argc;
    sweep.argv = argv;
    sweep.environment = environment;
    sweep.folder = setting("FAULT_FOLDER", ".");
    sweep.files = setting("FAULT_FILES", "");
    sweep.codes = setting("FAULT_CODES", "71");
    sweep.word = setting("FAULT_WORD", NULL);
    sweep.output = strcmp(setting("FAULT_OUTPUT", "1"), "0") != 0;
    sweep.resume = number_setting("FAULT_RESUME") != 0;
    unsetenv("LD_PRELOAD");
    warm_backtrace();
    fault_shared = mmap(NULL, sizeof *fault_shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fault_shared == MAP_FAILED || chdir(sweep.folder) != 0) return 99;
    fault_plan *shared = fault_shared;
    read_plan(shared);
    fault_fresh();
    if (run(0, true, &code) < 0) return code;
    if (code == 77) return 77;
    const int64_t total = shared->count;
    if (code != 0) finding(0, code, "it fails without a fault");
    fault_keep_straight();
    if (code == 0 && shared->kind != FAULT_RECORD && all_points(total, &code, &tried, &reached) < 0) return code;
    printf("%lld of %lld points, %lld reached, %d findings\n", (long long)tried, (long long)total, (long long)reached,
           sweep.findings);
    return sweep.findings > 0;
}

/* The C library calls this with main. */
int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
    start_function *start = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
    sweep.main = program;
    return start(getenv("FAULT_KIND") ? sweep_main : program, argc, argv, init, fini, rtld_fini, stack_end);
}
