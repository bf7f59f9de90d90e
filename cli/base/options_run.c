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

static qp_status would_be_lost(const char *output)
{
    return qp_fail(QP_EUSAGE, "%s: is an input and would be overwritten; name another output", output);
}

qp_status qp_options_keep_input(const char *input, const char *output)
{
    return *input && qp_file_same(output, input) ? would_be_lost(output) : QP_OK;
}

/* All files of the command line but those of `own`, the field or list of the output itself. */
static qp_status keep_inputs(const qp_options *options, const void *own, const char *output)
{
    const qp_command *command = options->command;
    for (int i = 0; i < options->file_count; i++) QP_TRY(qp_options_keep_input(options->file[i], output));
    for (int g = 0; g < command->group_count; g++)
        for (int i = 0; i < command->group[g].table->count; i++) {
            const qp_field *other = &command->group[g].table->field[i];
            const char *value = (const char *)command->group[g].object + other->offset;
            if (other == own || other->kind != QP_FIELD_TEXT) continue;
            if (strcmp(other->name, "init_from") == 0) continue; /* a model may replace the one it starts from */
            if (qp_config_repeats(other) && *value && qp_file_list_has(value, output)) return would_be_lost(output);
            if (!qp_config_repeats(other)) QP_TRY(qp_options_keep_input(value, output));
        }
    for (int i = 0; i < command->list_count; i++) {
        const qp_option_list *list = &command->list[i];
        for (int v = 0; list != own && list->kind && v < list->count; v++)
            QP_TRY(qp_options_keep_input(list->value[v], output));
    }
    return QP_OK;
}

qp_status qp_options_keep_inputs(const qp_options *options, const char *name)
{
    const qp_command *command = options->command;
    for (int g = 0; g < command->group_count; g++) {
        const qp_field *field = qp_config_find(command->group[g].table, name);
        if (!field || field->kind != QP_FIELD_TEXT) continue;
        const char *output = (const char *)command->group[g].object + field->offset;
        return *output ? keep_inputs(options, field, output) : QP_OK;
    }
    for (int i = 0; i < command->list_count; i++)
        for (int v = 0; qp_config_same_word(command->list[i].name, name) && v < command->list[i].count; v++)
            QP_TRY(keep_inputs(options, &command->list[i], command->list[i].value[v]));
    return QP_OK;
}

int qp_options_run(const qp_command *command, int argc, char **argv,
                   qp_status (*run)(void *self, const qp_options *options), void *self)
{
    qp_options options;
    int code;
    if (!qp_options_begin(&options, command, argc, argv, &code)) return code;
    qp_status status = qp_options_keep_inputs(&options, "output");
    if (status == QP_OK) status = run(self, &options);
    code = qp_report(status);
    qp_options_free(&options);
    return code;
}
