#include "lib/model/model_transfer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/grad/op_lora.h"
#include "lib/store/safetensors.h"

enum { NAME_BYTES = 128 };

void qp_transfer_free(qp_transfer *transfer)
{
    for (int i = 0; i < QP_TRANSFER_GROUPS; i++) free(transfer->modules[i]);
    free(transfer->taken);
    *transfer = (qp_transfer){0};
}

/* ---- report ---- */

/* The module of "encoder.layers.0.self_attention.query.weight" is "encoder.layers.0"; of "src_embed.weight"
 * "src_embed". */
static size_t module_bytes(const char *name)
{
    size_t bytes = 0, parts = 0, last = strlen(name);
    for (size_t i = 0; name[i]; i++)
        if (name[i] == '.') {
            last = i;
            if (++parts <= 3) bytes = i;
        }
    return parts <= 3 ? last : bytes;
}

/* Count a parameter; its module is added to the list unless it is already the last one. */
static qp_status report(qp_transfer *transfer, qp_transfer_group group, const char *name, size_t weights)
{
    char *list = transfer->modules[group];
    size_t used = list ? strlen(list) : 0, bytes = module_bytes(name);
    transfer->count[group]++;
    transfer->weights[group] += weights;
    if (used >= bytes && strncmp(list + used - bytes, name, bytes) == 0 &&
        (used == bytes || list[used - bytes - 1] == ' '))
        return QP_OK;
    char *grown = realloc(list, used + bytes + 3);
    if (!grown) return qp_fail(QP_EMEMORY, "out of memory while copying weights");
    snprintf(grown + used, bytes + 3, "%s%.*s", used ? ", " : "", (int)bytes, name);
    transfer->modules[group] = grown;
    return QP_OK;
}

/* ---- copying ---- */

static bool begins(const char *name, const char *with) { return strncmp(name, with, strlen(with)) == 0; }

static bool has_encoder(const qp_safetensors *file)
{
    for (int i = 0; i < qp_safetensors_count(file); i++)
        if (begins(qp_safetensors_at(file, i)->name, "encoder.")) return true;
    return false;
}

/* The parameter in the file: by its own name, or, of an encoder, by the name of a language model's decoder. */
static const qp_stored *find(const qp_safetensors *file, const char *name, bool encoder)
{
    static const char *const other[][2] = {{"encoder.", "decoder."}, {"src_embed.", "tgt_embed."}};
    const qp_stored *stored = qp_safetensors_find(file, name);
    for (size_t i = 0; !stored && !encoder && i < sizeof other / sizeof *other; i++)
        if (begins(name, other[i][0])) {
            char renamed[NAME_BYTES];
            snprintf(renamed, sizeof renamed, "%s%s", other[i][1], name + strlen(other[i][0]));
            stored = qp_safetensors_find(file, renamed);
        }
    return stored;
}

static bool same_shape(const qp_stored *stored, const qp_parameter *p)
{
    if (stored->dimensions == 1) return p->rows == 1 && stored->shape[0] == p->columns;
    return stored->dimensions == 2 && stored->shape[0] == p->rows && stored->shape[1] == p->columns;
}

/* Does this parameter of a head have a row for each label or word? Layers below the last have none. */
static bool is_output(const char *name)
{
    return begins(name, "head.") && !begins(name, "head.words.") && !begins(name, "head.dense.") &&
           !begins(name, "head.norm.");
}

/* The vocabulary of which this parameter has a row for each piece; NULL: it has none. */
static const qp_transfer_vocabulary *vocabulary_of(const char *name, const qp_transfer_words *words)
{
    if (begins(name, "tgt_embed.") || begins(name, "generator.")) return &words->target;
    bool source = begins(name, "src_embed.") || begins(name, "embed.") || is_output(name);
    return source ? &words->source : NULL;
}

