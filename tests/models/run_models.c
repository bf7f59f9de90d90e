#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/models/hf_case.h"

/* The runner of models of other projects: every folder of DIR that has a config.json.
 *     build/tests/models DIR
 * Prints a line for each difference, and last `N passed, N failed, N skipped`. */

static bool has(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return qp_file_exists(path);
}

int main(int count, char **word)
{
    if (count != 2) {
        fprintf(stderr, "models: which folder?  make models MODELS=DIR\n");
        return 2;
    }
    char pattern[4096];
    glob_t found;
    int passed = 0, failed = 0, skipped = 0;
    snprintf(pattern, sizeof pattern, "%s/*/config.json", word[1]);
    if (glob(pattern, 0, NULL, &found) != 0) {
        fprintf(stderr, "models: %s: no folders with a config.json there\n", word[1]);
        return 66;
    }
    qp_tape *tape = qp_tape_new();
    for (size_t i = 0; tape && i < found.gl_pathc; i++) {
        char *folder = found.gl_pathv[i];
        *strrchr(folder, '/') = '\0';
        hf_case c = {.folder = folder, .name = strrchr(folder, '/') + 1, .tape = tape};
        if (!has(folder, "expected.safetensors")) {
            skipped++;
            continue;
        }
        hf_check_arrays(&c);
        hf_check_generation(&c);
        hf_check_tokenizer(&c);
        qp_model_free(c.model);
        if (c.differences)
            failed++;
        else if (c.skipped)
            skipped++;
        else
            passed++;
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    globfree(&found);
    qp_tape_free(tape);
    return failed > 0;
}
