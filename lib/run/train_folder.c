#define _GNU_SOURCE
#include "lib/run/train_folder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/file.h"
#include "lib/train/checkpoint.h"

void qp_train_folder_name(const qp_job_config *job, qp_train_folder *folder)
{
    const char *model = job->model, *suffix = ".safetensors";
    size_t length = strlen(model), tail = strlen(suffix);
    if (length > tail && strcmp(model + length - tail, suffix) == 0) length -= tail;
    snprintf(folder->path, sizeof folder->path, "%.*s.run", (int)length, model);
    snprintf(folder->made, sizeof folder->made, job->overwrite ? "%s/next" : "%s", folder->path);
}

qp_status qp_train_folder_open(const qp_job_config *job, qp_train_folder *folder)
{
    const char *model = job->model;
    qp_train_folder_name(job, folder);
    bool exists = qp_file_exists(model);
    if (!exists) QP_TRY(qp_folder_make(folder->path));
    QP_TRY(qp_lock_take(model, &folder->lock));
    QP_TRY(qp_writer_check(model));
    if (exists && !job->overwrite && !qp_train_folder_begun(folder->path))
        return qp_fail(QP_ECREATE,
                       "%s: exists, but there is no saved run %s; add --overwrite to replace it, or name another -m",
                       model, folder->path);
    QP_TRY(qp_folder_make(folder->path));
    if (job->overwrite) QP_TRY(qp_file_remove_tree(folder->made));
    return qp_folder_make(folder->made);
}

static qp_status note_state(void *self, const char *name)
{
    if (strncmp(name, "state-", 6) == 0) *(bool *)self = true;
    return QP_OK;
}

bool qp_train_folder_begun(const char *folder)
{
    bool begun = false;
    return !qp_file_exists(folder) || qp_folder_each(folder, note_state, &begun) == QP_OK ? begun : true;
}

/* ---- fingerprint ---- */

/* Fields that may differ between sessions of one run: they do not change its numbers, or only its length. The length
 * does matter to a schedule that ends with the run, unless --lr-total is given. */
static bool is_free(const qp_train_settings *settings, const char *name)
{
    static const char *const changes_nothing[] = {
        "overwrite", "progress",   "quiet", "threads", "disp_freq", "save_freq",    "keep",
        "model",     "time_limit", "log",   "dry_run", "preset",    "rank_timeout", "gradient_bucket"};
    static const char *const limits[] = {"epochs", "steps", "train_tokens"};
    bool ends = settings->schedule.lr_total == 0 && qp_schedule_ends(&settings->schedule);
    for (size_t i = 0; i < sizeof changes_nothing / sizeof *changes_nothing; i++)
        if (strcmp(name, changes_nothing[i]) == 0) return true;
    for (size_t i = 0; !ends && i < sizeof limits / sizeof *limits; i++)
        if (strcmp(name, limits[i]) == 0) return true;
    return false;
}

/* A list that ranks may keep parts of. */
typedef struct {
    XXH3_state_t *state;
    size_t bytes; /* of an element */
} hashing;

static void hash_block(void *self, const void *element, int64_t first, int64_t count)
{
    const hashing *h = self;
    (void)first;
    XXH3_64bits_update(h->state, element, (size_t)count * h->bytes);
}

static qp_status hash_spread(XXH3_state_t *state, const qp_spread *spread, const void *list, size_t bytes,
                             int64_t count)
{
    hashing h = {state, bytes};
    return qp_spread_each(spread, list, bytes, count, &h, hash_block);
}

static qp_status hash_corpus_side(XXH3_state_t *state, const qp_corpus_side *side, int64_t sequences)
{
    if (!side->start) return QP_OK;
    XXH3_64bits_update(state, side->start, (size_t)(sequences + 1) * sizeof *side->start);
    return hash_spread(state, &side->spread, side->id, sizeof *side->id, side->start[sequences]);
}

/* The fields of tables first .. end-1, without those that may differ. Fields with their default value do not count, so
 * that a run can be resumed by later versions, which have more options. */
