#define _GNU_SOURCE /* memfd_create, memmem */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/file.h"
#include "lib/import/hf_import.h"
#include "lib/model/model_file.h"
#include "lib/ngram/ngram.h"
#include "lib/ngram/ngram_arpa.h"
#include "lib/package/model_average.h"
#include "lib/package/package.h"
#include "lib/quipu.h"
#include "lib/store/safetensors.h"
#include "lib/train/checkpoint.h"
#include "tests/fuzz/fuzz_targets.h"

enum { MODEL, MODEL_REPAIRED, ARPA, CHECKPOINT, CHECKPOINT_REPAIRED, FOLDER, KINDS, DIGITS = 32 };

void qp_fuzz_repair(uint8_t *file, size_t bytes)
{
    static const char mark[] = "\"" QP_CHECKSUM_KEY "\":\"";
    uint8_t *place = memmem(file, bytes, mark, sizeof mark - 1);
    if (!place || (size_t)(file + bytes - place) < sizeof mark - 1 + DIGITS) return;
    place += sizeof mark - 1;
    memset(place, '0', DIGITS);
    const XXH128_hash_t hash = XXH3_128bits(file, bytes);
    char digits[DIGITS + 1];
    snprintf(digits, sizeof digits, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
    memcpy(place, digits, DIGITS);
}

/* Whatever opens must be usable, as far as its task goes. */
static void use(const quipu_package *package)
{
    static const char *const text[] = {"w1 w2"}, *const word[] = {"see", "Ann"},
                             *const option[] = {"max-length", "4", NULL};
    const quipu_options few = {.size = sizeof few, .option = option, .threads = 1};
    const quipu_options one = {.size = sizeof one, .threads = 1};
    quipu_translations *translations = NULL;
    if (quipu_translate(package, text, 1, &few, &translations) == QUIPU_OK) {
        qp_fuzz_require(quipu_translations_count(translations, 0) >= 1, "a text has a translation");
        quipu_translations_free(translations);
    }
    double probability = 0;
    if (quipu_score(package, text, text, 1, &one, &probability, NULL) == QUIPU_OK)
        qp_fuzz_require(!(probability > 1e-3), "a probability is at most 1");
    const int labels = quipu_labels(package);
    float *answer = labels > 0 && labels < 1000 ? malloc((size_t)labels * sizeof *answer) : NULL;
    if (answer) (void)quipu_classify(package, text, 1, &one, answer);
    free(answer);
    int label[2];
    if (quipu_tag(package, word, 2, &one, label, NULL) == QUIPU_OK)
        for (int i = 0; i < 2; i++) qp_fuzz_require(label[i] >= 0 && label[i] < labels, "a tag is a label");
    int columns, window, horizon;
    if (quipu_forecast_sizes(package, &columns, &window, &horizon) == QUIPU_OK && columns * window < 10000) {
        double *value = calloc((size_t)columns * (size_t)window + 1, sizeof *value);
        double *forecast = calloc((size_t)horizon + 1, sizeof *forecast);
        if (value && forecast) (void)quipu_forecast(package, value, window, forecast);
        free(value);
        free(forecast);
    }
}

/* What was read can be saved and read again. */
static void save_again(const char *path)
{
    char folder[] = "/tmp/quipu-fuzz-XXXXXX", saved[64];
    const char *const twice[] = {saved, path};
    qp_package *package, *again = NULL;
    if (qp_package_load(path, &package) != QP_OK) return;
    if (mkdtemp(folder)) {
        snprintf(saved, sizeof saved, "%s/saved.safetensors", folder);
        qp_fuzz_require(qp_package_save(package, saved) == QP_OK, "a model that opens can be saved");
        qp_fuzz_require(qp_package_load(saved, &again) == QP_OK, "and opens again");
        const size_t was = qp_params_size(qp_model_params(package->model));
        qp_fuzz_require(qp_params_size(qp_model_params(again->model)) == was, "with all its weights");
        (void)qp_model_average(saved, twice, 2);
        qp_package_free(again);
        (void)qp_file_remove_tree(folder);
    }
    qp_package_free(package);
}

static void read_model(const char *path)
{
    quipu_package *package;
    if (quipu_open(path, &package) != QUIPU_OK) return;
    use(package);
    quipu_close(package);
    save_again(path);
}

static void read_arpa(const char *path)
{
    char folder[] = "/tmp/quipu-fuzz-XXXXXX", saved[64];
    qp_ngram *model = NULL, *again = NULL;
    if (qp_ngram_arpa_load(path, &model) != QP_OK) return;
    if (mkdtemp(folder)) {
        snprintf(saved, sizeof saved, "%s/saved.arpa", folder);
        qp_fuzz_require(qp_ngram_arpa_save(saved, model) == QP_OK, "n-grams that were read can be written");
        qp_fuzz_require(qp_ngram_arpa_load(saved, &again) == QP_OK, "and read again");
        qp_fuzz_require(qp_ngram_order(again) == qp_ngram_order(model), "with all their orders");
        qp_ngram_free(again);
        (void)qp_file_remove_tree(folder);
    }
    qp_ngram_free(model);
}

static bool write_file(const char *folder, const char *name, const uint8_t *data, size_t bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    bool fine = file && fwrite(data, 1, bytes, file) == bytes;
    if (file) fclose(file);
    return fine;
}

/* A folder of Hugging Face, its files with NUL between them: config.json, model.safetensors.index.json if it begins
 * with '{', and weights. */
static void read_folder(const uint8_t *data, size_t bytes)
{
    char folder[] = "/tmp/quipu-fuzz-XXXXXX";
    const uint8_t *at = data, *const end = data + bytes;
    qp_hf_model made;
    if (!mkdtemp(folder) || !write_file(folder, "pytorch_model.bin", data, bytes)) return;
    const char *name[] = {"config.json", "model.safetensors.index.json", "part.safetensors", "model.safetensors"};
    for (int i = 0; i < 4 && at < end; i++) {
        if (i == 1 && *at != '{') i = 3;
        const uint8_t *stop = i < 2 ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        if (!stop) stop = end;
        if (!write_file(folder, name[i], at, (size_t)(stop - at))) break;
        at = stop + 1;
    }
    if (qp_hf_import_model(folder, &(qp_hf_wish){NULL, false, -1, -1}, &made) == QP_OK) qp_hf_model_free(&made);
    (void)qp_file_remove_tree(folder);
}

static void ignore(void *self, const char *line) { (void)(self ? 0 : strlen(line)); }

/* A run of two weights; the file is the save before a damaged one. */
static void read_checkpoint(const uint8_t *data, size_t bytes)
{
    char folder[] = "/tmp/quipu-fuzz-XXXXXX", saved[64];
    qp_optimizer_config config;
    qp_optimizer *optimizer = NULL;
    qp_params *params = qp_params_new();
    bool found = false;
    qp_run_reset reset = {.schedule = bytes & 1, .counters = bytes & 2};
    qp_run_state state = {0};
    qp_config_defaults(&qp_optimizer_fields, &config);
    if (!params || !mkdtemp(folder)) return;
    qp_params_add(params, 1, 2, qp_init_constant(1), "weight");
    qp_optimizer_span span = {.rows = 1, .columns = 2};
    if (write_file(folder, "state-00000002.safetensors", data, bytes) &&
        write_file(folder, "state-00000003.safetensors", data, bytes / 2) && qp_params_finish(params) == QP_OK &&
        qp_optimizer_new(&config, qp_params_size(params), &span, 1, &optimizer) == QP_OK) {
        qp_checkpoint checkpoint = {folder, "fuzz run", params, optimizer};
        if (qp_checkpoint_load(&checkpoint, &reset, ignore, NULL, &state, &found) == QP_OK && found) {
            qp_fuzz_require(qp_checkpoint_save(&checkpoint, &state) == QP_OK, "a state that was read can be saved");
            qp_fuzz_require(qp_checkpoint_load(&checkpoint, &reset, ignore, NULL, &state, &found) == QP_OK && found,
                            "and read again");
            qp_real carry[2] = {1, 2};
            qp_run_reset all = {true, true, true};
            state.carry = carry, state.carry_count = 2;
            qp_fuzz_require(qp_checkpoint_save(&checkpoint, &state) == QP_OK, "and saved with what batches carry");
            checkpoint.fingerprint = "fuzz other run"; /* the same model, learning in another way */
            qp_fuzz_require(qp_checkpoint_load(&checkpoint, &all, ignore, NULL, &state, &found) == QP_OK && found,
                            "and reset");
            qp_fuzz_require(carry[1] == 2 && state.update == 0, "what is carried stays");
        }
        const char *const twice[] = {saved, saved};
        snprintf(saved, sizeof saved, "%s/state-00000002.safetensors", folder);
        (void)!qp_checkpoint_average(twice, 2, params);
        char fingerprint[200];
        (void)qp_checkpoint_fingerprint(folder, fingerprint, sizeof fingerprint);
    }
    qp_optimizer_free(optimizer);
    qp_params_free(params);
    (void)qp_file_remove_tree(folder);
}

int qp_fuzz_models(const uint8_t *data, size_t bytes)
{
    if (bytes == 0) return 0;
    const int kind = data[0] % KINDS;
    uint8_t *content = malloc(bytes);
    char path[64];
    if (!content) return 0;
    bytes--;
    memcpy(content, data + 1, bytes);
    if (kind == MODEL_REPAIRED || kind == CHECKPOINT_REPAIRED) qp_fuzz_repair(content, bytes);
    const int file = memfd_create("fuzz", 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (kind == CHECKPOINT || kind == CHECKPOINT_REPAIRED)
        read_checkpoint(content, bytes);
    else if (kind == FOLDER)
        read_folder(content, bytes);
    else if (file >= 0 && write(file, content, bytes) == (ssize_t)bytes)
        (kind == ARPA ? read_arpa : read_model)(path);
    if (file >= 0) close(file);
    free(content);
    return 0;
}
