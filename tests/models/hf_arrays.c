#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/models/hf_case.h"

/* hf_arrays — runs a model on the inputs of expected.safetensors and compares hidden states, maps and scores. */

/* One side of a batch: [batch, time] ids of which those with mask 1 are read. */
typedef struct {
    int batch, time, rows;
    int64_t *id;
    int32_t *start, *flat, *column; /* [batch + 1]; [rows]: its id, its place in [batch, time] */
    int32_t *row;                   /* [batch, time] its row, or -1 */
} side;

typedef struct {
    hf_case *c;
    side source, target;
    int32_t *segment, *source_row, *patch; /* patch [batch + 1]: where the rows of each image begin */
    qp_real *pixel;                        /* images: [batch * patches, features] */
    qp_model_maps maps;
    qp_tensor logits;
} run;

static void *memory(size_t bytes)
{
    void *made = calloc(1, bytes + 8);
    if (!made) exit(71);
    return made;
}

static int64_t *integers(hf_case *c, const char *name, const qp_stored **stored)
{
    *stored = qp_safetensors_find(c->file, name);
    if (!*stored) return NULL;
    int64_t *value = memory((*stored)->count * sizeof *value);
    if (qp_safetensors_integers(c->file, *stored, value) != QP_OK) hf_differs(c, "%s", qp_error_message());
    return value;
}

static void read_side(hf_case *c, const char *ids, const char *mask, side *s)
{
    const qp_stored *stored, *of_mask = NULL;
    s->id = integers(c, ids, &stored);
    if (!s->id) return;
    int64_t *real = mask ? integers(c, mask, &of_mask) : NULL;
    s->batch = (int)stored->shape[0];
    s->time = (int)stored->shape[1];
    s->start = memory(((size_t)s->batch + 1) * sizeof *s->start);
    s->flat = memory(stored->count * sizeof *s->flat);
    s->column = memory(stored->count * sizeof *s->column);
    s->row = memory(stored->count * sizeof *s->row);
    for (int b = 0; b < s->batch; b++) {
        s->start[b] = s->rows;
        for (int t = 0; t < s->time; t++) {
            int place = b * s->time + t;
            bool reads = !real || real[place];
            s->row[place] = reads ? s->rows : -1;
            if (!reads) continue;
            s->flat[s->rows] = (int32_t)s->id[place];
            s->column[s->rows++] = place;
        }
    }
    s->start[s->batch] = s->rows;
    free(real);
}

static void free_side(side *s)
{
    free(s->id);
    free(s->start);
    free(s->flat);
    free(s->column);
    free(s->row);
}

static qp_ids ids_of(const side *s) { return (qp_ids){{.count = s->batch, .start = s->start}, s->flat}; }

/* ---- running ---- */

static void read_segments(run *r)
{
    const qp_stored *stored;
    int64_t *type = integers(r->c, "in.token_type_ids", &stored);
    if (!type) return;
    r->segment = memory(stored->count * sizeof *r->segment);
    for (int i = 0; i < r->source.rows; i++) r->segment[i] = (int32_t)type[r->source.column[i]];
    free(type);
}

/* [batch, channels, height, width] as rows of patches; the model puts a class token before those of each image. */
static void read_pixels(run *r)
{
    const qp_stored *stored = qp_safetensors_find(r->c->file, "in.pixel_values");
    const qp_image_format *f = &r->c->images;
    if (!stored) return;
    int batch = (int)stored->shape[0], patches = qp_image_patches(f);
    size_t cells = qp_image_cells(f->size), at = 0;
    qp_real *all = memory(stored->count * sizeof *all);
    if (qp_safetensors_reals(r->c->file, stored, all) != QP_OK || stored->count != cells * (size_t)batch)
        hf_differs(r->c, "in.pixel_values: not images of the model's size");
    r->pixel = memory(stored->count * sizeof *r->pixel);
    r->patch = memory(((size_t)batch + 1) * sizeof *r->patch);
    for (size_t b = 0; b < (size_t)batch && stored->count == cells * (size_t)batch; b++)
        for (int top = 0; top < f->size.height; top += f->patch_height)
            for (int left = 0; left < f->size.width; left += f->patch_width)
                for (int c = 0; c < f->size.channels; c++)
                    for (int y = top; y < top + f->patch_height; y++)
                        for (int x = left; x < left + f->patch_width; x++)
                            r->pixel[at++] = all[b * cells + ((size_t)c * (size_t)f->size.height + (size_t)y) *
                                                                 (size_t)f->size.width + (size_t)x];
    free(all);
    side *s = &r->source;
    s->batch = batch;
    s->time = patches + 1;
    s->rows = batch * s->time;
    s->start = memory(((size_t)batch + 1) * sizeof *s->start);
    s->row = memory((size_t)s->rows * sizeof *s->row);
    for (int b = 0; b <= batch; b++) s->start[b] = b * s->time, r->patch[b] = b * patches;
    for (int i = 0; i < s->rows; i++) s->row[i] = i;
}

