#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/commands.h"
#include "cli/base/ranks.h"
#include "cli/base/signals.h"
#include "cli/base/text.h"
#include "cli/base/versions.h"
#include "lib/base/writer.h"
#include "lib/config/config.h"
#include "lib/tensor/kernels/cpu.h"

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command[] = {
    {"train", "train a model", qp_cmd_train},
    {"translate", "translate source lines", qp_cmd_translate},
    {"generate", "continue a text", qp_cmd_generate},
    {"predict", "label texts, tag words, forecast series, fill in hidden words", qp_cmd_predict},
    {"embed", "texts to vectors, one a line", qp_cmd_embed},
    {"search", "the lines of an embedded file that are most like a text", qp_cmd_search},
    {"score", "log-probability of given text", qp_cmd_score},
    {"evaluate", "BLEU, chrF, TER and other scores of text against references", qp_cmd_evaluate},
    {"attend", "attention maps of one sentence", qp_cmd_attend},
    {"tokenizer", "train a tokenizer, text to pieces and back", qp_cmd_tokenizer},
    {"info", "describe a model file", qp_cmd_info},
    {"average", "mean of several checkpoints", qp_cmd_average},
    {"merge", "make one model of an adapter and its base", qp_cmd_merge},
    {"quantize", "round a model's weights to 8 or 16 bits, and measure what that costs", qp_cmd_quantize},
    {"import", "make a model file from a Hugging Face folder, or ARPA n-grams", qp_cmd_import},
    {"export", "write a model, or its tokenizer, as a file for other projects", qp_cmd_export},
    {"demo", "train a toy Korean-English translator, try it, draw its attention (about a minute)", qp_cmd_demo},
    {"doctor", "check this machine: kernels, libraries, threads, memory, disk, locale", qp_cmd_doctor},
};
enum { COMMANDS = sizeof command / sizeof *command };

static int list_commands(void)
{
    qp_text_wrap(stdout,
                 "quipu: sequence models on the CPU, from raw text to a translation, a score and an attention map\n\n"
                 "usage: quipu COMMAND [options] [files]       \"-\" is stdin or stdout\n\n",
                 0);
    for (int i = 0; i < COMMANDS; i++) {
        char line[120];
        snprintf(line, sizeof line, "  %-11s%s", command[i].name, command[i].summary);
        qp_text_wrap(stdout, line, 13);
    }
    qp_text_wrap(stdout, "\nquipu help COMMAND lists its options; quipu version lists the libraries.", 0);
    return 0;
}

/* QUIPU_CPU names kernels this CPU has; only the doctor reports the mistake in its own way. */
static qp_status check_cpu(const char *name)
{
    const char *wanted;
    qp_cpu widest = QP_CPU_AVX512;
    if (strcmp(name, "doctor") == 0 || qp_cpu_check(&wanted)) return QP_OK;
    while (!qp_cpu_supports(widest)) widest--;
    return qp_fail(QP_EUSAGE, "QUIPU_CPU: '%.40s' is not possible here; unset it, or set one of scalar .. %s", wanted,
                   qp_cpu_name(widest));
}

/* Commands whose work several ranks share. */
static bool shares(const char *name)
{
    return strcmp(name, "train") == 0 || strcmp(name, "translate") == 0 || strcmp(name, "score") == 0;
}

static int run_command(int argc, char **argv)
{
    if (check_cpu(argv[0]) != QP_OK) return qp_report(QP_EUSAGE);
    const char *name[COMMANDS + 2];
    bool examines = strcmp(argv[0], "doctor") == 0;
    if (!examines && qp_ranks_join(argv[0], shares(argv[0])) != QP_OK) return qp_report(QP_EUSAGE);
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[0], command[i].name) == 0) return command[i].run(argc, argv);
        name[i] = command[i].name;
    }
    name[COMMANDS] = "help";
    name[COMMANDS + 1] = "version";
    const char *nearest = qp_config_suggest(argv[0], name, COMMANDS + 2);
    if (nearest)
        qp_fail(QP_EUSAGE, "unknown command '%.100s'; did you mean %s?", argv[0], nearest);
    else
        qp_fail(QP_EUSAGE, "unknown command '%.100s'; quipu alone lists them", argv[0]);
    return qp_report(QP_EUSAGE);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return list_commands();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0 || strcmp(argv[1], "version") == 0)
        return check_cpu("version") == QP_OK ? qp_versions_print(stdout) : qp_report(QP_EUSAGE);
    if (strcmp(argv[1], "help") != 0) return run_command(argc - 1, argv + 1);
    if (argc == 2) return list_commands();
    /* help train lr: train --help lr; help tokenizer train lr: tokenizer train --help lr */
    int names = strcmp(argv[2], "tokenizer") == 0 && argc > 3 ? 2 : 1;
    memmove(argv + 1, argv + 2, (size_t)names * sizeof *argv);
    argv[1 + names] = (char[]){"--help"};
    return run_command(argc - 1, argv + 1);
}

/* If the program starts with a closed stdin, stdout or stderr, no file of its own may get that number. The
 * placeholders are opened in the wrong direction, so that using them fails as with the closed one. */
static void fill_standard_descriptors(void)
{
    static const int way[] = {O_WRONLY, O_RDONLY, O_RDWR};
    for (int i = 0; i < 3; i++)
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", way[i]) != i) _exit(74);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    /* A closed pipe and a file at its size limit are errors of write(2), reported like a full disk; see qp_report. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    qp_signals_catch_lost_file();
    qp_signals_tidy();
    int code = dispatch(argc, argv);
    qp_status status = qp_output_check(stdout, "stdout");
    return qp_ranks_leave(status == QP_OK || code != 0 ? code : qp_report(status));
}
