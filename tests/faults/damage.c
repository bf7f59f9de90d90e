#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/fuzz/fuzz_targets.h"

/* damage - reads a small file again and again, each time with one byte changed, cut at that byte, or with that byte
 * doubled; through the functions of tests/fuzz, which must not crash, hang or break a promise.
 *     damage TARGET KIND FILE STEP     KIND: the first byte that the target expects, or - for none
 * Prints how many damaged files were read. Every STEP-th byte is damaged; 1: all. */

enum { LONGEST = 20 }; /* seconds for one file */

static const struct {
    const char *name;
    int (*read)(const uint8_t *data, size_t bytes);
} target[] = {{"readers", qp_fuzz_readers},
              {"store", qp_fuzz_store},
              {"models", qp_fuzz_models},
              {"data", qp_fuzz_data},
              {"imports", qp_fuzz_imports},
              {"images", qp_fuzz_images},
              {"options", qp_fuzz_options}};

static char state[200]; /* what was being read, for the report of a crash */

static void crashed(int number)
{
    ssize_t put = write(STDERR_FILENO, state, strlen(state));
    _exit(put < 0 ? 1 : 128 + number);
}

typedef struct {
    int (*read)(const uint8_t *data, size_t bytes);
    const char *path;
    uint8_t *buffer;
    size_t head; /* bytes before the file: the kind */
    long done;
} damaged;

static void read_one(damaged *d, const char *how, size_t at, size_t bytes)
{
    snprintf(state, sizeof state, "%s: byte %zu %s: crash\n", d->path, at, how);
    alarm(LONGEST);
    d->read(d->buffer, d->head + bytes);
    d->done++;
}

static void damage_byte(damaged *d, const char *content, size_t bytes, size_t at)
{
    static const struct {
        const char *how;
        unsigned char and, xor;
    } change[] = {{"flipped low", 0xFF, 0x01},
                  {"flipped high", 0xFF, 0x80},
                  {"flipped", 0xFF, 0x10},
                  {"made 0", 0, 0},
                  {"made 255", 0, 0xFF}};
    uint8_t *file = d->buffer + d->head;
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        memcpy(file, content, bytes);
        file[at] = (uint8_t)((file[at] & change[i].and) ^ change[i].xor);
        read_one(d, change[i].how, at, bytes);
    }
    memcpy(file, content, bytes);
    read_one(d, "and what follows cut off", at, at);
    memmove(file + at + 1, file + at, bytes - at);
    read_one(d, "doubled", at, bytes + 1);
    memcpy(file, content, bytes);
    memmove(file + at, file + at + 1, bytes - at - 1);
    read_one(d, "left out", at, bytes - 1);
}

int main(int argc, char **argv)
{
    char *content;
    size_t bytes;
    damaged d = {0};
    if (argc != 5) return fprintf(stderr, "usage: damage TARGET KIND FILE STEP\n"), 2;
    for (size_t i = 0; i < sizeof target / sizeof *target; i++)
        if (strcmp(argv[1], target[i].name) == 0) d.read = target[i].read;
    if (!d.read || qp_file_read(argv[3], 1 << 24, &content, &bytes) != QP_OK)
        return fprintf(stderr, "damage: no target %s, or %s cannot be read\n", argv[1], argv[3]), 2;
    d.path = argv[3];
    d.head = strcmp(argv[2], "-") != 0;
    d.buffer = malloc(bytes + 2);
    const long step = strtol(argv[4], NULL, 10) > 0 ? strtol(argv[4], NULL, 10) : 1;
    if (!d.buffer) return 71;
    d.buffer[0] = (uint8_t)atoi(argv[2]);
    const int watched[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM, SIGILL};
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) signal(watched[i], crashed);
    for (size_t at = 0; at < bytes; at += (size_t)step) damage_byte(&d, content, bytes, at);
    printf("%ld damaged files of %s (%zu bytes)\n", d.done, argv[3], bytes);
    free(d.buffer);
    free(content);
    return 0;
}
