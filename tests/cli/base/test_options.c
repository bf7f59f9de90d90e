#define _GNU_SOURCE
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/options.h"

#define SEARCH_FIELDS(X)                                                                                               \
    X(INT, beam_size, "5", 1, 1000, NULL, "hypotheses kept")                                                           \
    X(REAL, length_penalty, "0.6", -10, 10, NULL, "penalty")                                                           \
    X(INT, no_repeat_ngram, "0", 0, 100, NULL, "n")                                                                    \
    X(BOOL, json, "false", 0, 0, NULL, "JSON lines")                                                                   \
    X(BOOL, sort, "true", 0, 0, NULL, "sort by length")                                                                \
    X(TEXT, model, "", 0, 0, NULL, "model file")                                                                       \
    X(CHOICE, scores, "none", 0, 0, "none, sentence, token", "scores")
typedef struct {
    SEARCH_FIELDS(QP_FIELD_DECLARE)
} search;
static QP_FIELD_TABLE(table, "search", search, SEARCH_FIELDS);

static search s;
static const qp_option_group group[] = {{&table, &s}};
static const qp_option_alias alias[] = {{'b', "beam-size"}, {'m', "model"}, {'j', "json"}, {'S', "stop"}};
static qp_option_list list[] = {{.name = "stop", .help = "end here"}};
static qp_command command = {.name = "try",
                             .summary = "a try",
                             .usage = "[FILE...]",
                             .group = group,
                             .group_count = 1,
                             .alias = alias,
                             .alias_count = 4,
                             .list = list,
                             .list_count = 1,
                             .takes_files = true,
                             .takes_config = true};
static qp_options options;

static qp_status parse(const char *words)
{
    static char copy[1000];
    static char *argv[50];
    int argc = 0;
    snprintf(copy, sizeof copy, "try %s", words);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    argv[argc] = NULL;
    qp_options_free(&(qp_options){.command = &command, .file = options.file, .config_line = options.config_line});
    return qp_options_parse(&options, &command, argc, argv);
}

static void leave(void)
{
    if (options.command) qp_options_free(&options);
}

TestSuite(options, .fini = leave);

Test(options, every_form)
{
    cr_assert_eq(parse(""), QP_OK);
    cr_assert(s.beam_size == 5 && s.length_penalty == 0.6 && !s.json && s.sort && options.file_count == 0);
    cr_assert_eq(parse("--beam-size 3 --length_penalty=-1 --json --no-sort --scores token"), QP_OK);
    cr_assert(s.beam_size == 3 && s.length_penalty == -1 && s.json && !s.sort && s.scores == 2);
    cr_assert_eq(parse("-b7 -j -m=x"), QP_OK);
    cr_assert(s.beam_size == 7 && s.json && strcmp(s.model, "x") == 0);
    cr_assert_eq(parse("-b 8 --json=false --sort=no --length-penalty -0.5 -m -"), QP_OK);
    cr_assert(s.beam_size == 8 && !s.json && !s.sort && s.length_penalty == -0.5 && strcmp(s.model, "-") == 0);
    cr_assert_eq(parse("--beam-size 3 --beam-size 4"), QP_OK);
    cr_assert_eq(s.beam_size, 4);
    cr_assert_eq(parse("--no-repeat-ngram 2 --no-json"), QP_OK);
    cr_assert(s.no_repeat_ngram == 2 && !s.json);
    cr_assert_eq(parse("--model=--odd"), QP_OK);
    cr_assert_str_eq(s.model, "--odd");
}

Test(options, files_and_lists)
{
    cr_assert_eq(parse("a --stop x - -Sy b --stop=z -- --json -b"), QP_OK);
    cr_assert_eq(options.file_count, 5);
    cr_assert_str_eq(options.file[1], "-");
    cr_assert_str_eq(options.file[3], "--json");
    cr_assert_eq(list[0].count, 3);
    cr_assert_str_eq(list[0].value[0], "x");
    cr_assert_str_eq(list[0].value[1], "y");
    cr_assert_not(s.json);
    cr_assert_eq(parse("--"), QP_OK);
    cr_assert_eq(options.file_count, 0);
    cr_assert_eq(list[0].count, 0);
}

