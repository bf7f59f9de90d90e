#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/faults/fault_folder.h"
#include "tests/faults/power_disk.h"

/* power_replay - the power fails at every moment of a logged run: every disk that may be left (power_disk.h) must hold
 * the old file or the new one and all that was saved, and the command must end with the file of the straight run.
 *     power_replay LOG COMMAND...
 * in the folder of a sweep (fault_folder.h: seed, straight). Variables: FAULT_FILES, the files that the command makes;
 * FAULT_AGAIN, its right exit codes (0); FAULT_POINTS, the most disks that are tried, spread evenly; 0: all. */

/* What may be left at a moment of the changes that are not yet safe. */
typedef enum {
    ALL,           /* everything */
    NOTHING,       /* nothing */
    ENTRIES,       /* names, but not what is in the files */
    CONTENTS,      /* what is in the files, but not the names */
    HALVES,        /* half of each write */
    ZEROS,         /* sizes, but zeros for contents */
    HALF_THE_LAST, /* all, but half of the last write */
    PLAIN_CASES,
    WITHOUT_ONE = PLAIN_CASES, /* all but one */
    ONLY_ONE,                  /* one alone: reordered before all others */
    CASES
} power_case;

enum { SHOWN = 20 };

typedef struct {
    int step;
    power_case what;
    int one;
} moment;

static power_log run_log;
static power_share *share;
static moment *kept;
static uint64_t *seen;
static int kept_count, findings;
static const char *files, *codes;

static bool is_content(const power_change *c) { return c->kind == POWER_WRITE || c->kind == POWER_CUT; }
static bool is_pending(const power_change *c, int step) { return c->step < step && c->safe >= step; }

static power_share share_of(const power_change *c, int i, const moment *m)
{
    const bool content = is_content(c);
    switch (m->what) {
    case NOTHING: return POWER_GONE;
    case ENTRIES: return content ? POWER_GONE : POWER_DONE;
    case CONTENTS: return content ? POWER_DONE : POWER_GONE;
    case HALVES: return content ? POWER_HALF : POWER_DONE;
    case ZEROS: return content ? POWER_ZEROS : POWER_DONE;
    case HALF_THE_LAST: return i == m->one ? POWER_HALF : POWER_DONE;
    case WITHOUT_ONE: return i == m->one ? POWER_GONE : POWER_DONE;
    case ONLY_ONE: return i == m->one ? POWER_DONE : POWER_GONE;
    default: return POWER_DONE;
    }
}

static void build(const moment *m)
{
    for (int i = 0; i < run_log.changes; i++) {
        const power_change *c = &run_log.change[i];
        share[i] = is_pending(c, m->step) ? share_of(c, i, m) : POWER_DONE;
    }
    power_disk_build(&run_log, share, m->step);
}

static void finding(const moment *m, const char *what, const char *name)
{
    if (findings++ < SHOWN)
        printf("finding: before call %d of %d, case %d, change %d: %s: %s\n", m->step, run_log.steps, (int)m->what,
               m->one, name, what);
}

/* What was saved stays: a name whose folder was synced, unless the program itself replaced or removed it. */
static void check_promises(const moment *m, const bool *promised)
{
    for (int i = 0; i < run_log.changes; i++)
        if (promised[i] && !power_disk_holds(&run_log.change[i]))
            finding(m, "was saved and is gone", run_log.change[i].name);
}

static void keep_new(const moment *m)
{
    uint64_t hash = power_disk_hash();
    for (int i = 0; i < kept_count; i++)
        if (seen[i] == hash) return;
    moment *grown = realloc(kept, (size_t)(kept_count + 1) * sizeof *grown);
    uint64_t *hashes = grown ? realloc(seen, (size_t)(kept_count + 1) * sizeof *hashes) : NULL;
    if (!grown || !hashes) abort();
    kept = grown;
    seen = hashes;
    kept[kept_count] = *m;
    seen[kept_count++] = hash;
}