static unsigned long long hash_tables(qp_train_settings *settings, XXH3_state_t *state, int first, int end)
{
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    const qp_field_table *plain_table[QP_TRAIN_ALL_TABLES];
    void *plain_object[QP_TRAIN_ALL_TABLES];
    qp_train_settings plain;
    char value[600], fallback[600];
    qp_train_tables(settings, table, object);
    qp_train_tables(&plain, plain_table, plain_object);
    qp_train_defaults(&plain);
    XXH3_64bits_reset(state);
    for (int t = first; t < end; t++)
        for (int i = 0; i < table[t]->count; i++) {
            const qp_field *field = &table[t]->field[i];
            if (is_free(settings, field->name)) continue;
            qp_config_get(field, object[t], value, sizeof value);
            qp_config_get(field, plain_object[t], fallback, sizeof fallback);
            if (strcmp(value, fallback) == 0) continue;
            XXH3_64bits_update(state, field->name, strlen(field->name) + 1);
            XXH3_64bits_update(state, value, strlen(value) + 1);
        }
    return XXH3_64bits_digest(state);
}

static qp_status hash_side(XXH3_state_t *state, const qp_corpus_side *side, int64_t sequences, unsigned long long *hash)
{
    XXH3_64bits_reset(state);
    QP_TRY(hash_corpus_side(state, side, sequences));
    *hash = XXH3_64bits_digest(state);
    return QP_OK;
}

static qp_status hash_images(XXH3_state_t *state, const qp_images *images)
{
    if (images->count == 0) return QP_OK;
    XXH3_64bits_update(state, images->label, (size_t)images->count * sizeof *images->label);
    return hash_spread(state, &images->spread, qp_images_kept(images), images->bytes, images->count);
}

static qp_status hash_part(XXH3_state_t *state, const qp_train_data *data, int part)
{
    const qp_corpus *corpus = &data->corpus[part];
    const qp_series *series = &data->series[part];
    QP_TRY(hash_corpus_side(state, &corpus->source, corpus->sequences));
    QP_TRY(hash_corpus_side(state, &corpus->target, corpus->sequences));
    if (corpus->score) XXH3_64bits_update(state, corpus->score, (size_t)corpus->sequences * sizeof *corpus->score);
    if (part == QP_TRAINING && data->sets.count) {
        const qp_label_sets *sets = &data->sets;
        XXH3_64bits_update(state, sets->start, ((size_t)sets->count + 1) * sizeof *sets->start);
        XXH3_64bits_update(state, sets->label, (size_t)sets->start[sets->count] * sizeof *sets->label);
    }
    if (corpus->weight) XXH3_64bits_update(state, corpus->weight, (size_t)corpus->sequences * sizeof *corpus->weight);
    if (corpus->file) XXH3_64bits_update(state, corpus->file, (size_t)corpus->sequences * sizeof *corpus->file);
    if (part == QP_TRAINING && data->index.pieces)
        XXH3_64bits_update(state, &data->index.hash, sizeof data->index.hash);
    QP_TRY(hash_images(state, &data->images[part]));
    if (series->rows == 0) return QP_OK;
    return hash_spread(state, &series->spread, series->value, (size_t)series->columns * sizeof *series->value,
                       series->rows);
}

/* The contents of what is trained on and validated with. */
typedef struct {
    unsigned long long source, target, valid, all;
} data_hashes;

static qp_status hash_data(XXH3_state_t *state, const qp_train_data *data, data_hashes *hash)
{
    const qp_corpus *corpus = &data->corpus[QP_TRAINING];
    const qp_labels *labels = &data->package->labels;
    QP_TRY(hash_side(state, &corpus->source, corpus->sequences, &hash->source));
    QP_TRY(hash_side(state, &corpus->target, corpus->sequences, &hash->target));
    XXH3_64bits_reset(state);
    QP_TRY(hash_part(state, data, QP_VALIDATION));
    hash->valid = XXH3_64bits_digest(state);
    XXH3_64bits_reset(state);
    QP_TRY(hash_part(state, data, QP_TRAINING));
    for (int i = 0; i < labels->count; i++) XXH3_64bits_update(state, labels->text[i], strlen(labels->text[i]) + 1);
    hash->all = XXH3_64bits_digest(state);
    return QP_OK;
}

