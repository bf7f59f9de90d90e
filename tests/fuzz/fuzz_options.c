#include <stdlib.h>
#include <string.h>

#include "cli/base/options.h"
#include "lib/run/settings/train_settings.h"
#include "tests/fuzz/fuzz_targets.h"

enum { MOST_WORDS = 40 };

static bool given(const void *options, const char *name) { return qp_options_given(options, name); }

/* The command line of `train`, without its configuration file: words that end with NUL, LF or a blank. */
int qp_fuzz_options(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1), *word[MOST_WORDS + 2] = {(char[]){"train"}};
    int count = 1;
    if (!text) return 0;
    if (bytes) memcpy(text, data, bytes);
    text[bytes] = '\0';
    for (size_t i = 0; i < bytes; i++)
        if (text[i] == '\n' || text[i] == ' ') text[i] = '\0';
    for (size_t i = 0; i < bytes && count <= MOST_WORDS; i += strlen(text + i) + 1) word[count++] = text + i;
    word[count] = NULL;
    qp_train_settings settings;
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    qp_option_group group[QP_TRAIN_ALL_TABLES];
    qp_options options;
    qp_train_tables(&settings, table, object);
    for (int i = 0; i < QP_TRAIN_ALL_TABLES; i++) group[i] = (qp_option_group){table[i], object[i]};
    const qp_option_alias alias = {'m', "model"};
    qp_option_list list = {.name = "stop"};
    const qp_command train = {.name = "train",
                              .group = group,
                              .group_count = QP_TRAIN_ALL_TABLES,
                              .alias = &alias,
                              .alias_count = 1,
                              .list = &list,
                              .list_count = 1,
                              .takes_files = bytes % 2 == 0};
    if (qp_options_parse(&options, &train, count, word) == QP_OK) {
        for (int i = 0; i < options.file_count; i++) qp_fuzz_require(options.file[i] != NULL, "a file has a name");
        (void)qp_train_complete(&settings, given, &options);
    }
    qp_options_free(&options);
    free(text);
    return 0;
}
