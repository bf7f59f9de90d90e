#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#include "lib/base/file.h"
#include "tests/fuzz/fuzz_targets.h"

/* Runs the kept inputs: each reached code that no other input did, or found a bug that is now fixed. */
static void replay(const char *name, int (*target)(const uint8_t *, size_t))
{
    char folder[256], path[1024];
    int files = 0;
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", name);
    DIR *list = opendir(folder);
    if (!list) cr_skip_test("%s is not here: run from the top of the tree", folder);
    for (struct dirent *entry; (entry = readdir(list));) {
        char *content;
        size_t bytes;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || qp_file_read(path, 1 << 24, &content, &bytes) != QP_OK) continue;
        target((const uint8_t *)content, bytes);
        free(content);
        files++;
    }
    closedir(list);
    cr_assert_gt(files, 0, "%s is empty", folder);
}

Test(fuzz, readers) { replay("readers", qp_fuzz_readers); }

Test(fuzz, encode) { replay("encode", qp_fuzz_encode); }

Test(fuzz, store) { replay("store", qp_fuzz_store); }

Test(fuzz, models) { replay("models", qp_fuzz_models); }

Test(fuzz, data) { replay("data", qp_fuzz_data); }

Test(fuzz, options) { replay("options", qp_fuzz_options); }

Test(fuzz, imports) { replay("imports", qp_fuzz_imports); }

Test(fuzz, images) { replay("images", qp_fuzz_images); }

Test(fuzz, kernels) { replay("kernels", qp_fuzz_kernels); }
