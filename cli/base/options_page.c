#include "cli/base/options_page.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/text.h"
#include "lib/base/version.h"

enum { NAME_BYTES = 80 };

static char letter_of(const qp_command *command, const char *name)
{
    char wanted[NAME_BYTES], found[NAME_BYTES];
    qp_text_hyphenate(name, wanted, sizeof wanted);
    for (int i = 0; i < command->alias_count; i++) {
        qp_text_hyphenate(command->alias[i].name, found, sizeof found);
        if (strcmp(wanted, found) == 0) return command->alias[i].letter;
    }
    return '\0';
}

/* ---- the list ---- */

static bool names_file(const char *value) { return value && (strstr(value, "FILE") || strstr(value, "DIR")); }

static const char *kind_of(const qp_field *field)
{
    switch (field->kind) {
    case QP_FIELD_BOOL: return strcmp(field->fallback, "true") == 0 ? "off" : "flag";
    case QP_FIELD_CHOICE: return "choice";
    case QP_FIELD_TEXT: return names_file(field->choices) ? "file" : "text";
    default: return "number";
    }
}

static void list_option(const qp_command *command, const char *name, const char *kind, const char *value,
                        const char *help)
{
    char hyphenated[NAME_BYTES], letter = letter_of(command, name);
    qp_text_hyphenate(name, hyphenated, sizeof hyphenated);
    printf("%s\t%.1s\t%s\t%s\t%s\n", hyphenated, &letter, kind, value ? value : "", help);
}

static void print_list(const qp_command *command)
{
    for (int g = 0; g < command->group_count; g++)
        for (int i = 0; i < command->group[g].table->count; i++) {
            const qp_field *field = &command->group[g].table->field[i];
            list_option(command, field->name, kind_of(field), field->choices, field->help);
        }
    for (int i = 0; i < command->list_count; i++) {
        const qp_option_list *list = &command->list[i];
        list_option(command, list->name, names_file(list->kind) ? "file" : "text", list->kind, list->help);
    }
}

/* ---- the manual page ---- */

/* Text in which nothing is a request or an escape of roff. */
static void put(const char *text)
{
    bool begins = true;
    for (; *text; text++) {
        if (begins && (*text == '.' || *text == '\'')) fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
        begins = *text == '\n';
    }
}

static void put_upper(const char *text)
{
    for (; *text; text++) putchar(toupper((unsigned char)*text));
}

static void page_option(const qp_command *command, const char *name, const char *value, const char *help)
{
    char hyphenated[NAME_BYTES], letter = letter_of(command, name);
    qp_text_hyphenate(name, hyphenated, sizeof hyphenated);
    printf(".TP\n.B ");
    if (letter) printf("\\-%c, ", letter);
    printf("\\-\\-");
    put(hyphenated);
    if (value) {
        printf(" \\fI");
        put(value);
        printf("\\fR");
    }
    putchar('\n');
    put(help);
}

static void page_field(const qp_command *command, const qp_field *field)
{
    bool choice = field->kind == QP_FIELD_CHOICE, flag = field->kind == QP_FIELD_BOOL;
    const char *value = choice                         ? "NAME"
                        : flag                         ? NULL
                        : field->kind == QP_FIELD_INT  ? "N"
                        : field->kind == QP_FIELD_REAL ? "X"
                        : field->choices               ? field->choices
                                                       : "TEXT";
    page_option(command, field->name, value, field->help);
    if (choice) {
        fputs(":\n", stdout);
        put(field->choices);
    }
    if (flag && strcmp(field->fallback, "true") == 0) {
        fputs(" (on; ", stdout);
        put("--no-");
        char hyphenated[NAME_BYTES];
        qp_text_hyphenate(field->name, hyphenated, sizeof hyphenated);
        put(hyphenated);
        fputs(" turns it off)", stdout);
    } else if (!flag && field->fallback[0]) {
        fputs(" (", stdout);
        put(field->fallback);
        putchar(')');
    }
    putchar('\n');
}

static void print_options(const qp_command *command)
{
    puts(".SH OPTIONS");
    for (int g = 0; g < command->group_count; g++) {
        printf(".SS ");
        put(command->group[g].table->title);
        putchar('\n');
        for (int i = 0; i < command->group[g].table->count; i++)
            page_field(command, &command->group[g].table->field[i]);
    }
    for (int i = 0; i < command->list_count; i++) {
        page_option(command, command->list[i].name, command->list[i].kind ? command->list[i].kind : "TEXT",
                    command->list[i].help);
        puts(" (may be repeated)");
    }
}

/* "tokenizer train" is the page quipu-tokenizer-train. */
static void put_title(const char *name, bool upper)
{
    char title[NAME_BYTES];
    snprintf(title, sizeof title, "quipu-%s", name);
    for (char *c = title; *c; c++)
        if (*c == ' ') *c = '-';
    if (upper)
        put_upper(title);
    else
        put(title);
}

static void print_man(const qp_command *command)
{
    printf(".TH ");
    put_title(command->name, true);
    printf(" 1 \"\" \"quipu " QP_VERSION "\" \"quipu\"\n.SH NAME\n");
    put_title(command->name, false);
    fputs(" \\- ", stdout);
    put(command->summary);
    printf("\n.SH SYNOPSIS\n.B quipu ");
    put(command->name);
    putchar('\n');
    put(command->usage);
    putchar('\n');
    if (command->notes) {
        puts(".SH DESCRIPTION");
        put(command->notes);
        putchar('\n');
    }
    print_options(command);
    puts(".SH SEE ALSO\n.BR quipu (1)");
}

qp_status qp_options_page(const qp_command *command, const char *form)
{
    if (strcmp(form, "man") == 0)
        print_man(command);
    else if (strcmp(form, "list") == 0)
        print_list(command);
    else
        return qp_fail(QP_EUSAGE, "--help=%.40s: the forms are man and list; --help alone is for people", form);
    return QP_OK;
}
