#include "tests/cli/small_tasks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

enum { LINES = 60, WORDS = 48 };

static void write_data(void)
{
    static char text[4][16384];
    size_t used[4] = {0};
#define PUT(file, ...)                                                                                                 \
    used[file] += (size_t)snprintf(text[file] + used[file], sizeof text[file] - used[file], __VA_ARGS__)
    PUT(2, "day,temp\n");
    for (int i = 0; i < LINES; i++) {
        int first = i % 2;
        PUT(0, "%s\tw%d w%d w3\n", first ? "low" : "high", first, 2 + i % 5);
        for (int j = 0; j < 3; j++) PUT(1, "%s\n", (i + j) % 2 ? "Ann\tB-PER" : "see\tO");
        PUT(1, "\n");
        PUT(2, "%d,%d.5\n", i, i * i % 17);
        PUT(3, "w0 w1 w2 w0 w1 w2\n");
    }
#undef PUT
    static const char *const name[] = {"texts", "words.conll", "days.csv", "lines"};
    for (int file = 0; file < 4; file++) small_file(name[file], text[file], used[file]);
}

void small_task_train(const char *task, int updates)
{
    static const char *const more[][9] = {
        {"classify", "--train", "texts", "--valid", "texts", "--tokenizer", "word"},
        {"tag", "--train", "words.conll", "--valid", "words.conll", "--tokenizer", "word"},
        {"regress", "--train", "days.csv", "--valid", "days.csv", "--column", "temp", "--window", "4"},
        {"mlm", "--train", "lines", "--valid", "lines", "--tokenizer", "word"}};
    static const char *const common[] = {"train",         "-q",       "--encoder",    "gru",
                                         "--layers",      "1",        "--emb-size",   "16",
                                         "--dropout",     "0",        "--batch-type", "sentence",
                                         "--batch-size",  "20",       "--lr",         "0.005",
                                         "--lr-schedule", "constant", "--lr-warmup",  "0",
                                         "--save-freq",   "0",        "--valid-freq", "1000",
                                         "--threads",     "1",        "-m",           "m.safetensors"};
    const char *word[WORDS] = {NULL};
    char steps[16];
    int count = 0;
    small_model_write("unused.safetensors", false);
    write_data();
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) word[count++] = common[i];
    snprintf(steps, sizeof steps, "%d", updates);
    word[count++] = "--steps";
    word[count++] = steps;
    word[count++] = "--task";
    word[count++] = task;
    for (size_t k = 0; k < sizeof more / sizeof *more; k++)
        for (int i = 1; strcmp(more[k][0], task) == 0 && i < 9 && more[k][i]; i++) word[count++] = more[k][i];
    cr_assert_eq(small_run(qp_cmd_train, NULL, NULL, word), 0, "%s: %s", task, small_err);
}