Test(options, given_and_again)
{
    cr_assert_eq(parse("-b 3 f --stop x"), QP_OK);
    cr_assert(qp_options_given(&options, "beam_size") && qp_options_given(&options, "beam-size"));
    cr_assert(qp_options_given(&options, "stop"));
    cr_assert_not(qp_options_given(&options, "json"));
    cr_assert_not(qp_options_given(&options, "zebra"));
    s.beam_size = 100;
    s.json = 1;
    cr_assert_eq(qp_options_apply(&options), QP_OK);
    cr_assert(s.beam_size == 3 && s.json && list[0].count == 1);
}

Test(options, mistakes)
{
    static const char *const bad[][2] = {{"--beem-size 3", "unknown option --beem-size; did you mean --beam-size?"},
                                         {"--beam_siz=3", "did you mean --beam-size?"},
                                         {"--zebra", "unknown option --zebra; see quipu help try"},
                                         {"--no-zebra", "unknown option --no-zebra"},
                                         {"--no-beam-size 3", "unknown option --no-beam-size"},
                                         {"--no-sort=true", "takes no value"},
                                         {"-z", "unknown option -z"},
                                         {"--hepl", "did you mean --help?"},
                                         {"--", ""},
                                         {"--beam-size", "--beam-size: its value is missing"},
                                         {"--beam-size --json", "--beam-size: its value is missing"},
                                         {"-m -b 3", "-m: its value is missing"},
                                         {"--beam-size x", "--beam-size: 'x' is not a whole number"},
                                         {"-b 0", "-b: 0 is out of range"},
                                         {"--json=maybe", "--json: 'maybe' is neither true nor false"},
                                         {"--scores tokan", "did you mean token?"},
                                         {"--stop", "--stop: its value is missing"},
                                         {"-", ""},
                                         {"--=3", "unknown option --"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        qp_status status = parse(bad[i][0]);
        cr_assert_eq(status, *bad[i][1] ? QP_EUSAGE : QP_OK, "%s", bad[i][0]);
        cr_assert(!*bad[i][1] || strstr(qp_error_message(), bad[i][1]), "%s", qp_error_message());
    }
    command.takes_files = false;
    cr_assert_eq(parse("word"), QP_EUSAGE);
    command.takes_files = true;
}

Test(options, configuration_file)
{
    char path[] = "/tmp/quipu-test-XXXXXX.yaml", words[200];
    int descriptor = mkstemps(path, 5);
    static const char text[] = "beam-size: 9\njson: true\n";
    cr_assert(write(descriptor, text, sizeof text - 1) == sizeof text - 1 && close(descriptor) == 0);
    snprintf(words, sizeof words, "--no-json %s other.yaml", path);
    cr_assert_eq(parse(words), QP_OK);
    cr_assert(s.beam_size == 9 && !s.json && options.file_count == 1);
    cr_assert_str_eq(options.config, path);
    cr_assert_str_eq(options.file[0], "other.yaml");
    unlink(path);
    cr_assert_eq(parse(words), QP_ENOINPUT);
}

Test(options, names_of_other_tools)
{
    cr_assert_eq(parse("--beam 7"), QP_OK);
    cr_assert_eq(s.beam_size, 7);
    cr_assert(qp_options_given(&options, "beam-size"));
    cr_assert_eq(parse("--num_beams=6 --scores TOKEN"), QP_OK);
    cr_assert(s.beam_size == 6 && s.scores == 2);
    cr_assert_eq(parse("--learning-rate 1"), QP_EUSAGE); /* this command has no --lr */
    cr_assert_eq(parse("--device cpu"), QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "--threads"), "%s", qp_error_message());
}

Test(options, help_is_asked_for)
{
    char *argv[] = {"try", "--beam-size", "--help", NULL};
    int code = 7;
    cr_redirect_stdout();
    cr_assert_not(qp_options_begin(&options, &command, 3, argv, &code));
    cr_assert_eq(code, 0);
}
