#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/options.h"
#include "tests/cli/small_model.h"

/* A command of one option group whose answer is in the test's hands. */

#define COPY_FIELDS(X)                                                                                                 \
    X(TEXT, source, "", 0, 0, "FILE", "file to read")                                                                  \
    X(TEXT, init_from, "", 0, 0, "FILE", "model to start from")                                                        \
    X(TEXT, output, "", 0, 0, "FILE", "file to write")                                                                 \
    X(INT, count, "1", 0, 9, NULL, "a number")

typedef struct {
    COPY_FIELDS(QP_FIELD_DECLARE)
} copy_config;

static QP_FIELD_TABLE(table, "copy", copy_config, COPY_FIELDS);
static copy_config config;
static const qp_option_group groups[] = {{&table, &config}};
static const qp_option_alias aliases[] = {{'o', "output"}};
static qp_option_list texts[] = {{.name = "text", .kind = "FILE", .help = "another file to read"},
                                 {.name = "word", .help = "a word"}};
static qp_command copy = {.name = "copy",
                          .summary = "copy a file",
                          .usage = "[FILE...]",
                          .group = groups,
                          .group_count = 1,
                          .alias = aliases,
                          .alias_count = 1,
                          .list = texts,
                          .list_count = 2,
                          .takes_files = true};

static int runs, files_seen;
static qp_status answer;

static qp_status run(void *self, const qp_options *options)
{
    runs++;
    files_seen = options->file_count;
    cr_assert_eq(self, &config);
    return answer == QP_OK ? QP_OK : qp_fail(answer, "copy: this went wrong");
}

static int cmd_copy(int argc, char **argv) { return qp_options_run(&copy, argc, argv, run, &config); }

static void set_up(void)
{
    small_model_write("unused.safetensors", false);
    runs = files_seen = 0;
    answer = QP_OK;
    texts[0].count = texts[1].count = 0;
}

TestSuite(options_run, .init = set_up, .fini = small_model_clean);

#define COPY(...) RUN(cmd_copy, NULL, "copy", __VA_ARGS__)

Test(options_run, the_status_becomes_the_exit_code)
{
    cr_assert_eq(COPY("a", "b", "--count", "3"), 0, "%s", small_err);
    cr_assert(runs == 1 && files_seen == 2 && config.count == 3);
    answer = QP_EDATA;
    cr_assert_eq(COPY("a"), 65);
    cr_assert_str_eq(small_err, "quipu: copy: this went wrong\n");
    answer = QP_EUSAGE;
    cr_assert_eq(COPY("a"), 2);
    cr_assert_eq(runs, 3);
}

/* Help wins over everything else in the command, except after "--"; mistakes are reported before anything runs. */
Test(options_run, help_and_mistakes_run_nothing)
{
    cr_assert_eq(COPY("--nonsense", "--help"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "usage: quipu copy [FILE...]") && strstr(small_out, "--count"), "%s", small_out);
    cr_assert_eq(COPY("-h", "output"), 0, "%s", small_err);
    cr_assert(strstr(small_out, "--output") && !strstr(small_out, "--count"), "%s", small_out);
    cr_assert_eq(COPY("--help=man"), 0, "%s", small_err);
    cr_assert(strstr(small_out, ".TH") && strstr(small_out, "copy a file"), "%s", small_out);
    cr_assert_eq(COPY("--count", "10"), 2);
    cr_assert_eq(small_lines(small_err), 1, "%s", small_err);
    cr_assert_eq(runs, 0);
    cr_assert_eq(COPY("--", "--help", "--help=man"), 0, "%s", small_err);
    cr_assert(runs == 1 && files_seen == 2, "they are files");
}

/* Files are compared, not names; the model that a run starts from may be replaced. */
Test(options_run, an_input_is_not_overwritten)
{
    cr_assert_eq(COPY("corpus", "-o", "./corpus"), 2);
    cr_assert_str_eq(small_err, "quipu: ./corpus: is an input and would be overwritten; name another output\n");
    cr_assert_eq(COPY("unused.safetensors", "corpus", "-o", "corpus"), 2, "the second one");
    cr_assert_eq(COPY("--source", "corpus", "-o", "corpus"), 2);
    cr_assert_eq(runs, 0);
    cr_assert_eq(COPY("corpus", "-o", "other", "--source", "corpus"), 0, "%s", small_err);
    cr_assert_eq(COPY("corpus"), 0, "%s", small_err);
    cr_assert_eq(COPY("-o", "corpus", "--init-from", "corpus"), 0, "%s", small_err);
    cr_assert_eq(runs, 3);
    cr_assert_eq(COPY("--text", "other", "--text", "corpus", "-o", "corpus"), 2, "one of a list of files");
    cr_assert_eq(COPY("--word", "corpus", "-o", "corpus"), 0, "a word is no file");
}

/* A list of outputs beside the inputs; it is no input of itself. */
Test(options_run, a_list_of_outputs_overwrites_no_input)
{
    qp_options options;
    char *word[] = {(char[]){"copy"}, (char[]){"--text"}, (char[]){"corpus"}, (char[]){"other"}, (char[]){"corpus"}};
    FILE *file = fopen("corpus", "a");
    fclose(file);
    cr_assert_eq(qp_options_parse(&options, &copy, 4, word), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_options_keep_inputs(&options, "text"), QP_OK, "%s", qp_error_message());
    qp_options_free(&options);
    cr_assert_eq(qp_options_parse(&options, &copy, 5, word), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_options_keep_inputs(&options, "text"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "corpus: is an input"), "%s", qp_error_message());
    qp_options_free(&options);
}