/* Does this parameter have a row for each piece, or label, that differs from the file's? */
static bool is_refused(const char *name, const qp_transfer_words *words)
{
    const qp_transfer_vocabulary *vocabulary = vocabulary_of(name, words);
    if (words->other_head && begins(name, "head.") && !begins(name, "head.words.")) return true;
    if (!vocabulary) return false;
    if (is_output(name) && !words->labels) return true;
    return !vocabulary->same || (begins(name, "embed.") && !words->target.same);
}

/* Copy the rows of common pieces; of a bias, which is one row, the elements. *taken: at least one. */
static qp_status take_rows(const qp_safetensors *file, const qp_stored *stored, const qp_transfer_vocabulary *v,
                           const qp_parameter *p, qp_real *value, bool *taken)
{
    int columns = p->rows == 1 ? 1 : p->columns;
    int64_t count = (int64_t)p->rows * p->columns / columns;
    bool fits = stored->dimensions == (p->rows == 1 ? 1 : 2) && stored->shape[0] >= v->file_rows &&
                (p->rows == 1 || stored->shape[1] == columns);
    *taken = false;
    if (!fits || !v->row || count != v->rows) return QP_OK;
    qp_real *all = malloc(stored->count * sizeof *all + 1);
    if (!all) return qp_fail(QP_EMEMORY, "%s: out of memory for %s", qp_safetensors_path(file), p->name);
    qp_status status = qp_safetensors_reals(file, stored, all);
    for (int64_t r = 0; status == QP_OK && r < count; r++) {
        if (v->row[r] < 0) continue;
        memcpy(value + r * columns, all + (int64_t)v->row[r] * columns, (size_t)columns * sizeof *value);
        *taken = true;
    }
    free(all);
    return status;
}

/* What becomes of one parameter. */
static qp_status take_one(const qp_safetensors *file, const qp_stored *stored, const qp_transfer_words *words,
                          qp_params *params, int i, qp_transfer_group *group)
{
    const qp_parameter *p = qp_params_at(params, i);
    bool rows = false;
    *group = !stored ? QP_TRANSFER_NEW : is_refused(p->name, words) ? QP_TRANSFER_REFUSED : QP_TRANSFER_TAKEN;
    if (*group == QP_TRANSFER_REFUSED) {
        const qp_transfer_vocabulary none = {.same = false}, *v = vocabulary_of(p->name, words);
        QP_TRY(take_rows(file, stored, v ? v : &none, p, qp_params_value(params, i), &rows));
        if (rows) *group = QP_TRANSFER_ROWS;
    }
    if (*group == QP_TRANSFER_TAKEN && !same_shape(stored, p)) *group = QP_TRANSFER_SHAPE;
    return *group == QP_TRANSFER_TAKEN ? qp_safetensors_reals(file, stored, qp_params_value(params, i)) : QP_OK;
}

static qp_status take(const qp_safetensors *file, const qp_transfer_words *words, qp_params *params,
                      qp_transfer *transfer, bool *used)
{
    bool encoder = has_encoder(file);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        const qp_stored *stored = find(file, p->name, encoder);
        qp_transfer_group group;
        QP_TRY(take_one(file, stored, words, params, i, &group));
        transfer->taken[i] = group == QP_TRANSFER_TAKEN;
        for (int k = 0; stored && k < qp_safetensors_count(file); k++)
            if (qp_safetensors_at(file, k) == stored) used[k] = true;
        QP_TRY(report(transfer, group, p->name, (size_t)p->rows * (size_t)p->columns));
    }
    for (int k = 0; k < qp_safetensors_count(file); k++) {
        const qp_stored *stored = qp_safetensors_at(file, k);
        if (!used[k]) QP_TRY(report(transfer, QP_TRANSFER_LEFT, stored->name, stored->count));
    }
    if (transfer->count[QP_TRANSFER_TAKEN] + transfer->count[QP_TRANSFER_ROWS] == 0)
        return qp_fail(QP_EDATA,
                       "%s: none of its arrays has the name and shape of a parameter of this model; "
                       "`quipu info --tensors` lists them",
                       qp_safetensors_path(file));
    return QP_OK;
}

