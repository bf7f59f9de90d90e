#include <string.h>

#include "cli/base/options.h"
#include "cli/base/options_help.h"
#include "cli/base/options_page.h"
#include "cli/base/text.h"
#include "lib/base/file.h"
#include "lib/base/files/file_list.h"

/* options_run — a command from its arguments to its exit code: help, parsing, checks, running. */

/* Index of the word after --help; 0: no help is asked for. */
static int asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return i + 1;
    return 0;
}

/* The form of the help that --help=FORM asks for; NULL: none. */
static const char *asks_for_page(int argc, char **argv)
{
    static const char wanted[] = "--help=";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], wanted, sizeof wanted - 1) == 0) return argv[i] + sizeof wanted - 1;
    return NULL;
}

bool qp_options_begin(qp_options *options, const qp_command *command, int argc, char **argv, int *exit_code)
{
    const char *form = asks_for_page(argc, argv);
    int first = asks_for_help(argc, argv);
    if (form || first) {
        *options = (qp_options){.command = command};
        *exit_code = qp_report(form ? qp_options_page(command, form)
                                    : qp_options_help(command, argv + first, argc - first));
        return false;
    }
    qp_status status = qp_options_parse(options, command, argc, argv);
    if (status == QP_OK) return true;
    *exit_code = qp_report(status);
    qp_options_free(options);
    return false;
}

/* A file that the command reads would be overwritten by its output. */
static qp_status keep_input(const char *input, bool list, const char *output)
{
    if (!*input || !(list ? qp_file_list_has(input, output) : qp_file_same(output, input))) return QP_OK;
    return qp_fail(QP_EUSAGE, "%s: is an input and would be overwritten; name another output", output);
}

qp_status qp_options_keep_inputs(const qp_options *options, const char *name)
{
    const qp_command *command = options->command;
    const qp_field *field = NULL;
    const char *output = NULL;
    for (int g = 0; !field && g < command->group_count; g++) {
        field = qp_config_find(command->group[g].table, name);
        if (field) output = (const char *)command->group[g].object + field->offset;
    }
    if (!output || field->kind != QP_FIELD_TEXT || !*output) return QP_OK;
    for (int i = 0; i < options->file_count; i++) QP_TRY(keep_input(options->file[i], false, output));
    for (int g = 0; g < command->group_count; g++)
        for (int i = 0; i < command->group[g].table->count; i++) {
            const qp_field *other = &command->group[g].table->field[i];
            bool input = other != field && other->kind == QP_FIELD_TEXT;
            if (input && strcmp(other->name, "init_from") != 0) /* a model may replace the one it starts from */
                QP_TRY(keep_input((const char *)command->group[g].object + other->offset, qp_config_repeats(other),
                                  output));
        }
    for (int i = 0; i < command->list_count; i++) {
        const qp_option_list *list = &command->list[i];
        for (int v = 0; list->kind && v < list->count; v++) QP_TRY(keep_input(list->value[v], false, output));
    }
    return QP_OK;
}

int qp_options_run(const qp_command *command, int argc, char **argv,
                   qp_status (*run)(void *self, const qp_options *options), void *self)
{
    qp_options options;
    int code;
    if (!qp_options_begin(&options, command, argc, argv, &code)) return code;
    qp_status status = command->rewrites ? QP_OK : qp_options_keep_inputs(&options, "output");
    if (status == QP_OK) status = run(self, &options);
    code = qp_report(status);
    qp_options_free(&options);
    return code;
}
