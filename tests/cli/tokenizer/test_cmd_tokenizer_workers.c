#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenizer/cmd_tokenizer.h"
#include "tests/cli/small_model.h"

enum { LINES = 30000 };

typedef struct {
    qp_line_place at;
} worker_self;

/* Prints place and length of a line; refuses "bad". */
static qp_status print_line(void *self, char *line, size_t bytes)
{
    worker_self *w = self;
    if (strcmp(line, "bad") == 0) return qp_fail(QP_EDATA, "%s:%lld: bad", w->at.place, (long long)w->at.line);
    fprintf(w->at.output, "%s:%lld:%zu %.5s\n", w->at.place, (long long)w->at.line, bytes, line);
    return QP_OK;
}

/* Output with so many workers; the caller frees it. */
static char *run(int workers, int files, qp_status *status)
{
    char *file[] = {(char[]){"a"}, (char[]){"b"}};
    worker_self self[8] = {0};
    qp_line_worker worker[8];
    char *text = NULL;
    size_t bytes;
    qp_line_place at = {.output = open_memstream(&text, &bytes)};
    for (int k = 0; k < workers; k++) worker[k] = (qp_line_worker){&self[k], &self[k].at};
    *status = qp_each_line_by(file, files, &at, worker, workers, print_line);
    fclose(at.output);
    return text;
}

static void write_files(const char *second)
{
    char *text = malloc(LINES * 100);
    size_t used = 0;
    for (int i = 0; i < LINES; i++) used += (size_t)sprintf(text + used, "%05d%*s\n", i, i % 80, "");
    small_file("a", text, used);
    small_file("b", second, strlen(second));
    free(text);
}

static void set_up(void) { small_model_write("unused.safetensors", false); }

TestSuite(cmd_tokenizer_workers, .init = set_up, .fini = small_model_clean);

Test(cmd_tokenizer_workers, output_has_the_order_of_the_lines)
{
    qp_status status;
    write_files("x\n\ny");
    char *one = run(1, 2, &status);
    cr_assert_eq(status, QP_OK);
    cr_assert(strncmp(one, "a:1:5 00000\na:2:6 00001\n", 24) == 0, "%.40s", one);
    cr_assert_str_eq(strstr(one, "b:1"), "b:1:1 x\nb:2:0 \nb:3:1 y\n");
    for (int workers = 2; workers <= 8; workers += 3) {
        char *more = run(workers, 2, &status);
        cr_assert_eq(status, QP_OK);
        cr_assert_str_eq(more, one);
        free(more);
    }
    free(one);
}

Test(cmd_tokenizer_workers, output_ends_before_the_line_that_fails)
{
    qp_status status;
    write_files("x\nbad\ny\n");
    for (int workers = 1; workers <= 4; workers++) {
        char *text = run(workers, 2, &status);
        cr_assert_eq(status, QP_EDATA);
        cr_assert_str_eq(qp_error_message(), "b:2: bad");
        cr_assert(strstr(text, "a:30000:"), "%d workers", workers);
        cr_assert_not(strstr(text, " y\n"), "%d workers", workers);
        free(text);
    }
}

static qp_status count_words(const void *self, char *line, size_t bytes, qp_word_counts *words)
{
    (void)self;
    return qp_word_counts_add(words, line, bytes < 4 ? bytes : 4, 1);
}

Test(cmd_tokenizer_workers, words_are_counted)
{
    char *file[] = {(char[]){"a"}};
    qp_word_counts words = {0};
    write_files("");
    cr_assert_eq(qp_count_lines(file, 1, NULL, count_words, &words), QP_OK);
    cr_assert_eq(words.count, LINES / 10);
    qp_word_counts_free(&words);
}
