#include <criterion/criterion.h>
#include <string.h>

#include "cli/base/unread.h"

#define FIELDS(X)                                                                                                      \
    X(INT, tag_column, "0", 0, 9, NULL, "a column")                                                                    \
    X(BOOL, rolling, "false", 0, 0, NULL, "a flag")

typedef struct {
    FIELDS(QP_FIELD_DECLARE)
} config_type;

static QP_FIELD_TABLE(table, "table", config_type, FIELDS);
static config_type config;
static const qp_option_group groups[] = {{&table, &config}};
static const qp_command command = {.name = "guess", .group = groups, .group_count = 1};

static qp_options parsed(int words, char **word)
{
    qp_options options;
    cr_assert_eq(qp_options_parse(&options, &command, words, word), QP_OK, "%s", qp_error_message());
    return options;
}

Test(unread, what_was_given_and_is_not_read_is_refused)
{
    const qp_unread row[] = {{"tag_column", false, "taggers"}, {"rolling", true, "forecasters"}};
    char name[] = "guess", wanted[] = "--tag_column=1", rolls[] = "--rolling";
    qp_options none = parsed(1, (char *[]){name}), column = parsed(2, (char *[]){name, wanted}),
               flag = parsed(2, (char *[]){name, rolls});
    cr_expect_eq(qp_unread_check(NULL, row, 2), QP_OK);
    cr_expect_eq(qp_unread_check(&none, row, 2), QP_OK);
    cr_expect_eq(qp_unread_table(&none, &table, "nobody"), QP_OK);
    cr_expect_eq(qp_unread_check(&flag, row, 2), QP_OK, "it is read");
    cr_expect_eq(qp_unread_check(&column, row, 2), QP_EUSAGE);
    cr_expect_str_eq(qp_error_message(),
                     "guess: --tag-column would change nothing here, it is for taggers; leave it out");
    cr_expect_eq(qp_unread_table(&flag, &table, "nobody"), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "--rolling"), "%s", qp_error_message());
    qp_options_free(&none);
    qp_options_free(&column);
    qp_options_free(&flag);
}
