#include "lib/import/gguf/llama2c_weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/files/binary.h"
#include "lib/import/gguf/gguf_blocks.h"
#include "lib/store/checked.h"

enum { MAGIC = 0x616B3432, HEADER = 256, PIECE_BYTES = 1 << 16, NAME_BYTES = 40 };

typedef struct {
    char name[NAME_BYTES];
    int rows, columns; /* columns 0: a vector */
    uint64_t offset;
    int group; /* int8 with a factor for so many of them; 0: F32 */
} array;

struct qp_llama2c {
    qp_binary base;
    uint64_t at; /* where the next array begins */
    int version, group;
    int width, inner, layers, heads, kv_heads, pieces, positions;
    bool shared;
    array *array;
    size_t arrays, room;
};

/* ---- the header ---- */

static qp_status wrong(const qp_llama2c *f, const char *what)
{
    return qp_fail(QP_EDATA, "%s: not a model of llama2.c: %s", f->base.path, what);
}

/* Not above these: a product of two of them with the layers fits into 63 bits. */
static qp_status read_sizes(qp_llama2c *f, const unsigned char *from)
{
    int *const size[] = {&f->width, &f->inner, &f->layers, &f->heads, &f->kv_heads, &f->pieces, &f->positions};
    static const int most[] = {65536, 1048576, 128, 1024, 1024, 16777216, 1048576};
    for (int i = 0; i < 7; i++) {
        int32_t value = (int32_t)qp_little_u32(from + 4L * i);
        if (i == 5 && f->version == 0) { /* pieces */
            f->shared = value > 0;
            value = value < 0 && value > INT32_MIN ? -value : value;
        }
        if (value < 1 || value > most[i]) return wrong(f, "a size in its header is out of range");
        *size[i] = value;
    }
    if (f->width % f->heads != 0 || f->heads % f->kv_heads != 0 || f->width / f->heads % 2 != 0)
        return wrong(f, "its heads do not divide its width");
    return QP_OK;
}

static qp_status read_header(qp_llama2c *f)
{
    unsigned char header[HEADER] = {0};
    uint64_t bytes = f->base.bytes < sizeof header ? f->base.bytes : sizeof header;
    QP_TRY(qp_binary_read(&f->base, 0, header, bytes));
    if (bytes >= 2 && memcmp(header, "PK", 2) == 0)
        return wrong(f, "a pickle of PyTorch, which runs programs when it is read; convert it: python3 export.py "
                        "model.bin --checkpoint FILE");
    if (bytes < 28) return wrong(f, "it ends in its header");
    f->at = 28;
    if (qp_little_u32(header) != MAGIC) return read_sizes(f, header);
    f->at = HEADER;
    uint32_t version = qp_little_u32(header + 4);
    if (version != 1 && version != 2)
        return qp_fail(QP_EDATA, "%s: version %u of llama2.c cannot be read; 0, 1 and 2 can", f->base.path, version);
    if (bytes < HEADER) return wrong(f, "it ends in its header");
    f->version = (int)version;
    f->shared = header[36] != 0;
    QP_TRY(read_sizes(f, header + 8));
    if (version == 1) return QP_OK;
    f->group = (int)qp_little_u32(header + 37);
    return f->group >= 1 && f->group <= 65536 ? QP_OK : wrong(f, "a group of no or too many weights");
}

/* ---- the arrays ---- */

/* Arrays of one kind: NAME, or blk.0.NAME, blk.1.NAME ... where `layered`. Matrices may be in groups. */
static qp_status list(qp_llama2c *f, const char *name, bool layered, int rows, int columns)
{
    const int times = layered ? f->layers : 1, group = columns ? f->group : 0;
    const uint64_t count = (uint64_t)rows * (uint64_t)(columns ? columns : 1);
    if (group && count % (uint64_t)group != 0) return wrong(f, "its groups do not divide its arrays");
    const uint64_t bytes = group ? count + count / (uint64_t)group * 4 : count * 4;
    for (int i = 0; i < times; i++) {
        if (!QP_GROW(f->array, f->room, f->arrays + 1)) return qp_fail(QP_EMEMORY, "%s: out of memory", f->base.path);
        array *a = &f->array[f->arrays++];
        *a = (array){.rows = rows, .columns = columns, .offset = f->at, .group = group};
        if (layered)
            snprintf(a->name, sizeof a->name, "blk.%d.%s", i, name);
        else
            snprintf(a->name, sizeof a->name, "%s", name);
        f->at += bytes;
    }
    return QP_OK;
}

static qp_status list_matrices(qp_llama2c *f)
{
    const int keys = f->width / f->heads * f->kv_heads;
    QP_TRY(list(f, "attn_q.weight", true, f->width, f->width));
    QP_TRY(list(f, "attn_k.weight", true, keys, f->width));
    QP_TRY(list(f, "attn_v.weight", true, keys, f->width));
    return list(f, "attn_output.weight", true, f->width, f->width);
}

static qp_status list_inner(qp_llama2c *f)
{
    QP_TRY(list(f, "ffn_gate.weight", true, f->inner, f->width));
    QP_TRY(list(f, "ffn_down.weight", true, f->width, f->inner));
    return list(f, "ffn_up.weight", true, f->inner, f->width);
}

