#include "cli/base/chunks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(chunks, .init = set_up, .fini = small_model_clean);

Test(chunks, files_follow_each_other_in_chunks)
{
    small_file("a", "1\n2\n3\n", 6);
    small_file("b", "", 0);
    small_file("c", "4\n\n6", 4);
    char *file[] = {(char[]){"a"}, (char[]){"b"}, (char[]){"c"}};
    qp_chunks chunks;
    cr_assert_eq(qp_chunks_begin(&chunks, file, 3, 4), QP_OK);
    cr_assert_eq(qp_chunks_next(&chunks), QP_OK);
    cr_assert_eq(chunks.count, 4);
    cr_assert_str_eq(chunks.line[0].text, "1");
    cr_assert_str_eq(chunks.line[3].text, "4");
    cr_assert_str_eq(qp_chunks_path(&chunks, 2), "a");
    cr_assert_str_eq(qp_chunks_path(&chunks, 3), "c");
    cr_assert_eq(qp_chunks_number(&chunks, 3), 1);
    cr_assert_eq(qp_chunks_next(&chunks), QP_OK);
    cr_assert_eq(chunks.count, 2);
    cr_assert_eq(chunks.line[0].bytes, 0);
    cr_assert_str_eq(chunks.line[1].text, "6");
    cr_assert_eq(qp_chunks_number(&chunks, 1), 3);
    cr_assert_eq(qp_chunks_next(&chunks), QP_OK);
    cr_assert_eq(chunks.count, 0);
    qp_chunks_end(&chunks);
}

Test(chunks, much_text_ends_a_chunk)
{
    char *text = malloc(20 << 20);
    memset(text, 'x', 20 << 20);
    for (int i = 1; i <= 20; i++) text[(i << 20) - 1] = '\n';
    small_file("big", text, 20 << 20);
    free(text);
    char *file[] = {(char[]){"big"}};
    qp_chunks chunks;
    cr_assert_eq(qp_chunks_begin(&chunks, file, 1, 100), QP_OK);
    int lines = 0;
    for (;;) {
        cr_assert_eq(qp_chunks_next(&chunks), QP_OK);
        if (chunks.count == 0) break;
        cr_assert_leq(chunks.count, 17);
        for (int i = 0; i < chunks.count; i++) {
            cr_assert_eq(chunks.line[i].bytes, (1 << 20) - 1);
            cr_assert_eq(strlen(chunks.line[i].text), (1 << 20) - 1);
        }
        lines += chunks.count;
    }
    cr_assert_eq(lines, 20);
    qp_chunks_end(&chunks);
}

Test(chunks, a_missing_file_is_reported)
{
    char *file[] = {(char[]){"nowhere"}};
    qp_chunks chunks;
    cr_assert_eq(qp_chunks_begin(&chunks, file, 1, 4), QP_OK);
    cr_assert_eq(qp_chunks_next(&chunks), QP_ENOINPUT);
    qp_chunks_end(&chunks);
}

Test(chunks, other_encodings_are_refused)
{
    small_file("latin", "one\ncaf\xe9 two\n", 13);
    char *file[] = {(char[]){"latin"}};
    qp_chunks chunks;
    cr_assert_eq(qp_chunks_begin(&chunks, file, 1, 4), QP_OK);
    cr_assert_eq(qp_chunks_next(&chunks), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "latin:2: byte 4"), "%s", qp_error_message());
    cr_assert(strstr(qp_error_message(), "iconv -f windows-1252 -t utf-8"), "%s", qp_error_message());
    qp_chunks_end(&chunks);
}

/* A chunk ends where a pipe has no line yet; with `patient` it waits for all lines. */
Test(chunks, a_pipe_is_answered_at_once)
{
    int ends[2];
    char path[32];
    cr_assert_eq(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    char *file[] = {path};
    qp_chunks chunks;
    cr_assert_eq(qp_chunks_begin(&chunks, file, 1, 10), QP_OK);
    cr_assert_eq(write(ends[1], "1\n2\n", 4), 4);
    cr_assert_eq(qp_chunks_next(&chunks), QP_OK);
    cr_assert_eq(chunks.count, 2);
    cr_assert_eq(write(ends[1], "3\n4", 3), 3);
    close(ends[1]);
    chunks.patient = true;
    cr_assert_eq(qp_chunks_next(&chunks), QP_OK);
    cr_assert_eq(chunks.count, 2);
    cr_assert_str_eq(chunks.line[1].text, "4");
    qp_chunks_end(&chunks);
    close(ends[0]);
}
