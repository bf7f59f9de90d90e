/* toy_reverse — numbers and their reverse; see toy.h */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "data/toy/toy.h"
#include "lib/base/file.h"
#include "lib/base/hash_set.h"
#include "lib/base/random.h"

enum {
    MOST_NUMBERS = 25,
    NUMBERS = 50,
    LINE_BYTES = MOST_NUMBERS * 3 + 1,
    MOST_LINES = 10000000,
    MOST_REPEATS = 100000
};

typedef struct {
    uint64_t key, draw;
    qp_hash_set seen;
} reverser;

static void print_numbers(char line[LINE_BYTES], const int *number, int count, bool reversed)
{
    int used = 0;
    for (int i = 0; i < count; i++)
        used += snprintf(line + used, (size_t)(LINE_BYTES - used), "%s%d", i ? " " : "",
                         number[reversed ? count - 1 - i : i]);
}

/* One new line, and its reverse. */
static qp_status draw_line(reverser *r, char source[LINE_BYTES], char target[LINE_BYTES])
{
    for (int repeat = 0; repeat < MOST_REPEATS; repeat++) {
        uint64_t key = qp_random_key(r->key, r->draw++);
        int number[MOST_NUMBERS], count = 1 + (int)qp_random_below(key, 0, MOST_NUMBERS);
        for (int i = 0; i < count; i++) number[i] = (int)qp_random_below(key, (uint64_t)i + 1, NUMBERS);
        print_numbers(source, number, count, false);
        print_numbers(target, number, count, true);
        uint64_t hash = qp_hash_text(source, strlen(source));
        if (qp_hash_set_get(&r->seen, hash)) continue;
        return qp_hash_set_add(&r->seen, hash);
    }
    return qp_fail(QP_EBUG, "reverse corpus: no new line found; ask for fewer lines");
}

static qp_status open_side(const char *folder, const char *part, const char *side, qp_writer **writer)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s.%s", folder, part, side);
    if (length < 0 || (size_t)length >= sizeof path)
        return qp_fail(QP_ECREATE, "%.60s...: the path is too long; use a shorter one", folder);
    return qp_writer_open(path, writer);
}

static qp_status write_part(reverser *r, const char *folder, const char *part, int lines)
{
    qp_writer *source, *target;
    QP_TRY(open_side(folder, part, "src", &source));
    qp_status status = open_side(folder, part, "trg", &target);
    if (status != QP_OK) {
        qp_writer_abort(source);
        return status;
    }
    for (int i = 0; i < lines && status == QP_OK; i++) {
        char given[LINE_BYTES], wanted[LINE_BYTES];
        status = draw_line(r, given, wanted);
        if (status != QP_OK) break;
        qp_writer_printf(source, "%s\n", given);
        qp_writer_printf(target, "%s\n", wanted);
    }
    if (status != QP_OK) {
        qp_writer_abort(source);
        qp_writer_abort(target);
        return status;
    }
    status = qp_writer_commit(source);
    if (status == QP_OK) return qp_writer_commit(target);
    qp_writer_abort(target);
    return status;
}

qp_status qp_toy_reverse_write(const char *folder, uint64_t seed, const int lines[QP_TOY_PARTS])
{
    static const int usual[QP_TOY_PARTS] = {50000, 1000, 1000};
    static const char *const name[QP_TOY_PARTS] = {"train", "valid", "test"};
    if (!lines) lines = usual;
    for (int part = 0; part < QP_TOY_PARTS; part++)
        if (lines[part] < 0 || lines[part] > MOST_LINES)
            return qp_fail(QP_EUSAGE, "reverse corpus: %d lines of %s; from 0 to %d", lines[part], name[part],
                           MOST_LINES);
    reverser r = {.key = qp_random_key(seed, 0x726576)};
    qp_status status = qp_folder_make(folder);
    for (int part = 0; part < QP_TOY_PARTS && status == QP_OK; part++)
        status = write_part(&r, folder, name[part], lines[part]);
    qp_hash_set_free(&r.seen);
    return status;
}
