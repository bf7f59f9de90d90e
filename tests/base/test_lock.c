#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/files/lock.h"
#include "tests/empty_folder.h"

TestSuite(lock, .init = folder_begin, .fini = folder_end);

Test(lock, one_holder)
{
    qp_lock *first, *second;
    char expected[64];
    cr_assert_eq(qp_lock_take("m.safetensors", &first), QP_OK);
    cr_assert(qp_file_exists("m.run.lock"));
    cr_assert_eq(qp_lock_take("m.safetensors", &second), QP_ECREATE);
    snprintf(expected, sizeof expected, "m.safetensors: locked by pid %d", (int)getpid());
    cr_assert_not_null(strstr(qp_error_message(), expected), "%s", qp_error_message());
    cr_assert_null(second);
    cr_assert_eq(qp_lock_take("m", &second), QP_ECREATE, "the same run");
    static const char *const holder[][2] = {{"1\n", "m: locked by pid 1, which"},
                                            {"?\n", "m: locked by another process"}};
    for (int i = 0; i < 2; i++) {
        FILE *text = fopen("m.run.lock", "w");
        cr_assert(text && fputs(holder[i][0], text) >= 0 && fclose(text) == 0);
        cr_assert_eq(qp_lock_take("m", &second), QP_ECREATE);
        cr_expect(strstr(qp_error_message(), holder[i][1]), "%s", qp_error_message());
    }
    cr_assert_eq(qp_lock_take("n.safetensors", &second), QP_OK);
    qp_lock_release(second);
    qp_lock_release(first);
    cr_assert_not(qp_file_exists("m.run.lock"));
    cr_assert_eq(qp_lock_take("m.safetensors", &first), QP_OK);
    qp_lock_release(first);
}

Test(lock, of_a_killed_process)
{
    qp_lock *lock;
    pid_t child = fork();
    if (child == 0) {
        if (qp_lock_take("m.safetensors", &lock) == QP_OK) kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status));
    cr_assert(qp_file_exists("m.run.lock"));
    cr_assert_eq(qp_lock_take("m.safetensors", &lock), QP_OK);
    qp_lock_release(lock);
    cr_assert_not(qp_file_exists("m.run.lock"));
}

/* A path that is not replaced needs no lock; one whose folder is absent has no place for it. */
Test(lock, places)
{
    qp_lock *lock;
    cr_assert_eq(qp_lock_take("/dev/null", &lock), QP_OK);
    cr_assert_null(lock);
    cr_assert_eq(qp_lock_take("-", &lock), QP_OK);
    cr_assert_null(lock);
    cr_assert_eq(qp_lock_take("absent/m.safetensors", &lock), QP_ECREATE);
    qp_lock_release(NULL);
}

/* The name of the lock, and the process in it; a link in its place is not followed. */
Test(lock, names)
{
    static const char *const name[][2] = {{"m.safetensors", "m.run.lock"},
                                          {".safetensors", ".safetensors.run.lock"},
                                          {"m.bin", "m.bin.run.lock"},
                                          {"a.safetensorsx", "a.safetensorsx.run.lock"}};
    char expected[32], *content;
    size_t bytes;
    qp_lock *lock;
    snprintf(expected, sizeof expected, "%d\n", (int)getpid());
    FILE *old = fopen("m.bin.run.lock", "w"); /* of a process that is gone */
    cr_assert(old && fputs("99999999999999\n", old) >= 0 && fclose(old) == 0);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(qp_lock_take(name[i][0], &lock), QP_OK);
        cr_assert_eq(qp_file_read(name[i][1], 100, &content, &bytes), QP_OK, "%s", qp_error_message());
        cr_expect_str_eq(content, expected);
        free(content);
        qp_lock_release(lock);
    }
    cr_assert_eq(qp_lock_take("", &lock), QP_OK);
    cr_expect_null(lock);
    cr_assert_eq(symlink("elsewhere", "l.run.lock"), 0);
    cr_expect_eq(qp_lock_take("l", &lock), QP_ECREATE);
    cr_expect(strstr(qp_error_message(), "l.run.lock: cannot be created: "), "%s", qp_error_message());
    cr_expect_not(qp_file_exists("elsewhere"));
}
