#ifndef QP_SMALL_MODEL_H
#define QP_SMALL_MODEL_H

#include <stdbool.h>
#include <stddef.h>

/* small_model — an untrained translator in a file and commands run in this process, for the tests of cli/cmd_*.c. What
 * such a model says is nonsense, but always the same nonsense. */

/* Writes the model into a new temporary folder, and goes there; `work` is its path. A language model if `language`. */
void small_model_write(const char *name, bool language);
void small_model_clean(void);

/* Runs a command with these words ("translate", "-m", ..., NULL) and this text on stdin; what it printed on stdout and
 * stderr is in small_out, small_err until the next run. `out` names a file for stdout; NULL: kept. */
typedef int small_command(int argc, char **argv);
int small_run(small_command *command, const char *input, const char *out, const char *const *word);
extern char *small_out, *small_err;
#define RUN(command, input, ...) small_run(command, input, NULL, (const char *const[]){__VA_ARGS__, NULL})

#define STARTS(text, prefix) (strncmp(text, prefix, strlen(prefix)) == 0)

/* Writes a file in the folder. */
void small_file(const char *name, const char *text, size_t bytes);
int small_lines(const char *text);

#endif
