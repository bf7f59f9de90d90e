#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <net/if.h>
#include <omp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/base/commands.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "lib/base/memory.h"
#include "lib/cluster/cluster.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/kernels/cpu.h"

/* Needs of a small training; less is possible, but reported. */
#define WANTED_MEMORY 1e9
#define WANTED_DISK 1e9

static const qp_command doctor = {
    .name = "doctor",
    .summary = "this machine: kernels, libraries, threads, memory, disk, locale, and what to do about each finding",
    .usage = "",
    .notes = "Exit code 0: nothing to do; 1: at least one line is marked with !! and says what to do.",
};

static int problems;

static void finding(bool good, const char *subject, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void finding(bool good, const char *subject, const char *format, ...)
{
    problems += !good;
    printf("%s %-9s", good ? "  " : "!!", subject);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

/* The value of the first line "key : value" of a file of /proc; false when there is none. */
static bool proc_value(const char *path, const char *key, char *value, size_t bytes)
{
    FILE *stream = fopen(path, "r");
    if (!stream) return false;
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, stream)) {
        char *colon = strchr(line, ':');
        found = colon && strncmp(line, key, strlen(key)) == 0;
        if (!found) continue;
        colon += 1 + strspn(colon + 1, " \t");
        colon[strcspn(colon, "\n")] = '\0';
        snprintf(value, bytes, "%s", colon);
    }
    fclose(stream);
    return found;
}

/* The first two numbers of a file of the control group ("max" is none); how many there were. */
static int group_numbers(const char *path, double number[2])
{
    FILE *stream = fopen(path, "r");
    if (!stream) return 0;
    int count = fscanf(stream, "%lf %lf", &number[0], &number[1]);
    fclose(stream);
    return count < 0 ? 0 : count;
}

static void examine_cpu(void)
{
    char model[200] = "unknown CPU";
    const char *wanted;
    proc_value("/proc/cpuinfo", "model name", model, sizeof model);
    bool possible = qp_cpu_check(&wanted);
    qp_cpu level = qp_cpu_level(), widest = QP_CPU_AVX512;
    while (!qp_cpu_supports(widest)) widest--;
    if (!possible)
        finding(false, "CPU", "%s; QUIPU_CPU=%.40s is not possible here: unset it, or set one of scalar .. %s", model,
                wanted, qp_cpu_name(widest));
    else if (level != widest)
        finding(false, "CPU", "%s; kernels %s because of QUIPU_CPU: unset it to use %s", model, qp_cpu_name(level),
                qp_cpu_name(widest));
    else
        finding(true, "CPU", "%s; kernels %s%s", model, qp_cpu_name(level),
                level == QP_CPU_SCALAR ? " (no AVX2: several times slower than a CPU that has it)" : "");
    finding(true, "bf16", "%s; train --precision bf16 makes the same bits on every CPU", qp_gemm_bf16_kernels());
    const char *library = qp_gemm_library();
    bool opened = strncmp(library, "none", 4) != 0;
    finding(opened || level != QP_CPU_SCALAR, "BLAS", "%s%s", library,
            opened || level != QP_CPU_SCALAR ? "" : ": install it, products are many times slower without");
}

/* "0-3,8": the numbers of a set of processors. */
static const char *processor_list(const cpu_set_t *set, char *text, size_t bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t first = 0, end; first < CPU_SETSIZE && used + 24 < bytes; first = end + 1) {
        for (end = first; end < CPU_SETSIZE && CPU_ISSET(end, set);) end++;
        if (end == first) continue;
        used += (size_t)sprintf(text + used, "%s%zu", used ? "," : "", first);
        if (end > first + 1) used += (size_t)sprintf(text + used, "-%zu", end - 1);
    }
    return text;
}

static void examine_threads(void)
{
    cpu_set_t allowed;
    char list[100];
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int usable = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : (int)online;
    int threads = omp_get_max_threads();
    double quota[2] = {0, 0};
    bool limited = group_numbers("/sys/fs/cgroup/cpu.max", quota) == 2 && quota[1] > 0;
    double processors = limited && quota[0] / quota[1] < usable ? quota[0] / quota[1] : usable;
    if (threads > processors + 0.5)
        finding(false, "threads", "%d, but %.3g processors may be used: give --threads %d, or set OMP_NUM_THREADS",
                threads, processors, processors < 1 ? 1 : (int)processors);
    else if (threads < usable && processors >= usable)
        finding(true, "threads", "%d of %d processors (OMP_NUM_THREADS says so; --threads overrides it)", threads,
                usable);
    else if (usable < online && usable == CPU_COUNT(&allowed))
        finding(true, "threads", "%d of %ld processors, bound to %s", threads, online,
                processor_list(&allowed, list, sizeof list));
    else
        finding(true, "threads", "%d of %ld processors", threads, online);
}

