#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "lib/base/hash_set.h"
#include "data/toy/toy.h"
#include "lib/base/file.h"

static qp_reader *open_file(const char *folder, const char *name)
{
    char path[300];
    qp_reader *reader;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(qp_reader_open(path, &reader), QP_OK, "%s", qp_error_message());
    return reader;
}

static int numbers_of(const char *line, int number[32])
{
    int count = 0;
    for (char *end; *line; line = *end ? end + 1 : end) {
        cr_assert_lt(count, 25, "more than 25 numbers");
        long value = strtol(line, &end, 10);
        cr_assert(end != line && (*end == ' ' || *end == 0));
        cr_assert(value >= 0 && value <= 49);
        number[count++] = (int)value;
    }
    return count;
}

static int check_part(const char *folder, const char *part, qp_hash_set *seen, int lengths[26])
{
    char name[32], *line;
    size_t bytes;
    int lines = 0, given[32], wanted[32];
    snprintf(name, sizeof name, "%s.src", part);
    qp_reader *source = open_file(folder, name);
    snprintf(name, sizeof name, "%s.trg", part);
    qp_reader *target = open_file(folder, name);
    while (qp_reader_next(source, &line, &bytes) == QP_OK && line) {
        uint64_t hash = qp_hash_text(line, bytes);
        cr_expect_eq(qp_hash_set_get(seen, hash), 0, "%s occurs twice", line);
        cr_assert_eq(qp_hash_set_add(seen, hash), QP_OK);
        int count = numbers_of(line, given);
        cr_assert_eq(qp_reader_next(target, &line, &bytes), QP_OK);
        cr_assert(line, "the target is shorter");
        cr_assert_eq(numbers_of(line, wanted), count);
        for (int i = 0; i < count; i++) cr_assert_eq(given[i], wanted[count - 1 - i]);
        lengths[count]++;
        lines++;
    }
    qp_reader_close(source);
    qp_reader_close(target);
    return lines;
}

Test(toy_reverse, targets_are_the_sources_reversed)
{
    char folder[] = "/tmp/qp_reverse_XXXXXX";
    qp_hash_set seen = {0};
    int lengths[26] = {0};
    cr_assert(mkdtemp(folder));
    cr_assert_eq(qp_toy_reverse_write(folder, 1, (const int[]){3000, 100, 200}), QP_OK, "%s", qp_error_message());
    cr_expect_eq(check_part(folder, "train", &seen, lengths), 3000);
    cr_expect_eq(check_part(folder, "valid", &seen, lengths), 100);
    cr_expect_eq(check_part(folder, "test", &seen, lengths), 200);
    for (int i = 2; i <= 25; i++) cr_expect_gt(lengths[i], 60, "few lines of %d numbers", i);
    qp_hash_set_free(&seen);
    qp_file_remove_tree(folder);
}

static uint64_t train_hash(uint64_t seed)
{
    char folder[] = "/tmp/qp_reverse_XXXXXX", path[64], *text;
    size_t bytes;
    cr_assert(mkdtemp(folder));
    cr_assert_eq(qp_toy_reverse_write(folder, seed, (const int[]){500, 0, 0}), QP_OK, "%s", qp_error_message());
    snprintf(path, sizeof path, "%s/train.src", folder);
    cr_assert_eq(qp_file_read(path, 1 << 20, &text, &bytes), QP_OK);
    uint64_t hash = XXH64(text, bytes, 0);
    free(text);
    qp_file_remove_tree(folder);
    return hash;
}

Test(toy_reverse, the_corpus_of_a_seed_never_changes)
{
    cr_expect_eq(train_hash(1), train_hash(1));
    cr_expect_neq(train_hash(1), train_hash(2));
}

Test(toy_reverse, refuses_absurd_sizes)
{
    cr_expect_eq(qp_toy_reverse_write("/tmp", 1, (const int[]){-1, 0, 0}), QP_EUSAGE);
    cr_expect_eq(qp_toy_reverse_write("/tmp", 1, (const int[]){1, 2000000000, 0}), QP_EUSAGE);
}
