#include "tests/cli/small_tasks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"

enum { LINES = 60, WORDS = 48, MORE = 14, FILES = 6 };

static void write_data(void)
{
    static char text[FILES][16384];
    size_t used[FILES] = {0};
#define PUT(file, ...)                                                                                                 \
    used[file] += (size_t)snprintf(text[file] + used[file], sizeof text[file] - used[file], __VA_ARGS__)
    PUT(2, "day,temp\n");
    PUT(5, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,half\n");
    for (int i = 0; i < LINES; i++) {
        int first = i % 2;
        PUT(0, "%s\tw%d w%d w3\n", first ? "low" : "high", first, 2 + i % 5);
        for (int j = 0; j < 3; j++) PUT(1, "%s\n", (i + j) % 2 ? "Ann\tB-PER" : "see\tO");
        PUT(1, "\n");
        PUT(2, "%d,%d.5\n", i, i * i % 17);
        PUT(3, "w0 w1 w2 w0 w1 w2\n");
        PUT(4, "a%d b%d\ty%d x%d\n", i % 12, i % 5, i % 5, i % 12);
        for (int j = 0; j < 16; j++) PUT(5, "%d,", j == i * 7 % 16 ? 200 : (i + 3 * j) % 30);
        PUT(5, "%s\n", i * 7 % 16 < 8 ? "upper" : "lower");
    }
#undef PUT
    static const char *const name[] = {"texts", "words.conll", "days.csv", "lines", "pairs", "images.csv"};
    for (int file = 0; file < FILES; file++) small_file(name[file], text[file], used[file]);
}

void small_task_train(const char *task, int updates)
{
    static const char *const more[][MORE] = {
        {"classify", "--train", "texts", "--valid", "texts", "--tokenizer", "word"},
        {"tag", "--train", "words.conll", "--valid", "words.conll", "--tokenizer", "word"},
        {"regress", "--train", "days.csv", "--valid", "days.csv", "--column", "temp", "--window", "4"},
        {"mlm", "--train", "lines", "--valid", "lines", "--tokenizer", "word"},
        {"match", "--train", "pairs", "--valid", "pairs", "--tokenizer", "word"},
        {"images", "--train", "images.csv", "--valid", "images.csv", "--column", "half", "--patch", "2x2", "--encoder",
         "transformer", "--heads", "2"}};
    static const char *const common[] = {"train",        "-q", "--encoder",   "gru",   "--layers",      "1",
                                         "--emb-size",   "16", "--dropout",   "0",     "--batch-type",  "sentence",
                                         "--batch-size", "20", "--lr",        "0.005", "--lr-schedule", "constant",
                                         "--lr-warmup",  "0",  "--save-freq", "0",     "--valid-freq",  "1000",
                                         "--threads",    "1",  "--overwrite", "-m",    "m.safetensors"};
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
    word[count++] = strcmp(task, "images") == 0 ? "classify" : task;
    for (size_t k = 0; k < sizeof more / sizeof *more; k++)
        for (int i = 1; strcmp(more[k][0], task) == 0 && i < MORE && more[k][i]; i++) word[count++] = more[k][i];
    cr_assert_eq(small_run(qp_cmd_train, NULL, NULL, word), 0, "%s: %s", task, small_err);
}
