/* profile — CPU time of a step by operation, which is named after its backward function. */
#ifndef QP_BENCH_PROFILE_H
#define QP_BENCH_PROFILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grad/tape.h"

enum { PROFILED = 64 };

typedef struct {
    struct profiled {
        qp_backward *operation;
        double seconds[2]; /* forward, backward */
        int64_t calls;
    } of[PROFILED];
    int count;
} profile;

static void profile_spent(void *self, qp_backward *operation, bool backward, double seconds)
{
    profile *p = self;
#pragma omp critical(profile)
    {
        int i = 0;
        while (i < p->count && p->of[i].operation != operation) i++;
        if (i == p->count && p->count < PROFILED) p->of[p->count++].operation = operation;
        if (i < p->count) p->of[i].seconds[backward] += seconds, p->of[i].calls += !backward;
    }
}

static int profile_longest(const void *a, const void *b)
{
    const struct profiled *x = a, *y = b;
    double d = y->seconds[0] + y->seconds[1] - x->seconds[0] - x->seconds[1];
    return d > 0 ? 1 : d < 0 ? -1 : 0;
}

int main(int argc, char **argv);

/* The name of a function of this program, from its symbol table (nm, of binutils). */
static void profile_name(qp_backward *operation, char name[64])
{
    char line[256], symbol[200];
    unsigned long long at, main_at = 0, wanted;
    FILE *table;
    snprintf(name, 64, "?");
    for (int pass = 0; pass < 2; pass++) {
        if (!(table = popen("nm /proc/$PPID/exe 2>/dev/null", "r"))) return;
        wanted = main_at + (uintptr_t)operation - (uintptr_t)main;
        while (fgets(line, sizeof line, table)) {
            if (sscanf(line, "%llx %*c %199s", &at, symbol) != 2) continue;
            if (pass == 0 && strcmp(symbol, "main") == 0) main_at = at;
            if (pass == 1 && at == wanted) snprintf(name, 64, "%.63s", symbol);
        }
        pclose(table);
    }
}

/* One line for each operation, the longest first; cpu, optimizer: seconds of all steps. */
static void profile_print(profile *p, int steps, double cpu, double optimizer)
{
    double sum = 0;
    qsort(p->of, (size_t)p->count, sizeof *p->of, profile_longest);
    printf("%-32s %8s %12s %12s %7s\n", "operation", "calls", "forward ms", "backward ms", "share");
    for (int i = 0; i < p->count; i++) {
        const struct profiled *o = &p->of[i];
        char name[64];
        profile_name(o->operation, name);
        sum += o->seconds[0] + o->seconds[1];
        printf("%-32s %8.0f %12.2f %12.2f %6.1f%%\n", name, (double)o->calls / steps, 1e3 * o->seconds[0] / steps,
               1e3 * o->seconds[1] / steps, 100 * (o->seconds[0] + o->seconds[1]) / cpu);
    }
    printf("%-32s %8s %12s %12s %6.1f%%\n", "sums of gradients, optimizer, rest", "", "", "", 100 * (cpu - sum) / cpu);
    printf("(the optimizer takes %.2f ms of a step by the clock, a step %.2f ms of CPU)\n", 1e3 * optimizer / steps,
           1e3 * cpu / steps);
}

#endif
