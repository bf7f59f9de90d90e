#include "lib/import/torch_pickle.h"
#include "lib/import/safetensors_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/file.h"
#include "lib/store/safetensors.h"
#include "lib/store/safetensors_internal.h"
#include "lib/text/json_reader.h"

enum { INDEX_LIMIT = 100000000, FILES = 4096, PATH_BYTES = 4096 };

typedef struct {
    const qp_safetensors *file;
    const qp_stored *stored;
} entry;

struct qp_safetensors_source {
    char *folder;
    qp_safetensors **file;
    size_t files, file_room;
    entry *array;
    size_t arrays, array_room;
};

void qp_safetensors_source_close(qp_safetensors_source *source)
{
    if (!source) return;
    for (size_t i = 0; i < source->files; i++) qp_safetensors_close(source->file[i]);
    free(source->file);
    free(source->array);
    free(source->folder);
    free(source);
}

static qp_status no_memory(const qp_safetensors_source *s)
{
    return qp_fail(QP_EMEMORY, "%s: out of memory for the names of its arrays", s->folder);
}

static qp_status in_folder(const qp_safetensors_source *s, const char *name, char path[PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/%s", s->folder, name);
    if (length >= 0 && length < PATH_BYTES) return QP_OK;
    return qp_fail(QP_EDATA, "%.100s...: the name of this file is too long", s->folder);
}

static qp_status add_file(qp_safetensors_source *s, const char *name)
{
    char path[PATH_BYTES];
    qp_printable_name printable;
    QP_TRY(in_folder(s, name, path));
    if (!QP_GROW(s->file, s->file_room, s->files + 1)) return no_memory(s);
    QP_TRY(qp_safetensors_open(path, &s->file[s->files]));
    const qp_safetensors *file = s->file[s->files++];
    size_t count = (size_t)qp_safetensors_count(file);
    if (!QP_GROW(s->array, s->array_room, s->arrays + count + 1)) return no_memory(s);
    for (int i = 0; i < (int)count; i++) {
        const qp_stored *stored = qp_safetensors_at(file, i);
        if (stored->dimensions > QP_WEIGHT_DIMENSIONS)
            return qp_fail(QP_EDATA, "%s: array %s has %d dimensions; none of these models has more than %d", path,
                           qp_printable(stored->name, &printable), stored->dimensions, QP_WEIGHT_DIMENSIONS);
        s->array[s->arrays++] = (entry){file, stored};
    }
    return QP_OK;
}

/* ---- shards ---- */

/* A file of the folder itself: no separator, no way up. */
static bool is_plain_name(const char *name)
{
    size_t length = strlen(name), tail = strlen(".safetensors");
    return length > tail && length < 256 && name[0] != '.' && !strchr(name, '/') && !strchr(name, '\\') &&
           strcmp(name + length - tail, ".safetensors") == 0;
}

static bool is_open(const qp_safetensors_source *s, const char *name)
{
    for (size_t i = 0; i < s->files; i++) {
        const char *path = qp_safetensors_path(s->file[i]), *slash = strrchr(path, '/');
        if (strcmp(slash ? slash + 1 : path, name) == 0) return true;
    }
    return false;
}

static qp_status add_shards(qp_safetensors_source *s, const char *path, const json_t *root)
{
    const json_t *map = json_object_get(root, "weight_map");
    const char *name;
    json_t *file;
    qp_printable_name printable;
    if (!json_is_object(map)) return qp_fail(QP_EDATA, "%s: no weight_map; fetch the file again", path);
    json_object_foreach((json_t *)map, name, file)
    {
        const char *shard = json_string_value(file);
        if (!shard || !is_plain_name(shard))
            return qp_fail(QP_EDATA, "%s: array %s is in '%s', which is no .safetensors file of this folder; fetch the "
                                     "model again",
                           path, qp_printable(name, &printable), shard ? "another place" : "?");
        if (is_open(s, shard)) continue;
        if (s->files == FILES) return qp_fail(QP_EDATA, "%s: names more than %d files", path, FILES);
        QP_TRY(add_file(s, shard));
    }
    for (size_t i = 0; i < s->arrays; i++) {
        const char *stored = s->array[i].stored->name, *of = qp_safetensors_path(s->array[i].file);
        const char *shard = json_string_value(json_object_get(map, stored));
        const char *slash = strrchr(of, '/');
        if (!shard || strcmp(slash ? slash + 1 : of, shard) != 0)
            return qp_fail(QP_EDATA, "%s: array %s is in %s, but the index says otherwise; fetch the model again", path,
                           qp_printable(stored, &printable), of);
    }
    if (s->arrays != json_object_size(map))
        return qp_fail(QP_EDATA, "%s: lists %zu arrays, its files have %zu; fetch the model again", path,
                       json_object_size(map), s->arrays);
    return QP_OK;
}

static qp_status open_index(qp_safetensors_source *s, const char *path)
{
    char *text;
    size_t bytes;
    json_t *root;
    QP_TRY(qp_file_read(path, INDEX_LIMIT, &text, &bytes));
    qp_status status = qp_json_read(path, text, bytes, JSON_REJECT_DUPLICATES, &root);
    free(text);
    if (status != QP_OK) return status;
    status = add_shards(s, path, root);
    json_decref(root);
    return status;
}

/* ---- the folder ---- */

static qp_status nothing_there(const qp_safetensors_source *s)
{
    static const char *const pickle[] = {"pytorch_model.bin", "pytorch_model.bin.index.json"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof pickle / sizeof *pickle; i++) {
        QP_TRY(in_folder(s, pickle[i], path));
        if (qp_file_exists(path))
            return qp_torch_pickle_refuse_folder(path, s->folder);
    }
    return qp_fail(QP_ENOINPUT, "%s: neither model.safetensors nor model.safetensors.index.json is there", s->folder);
}

static qp_status open_all(qp_safetensors_source *s)
{
    char path[PATH_BYTES];
    QP_TRY(in_folder(s, "model.safetensors", path));
    if (qp_file_exists(path)) return add_file(s, "model.safetensors");
    QP_TRY(in_folder(s, "model.safetensors.index.json", path));
    return qp_file_exists(path) ? open_index(s, path) : nothing_there(s);
}

qp_status qp_safetensors_source_open(const char *folder, qp_safetensors_source **source)
{
    qp_safetensors_source *s = calloc(1, sizeof *s);
    *source = NULL;
    if (!s || !(s->folder = strdup(folder))) {
        free(s);
        return qp_fail(QP_EMEMORY, "%s: out of memory", folder);
    }
    qp_status status = open_all(s);
    if (status == QP_OK)
        *source = s;
    else
        qp_safetensors_source_close(s);
    return status;
}

static qp_weight_array array_at(const void *self, int index)
{
    const qp_safetensors_source *s = self;
    const qp_stored *stored = s->array[index].stored;
    qp_weight_array a = {.name = stored->name, .dimensions = stored->dimensions, .count = stored->count};
    for (int i = 0; i < stored->dimensions; i++) a.shape[i] = stored->shape[i];
    return a;
}

static qp_status read_array(const void *self, int index, qp_real *value)
{
    const qp_safetensors_source *s = self;
    return qp_safetensors_reals(s->array[index].file, s->array[index].stored, value);
}

qp_weight_source qp_safetensors_source_arrays(const qp_safetensors_source *source)
{
    return (qp_weight_source){.self = (void *)source,
                              .place = source->folder,
                              .count = (int)source->arrays,
                              .at = array_at,
                              .read = read_array};
}
