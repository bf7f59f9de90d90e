#include "lib/run/settings/option_uses.h"

#include <stdio.h>
#include <string.h>

#include "lib/run/settings/option_table.h"

enum { NAME_BYTES = 64, USERS_BYTES = 400 };

static bool is_read(const qp_option_use *u, const qp_train_settings *s)
{
    if (u->optimizers) return u->optimizers >> s->optimizer.optimizer & 1;
    if (u->schedules) return u->schedules >> s->schedule.lr_schedule & 1;
    return u->reads(s);
}

static bool is_shared(const qp_option_use *u) { return !u->users && !u->optimizers && !u->schedules; }

static bool is_about(const qp_option_use *u, const char *name)
{
    size_t length = strlen(u->option);
    if (u->option[length - 1] == '*') return strncmp(u->option, name, length - 1) == 0;
    return strcmp(u->option, name) == 0;
}

/* The row that says why an option is not read; NULL: it is read. */
static const qp_option_use *unread(const qp_train_settings *s, const char *name)
{
    for (int i = 0; i < qp_option_use_count; i++)
        if (is_about(&qp_option_table[i], name) && !is_read(&qp_option_table[i], s)) return &qp_option_table[i];
    return NULL;
}

bool qp_option_uses_reads(const qp_train_settings *settings, const char *option)
{
    return unread(settings, option) == NULL;
}

/* ---- messages ---- */

static const char *hyphenated(const char *name, char text[NAME_BYTES])
{
    snprintf(text, NAME_BYTES, "%s", name);
    for (char *c = text; *c; c++)
        if (*c == '_') *c = '-';
    return text;
}

/* "--optimizer momentum, nesterov or lars": the choices of a field whose bits are set. */
static void name_choices(const qp_field_table *table, const char *field, uint64_t set, char text[USERS_BYTES])
{
    char name[NAME_BYTES];
    const char *at = qp_config_find(table, field)->choices;
    int used = snprintf(text, USERS_BYTES, "--%s", hyphenated(field, name)), bit = 0;
    bool first = true;
    for (; *at; bit++) {
        int length = (int)strcspn(at, ",");
        const char *next = at + length + strspn(at + length, ", ");
        bool last = !*next || !(set >> (bit + 1));
        if (set >> bit & 1) {
            used += snprintf(text + used, USERS_BYTES - (size_t)used, "%s%.*s",
                             first  ? " "
                             : last ? " or "
                                    : ", ",
                             length, at);
            first = false;
        }
        at = next;
    }
}

static qp_status refuse(const qp_option_use *u, const char *option)
{
    char users[USERS_BYTES], name[NAME_BYTES];
    snprintf(users, sizeof users, "%s", u->users ? u->users : "");
    if (u->optimizers) name_choices(&qp_optimizer_fields, "optimizer", u->optimizers, users);
    if (u->schedules) name_choices(&qp_schedule_fields, "lr_schedule", u->schedules, users);
    return qp_fail(QP_EUSAGE, "--%s would change nothing here, it is for %s: add that, or leave --%s out",
                   hyphenated(option, name), users, name);
}

/* ---- all options ---- */

qp_status qp_option_uses_check(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                               const void *self)
{
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    char name[NAME_BYTES];
    qp_train_tables((qp_train_settings *)(uintptr_t)settings, table, object);
    for (int t = 0; t < QP_TRAIN_ALL_TABLES; t++)
        for (int i = 0; i < table[t]->count; i++) {
            const char *option = table[t]->field[i].name;
            if (!given(self, hyphenated(option, name))) continue;
            bool learned = table[t] == &qp_optimizer_fields || table[t] == &qp_schedule_fields;
            if (learned && settings->model.decoder == QP_KIND_NGRAM)
                return qp_fail(QP_EUSAGE,
                               "--%s would change nothing here: --decoder ngram counts, it has no updates; "
                               "leave it out",
                               name);
            const qp_option_use *u = unread(settings, option);
            if (u && !is_shared(u)) return refuse(u, option);
        }
    return QP_OK;
}

/* Add a name to a list of them. */
static void append(const char *before, const char *option, int count, char *text, size_t bytes)
{
    char name[NAME_BYTES];
    size_t used = strlen(text);
    snprintf(text + used, bytes - used, "%s%s%s", count ? ", " : "", before, hyphenated(option, name));
}

int qp_option_uses_shared(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                          const void *self, char *text, size_t bytes)
{
    char name[NAME_BYTES];
    int count = 0;
    *text = '\0';
    for (int i = 0; i < qp_option_use_count; i++) {
        const qp_option_use *u = &qp_option_table[i];
        if (!is_shared(u) || is_read(u, settings) || !given(self, hyphenated(u->option, name))) continue;
        append("--", u->option, count++, text, bytes);
    }
    return count;
}

int qp_option_uses_unread(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                          const void *self)
{
    char name[NAME_BYTES];
    int count = given(self, "layers") && unread(settings, "layers");
    for (int i = 0; i < qp_model_fields.count; i++) {
        const char *option = qp_model_fields.field[i].name;
        count += given(self, hyphenated(option, name)) && unread(settings, option);
    }
    return count;
}

int qp_option_uses_list(const qp_train_settings *settings, bool (*given)(const void *self, const char *name),
                        const void *self, char *text, size_t bytes)
{
    qp_train_settings plain;
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES], *usual[QP_TRAIN_ALL_TABLES];
    char value[600], normal[600], name[NAME_BYTES];
    int count = 0;
    *text = '\0';
    qp_train_defaults(&plain);
    qp_train_tables(&plain, table, usual);
    qp_train_tables((qp_train_settings *)(uintptr_t)settings, table, object);
    for (int t = 0; t < QP_TRAIN_ALL_TABLES; t++)
        for (int i = 0; i < table[t]->count; i++) {
            const qp_field *field = &table[t]->field[i];
            if (!given(self, hyphenated(field->name, name)) || !unread(settings, field->name)) continue;
            qp_config_get(field, object[t], value, sizeof value);
            qp_config_get(field, usual[t], normal, sizeof normal);
            if (strcmp(value, normal) != 0) append("", field->name, count++, text, bytes);
        }
    return count;
}