static void forward(run *r)
{
    const qp_model_config *config = qp_model_config_of(r->c->model);
    qp_batch batch = {0};
    bool labels_rows = config->task == QP_TASK_TAG || config->task == QP_TASK_MLM;
    if (config->task == QP_TASK_LM) {
        batch.target = ids_of(&r->source);
        batch.input = r->source.flat;
    } else {
        batch.source = ids_of(&r->source);
        batch.segment = r->segment;
    }
    if (r->pixel) {
        batch.source.sequences.start = r->patch;
        batch.source_value = r->pixel;
        batch.features = qp_image_features(&r->c->images);
    }
    if (config->task == QP_TASK_TRANSLATE) {
        batch.target = ids_of(&r->target);
        batch.input = r->target.flat;
    }
    if (labels_rows) {
        r->source_row = memory((size_t)r->source.rows * sizeof *r->source_row);
        for (int b = 0; b < r->source.batch; b++)
            for (int i = r->source.start[b]; i < r->source.start[b + 1]; i++) r->source_row[i] = i - r->source.start[b];
        batch.target = ids_of(&r->source);
        batch.source_row = r->source_row;
    }
    qp_tape_begin(r->c->tape, QP_INFER, 0);
    r->maps.wants_states = true;
    r->logits = qp_model_logits(r->c->model, r->c->tape, &batch, &r->maps);
    if (qp_tape_failed(r->c->tape)) hf_differs(r->c, "%s", qp_tape_message(r->c->tape));
}

/* ---- comparing ---- */

typedef struct {
    double error, allowed;
    size_t compared;
} worst;

static void tolerance(hf_case *c, const char *name, double *relative, double *absolute)
{
    char key[160];
    snprintf(key, sizeof key, "tol.%s", name);
    const char *text = qp_safetensors_metadata(c->file, key);
    const char *both[] = {qp_safetensors_metadata(c->file, "rtol"), qp_safetensors_metadata(c->file, "atol")};
    char *end;
    *relative = strtod(text ? text : both[0] ? both[0] : "0", &end);
    *absolute = strtod(text ? end : both[1] ? both[1] : "0", NULL);
}

static void compare(worst *w, double x, double expected, double relative, double absolute)
{
    double allowed = absolute + relative * fabs(expected), error = fabs(x - expected);
    w->compared++;
    if (error <= allowed || !(error / allowed <= w->error / w->allowed)) {
        if (error <= allowed) return;
        w->error = error;
        w->allowed = allowed;
    }
}

/* The place of an expected array's element in what was computed, or a NaN where there is none. */
typedef struct {
    qp_tensor x;
    const qp_attention_map *map; /* attention: blocks [heads, Tq, Tk] */
    const side *query, *key;
    bool by_sequence; /* one row a sequence */
    int column;       /* start and end: the column of the scores; -1: the last dimension */
    bool difference;  /* column 1 minus column 0: two classes of which one has no scores of its own */
} computed;