/* Connections to other machines that are up, with their speed where the driver knows it. */
static void examine_network(void)
{
    struct if_nameindex *network = if_nameindex();
    char list[300] = "", path[100];
    size_t used = 0;
    for (int i = 0; network && network[i].if_index != 0; i++) {
        double speed[2] = {0, 0};
        snprintf(path, sizeof path, "/sys/class/net/%.64s/speed", network[i].if_name);
        bool known = group_numbers(path, speed) >= 1 && speed[0] > 0;
        if (strcmp(network[i].if_name, "lo") == 0 || used + 100 > sizeof list) continue;
        used += (size_t)sprintf(list + used, "%s%.64s", used ? ", " : "", network[i].if_name);
        if (known) used += (size_t)sprintf(list + used, " (%.4g Gbit/s)", speed[0] / 1000);
    }
    if (network) if_freenameindex(network);
    finding(true, "network", "%s", used ? list : "none");
}

/* Whether several machines can train together. */
static void examine_cluster(void)
{
    const char *library = qp_cluster_library();
    int launched = qp_cluster_launched();
    char rank[60] = "";
    if (launched > 1) snprintf(rank, sizeof rank, "; this is rank %d of %d", qp_cluster_launch_rank(), launched);
    if (!library && launched > 1)
        finding(false, "cluster", "started as %d processes, but built without MPI: build with make MPI=1", launched);
    else
        finding(true, "cluster", "%s%s", library ? library : "without MPI, one machine trains (make MPI=1: several)",
                rank);
    if (library) examine_network();
}

static void examine_memory(void)
{
    char value[100], text[2][40];
    double available = proc_value("/proc/meminfo", "MemAvailable", value, sizeof value) ? 1024 * atof(value) : 0;
    double total = (double)qp_memory_bytes(), limit[2], used[2];
    if (group_numbers("/sys/fs/cgroup/memory.max", limit) >= 1) {
        bool known = group_numbers("/sys/fs/cgroup/memory.current", used) >= 1;
        if (known && limit[0] - used[0] < available) available = limit[0] - used[0];
    }
    if (available <= 0) available = total;
    bool enough = available >= WANTED_MEMORY;
    finding(enough, "memory", "%s free of %s%s", qp_text_size(available, text[0], sizeof text[0]),
            qp_text_size(total, text[1], sizeof text[1]),
            enough ? "" : ": stop other programs, or train with a smaller --batch-size");
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
        finding(false, "memory", "address space is limited to %s: run ulimit -v unlimited",
                qp_text_size((double)space.rlim_cur, text[0], sizeof text[0]));
}

static void examine_disk(void)
{
    struct statvfs system;
    char text[40];
    if (statvfs(".", &system) != 0) {
        finding(false, "disk", "this folder cannot be examined: %s; go to another one", strerror(errno));
        return;
    }
    double room = (double)system.f_bavail * (double)system.f_frsize;
    bool enough = room >= WANTED_DISK;
    finding(enough, "disk", "%s free in this folder%s", qp_text_size(room, text, sizeof text),
            enough ? "" : ": make room, or put the model elsewhere with -m");
    if (access(".", W_OK) != 0)
        finding(false, "disk", "this folder cannot be written: put the model elsewhere with -m");
}

static void examine_locale(void)
{
    const char *name = setlocale(LC_CTYPE, "");
    const char *codeset = name ? nl_langinfo(CODESET) : "";
    if (!name)
        finding(false, "locale", "the locale of LC_ALL, LC_CTYPE or LANG is not installed: say export LC_ALL=C.UTF-8");
    else if (strcmp(codeset, "UTF-8") != 0)
        finding(false, "locale",
                "%s (%s): files are read as UTF-8 all the same, but the terminal may show other "
                "letters; say export LC_ALL=C.UTF-8",
                name, codeset);
    else
        finding(true, "locale", "%s", name);
    setlocale(LC_CTYPE, "C");
}

int qp_cmd_doctor(int argc, char **argv)
{
    qp_options options;
    int code;
    if (!qp_options_begin(&options, &doctor, argc, argv, &code)) return code;
    problems = 0;
    setvbuf(stdout, NULL, _IOFBF, 1 << 14); /* at once, so that the reports of several ranks do not mix */
    examine_cpu();
    examine_threads();
    examine_cluster();
    examine_memory();
    examine_disk();
    examine_locale();
    if (problems == 0) puts("nothing to do");
    qp_options_free(&options);
    return problems > 0;
}
