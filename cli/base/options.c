#define _GNU_SOURCE
#include "cli/base/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "lib/decode/generate.h"
#include "lib/decode/sample.h"
#include "lib/decode/search.h"
#include "lib/run/settings/train_settings.h"

enum { NAME_BYTES = 80, SUGGESTIONS = 400, MOST_LISTS = 16 };

/* One option of the command line. */
typedef struct {
    const qp_field *field; /* or */
    void *object;
    qp_option_list *list;
    bool negated;           /* --no-flag */
    const char *text;       /* its value; NULL: a flag without one */
    char shown[NAME_BYTES]; /* as written, for messages */
} option;

typedef struct {
    int at;          /* index into argv of the next word */
    bool only_files; /* "--" was seen */
} cursor;

/* Field or list called exactly `name`. */
static bool find_own_name(const qp_command *command, const char *name, option *found)
{
    for (int g = 0; g < command->group_count; g++) {
        found->field = qp_config_find(command->group[g].table, name);
        found->object = command->group[g].object;
        if (found->field) return true;
    }
    for (int i = 0; i < command->list_count; i++) {
        found->list = &command->list[i];
        if (qp_config_same_word(found->list->name, name)) return true;
    }
    found->list = NULL;
    return false;
}

/* The same, or the one that other tools call `name`. */
static bool find_name(const qp_command *command, const char *name, option *found)
{
    if (find_own_name(command, name, found)) return true;
    const char *other;
    for (int i = 0; (other = qp_config_other_name(name, i)); i++)
        if (find_own_name(command, other, found)) return true;
    return false;
}

static const char *alias_name(const qp_command *command, char letter)
{
    for (int i = 0; i < command->alias_count; i++)
        if (command->alias[i].letter == letter) return command->alias[i].name;
    return NULL;
}

/* What to do instead of options that other tools have and this program does not need. */
static const char *advice_for(const char *name)
{
    static const char *const advice[][2] = {
        {"device", "quipu runs on the CPU; leave it out, --threads N sets the threads"},
        {"gpus", "quipu runs on the CPU; leave it out, --threads N sets the threads"},
        {"num-workers", "leave it out; --threads N sets the threads"},
        {"f", "give the files to read after the options"},
        {"input", "give the files to read after the options"},
        {"i", "give the files to read after the options"},
        {"fp16", "train has --precision bf16, and quipu quantize makes models of 16 bits"},
        {"bf16", "train has --precision bf16, and quipu quantize makes models of 16 bits"}};
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strcmp(advice[i][0], name) == 0) return advice[i][1];
    return NULL;
}