qp_status qp_model_transfer(const char *path, const qp_transfer_words *words, qp_params *params, qp_transfer *transfer)
{
    *transfer = (qp_transfer){0};
    qp_safetensors *file;
    QP_TRY(qp_safetensors_open(path, &file));
    bool *used = calloc((size_t)qp_safetensors_count(file) + 1, sizeof *used);
    transfer->taken = calloc((size_t)qp_params_count(params) + 1, sizeof *transfer->taken);
    qp_status status = used && transfer->taken ? QP_OK : qp_fail(QP_EMEMORY, "%s: out of memory", path);
    if (status == QP_OK && qp_safetensors_metadata(file, QP_ADAPTER_BASE))
        status = qp_fail(QP_EDATA, "%s: an adapter; make a model of it with quipu merge first", path);
    if (status == QP_OK && qp_safetensors_metadata(file, QP_CHECKSUM_KEY)) status = qp_safetensors_verify(file);
    if (status == QP_OK) status = take(file, words, params, transfer, used);
    free(used);
    qp_safetensors_close(file);
    if (status != QP_OK) qp_transfer_free(transfer);
    return status;
}

/* ---- adapters ---- */

qp_status qp_adapter_base(const qp_safetensors *file, char **path)
{
    const char *stored = qp_safetensors_metadata(file, QP_ADAPTER_BASE), *own = qp_safetensors_path(file);
    *path = NULL;
    if (!stored) return QP_OK;
    const char *name = strrchr(stored, '/'), *slash = strrchr(own, '/');
    name = name ? name + 1 : stored;
    int folder = slash ? (int)(slash - own + 1) : 0;
    size_t bytes = strlen(stored) + (size_t)folder + strlen(name) + 1;
    *path = malloc(bytes);
    if (!*path) return qp_fail(QP_EMEMORY, "%s: out of memory", own);
    snprintf(*path, bytes, "%s", stored);
    if (qp_file_exists(*path)) return QP_OK;
    snprintf(*path, bytes, "%.*s%s", folder, own, name);
    if (qp_file_exists(*path)) return QP_OK;
    qp_status status = qp_fail(QP_ENOINPUT, "%s: the model that it adapts is missing: %s; put it beside the adapter",
                               own, stored);
    free(*path);
    *path = NULL;
    return status;
}

static qp_status check_base(const qp_safetensors *file, const qp_safetensors *base)
{
    const char *wanted = qp_safetensors_metadata(file, QP_ADAPTER_CHECKSUM);
    const char *found = qp_safetensors_metadata(base, QP_CHECKSUM_KEY);
    if (qp_safetensors_metadata(base, QP_ADAPTER_BASE))
        return qp_fail(QP_EDATA, "%s: an adapter cannot be the base of another", qp_safetensors_path(base));
    if (wanted && (!found || strcmp(wanted, found) != 0))
        return qp_fail(QP_EDATA, "%s: not the model that %s was trained with; it has changed since",
                       qp_safetensors_path(base), qp_safetensors_path(file));
    return found ? qp_safetensors_verify(base) : QP_OK;
}

/* Each parameter from the adapter file, or else from its base, by the rules of a transfer. */
static qp_status fill_parameters(const qp_safetensors *file, const qp_safetensors *base, qp_params *params)
{
    bool encoder = has_encoder(base);
    for (int i = 0; i < qp_params_count(params); i++) {
        const qp_parameter *p = qp_params_at(params, i);
        const qp_safetensors *from = file;
        const qp_stored *stored = qp_safetensors_find(file, p->name);
        if (!stored) {
            from = base;
            stored = find(base, p->name, encoder);
        }
        if (!stored || !same_shape(stored, p))
            return qp_fail(QP_EDATA, "%s: %s is neither in it nor in %s with the right shape; the file is damaged",
                           qp_safetensors_path(file), p->name, qp_safetensors_path(base));
        QP_TRY(qp_safetensors_reals(from, stored, qp_params_value(params, i)));
    }
    return QP_OK;
}

