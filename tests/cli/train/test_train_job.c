#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/base/file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("unused.safetensors", false); /* also writes the text "corpus" */ }

TestSuite(train_job, .init = set_up, .fini = small_model_clean);

#define TRAIN(...)                                                                                                     \
    RUN(qp_cmd_train, NULL, "train", "--task", "lm", "--decoder", "gru", "--layers", "1", "--emb-size", "16",          \
        "--tokenizer", "word", "-t1", "--train", "corpus", "--valid", "none", "--steps", "3", "--save-freq", "0",      \
        "-m", "m.safetensors", __VA_ARGS__)

static char *log_text(void)
{
    char *text;
    size_t bytes;
    cr_assert_eq(qp_file_read("log", 1 << 20, &text, &bytes), QP_OK, "%s", qp_error_message());
    return text;
}

Test(train_job, the_log_has_what_quiet_hides)
{
    cr_assert_eq(TRAIN("-q", "--log", "log"), 0, "%s", small_err);
    cr_assert_str_eq(small_err, "");
    char *text = log_text();
    cr_assert(strstr(text, "4 lines, 23 target tokens\n"), "%s", text);
    cr_assert_eq(TRAIN("-q", "--log", "log", "--overwrite"), 0, "%s", small_err);
    char *more = log_text();
    cr_assert(STARTS(more, text), "the log is appended to: %s", more);
    cr_assert_gt(strlen(more), strlen(text));
    free(text);
    free(more);
}

Test(train_job, a_run_that_is_finished_is_left_alone)
{
    cr_assert_eq(TRAIN("--progress", "never"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "m.safetensors: saved after 3 updates, "), "%s", small_err);
    cr_assert_not(strchr(small_err, '\r'), "%s", small_err);
    cr_assert_eq(TRAIN("--progress", "never"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "this run is finished; add --overwrite"), "%s", small_err);
}

Test(train_job, live_progress_rewrites_its_line)
{
    cr_assert_eq(TRAIN("--progress", "always"), 0, "%s", small_err);
    cr_assert(strstr(small_err, "\r\033[K"), "%s", small_err);
}

Test(train_job, a_log_that_cannot_be_written)
{
    cr_assert_eq(TRAIN("-q", "--log", "nowhere/log"), 73);
    cr_assert(strstr(small_err, "--log: nowhere/log: cannot be written"), "%s", small_err);
    cr_assert_not(qp_file_exists("m.safetensors"));
}