static bool element(const computed *p, const int64_t *shape, int dimensions, size_t index, double *x)
{
    if (p->map) {
        int64_t k = (int64_t)index % shape[3], q = (int64_t)index / shape[3] % shape[2];
        int64_t h = (int64_t)index / shape[3] / shape[2] % shape[1];
        int b = (int)((int64_t)index / shape[3] / shape[2] / shape[1]);
        int query = p->query->row[b * p->query->time + q], key = p->key->row[b * p->key->time + k];
        if (query < 0 || key < 0) return false;
        size_t block = 0;
        for (int i = 0; i < b; i++)
            block += (size_t)p->map->heads * (size_t)(p->query->start[i + 1] - p->query->start[i]) *
                     (size_t)(p->key->start[i + 1] - p->key->start[i]);
        size_t queries = (size_t)(p->query->start[b + 1] - p->query->start[b]);
        size_t keys = (size_t)(p->key->start[b + 1] - p->key->start[b]);
        size_t at = ((size_t)h * queries + (size_t)(query - p->query->start[b])) * keys +
                    (size_t)(key - p->key->start[b]);
        *x = (double)p->map->weights.value[block + at];
        return true;
    }
    int64_t width = p->column >= 0 || p->difference ? 1 : shape[dimensions - 1];
    int64_t place = (int64_t)index / width, column = p->column >= 0 ? p->column : (int64_t)index % width;
    int row = p->by_sequence ? (int)place : p->query->row[place];
    if (row < 0 || row >= p->x.rows || column >= p->x.columns) return false;
    const qp_real *values = qp_tensor_row(p->x, row);
    *x = p->difference ? (double)values[1] - (double)values[0] : (double)values[column];
    return true;
}

static void check(run *r, const qp_stored *stored, const computed *p)
{
    hf_case *c = r->c;
    char name[160];
    const qp_stored *of_mask;
    double relative, absolute;
    worst w = {.allowed = 1};
    snprintf(name, sizeof name, "cmp.%s", stored->name);
    int64_t *compares = integers(c, name, &of_mask);
    qp_real *expected = memory(stored->count * sizeof *expected);
    if (qp_safetensors_reals(c->file, stored, expected) != QP_OK) hf_differs(c, "%s", qp_error_message());
    tolerance(c, stored->name, &relative, &absolute);
    bool all = true;
    for (size_t i = 0; i < stored->count; i++) {
        double x;
        if (compares && !compares[i]) continue;
        if (!element(p, stored->shape, stored->dimensions, i, &x))
            all = all && !p->query; /* a padded place */
        else
            compare(&w, x, (double)expected[i], relative, absolute);
    }
    if (w.error > 0)
        hf_differs(c, "%s: %g, allowed %g", stored->name, w.error, w.allowed);
    else if (w.compared == 0)
        hf_differs(c, "%s: nothing was computed that corresponds", stored->name);
    free(compares);
    free(expected);
}

/* ---- names ---- */

static bool splits(const char *name, const char *middle, char *before, size_t bytes, int *number)
{
    const char *found = strstr(name, middle);
    if (!found) return false;
    snprintf(before, bytes, "%.*s", (int)(found - name), name);
    *number = atoi(found + strlen(middle));
    return true;
}

static bool find_map(run *r, const char *before, int layer, computed *p)
{
    bool decodes = qp_model_task_has_decoder(qp_model_config_of(r->c->model)->task);
    bool both = qp_model_config_of(r->c->model)->task == QP_TASK_TRANSLATE;
    qp_map_kind kind = strncmp(before, "cross", 5) == 0                          ? QP_MAP_CROSS
                       : strncmp(before, "encoder", 7) == 0 || (!decodes)        ? QP_MAP_ENCODER
                                                                                 : QP_MAP_DECODER;
    p->query = both && kind != QP_MAP_ENCODER ? &r->target : &r->source;
    p->key = both && kind == QP_MAP_DECODER ? &r->target : &r->source;
    for (int i = 0; i < r->maps.count; i++)
        if (r->maps.entry[i].kind == kind && r->maps.entry[i].layer == layer) {
            p->map = &r->maps.entry[i].map;
            return true;
        }
    return false;
}

/* layer -1: what the stack returns. transformers' Mamba counts from what the first layer returns, and has what the last
 * norm reads, too. */