/* All disks that may be left before call `step`. */
static void note_step(int step, bool *promised)
{
    moment m = {.step = step, .what = ALL};
    build(&m);
    for (int i = 0; i < run_log.changes; i++) {
        const power_change *c = &run_log.change[i];
        promised[i] = c->kind == POWER_RENAME && c->safe < step && power_disk_holds(c);
    }
    for (power_case what = ALL; what < CASES; what++) {
        m.what = what;
        for (int i = what < HALF_THE_LAST ? run_log.changes - 1 : 0; i < run_log.changes; i++) {
            const power_change *c = &run_log.change[i];
            m.one = i;
            if (what >= HALF_THE_LAST && !is_pending(c, step)) continue;
            if (what == HALF_THE_LAST && (c->kind != POWER_WRITE || c->step != step - 1)) continue;
            build(&m);
            check_promises(&m, promised);
            keep_new(&m);
        }
    }
}

/* A file that is renamed before it was synced may be empty under its final name. */
static void check_renames(void)
{
    for (int i = 0; i < run_log.changes; i++) {
        const power_change *name = &run_log.change[i];
        bool early = false;
        for (int k = 0; k < i && name->kind == POWER_RENAME; k++) {
            const power_change *c = &run_log.change[k];
            early = early || (c->node == name->node && is_content(c) && is_pending(c, name->step));
        }
        if (early) finding(&(moment){name->step, ALL, i}, "renamed before it was synced", name->name);
    }
}

static int run(char **command)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int none = open("/dev/null", O_RDONLY);
        if (chdir("work") != 0 || dup2(none, 0) < 0 || !freopen("../out", "w", stdout) ||
            !freopen("../err", "w", stderr))
            _exit(99);
        execv(command[0], command);
        _exit(99);
    }
    int state = 0;
    if (child < 0 || waitpid(child, &state, 0) < 0) return 99;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static bool is_right(int code)
{
    for (const char *at = codes; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (atoi(at) == code) return true;
    return false;
}

/* Makes the disk, looks at it, and runs the command on it. */
static void try(const moment *m, char **command)
{
    char message[300], what[400];
    build(m);
    if (qp_file_remove_tree("work") != QP_OK || mkdir("work", 0777) != 0 || !power_disk_write("work")) {
        finding(m, "the disk cannot be made", "work");
        return;
    }
    if (!fault_old_or_new(files)) finding(m, "neither the old file nor the new one", files);
    int code = run(command);
    fault_read("err", message, sizeof message);
    message[strcspn(message, "\n")] = '\0';
    snprintf(what, sizeof what, "exit code %d, \"%s\"", code, message);
    if (!is_right(code))
        finding(m, what, "the same command fails");
    else if (code == 0 && !fault_same_files(files, "work", "straight"))
        finding(m, "another file than the straight run's", files);
    else if (!fault_old_or_new(files))
        finding(m, "neither the old file nor the new one at the end", files);
}

static const char *setting(const char *name, const char *missing)
{
    const char *text = getenv(name);
    return text && *text ? text : missing;
}

int main(int argc, char **argv)
{
    if (argc < 3) return fprintf(stderr, "usage: power_replay LOG COMMAND...\n"), 2;
    files = setting("FAULT_FILES", "");
    codes = setting("FAULT_AGAIN", "0");
    const long points = strtol(setting("FAULT_POINTS", "0"), NULL, 10);
    if (!power_log_read(argv[1], &run_log) || run_log.changes == 0)
        return fprintf(stderr, "power_replay: %s: not a log of changes\n", argv[1]), 1;
    bool *promised = calloc((size_t)run_log.changes, sizeof *promised);
    share = calloc((size_t)run_log.changes, sizeof *share);
    if (!promised || !share) return 71;
    check_renames();
    for (int step = 0; step <= run_log.steps; step++) note_step(step, promised);
    double stride = points > 0 && points < kept_count ? (double)kept_count / (double)points : 1;
    int tried = 0;
    for (double next = 0; next < kept_count && findings < SHOWN; next += stride, tried++)
        try(&kept[(int)next], argv + 2);
    printf("%d of %d disks, after %d calls, %d findings\n", tried, kept_count, run_log.steps, findings);
    return findings > 0;
}