static qp_status list_old(qp_llama2c *f)
{
    QP_TRY(list(f, "token_embd.weight", false, f->pieces, f->width));
    QP_TRY(list(f, "attn_norm.weight", true, f->width, 0));
    QP_TRY(list_matrices(f));
    QP_TRY(list(f, "ffn_norm.weight", true, f->width, 0));
    QP_TRY(list_inner(f));
    QP_TRY(list(f, "output_norm.weight", false, f->width, 0));
    f->at += (uint64_t)f->positions * (uint64_t)(f->width / f->heads) * 4; /* sines and cosines */
    return f->shared ? QP_OK : list(f, "output.weight", false, f->pieces, f->width);
}

static qp_status list_new(qp_llama2c *f)
{
    QP_TRY(list(f, "attn_norm.weight", true, f->width, 0));
    QP_TRY(list(f, "ffn_norm.weight", true, f->width, 0));
    QP_TRY(list(f, "output_norm.weight", false, f->width, 0));
    QP_TRY(list(f, "token_embd.weight", false, f->pieces, f->width));
    QP_TRY(list_matrices(f));
    QP_TRY(list_inner(f));
    return f->shared ? QP_OK : list(f, "output.weight", false, f->pieces, f->width);
}

static qp_status read_all(qp_llama2c *f)
{
    QP_TRY(read_header(f));
    QP_TRY(f->version == 0 ? list_old(f) : list_new(f));
    if (f->at == f->base.bytes) return QP_OK;
    return qp_fail(QP_EDATA, "%s: not a model of llama2.c, or cut short: it has %llu bytes, its header says %llu",
                   f->base.path, (unsigned long long)f->base.bytes, (unsigned long long)f->at);
}

qp_status qp_llama2c_open(const char *path, qp_llama2c **file)
{
    qp_binary *base;
    *file = NULL;
    QP_TRY(qp_binary_open(path, ".bin", sizeof(qp_llama2c), &base));
    qp_status status = read_all((qp_llama2c *)base);
    if (status == QP_OK)
        *file = (qp_llama2c *)base;
    else
        qp_llama2c_close((qp_llama2c *)base);
    return status;
}

void qp_llama2c_close(qp_llama2c *file)
{
    if (!file) return;
    free(file->array);
    qp_binary_close(&file->base);
}

/* ---- reading ---- */

static qp_weight_array array_at(const void *self, int index)
{
    const array *a = &((const qp_llama2c *)self)->array[index];
    return (qp_weight_array){.name = a->name,
                             .dimensions = a->columns ? 2 : 1,
                             .shape = {a->rows, a->columns},
                             .count = (size_t)a->rows * (size_t)(a->columns ? a->columns : 1)};
}

static qp_status read_floats(const qp_llama2c *f, uint64_t offset, size_t count, qp_real *value)
{
    unsigned char piece[PIECE_BYTES];
    for (size_t done = 0; done < count;) {
        size_t some = count - done < sizeof piece / 4 ? count - done : sizeof piece / 4;
        QP_TRY(qp_binary_read(&f->base, offset + 4 * done, piece, 4 * some));
        qp_gguf_type_of(QP_GGUF_F32)->unpack(piece, some, value + done);
        done += some;
    }
    return QP_OK;
}

/* The factors of a run of whole groups, then their weights. */
static qp_status read_groups(const qp_llama2c *f, const array *a, size_t count, qp_real *value)
{
    enum { GROUPS = 256 };
    qp_real factor[GROUPS];
    unsigned char piece[PIECE_BYTES];
    const size_t group = (size_t)a->group, most = sizeof piece / group < GROUPS ? sizeof piece / group : GROUPS;
    for (size_t done = 0; done < count / group;) {
        size_t some = count / group - done < most ? count / group - done : most;
        QP_TRY(read_floats(f, a->offset + count + 4 * done, some, factor));
        QP_TRY(qp_binary_read(&f->base, a->offset + done * group, piece, some * group));
        for (size_t i = 0; i < some * group; i++)
            value[done * group + i] = (qp_real)(int8_t)piece[i] * factor[i / group];
        done += some;
    }
    return QP_OK;
}

static qp_status read_array(const void *self, int index, qp_real *value)
{
    const qp_llama2c *f = self;
    const array *a = &f->array[index];
    const size_t count = array_at(self, index).count;
    return a->group ? read_groups(f, a, count, value) : read_floats(f, a->offset, count, value);
}

qp_weight_source qp_llama2c_arrays(const qp_llama2c *file)
{
    return (qp_weight_source){
        .self = (void *)file, .place = file->base.path, .count = (int)file->arrays, .at = array_at, .read = read_array};
}

void qp_llama2c_configure(const qp_llama2c *f, qp_model_config *m, qp_weight_shape *shape)
{
    m->max_length = f->positions;
    m->emb_size = f->width;
    m->ff_size = f->inner;
    m->dec_layers = f->layers;
    m->heads = f->heads;
    m->kv_heads = f->kv_heads;
    m->tgt_vocab_size = f->pieces;
    m->tied_embeddings = f->shared;
    m->norm_epsilon = 1e-5;
    m->pos = QP_POS_ROPE;
    m->rope_size = f->width / f->heads;
    *shape = (qp_weight_shape){
        .heads = f->heads, .kv_heads = f->kv_heads, .head_width = f->width / f->heads, .rotated = f->width / f->heads};
}
