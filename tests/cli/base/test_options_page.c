#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/options_page.h"

#define FIELDS(X)                                                                                                      \
    X(TEXT, model, "", 0, 0, "FILE", ".a file\\")                                                                      \
    X(CHOICE, kind_of, "b", 0, 0, "a, b", "what kind")                                                                 \
    X(BOOL, fast, "true", 0, 0, NULL, "be fast")                                                                       \
    X(BOOL, slow, "false", 0, 0, NULL, "be slow")                                                                      \
    X(INT, count, "3", 0, 9, NULL, "how many")

typedef struct {
    FIELDS(QP_FIELD_DECLARE)
} fields;
static QP_FIELD_TABLE(table, "things - and more", fields, FIELDS);

static qp_status print(const char *form)
{
    static fields object;
    static const qp_option_group group[] = {{&table, &object}};
    static const qp_option_alias alias[] = {{'m', "model"}};
    static qp_option_list list[] = {{.name = "stop", .help = "where to stop"}};
    const qp_command command = {.name = "do it",
                                .summary = "does it",
                                .usage = "-m MODEL",
                                .notes = "'Twas so.\n.TH not a request",
                                .group = group,
                                .group_count = 1,
                                .alias = alias,
                                .alias_count = 1,
                                .list = list,
                                .list_count = 1};
    qp_status status = qp_options_page(&command, form);
    fflush(stdout);
    return status;
}

Test(options_page, a_line_for_each_option, .init = cr_redirect_stdout)
{
    cr_assert_eq(print("list"), QP_OK);
    cr_assert_stdout_eq_str("model\tm\tfile\tFILE\t.a file\\\n"
                            "kind-of\t\tchoice\ta, b\twhat kind\n"
                            "fast\t\toff\t\tbe fast\n"
                            "slow\t\tflag\t\tbe slow\n"
                            "count\t\tnumber\t\thow many\n"
                            "stop\t\ttext\t\twhere to stop\n");
}

/* No text of a table is a request or an escape of roff. */
Test(options_page, a_manual_page, .init = cr_redirect_stdout)
{
    cr_assert_eq(print("man"), QP_OK);
    cr_assert_stdout_eq_str(".TH QUIPU-DO-IT 1 \"\" \"quipu 0.1.0\" \"quipu\"\n.SH NAME\n"
                            "quipu\\-do\\-it \\- does it\n"
                            ".SH SYNOPSIS\n.B quipu do it\n\\-m MODEL\n"
                            ".SH DESCRIPTION\n\\&'Twas so.\n\\&.TH not a request\n"
                            ".SH OPTIONS\n.SS things \\- and more\n"
                            ".TP\n.B \\-m, \\-\\-model \\fIFILE\\fR\n\\&.a file\\e\n"
                            ".TP\n.B \\-\\-kind\\-of \\fINAME\\fR\nwhat kind:\na, b (b)\n"
                            ".TP\n.B \\-\\-fast\nbe fast (on; \\-\\-no\\-fast turns it off)\n"
                            ".TP\n.B \\-\\-slow\nbe slow\n"
                            ".TP\n.B \\-\\-count \\fIN\\fR\nhow many (3)\n"
                            ".TP\n.B \\-\\-stop \\fITEXT\\fR\nwhere to stop (may be repeated)\n"
                            ".SH SEE ALSO\n.BR quipu (1)\n");
}

Test(options_page, other_forms_are_refused) { cr_assert_eq(print("html"), QP_EUSAGE); }