qp_status qp_train_fingerprint(qp_train_settings *settings, const qp_train_data *data, uint64_t embeddings,
                               uint64_t teacher, char text[QP_FINGERPRINT_BYTES])
{
    XXH3_state_t *state = XXH3_createState();
    if (!state) return qp_fail(QP_EMEMORY, "out of memory");
    unsigned long long job = hash_tables(settings, state, 0, 1), model = hash_tables(settings, state, 1, 2);
    unsigned long long learning = hash_tables(settings, state, 2, QP_TRAIN_TABLES);
    data_hashes hash = {0};
    qp_status status = hash_data(state, data, &hash);
    XXH3_freeState(state);
    QP_TRY(status);
    snprintf(text, QP_FINGERPRINT_BYTES,
             "model-%016llx learning-%016llx data-%016llx source-%016llx target-%016llx valid-%016llx", model,
             job ^ (learning << 1 | learning >> 63), hash.all, hash.source, hash.target, hash.valid);
    size_t used = strlen(text);
    if (embeddings)
        snprintf(text + used, QP_FINGERPRINT_BYTES - used, " embeddings-%016llx", (unsigned long long)embeddings);
    used = strlen(text);
    if (teacher) snprintf(text + used, QP_FINGERPRINT_BYTES - used, " teacher-%016llx", (unsigned long long)teacher);
    return QP_OK;
}

/* ---- resuming ---- */

/* What differs, as one line. */
typedef struct {
    char text[700];
    size_t used;
} differences;

static void add_difference(differences *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_difference(differences *d, const char *format, ...)
{
    va_list arguments;
    if (d->used + 100 > sizeof d->text) return; /* enough are named */
    if (d->used) d->used += (size_t)sprintf(d->text + d->used, "; ");
    va_start(arguments, format);
    int more = vsnprintf(d->text + d->used, sizeof d->text - d->used, format, arguments);
    va_end(arguments);
    d->used += (size_t)more;
    if (d->used >= sizeof d->text) d->used = sizeof d->text - 1;
}

static void compare_options(const char *folder, qp_train_settings *settings, differences *d)
{
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *now[QP_TRAIN_ALL_TABLES], *then[QP_TRAIN_ALL_TABLES];
    char path[QP_FOLDER_BYTES + 20], a[600], b[600], name[64];
    qp_train_settings *old = malloc(sizeof *old);
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    if (old) {
        qp_train_defaults(old);
        qp_train_tables(old, table, then);
    }
    bool known = old && qp_config_yaml_load(path, table, then, QP_TRAIN_TABLES) == QP_OK;
    qp_train_tables(settings, table, now);
    for (int t = 0; known && t < QP_TRAIN_TABLES; t++)
        for (int i = 0; i < table[t]->count; i++) {
            const qp_field *field = &table[t]->field[i];
            qp_config_get(field, now[t], a, sizeof a);
            qp_config_get(field, then[t], b, sizeof b);
            if (is_free(settings, field->name) || strcmp(a, b) == 0) continue;
            if (strcmp(field->name, "lr_width") == 0 && settings->schedule.lr_schedule != QP_SCHEDULE_NOAM) continue;
            snprintf(name, sizeof name, "%s", field->name);
            for (char *c = name; *c; c++)
                if (*c == '_') *c = '-';
            add_difference(d, "%s: %.100s, was %.100s", name, *a ? a : "not given", *b ? b : "not given");
        }
    free(old);
}

/* Whether two fingerprints have the same word that begins with `key`, or one of them has none. */
static bool same_word(const char *a, const char *b, const char *key)
{
    const char *x = strstr(a, key), *y = strstr(b, key);
    return !x || !y || (strcspn(x, " ") == strcspn(y, " ") && strncmp(x, y, strcspn(x, " ")) == 0);
}

static void compare_data(const qp_job_config *job, const char *was, const char *now, differences *d)
{
    const char *one = *job->train ? "train" : NULL;
    bool source = same_word(was, now, "source-"), target = same_word(was, now, "target-");
    if (!source) add_difference(d, "%s: its content changed", one ? one : "train-src");
    if (!target && (source || !one)) add_difference(d, "%s: its content changed", one ? one : "train-tgt");
    if (source && target && !same_word(was, now, "data-"))
        add_difference(d, "%s: its content changed", one ? one : "train-src or train-tgt");
    if (!same_word(was, now, "embeddings-")) add_difference(d, "embeddings: its content changed");
    if (!same_word(was, now, "teacher-")) add_difference(d, "teacher: its content changed");
    if (!same_word(was, now, "valid-")) add_difference(d, "the content of the validation data changed");
}

qp_status qp_train_folder_compare(const char *folder, qp_train_settings *settings, const char *fingerprint)
{
    char was[QP_FINGERPRINT_BYTES];
    differences d = {.used = 0};
    if (!qp_checkpoint_fingerprint(folder, was, sizeof was) || qp_checkpoint_same_run(was, fingerprint)) return QP_OK;
    compare_options(folder, settings, &d);
    compare_data(&settings->job, was, fingerprint, &d);
    if (d.used == 0) return QP_OK; /* the trainer refuses without a reason */
    return qp_fail(QP_EUSAGE,
                   "%s: this run was started with other options or data (%s); give the same ones, --overwrite to start "
                   "again, or --reset to reset part of its state",
                   folder, d.text);
}

/* ---- the beginning of a run ---- */

/* The value of every option. */
static qp_status write_config(const char *folder, qp_train_settings *settings)
{
    const qp_field_table *table[QP_TRAIN_ALL_TABLES];
    void *object[QP_TRAIN_ALL_TABLES];
    qp_train_tables(settings, table, object);
    char path[1100], *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream) return qp_fail(QP_EMEMORY, "out of memory");
    qp_config_yaml_write(stream, table, object, QP_TRAIN_TABLES);
    fclose(stream);
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    qp_writer *writer;
    qp_status status = qp_writer_open(path, &writer);
    if (status == QP_OK) {
        qp_writer_write(writer, text, bytes);
        status = qp_writer_commit(writer);
    }
    free(text);
    return status;
}

