#define _GNU_SOURCE
#include "cli/base/options_help.h"

#include <stdio.h>
#include <string.h>

#include "cli/base/text.h"

enum { NAME_BYTES = 80, TEXT_BYTES = 2048 };

/* All of these must occur in an option that is shown. */
typedef struct {
    char *const *word;
    int words;
} word_search;

static char alias_letter(const qp_command *command, const char *name)
{
    for (int i = 0; i < command->alias_count; i++)
        if (qp_config_same_word(command->alias[i].name, name)) return command->alias[i].letter;
    return '\0';
}

/* `left` is the option with its value, `text` its explanation. */
static bool is_about(const word_search *search, const char *left, const char *text)
{
    for (int i = 0; i < search->words; i++)
        if (!strcasestr(left, search->word[i]) && !strcasestr(text, search->word[i])) return false;
    return true;
}

/* "-m, --model FILE" */
static void write_left(const qp_command *command, const char *name, const char *value, char *left, size_t bytes)
{
    char hyphenated[NAME_BYTES], letter = alias_letter(command, name);
    qp_text_hyphenate(name, hyphenated, sizeof hyphenated);
    bool may_be_off = strcmp(value, "[no-]") == 0;
    snprintf(left, bytes, "%c%c%c --%s%s%s%s", letter ? '-' : ' ', letter ? letter : ' ', letter ? ',' : ' ',
             may_be_off ? value : "", hyphenated, *value && !may_be_off ? " " : "", may_be_off ? "" : value);
}

/* Explanation, choices and default of a field. */
static void write_text(const qp_field *field, char *text, size_t bytes)
{
    int used = snprintf(text, bytes, "%s", field->help);
    size_t room = bytes - (size_t)used;
    if (field->kind == QP_FIELD_CHOICE)
        snprintf(text + used, room, ": %s (%s)", field->choices, field->fallback);
    else if (field->kind != QP_FIELD_BOOL && field->fallback[0])
        snprintf(text + used, room, " (%s)", field->fallback);
    else if (field->kind == QP_FIELD_BOOL && strcmp(field->fallback, "true") == 0)
        snprintf(text + used, room, " (on)");
}

static const char *value_of(const qp_field *field)
{
    static const char *const plain[] = {[QP_FIELD_INT] = "N",
                                        [QP_FIELD_REAL] = "X",
                                        [QP_FIELD_BOOL] = "",
                                        [QP_FIELD_TEXT] = "TEXT",
                                        [QP_FIELD_CHOICE] = "NAME"};
    if (field->kind == QP_FIELD_TEXT && field->choices) return field->choices;
    if (field->kind == QP_FIELD_BOOL && strcmp(field->fallback, "true") == 0) return "[no-]";
    return plain[field->kind];
}

/* Prints the row if it is about the words; before the first one the title. Returns the number of rows. */
static int print_row(const qp_command *command, const word_search *search, const char *name, const char *value,
                     const char *text, const char *title)
{
    char left[NAME_BYTES * 2];
    write_left(command, name, value, left, sizeof left);
    if (!is_about(search, left, text)) return 0;
    if (title) {
        putchar('\n');
        qp_text_wrap(stdout, title, 0);
    }
    qp_text_row(stdout, left, text);
    return 1;
}

static int print_field(const qp_command *command, const word_search *search, const qp_field *field, const char *title)
{
    char text[TEXT_BYTES];
    write_text(field, text, sizeof text);
    return print_row(command, search, field->name, value_of(field), text, title);
}

/* All tables, each below its title, and the lists. Returns the number of rows. */
static int print_groups(const qp_command *command, const word_search *search)
{
    int total = 0;
    for (int g = 0; g < command->group_count; g++) {
        const qp_field_table *table = command->group[g].table;
        int rows = 0;
        for (int i = 0; i < table->count; i++)
            rows += print_field(command, search, &table->field[i], rows ? NULL : table->title);
        total += rows;
    }
    int rows = 0;
    for (int i = 0; i < command->list_count; i++) {
        const qp_option_list *list = &command->list[i];
        rows += print_row(command, search, list->name, list->kind ? list->kind : "TEXT", list->help,
                          rows ? NULL : "may be repeated");
    }
    return total + rows;
}

/* The options of main_option, in its order. */
static void print_main(const qp_command *command)
{
    const word_search all = {0};
    puts("\nthe options that matter most");
    for (const char *const *name = command->main_option; *name; name++)
        for (int g = 0; g < command->group_count; g++) {
            const qp_field *field = qp_config_find(command->group[g].table, *name);
            if (field) print_field(command, &all, field, NULL);
        }
}

static int count_options(const qp_command *command)
{
    int count = command->list_count;
    for (int g = 0; g < command->group_count; g++) count += command->group[g].table->count;
    return count;
}

qp_status qp_options_help(const qp_command *command, char *const *word, int words)
{
    bool all = words > 0 && strcmp(word[0], "--all") == 0, brief = words == 0 && command->main_option;
    const word_search search = {word, all ? 0 : words};
    char line[TEXT_BYTES];
    snprintf(line, sizeof line, "quipu %s: %s\n\nusage: quipu %s%s%s", command->name, command->summary, command->name,
             *command->usage ? " " : "", command->usage);
    qp_text_wrap(stdout, line, 0);
    int rows = 0;
    if (brief)
        print_main(command);
    else
        rows = print_groups(command, &search);
    if (search.words > 0)
        return rows ? QP_OK
                    : qp_fail(QP_EUSAGE, "help %s: no option is about '%.60s'; quipu help %s --all lists them all",
                              command->name, word[0], command->name);
    if (command->help_end) command->help_end();
    if (command->notes) {
        putchar('\n');
        qp_text_wrap(stdout, command->notes, 0);
    }
    snprintf(line, sizeof line,
             "\nquipu help %s --all lists all %d options by group; quipu help %s WORD finds those about "
             "WORD.",
             command->name, count_options(command), command->name);
    if (brief) qp_text_wrap(stdout, line, 0);
    return QP_OK;
}
