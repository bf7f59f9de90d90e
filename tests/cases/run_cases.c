#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"

/* Runs every case of a folder made with other tokenizers: build/tests/cases DIR [PART-OF-NAME]; or the files of
 * tests/tokenizer/corners.h as they are in another folder: build/tests/cases --corners DIR. */

static int passed, failed, skipped;

static void count(run_result result, const char *name, const char *run, const char *message)
{
    if (result == RUN_PASSED) passed++;
    if (result == RUN_SKIPPED) skipped++;
    if (result != RUN_FAILED) return;
    failed++;
    printf("%s: %s: %s\n", name, run, message);
}

static bool data_is_missing(const run_context *c)
{
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(c->root_json, "files"), key, value) {
        char path[4096];
        const char *file = json_string_value(value);
        if (!file || strncmp(file, "@data/", 6) != 0) continue;
        run_path(c, file, path, sizeof path);
        if (!qp_file_exists(path)) return true;
    }
    return false;
}

static void run_case(const char *root, const char *name)
{
    static const struct {
        const char *kind;
        run_result (*run)(run_context *c);
    } kind[] = {{"sentencepiece", run_sentencepiece},
                {"unicode", run_unicode},
                {"segment", run_segment},
                {"moses", run_moses},
                {"train-hf", run_hf_training},
                {"train-spm-bpe", run_spm_bpe_training},
                {"train-spm-unigram", run_spm_unigram_training},
                {"subword-nmt", run_subword_nmt},
                {"hf", run_pipeline},
                {"gpt2", run_pipeline},
                {"tiktoken", run_pipeline}};
    char path[4096];
    json_error_t error;
    snprintf(path, sizeof path, "%s/cases/%s/case.json", root, name);
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, &error);
    if (!json) {
        count(RUN_FAILED, name, "case.json", error.text);
        return;
    }
    const char *wanted = json_string_value(json_object_get(json, "kind"));
    size_t index;
    json_t *run;
    json_array_foreach (json_object_get(json, "runs"), index, run) {
        run_context c = {.root = root, .name = name, .root_json = json, .run = run};
        run_result result = RUN_SKIPPED;
        for (size_t i = 0; wanted && i < sizeof kind / sizeof *kind; i++) {
            if (strcmp(kind[i].kind, wanted) == 0 && !data_is_missing(&c)) result = kind[i].run(&c);
        }
        const char *run_name = run_text(&c, "name");
        count(result, name, run_name ? run_name : "?", c.message);
    }
    json_decref(json);
}

/* ---- hostile files ---- */

/* A file, or how to make one: {"prefix", "repeat", "times", "suffix"}. */
static bool read_hostile(const char *path, char **content, size_t *bytes)
{
    char recipe[9100];
    snprintf(recipe, sizeof recipe, "%s.gen", path);
    if (qp_file_exists(path)) return qp_file_read(path, (size_t)1 << 30, content, bytes) == QP_OK;
    json_error_t error;
    json_t *json = json_load_file(recipe, JSON_ALLOW_NUL, &error), *part[3];
    if (!json) return false;
    static const char *const key[] = {"prefix", "repeat", "suffix"};
    size_t times = (size_t)json_integer_value(json_object_get(json, "times")), made = 0;
    for (int i = 0; i < 3; i++) part[i] = json_object_get(json, key[i]);
    *bytes = json_string_length(part[0]) + times * json_string_length(part[1]) + json_string_length(part[2]);
    *content = malloc(*bytes + 1);
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k < (i == 1 ? times : 1); k++) {
            memcpy(*content + made, json_string_value(part[i]), json_string_length(part[i]));
            made += json_string_length(part[i]);
        }
    }
    (*content)[made] = '\0';
    json_decref(json);
    return true;
}

