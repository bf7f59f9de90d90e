#ifndef QP_OPTIONS_H
#define QP_OPTIONS_H

#include <stdbool.h>

#include "lib/config/config.h"

/* options — the words of a command line, told by the same field tables that make structs, defaults, YAML keys and help
 * (lib/base/config.h). A command fills one qp_command and is qp_options_run of it.
 *
 * Accepted: --key value, --key=value, underscores for hyphens; --flag, --no-flag, --flag=false for BOOL fields;
 * -k value, -kvalue, -k=value for letters of the alias table; "--" ends the options; "-" is a file name. A value that
 * begins with "--" needs the form --key=value. The last of several equal options counts, except for lists. */

/* Fields and the struct they fill. The table's title is the heading in the help. */
typedef struct {
    const qp_field_table *table;
    void *object;
} qp_option_group;

/* -m for --model: letter, name of the field or list. */
typedef struct {
    char letter;
    const char *name;
} qp_option_alias;

/* An option that may be given several times (--stop A --stop B). value[0..count-1] point into argv. */
typedef struct {
    const char *name, *help;
    const char **value;
    int count;
} qp_option_list;

typedef struct {
    const char *name;    /* "translate" */
    const char *summary; /* one line */
    const char *usage;   /* "-m MODEL [FILE...]" */
    const char *notes;   /* printed at the end of the help; may be NULL */
    const qp_option_group *group;
    int group_count;
    const qp_option_alias *alias;
    int alias_count;
    qp_option_list *list;
    int list_count;
    bool takes_files;  /* false: a positional word is a mistake */
    bool takes_config; /* a first positional *.yaml or *.yml is loaded before the options are applied */
} qp_command;

typedef struct {
    const qp_command *command;
    int argc;
    char **argv;
    char **file; /* positional words, in order; the configuration file is not among them */
    int file_count;
    const char *config; /* the configuration file or NULL */
} qp_options;

/* qp_options_begin — defaults, then the configuration file, then the command line. false: the command is over (help was
 * printed, or the mistake reported) and *exit_code says how. */
bool qp_options_begin(qp_options *options, const qp_command *command, int argc, char **argv, int *exit_code);
void qp_options_free(qp_options *options);

/* qp_options_run — a whole command: begin, run, free, and qp_report of what run returned. Returns the exit code. */
int qp_options_run(const qp_command *command, int argc, char **argv,
                   qp_status (*run)(void *self, const qp_options *options), void *self);

/* qp_options_parse — the same without printing; *help is set, and nothing else done, when --help or -h is among them. */
qp_status qp_options_parse(qp_options *options, const qp_command *command, int argc, char **argv, bool *help);

/* qp_options_apply — set the fields from the command line again: after a preset has changed what lies below it. */
qp_status qp_options_apply(qp_options *options);

/* qp_options_config — set the fields from the configuration file again, if there is one. */
qp_status qp_options_config(qp_options *options);

/* qp_options_given — was this option (field name, hyphen or underscore) on the command line? */
bool qp_options_given(const qp_options *options, const char *name);

/* qp_options_help — the help of one command on stdout. */
void qp_options_help(const qp_command *command);

#endif
