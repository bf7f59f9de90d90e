#ifndef QP_OPTIONS_H
#define QP_OPTIONS_H

#include <stdbool.h>

#include "lib/config/config.h"

/* options — parses command lines with the field tables that also define structs, defaults, YAML keys and help
 * (lib/config/config.h). A command fills one qp_command and calls qp_options_run.
 *
 * Accepted: --key value, --key=value, underscores for hyphens; --flag, --no-flag, --flag=false for BOOL fields;
 * -k value, -kvalue, -k=value for letters of the alias table; "--" ends the options; "-" is a file name. A value that
 * begins with "--" needs the form --key=value. A repeated option replaces the earlier one, except for lists. Names of
 * other tools are accepted (--learning-rate for --lr; qp_config_other_name). */

/* Fields and the struct that they fill. The table's title is a heading of the help. */
typedef struct {
    const qp_field_table *table;
    void *object;
} qp_option_group;

/* -m for --model: letter, and name of the field or list. */
typedef struct {
    char letter;
    const char *name;
} qp_option_alias;

/* An option that may be given several times (--stop A --stop B). value[0..count-1] point into argv. `kind` is how the
 * help calls the value; NULL: TEXT. */
typedef struct {
    const char *name, *help, *kind;
    const char **value;
    int count;
} qp_option_list;

typedef struct {
    const char *name;               /* "translate" */
    const char *summary;            /* one line */
    const char *usage;              /* "-m MODEL [FILE...]" */
    const char *notes;              /* printed at the end of the help; may be NULL */
    const char *const *main_option; /* NULL-terminated: the options of the short help; NULL: it shows all */
    void (*help_end)(void);         /* prints more at the end of the help; may be NULL */
    const qp_option_group *group;
    int group_count;
    const qp_option_alias *alias;
    int alias_count;
    qp_option_list *list;
    int list_count;
    bool takes_files;  /* false: a positional word is an error */
    bool takes_config; /* a first positional *.yaml or *.yml is loaded before the options are applied */
} qp_command;

typedef struct {
    const qp_command *command;
    int argc;
    char **argv;
    char **file; /* positional words, in order, without the configuration file */
    int file_count;
    const char *config;   /* the configuration file or NULL */
    size_t **config_line; /* [group][field]: its line for that option, from 1, or 0; NULL without a file */
} qp_options;

/* qp_options_begin — set defaults, then apply the configuration file, then the command line. false: the command is done
 * (help was printed, or an error reported); return *exit_code. */
bool qp_options_begin(qp_options *options, const qp_command *command, int argc, char **argv, int *exit_code);
void qp_options_free(qp_options *options);

/* qp_options_run — a whole command: begin, run, free, and qp_report of the status. Returns the exit code. */
int qp_options_run(const qp_command *command, int argc, char **argv,
                   qp_status (*run)(void *self, const qp_options *options), void *self);

/* qp_options_parse — the same without help and without printing. */
qp_status qp_options_parse(qp_options *options, const qp_command *command, int argc, char **argv);

/* qp_options_apply — apply the command line again, after a preset or a model has changed the defaults. */
qp_status qp_options_apply(const qp_options *options);

/* qp_options_config — apply the configuration file again, if there is one. */
qp_status qp_options_config(qp_options *options);

/* qp_options_keep_inputs — the field or list `name` is the command's output; QP_EUSAGE if it is one of the other files
 * of the command line: a positional word, the value of another option, or one of a list of files. qp_options_run does
 * this for "output".
 * qp_options_keep_input — the same for one input: QP_EUSAGE if both paths lead to the same file. */
qp_status qp_options_keep_inputs(const qp_options *options, const char *name);
qp_status qp_options_keep_input(const char *input, const char *output);

/* qp_options_given — was this option (field name, hyphen or underscore) on the command line? */
bool qp_options_given(const qp_options *options, const char *name);

/* qp_options_configured — was this option (the same) in the configuration file? */
bool qp_options_configured(const qp_options *options, const char *name);

#endif