static qp_status remove_old(void *self, const char *name)
{
    const qp_train_folder *folder = self;
    char path[QP_FOLDER_BYTES + 300];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return strcmp(path, folder->made) == 0 ? QP_OK : qp_file_remove_tree(path);
}

static qp_status move_new(void *self, const char *name)
{
    const qp_train_folder *folder = self;
    char from[QP_FOLDER_BYTES + 300], to[QP_FOLDER_BYTES + 300];
    snprintf(from, sizeof from, "%s/%s", folder->made, name);
    snprintf(to, sizeof to, "%s/%s", folder->path, name);
    return rename(from, to) == 0 ? QP_OK : qp_fail(QP_ECREATE, "%s: cannot be created: %s", to, strerror(errno));
}

/* The saves go first, so that the rest of an old run that was half removed is never resumed. */
static qp_status remove_saves(void *self, const char *name)
{
    return strncmp(name, "state-", 6) == 0 ? remove_old(self, name) : QP_OK;
}

qp_status qp_train_folder_begin(qp_train_folder *folder, qp_train_settings *settings)
{
    QP_TRY(write_config(folder->made, settings));
    if (strcmp(folder->made, folder->path) == 0) return QP_OK;
    QP_TRY(qp_folder_each(folder->path, remove_saves, folder));
    QP_TRY(qp_folder_each(folder->path, remove_old, folder));
    QP_TRY(qp_folder_each(folder->made, move_new, folder));
    if (rmdir(folder->made) != 0) return qp_fail(QP_EIO, "%s: cannot be removed: %s", folder->made, strerror(errno));
    snprintf(folder->made, sizeof folder->made, "%s", folder->path);
    return QP_OK;
}

void qp_train_folder_close(qp_train_folder *folder)
{
    if (folder->lock && strcmp(folder->made, folder->path) != 0) {
        qp_file_remove_tree(folder->made);
        rmdir(folder->path); /* unless it holds an old run */
    }
    qp_lock_release(folder->lock);
    folder->lock = NULL;
}