static qp_status merge_one(const qp_safetensors *file, const qp_stored *a, const qp_stored *b, double alpha,
                           qp_tensor w)
{
    int64_t rank = a->dimensions == 2 ? a->shape[0] : 1;
    int64_t columns = a->dimensions == 2 ? a->shape[1] : a->dimensions == 1 ? a->shape[0] : -1;
    bool fits = b && (b->dimensions == 2 ? b->shape[0] == w.rows && b->shape[1] == rank
                                         : b->dimensions == 1 && rank * w.rows == b->shape[0]);
    if (rank < 1 || columns != w.columns || !fits)
        return qp_fail(QP_EDATA, "%s: %s and its B do not fit their weight; the file is damaged",
                       qp_safetensors_path(file), a->name);
    qp_real *value = malloc((a->count + b->count) * sizeof *value + 1);
    if (!value) return qp_fail(QP_EMEMORY, "%s: out of memory for %s", qp_safetensors_path(file), a->name);
    qp_status status = qp_safetensors_reals(file, a, value);
    if (status == QP_OK) status = qp_safetensors_reals(file, b, value + a->count);
    if (status == QP_OK)
        qp_lora_merge(w, qp_tensor_of((int)rank, w.columns, value), qp_tensor_of(w.rows, (int)rank, value + a->count),
                      (qp_real)(alpha / (double)rank));
    free(value);
    return status;
}

/* The name of A or B without its ending is that of a parameter. */
static int weight_of(const qp_params *params, const char *name, const char *ending)
{
    size_t bytes = strlen(name), tail = strlen(ending);
    char weight[NAME_BYTES];
    if (bytes <= tail || bytes - tail >= sizeof weight || strcmp(name + bytes - tail, ending) != 0) return -1;
    snprintf(weight, sizeof weight, "%.*s", (int)(bytes - tail), name);
    return qp_params_find(params, weight);
}

static qp_status merge(const qp_safetensors *file, qp_params *params)
{
    const char *text = qp_safetensors_metadata(file, QP_ADAPTER_ALPHA);
    double alpha = text ? strtod(text, NULL) : 0;
    for (int k = 0; k < qp_safetensors_count(file); k++) {
        const qp_stored *stored = qp_safetensors_at(file, k);
        int index = weight_of(params, stored->name, ".lora_A");
        if (index >= 0) {
            const qp_parameter *p = qp_params_at(params, index);
            char b[NAME_BYTES + 8];
            snprintf(b, sizeof b, "%s.lora_B", p->name);
            QP_TRY(merge_one(file, stored, qp_safetensors_find(file, b), alpha,
                             qp_tensor_of(p->rows, p->columns, qp_params_value(params, index))));
        } else if (weight_of(params, stored->name, ".lora_B") < 0 && qp_params_find(params, stored->name) < 0) {
            return qp_fail(QP_EDATA, "%s: no parameter of the model is named %.60s; the file is damaged",
                           qp_safetensors_path(file), stored->name);
        }
    }
    return alpha > 0 && isfinite(alpha)
               ? QP_OK
               : qp_fail(QP_EDATA, "%s: " QP_ADAPTER_ALPHA " is no number above 0; the file is damaged",
                         qp_safetensors_path(file));
}

qp_status qp_adapter_fill(const qp_safetensors *file, const char *base_path, qp_params *params)
{
    qp_safetensors *base;
    QP_TRY(qp_safetensors_open(base_path, &base));
    qp_status status = check_base(file, base);
    if (status == QP_OK) status = fill_parameters(file, base, params);
    if (status == QP_OK) status = merge(file, params);
    qp_safetensors_close(base);
    return status;
}