static bool find_state(run *r, const char *before, int layer, int64_t columns, computed *p)
{
    const qp_model_config *config = qp_model_config_of(r->c->model);
    if (config->decoder == QP_KIND_MAMBA && layer >= 0 && layer < config->dec_layers)
        layer += layer == config->dec_layers - 1 ? 2 : 1;
    bool encodes = strncmp(before, "encoder", 7) == 0 || !qp_model_task_has_decoder(config->task);
    qp_map_kind kind = encodes ? QP_MAP_ENCODER : QP_MAP_DECODER;
    if (config->features && layer == config->enc_layers) layer++; /* ViT: before its last norm */
    if (layer < 0) layer = (int)(encodes ? config->enc_layers : config->dec_layers);
    p->query = config->task == QP_TASK_TRANSLATE && !encodes ? &r->target : &r->source;
    for (int i = 0; i < r->maps.states; i++)
        if (r->maps.state[i].kind == kind && r->maps.state[i].layer == layer &&
            r->maps.state[i].x.columns == columns) {
            p->x = r->maps.state[i].x;
            return true;
        }
    return false;
}

/* What the head reads of each source. */
static bool find_pooled(run *r, computed *p)
{
    p->by_sequence = true;
    p->query = &r->source;
    for (int i = 0; i < r->maps.states; i++)
        if (r->maps.state[i].kind == QP_MAP_CROSS) p->x = r->maps.state[i].x;
    return p->x.columns > 0;
}

static bool find_scores(run *r, const char *name, const qp_stored *stored, computed *p)
{
    const qp_model_config *config = qp_model_config_of(r->c->model);
    p->x = r->logits;
    p->query = config->task == QP_TASK_TRANSLATE ? &r->target : &r->source;
    p->by_sequence = config->task == QP_TASK_CLASSIFY;
    if (strcmp(name, "start_logits") == 0) p->column = 0;
    if (strcmp(name, "end_logits") == 0) p->column = 1;
    if (p->column >= 0) return true;
    p->difference = config->task == QP_TASK_TAG && stored->dimensions == 2;
    bool next = strcmp(name, "seq_relationship_logits") == 0 || strcmp(name, "sop_logits") == 0;
    return next ? config->task == QP_TASK_CLASSIFY
                : strcmp(name, "logits") == 0 ||
                      (strcmp(name, "prediction_logits") == 0 && config->task == QP_TASK_MLM);
}

static bool find(run *r, const qp_stored *stored, computed *p)
{
    const char *name = stored->name + strlen("out.");
    char before[64];
    int layer;
    *p = (computed){.column = -1};
    if (splits(name, "attentions.", before, sizeof before, &layer)) return find_map(r, before, layer, p);
    int64_t columns = stored->shape[stored->dimensions - 1];
    if (splits(name, "hidden_states.", before, sizeof before, &layer)) return find_state(r, before, layer, columns, p);
    if (splits(name, "last_hidden_state", before, sizeof before, &layer)) return find_state(r, before, -1, columns, p);
    if (strcmp(name, "pooler_output") == 0) return find_pooled(r, p);
    return find_scores(r, name, stored, p);
}

static bool is_next_sentence(const char *name)
{
    return strcmp(name, "out.seq_relationship_logits") == 0 || strcmp(name, "out.sop_logits") == 0;
}

static void run_case(hf_case *c, bool next_sentence)
{
    run r = {.c = c};
    computed p;
    read_side(c, "in.input_ids", "in.attention_mask", &r.source);
    read_side(c, "in.decoder_input_ids", NULL, &r.target);
    read_segments(&r);
    read_pixels(&r);
    forward(&r);
    bool failed = qp_tape_failed(c->tape);
    for (int i = 0; !failed && i < qp_safetensors_count(c->file); i++) {
        const qp_stored *stored = qp_safetensors_at(c->file, i);
        if (strncmp(stored->name, "out.", 4) != 0 || is_next_sentence(stored->name) != next_sentence) continue;
        if (find(&r, stored, &p))
            check(&r, stored, &p);
        else
            hf_differs(c, "%s: not computed", stored->name);
    }
    free_side(&r.source);
    free_side(&r.target);
    free(r.segment);
    free(r.patch);
    free(r.pixel);
    free(r.source_row);
}

void hf_check_arrays(hf_case *c)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/expected.safetensors", c->folder);
    if (qp_safetensors_open(path, &c->file) != QP_OK) {
        hf_differs(c, "%s", qp_error_message());
        return;
    }
    if (hf_load(c, NULL)) run_case(c, false);
    bool two = qp_safetensors_find(c->file, "out.seq_relationship_logits") ||
               qp_safetensors_find(c->file, "out.sop_logits");
    if (two && hf_load(c, "classify")) run_case(c, true);
    qp_safetensors_close(c->file);
}
