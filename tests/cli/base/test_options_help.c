#define _GNU_SOURCE
#include "cli/base/options_help.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEARCH_FIELDS(X)                                                                                               \
    X(INT, beam_size, "5", 1, 1000, NULL, "hypotheses kept")                                                           \
    X(REAL, length_penalty, "0.6", -10, 10, NULL, "penalty")                                                           \
    X(BOOL, sort, "true", 0, 0, NULL, "sort by length")                                                                \
    X(TEXT, model, "", 0, 0, "FILE", "model file")                                                                     \
    X(CHOICE, scores, "none", 0, 0, "none, sentence, token", "scores")
typedef struct {
    SEARCH_FIELDS(QP_FIELD_DECLARE)
} search;
static QP_FIELD_TABLE(table, "search", search, SEARCH_FIELDS);

static search s;
static const qp_option_group group[] = {{&table, &s}};
static const qp_option_alias alias[] = {{'b', "beam-size"}, {'S', "stop"}};
static qp_option_list list[] = {{.name = "stop", .help = "end here"}};
static qp_command command = {.name = "try",
                             .summary = "a try",
                             .usage = "[FILE...]",
                             .notes = "That is all.",
                             .group = group,
                             .group_count = 1,
                             .alias = alias,
                             .alias_count = 2,
                             .list = list,
                             .list_count = 1};

/* What is printed with these words; the caller frees it. */
static char *help_with(qp_status *status, int words, ...)
{
    char *text = NULL, *word[4];
    size_t bytes;
    va_list arguments;
    va_start(arguments, words);
    for (int i = 0; i < words; i++) word[i] = va_arg(arguments, char *);
    va_end(arguments);
    FILE *before = stdout;
    stdout = open_memstream(&text, &bytes);
    *status = qp_options_help(&command, word, words);
    fclose(stdout);
    stdout = before;
    return text;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) count++;
    return count;
}

Test(options_help, every_option_has_a_row)
{
    qp_status status;
    char *text = help_with(&status, 0);
    static const char *const part[] = {"usage: quipu try [FILE...]",
                                       "\nsearch\n",
                                       "-b, --beam-size N",
                                       "    --length-penalty X",
                                       "    --model FILE",
                                       "--[no-]sort  ",
                                       "scores: none, sentence, token (none)",
                                       "\nmay be repeated\n  -S, --stop TEXT",
                                       "(0.6)",
                                       "\nThat is all.\n"};
    cr_assert_eq(status, QP_OK);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) cr_assert(strstr(text, part[i]), "%s\n%s", part[i], text);
    cr_assert_eq(count_of(text, " --"), 6);
    free(text);
}

Test(options_help, main_options_come_first_and_alone)
{
    static const char *const main_option[] = {"model", "beam_size", NULL};
    command.main_option = main_option;
    qp_status status;
    char *text = help_with(&status, 0);
    const char *model = strstr(text, "--model FILE"), *beam = strstr(text, "--beam-size N");
    cr_assert(model && beam && model < beam, "%s", text);
    cr_assert_not(strstr(text, "--sort"));
    cr_assert(strstr(text, "--all lists all 6 options"), "%s", text);
    free(text);
    text = help_with(&status, 1, "--all");
    cr_assert(strstr(text, "--[no-]sort") && strstr(text, "--stop"), "%s", text);
    free(text);
    command.main_option = NULL;
}

Test(options_help, words_choose_options)
{
    qp_status status;
    char *text = help_with(&status, 1, "LENGTH"); /* in a name, and in an explanation */
    cr_assert_eq(status, QP_OK);
    cr_assert_eq(count_of(text, " --"), 2, "%s", text);
    free(text);
    text = help_with(&status, 2, "length", "sort");
    cr_assert(count_of(text, " --") == 1 && strstr(text, "--[no-]sort"), "%s", text);
    free(text);
    text = help_with(&status, 1, "sentence"); /* a choice */
    cr_assert(count_of(text, " --") == 1 && strstr(text, "--scores"), "%s", text);
    free(text);
    text = help_with(&status, 1, "zebra");
    cr_assert_eq(status, QP_EUSAGE);
    cr_assert(strstr(qp_error_message(), "zebra"));
    free(text);
}
