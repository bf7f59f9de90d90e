#include "tests/package/run/small_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

char small_run_notes[8000];

static char folder[] = "/tmp/quipu-small-run-XXXXXX";

void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

void small_run_folder(void) { cr_assert(mkdtemp(folder) && chdir(folder) == 0); }

void small_run_clean(void)
{
    cr_assert_eq(chdir("/"), 0);
    qp_file_remove_tree(folder);
}

/* Whether option[...] holds this name, written with hyphens or underscores. */
static bool given(const void *self, const char *name)
{
    char underscored[64];
    snprintf(underscored, sizeof underscored, "%s", name);
    for (char *c = underscored; *c; c++)
        if (*c == '-') *c = '_';
    for (const char *const *option = self; *option; option += 2)
        if (strcmp(*option, underscored) == 0 || strcmp(*option, name) == 0) return true;
    return false;
}

static void note(void *self, const char *line)
{
    size_t used = strlen(small_run_notes);
    (void)self;
    snprintf(small_run_notes + used, sizeof small_run_notes - used, "%s\n", line);
}

qp_train_settings *small_settings(const char *const *option)
{
    static qp_train_settings settings;
    memset(&settings, 0, sizeof settings);
    qp_train_defaults(&settings);
    for (int i = 0; option[i]; i += 2)
        cr_assert_eq(qp_train_set(&settings, option[i], option[i + 1]), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_train_complete(&settings, given, option), QP_OK, "%s", qp_error_message());
    return &settings;
}

qp_status small_run_try(qp_train_run *run, const char *const *option)
{
    static const qp_train_hooks hooks = {.note = note};
    small_run_notes[0] = '\0';
    return qp_train_run_prepare(run, small_settings(option), false, &hooks);
}

void small_run_prepare(qp_train_run *run, const char *const *option)
{
    cr_assert_eq(small_run_try(run, option), QP_OK, "%s", qp_error_message());
}