static void run_hostile_row(const char *folder, const char *kind, char *row, const records *probe)
{
    char path[9000], label[200], *save = NULL;
    const char *file = strtok_r(row, "\t", &save), *expect = strtok_r(NULL, "\t", &save),
               *equal = strtok_r(NULL, "\t", &save);
    if (!file || !expect || !equal || strcmp(file, "file") == 0) return;
    snprintf(label, sizeof label, "hostile/%s/%s", kind, file);
    char *content = NULL, *second = NULL, one[400];
    size_t bytes, second_bytes = 0;
    number_lists wanted = {0};
    records lines = {0};
    const char *plus = strchr(file, '+');
    bool readable = true;
    if (plus) {
        snprintf(path, sizeof path, "%s/%s", folder, plus + 1);
        readable = read_hostile(path, &second, &second_bytes);
    }
    snprintf(one, sizeof one, "%.*s", plus ? (int)(plus - file) : 399, file);
    if (strlen(one) > 4 && strcmp(one + strlen(one) - 4, ".gen") == 0) one[strlen(one) - 4] = '\0';
    snprintf(path, sizeof path, "%s/%s", folder, one);
    if (!readable || !read_hostile(path, &content, &bytes)) {
        count(RUN_FAILED, label, expect, "cannot read it");
        return;
    }
    snprintf(path, sizeof path, "%s/%s", folder, equal);
    bool compare = strcmp(equal, "-") != 0 && strcmp(kind, "codes") != 0 && read_numbers(path, &wanted);
    bool compare_lines = strcmp(equal, "-") != 0 && strcmp(kind, "codes") == 0 && read_records(path, &lines);
    hostile_result r = strcmp(kind, "codes") == 0 ? hostile_codes(content, bytes, probe, compare_lines ? &lines : NULL)
                       : strcmp(kind, "spm") == 0
                           ? hostile_sentencepiece(content, bytes, probe, compare ? &wanted : NULL)
                           : hostile_pipeline(kind, content, bytes, second, second_bytes, probe,
                                              compare ? &wanted : NULL);
    free(content);
    free(second);
    free_numbers(&wanted);
    free_records(&lines);
    bool right = strcmp(expect, "refuse") == 0 ? !r.loaded : strcmp(expect, "load") == 0 ? r.loaded && r.equal : true;
    count(right ? RUN_PASSED : RUN_FAILED, label, expect, r.loaded && r.equal ? "was loaded" : r.message);
}

static void run_hostile(const char *root, const char *kind)
{
    char path[4096], *content, *save = NULL;
    size_t bytes;
    records probe;
    snprintf(path, sizeof path, "%s/hostile/probe.rec", root);
    if (!read_records(path, &probe)) return;
    snprintf(path, sizeof path, "%s/hostile/%s/expected.tsv", root, kind);
    if (qp_file_read(path, (size_t)1 << 24, &content, &bytes) == QP_OK) {
        snprintf(path, sizeof path, "%s/hostile/%s", root, kind);
        for (char *row = strtok_r(content, "\n", &save); row; row = strtok_r(NULL, "\n", &save))
            run_hostile_row(path, kind, row, &probe);
        free(content);
    }
    free_records(&probe);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s DIR [PART-OF-NAME] | --corners DIR\n", argv[0]);
        return 2;
    }
    if (argc == 3 && strcmp(argv[1], "--corners") == 0) {
        run_corners(argv[2], count);
        printf("corners: %d passed, %d failed, %d skipped\n", passed, failed, skipped);
        return failed > 0;
    }
    char path[4096], *name[4096];
    int names = 0;
    snprintf(path, sizeof path, "%s/cases", argv[1]);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && names < 4096 && (entry = readdir(folder));) {
        if (entry->d_name[0] != '.') name[names++] = strdup(entry->d_name);
    }
    if (folder) closedir(folder);
    qsort(name, (size_t)names, sizeof *name, by_name);
    for (int i = 0; i < names; i++) {
        if (argc < 3 || strstr(name[i], argv[2])) run_case(argv[1], name[i]);
        free(name[i]);
    }
    static const char *const kind[] = {"spm", "hf", "gpt2", "tiktoken", "codes"};
    for (int i = 0; i < 5; i++) {
        if (argc < 3 || strstr("hostile", argv[2]) || strcmp(argv[2], kind[i]) == 0) run_hostile(argv[1], kind[i]);
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