/* The command that has an option, by its field's name; NULL: none. */
static const char *command_with(const char *name)
{
    static const struct {
        const char *command;
        const qp_field_table *table;
    } row[] = {{"translate", &qp_search_fields}, {"generate", &qp_generate_fields}, {"generate", &qp_sample_fields},
               {"train", &qp_schedule_fields},   {"train", &qp_optimizer_fields},   {"train", &qp_training_fields},
               {"train", &qp_model_fields},      {"train", &qp_job_fields}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (qp_config_find(row[i].table, name)) return row[i].command;
    return NULL;
}

/* The command that reads an option of this name, and its own name for it; NULL: none. What other tools call so comes
 * first: --temperature is rather that of sampling than that of a loss. */
static const char *reader_of(const char *name, const char **own)
{
    for (int i = 0; (*own = qp_config_other_name(name, i)); i++)
        if (command_with(*own)) return command_with(*own);
    *own = name;
    return command_with(name);
}

/* The option of the command that is most like `name`; NULL: none. */
static const char *nearest_option(const qp_command *command, const char *name)
{
    const char *word[SUGGESTIONS];
    int count = 0;
    word[count++] = "help";
    for (int g = 0; g < command->group_count; g++)
        for (int i = 0; i < command->group[g].table->count && count < SUGGESTIONS; i++)
            word[count++] = command->group[g].table->field[i].name;
    for (int i = 0; i < command->list_count && count < SUGGESTIONS; i++) word[count++] = command->list[i].name;
    return *name ? qp_config_suggest(name, word, count) : NULL;
}

/* --layers for --layer: nearer than any option of another command. */
static bool continues(const char *a, const char *b)
{
    size_t x = strlen(a), y = strlen(b);
    return strncmp(a, b, x < y ? x : y) == 0;
}

static qp_status unknown_option(const qp_command *command, const char *shown, const char *name)
{
    const char *advice = advice_for(name), *nearest = nearest_option(command, name), *own;
    if (advice) return qp_fail(QP_EUSAGE, "%s: unknown option %s; %s", command->name, shown, advice);
    const char *reader = *name ? reader_of(name, &own) : NULL;
    if (reader && strcmp(reader, command->name) != 0 && !(nearest && continues(nearest, name)))
        return qp_fail(QP_EUSAGE, "%s: unknown option %s; quipu %s reads it%s%s", command->name, shown, reader,
                       own == name ? "" : ", as --", own == name ? "" : own);
    if (!nearest)
        return qp_fail(QP_EUSAGE, "%s: unknown option %s; see quipu help %s", command->name, shown, command->name);
    char hyphenated[NAME_BYTES];
    qp_text_hyphenate(nearest, hyphenated, sizeof hyphenated);
    return qp_fail(QP_EUSAGE, "%s: unknown option %s; did you mean --%s?", command->name, shown, hyphenated);
}

/* Split argv[at] into name and value; the value may follow "=" or the letter, or be the next word. */
static qp_status cut_option(const qp_command *command, const char *word, option *cut)
{
    *cut = (option){0};
    const char *equals = strchr(word, '=');
    char name[NAME_BYTES];
    if (word[1] != '-') {
        snprintf(cut->shown, sizeof cut->shown, "-%c", word[1]);
        const char *full = alias_name(command, word[1]);
        if (!full || !find_name(command, full, cut)) {
            snprintf(cut->shown, sizeof cut->shown, "%.70s", word);
            return unknown_option(command, cut->shown, word + 1);
        }
        if (word[2]) cut->text = word + (word[2] == '=' ? 3 : 2);
        return QP_OK;
    }
    int bytes = equals ? (int)(equals - word) : (int)strlen(word);
    snprintf(cut->shown, sizeof cut->shown, "%.*s", bytes > 70 ? 70 : bytes, word);
    snprintf(name, sizeof name, "%s", cut->shown + 2);
    if (equals) cut->text = equals + 1;
    if (find_name(command, name, cut)) return QP_OK;
    bool no = strncmp(name, "no-", 3) == 0 || strncmp(name, "no_", 3) == 0;
    if (no && find_name(command, name + 3, cut) && cut->field && cut->field->kind == QP_FIELD_BOOL) {
        cut->negated = true;
        return equals ? qp_fail(QP_EUSAGE, "%s: takes no value; write --%s=...", cut->shown, name + 3) : QP_OK;
    }
    return unknown_option(command, cut->shown, name);
}

/* Is this word an option of the command, rather than a value that begins with a hyphen (-0.5, -)? */
static bool looks_like_option(const qp_command *command, const char *word)
{
    if (word[0] != '-' || word[1] == '\0') return false;
    return word[1] == '-' || (alias_name(command, word[1]) && (word[2] == '\0' || word[2] == '='));
}

/* The next word of the command line: an option with its value, or a file. At the end both are empty. */
static qp_status next_word(const qp_options *options, cursor *place, option *found, char **file)
{
    *file = NULL;
    *found = (option){0};
    if (place->at >= options->argc) return QP_OK;
    char *word = options->argv[place->at++];
    if (!place->only_files && strcmp(word, "--") == 0) {
        place->only_files = true;
        if (place->at >= options->argc) return QP_OK;
        word = options->argv[place->at++];
    }
    if (place->only_files || word[0] != '-' || word[1] == '\0') {
        *file = word;
        return QP_OK;
    }
    QP_TRY(cut_option(options->command, word, found));
    if (found->text || found->negated || (found->field && found->field->kind == QP_FIELD_BOOL)) return QP_OK;
    bool there = place->at < options->argc && !looks_like_option(options->command, options->argv[place->at]);
    if (!there)
        return qp_fail(QP_EUSAGE, "%s: its value is missing; write %s%sVALUE", found->shown, found->shown,
                       found->shown[1] == '-' ? "=" : " ");
    found->text = options->argv[place->at++];
    return QP_OK;
}

static qp_status list_add(qp_option_list *list, const char *text)
{
    const char **grown = realloc(list->value, sizeof *grown * (size_t)(list->count + 1));
    if (!grown) return qp_fail(QP_EMEMORY, "--%s: no memory", list->name);
    list->value = grown;
    list->value[list->count++] = text;
    return QP_OK;
}

/* The first time, a list of files replaces that of the configuration file; then it grows. */
static qp_status add_files(const option *found, const qp_field *begun[MOST_LISTS], int *lists)
{
    for (int i = 0; i < *lists; i++)
        if (begun[i] == found->field) return qp_config_add(found->field, found->object, found->shown, found->text);
    if (*lists < MOST_LISTS) begun[(*lists)++] = found->field;
    return qp_config_set(found->field, found->object, found->shown, found->text);
}

qp_status qp_options_apply(const qp_options *options)
{
    const qp_command *command = options->command;
    for (int i = 0; i < command->list_count; i++) command->list[i].count = 0;
    const qp_field *begun[MOST_LISTS]; /* lists of files that have been given */
    int lists = 0;
    cursor place = {.at = 1};
    for (;;) {
        option found;
        char *file;
        QP_TRY(next_word(options, &place, &found, &file));
        if (file) continue;
        if (found.list) {
            QP_TRY(list_add(found.list, found.text));
        } else if (found.field && qp_config_repeats(found.field)) {
            QP_TRY(add_files(&found, begun, &lists));
        } else if (found.field) {
            const char *text = found.text ? found.text : found.negated ? "false" : "true";
            QP_TRY(qp_config_set(found.field, found.object, found.shown, text));
        } else {
            return QP_OK;
        }
    }
}

/* First pass: every option is known and complete; files are collected. Options may follow files. */
static qp_status collect_files(qp_options *options)
{
    options->file = calloc((size_t)options->argc + 1, sizeof *options->file);
    if (!options->file) return qp_fail(QP_EMEMORY, "%s: no memory", options->command->name);
    cursor place = {.at = 1};
    for (;;) {
        option found;
        char *file;
        QP_TRY(next_word(options, &place, &found, &file));
        if (!file && !found.field && !found.list) return QP_OK;
        if (file) options->file[options->file_count++] = file;
    }
}

static bool is_config(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

qp_status qp_options_config(qp_options *options)
{
    const qp_command *command = options->command;
    if (!options->config) return QP_OK;
    const qp_field_table *table[16];
    void *object[16];
    int count = command->group_count < 16 ? command->group_count : 16;
    for (int g = 0; g < count; g++) {
        table[g] = command->group[g].table;
        object[g] = command->group[g].object;
    }
    free(options->config_line);
    options->config_line = NULL;
    return qp_config_yaml_lines(options->config, table, object, count, &options->config_line);
}

static qp_status load_config(qp_options *options)
{
    const qp_command *command = options->command;
    if (!command->takes_config || options->file_count == 0 || !is_config(options->file[0])) return QP_OK;
    options->config = options->file[0];
    memmove(options->file, options->file + 1, sizeof *options->file * (size_t)options->file_count);
    options->file_count--;
    return qp_options_config(options);
}

qp_status qp_options_parse(qp_options *options, const qp_command *command, int argc, char **argv)
{
    *options = (qp_options){.command = command, .argc = argc, .argv = argv};
    for (int g = 0; g < command->group_count; g++)
        qp_config_defaults(command->group[g].table, command->group[g].object);
    QP_TRY(collect_files(options));
    QP_TRY(load_config(options));
    if (!command->takes_files && options->file_count > 0)
        return qp_fail(QP_EUSAGE, "%s: unexpected argument '%.200s'; see quipu help %s", command->name,
                       options->file[0], command->name);
    return qp_options_apply(options);
}

void qp_options_free(qp_options *options)
{
    const qp_command *command = options->command;
    for (int i = 0; i < command->list_count; i++) {
        free(command->list[i].value);
        command->list[i].value = NULL;
        command->list[i].count = 0;
    }
    free(options->config_line);
    options->config_line = NULL;
    free(options->file);
    options->file = NULL;
    options->file_count = 0;
}

bool qp_options_given(const qp_options *options, const char *name)
{
    option wanted = {0};
    if (!find_name(options->command, name, &wanted)) return false;
    cursor place = {.at = 1};
    for (;;) {
        option found;
        char *file;
        if (next_word(options, &place, &found, &file) != QP_OK) return false;
        if (file) continue;
        if (!found.field && !found.list) return false;
        if (wanted.field ? found.field == wanted.field : found.list == wanted.list) return true;
    }
}

bool qp_options_configured(const qp_options *options, const char *name)
{
    const qp_command *command = options->command;
    for (int g = 0; options->config_line && g < command->group_count; g++) {
        const qp_field_table *table = command->group[g].table;
        const qp_field *field = qp_config_find(table, name);
        if (field) return options->config_line[g][field - table->field] > 0;
    }
    return false;
}
