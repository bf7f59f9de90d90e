#include "tests/oracles/oracle_model.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *kind;
    void (*configure)(oracle *o, qp_model_config *config);
    oracle_split *split;
    oracle_batch (*batch)(oracle *o, const char *prefix, int step);
} model_row;

/* ---- names ---- */

typedef struct {
    const char *ours, *theirs;
} name_pair;

/* theirs = ours with the first occurrence of each pair's text replaced. */
static void translate(const name_pair *pair, size_t pairs, const char *ours, char *theirs, size_t bytes)
{
    snprintf(theirs, bytes, "%s", ours);
    for (size_t i = 0; i < pairs; i++) {
        char *found = strstr(theirs, pair[i].ours), rest[160];
        if (!found) continue;
        snprintf(rest, sizeof rest, "%s", found + strlen(pair[i].ours));
        snprintf(found, bytes - (size_t)(found - theirs), "%s%s", pair[i].theirs, rest);
    }
}

static size_t count_of(const qp_parameter *p) { return (size_t)p->rows * (size_t)p->columns; }

static int whole(const qp_parameter *ours, oracle_piece *piece)
{
    piece->count = count_of(ours);
    return 1;
}

/* The library's name begins with "layer." for a single layer. Cross-attention has one matrix for queries and one for
 * keys and values; the file has one for all: the first third and the other two. */
int oracle_split_layers(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"multihead_attn.q_proj_", "multihead_attn.in_proj_"},
                                     {"multihead_attn.kv_proj_", "multihead_attn.in_proj_"}};
    const char *name = ours->name;
    if (strncmp(name, "layer.", 6) == 0) name += 6;
    translate(pair, 2, name, piece->name, sizeof piece->name);
    if (strstr(name, "multihead_attn.kv_proj_")) piece->at = count_of(ours) / 2;
    return whole(ours, piece);
}

static int split_translator(const qp_parameter *ours, oracle_piece *piece)
{
    char inner[sizeof piece->name];
    int pieces = oracle_split_layers(ours, piece);
    bool stack = strncmp(piece->name, "encoder.", 8) == 0 || strncmp(piece->name, "decoder.", 8) == 0;
    if (!stack) return pieces;
    memcpy(inner, piece->name, sizeof inner);
    snprintf(piece->name, sizeof piece->name, "transformer.%.140s", inner);
    return pieces;
}

static int split_gpt(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"tgt_embed.", "wte."},
                                     {"decoder.positions.", "wpe."},
                                     {"decoder.layers.", "h."},
                                     {"decoder.norm.", "ln_f."},
                                     {"self_attn.in_proj_", "attn.c_attn."},
                                     {"self_attn.out_proj.", "attn.c_proj."},
                                     {"linear1.", "mlp.c_fc."},
                                     {"linear2.", "mlp.c_proj."},
                                     {"norm1.", "ln_1."},
                                     {"norm2.", "ln_2."}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

/* The library keeps queries, keys and values in one matrix: rows q; k; v. */
int oracle_split_llama(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"tgt_embed.", "embed_tokens."},
                                     {"decoder.norm.", "norm."},
                                     {"decoder.layers.", "layers."},
                                     {"layer.", ""},
                                     {"generator.", "lm_head."},
                                     {"self_attn.out_proj.", "self_attn.o_proj."},
                                     {"linear1.", "mlp.up_proj."},
                                     {"linear_gate.", "mlp.gate_proj."},
                                     {"linear2.", "mlp.down_proj."},
                                     {"norm1.", "input_layernorm."},
                                     {"norm2.", "post_attention_layernorm."}};
    const char *fused = strstr(ours->name, "in_proj_weight");
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    if (!fused) return whole(ours, piece);
    size_t width = (size_t)ours->columns, kv = ((size_t)ours->rows - width) / 2 * width, first = 0;
    char stem[sizeof piece->name];
    snprintf(stem, sizeof stem, "%.*s", (int)(strstr(piece->name, "in_proj_weight") - piece->name), piece->name);
    for (int i = 0; i < 3; i++) {
        snprintf(piece[i].name, sizeof piece[i].name, "%.120s%c_proj.weight", stem, "qkv"[i]);
        piece[i].first = first;
        first += piece[i].count = i == 0 ? width * width : kv;
    }
    return 3;
}

static int split_seq2seq(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"attention.", ""},
                                     {"generator.", "out."},
                                     {"decoder.weight_ih_l0", "decoder.weight_ih"},
                                     {"decoder.weight_hh_l0", "decoder.weight_hh"},
                                     {"decoder.bias_ih_l0", "decoder.bias_ih"},
                                     {"decoder.bias_hh_l0", "decoder.bias_hh"}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

static int split_char_lstm(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"tgt_embed.", "embed."}, {"decoder.", "lstm."}, {"generator.", "out."}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

static int split_tagger(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"src_embed.", "embed."}, {"encoder.", "gru."}, {"head.", "out."}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

static int split_field(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {
        {"src_embed.", "embed."}, {"encoder.", "lstm."}, {"head.transitions", "transitions"},
        {"head.start", "start"},  {"head.end", "end"},   {"head.", "out."}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

static int split_autoencoder(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {
        {"bottleneck.log_var.", "log_var."}, {"bottleneck.", "mu."}, {"generator.", "out."}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

static int split_bert(const qp_parameter *ours, oracle_piece *piece)
{
    static const name_pair pair[] = {{"src_embed.", "token."},
                                     {"encoder.positions.", "position."},
                                     {"encoder.segments.", "segment."},
                                     {"encoder.embedding_norm.", "norm."},
                                     {"head.dense.", "transform."},
                                     {"head.norm.", "transform_norm."},
                                     {"head.bias", "bias"}};
    translate(pair, sizeof pair / sizeof *pair, ours->name, piece->name, sizeof piece->name);
    return whole(ours, piece);
}

/* ---- configurations ---- */

static void configure_vocabularies(oracle *o, qp_model_config *config)
{
    bool same = oracle_text_or(o, "vocab", NULL) != NULL;
    config->src_vocab_size = oracle_int(o, same ? "vocab" : "source_vocab");
    config->tgt_vocab_size = oracle_int(o, same ? "vocab" : "target_vocab");
}

static void configure_translator(oracle *o, qp_model_config *config)
{
    config->emb_size = oracle_int(o, "d_model");
    config->heads = oracle_int(o, "nhead");
    config->enc_layers = oracle_int(o, "enc_layers");
    config->dec_layers = oracle_int(o, "dec_layers");
    config->ff_size = oracle_int(o, "dim_feedforward");
    config->norm = oracle_flag(o, "norm_first") ? QP_NORM_PRE : QP_NORM_POST;
    config->norm_epsilon = oracle_number(o, "layer_norm_eps");
    config->activation = (int)oracle_activation(o, "activation");
    config->tied_embeddings = 0;
    configure_vocabularies(o, config);
}

static void configure_seq2seq(oracle *o, qp_model_config *config)
{
    config->encoder = config->decoder = QP_KIND_GRU;
    config->bidirectional = 1;
    config->attention = QP_ATTEND_BAHDANAU;
    config->emb_size = oracle_int(o, "embed_size");
    config->hidden_size = oracle_int(o, "hidden_size");
    config->attention_size = oracle_int(o, "attention_size");
    config->enc_layers = oracle_int(o, "enc_layers");
    config->dec_layers = 1;
    config->scale_embeddings = 0;
    config->tied_embeddings = 0;
    configure_vocabularies(o, config);
}

static void configure_char_lstm(oracle *o, qp_model_config *config)
{
    config->task = QP_TASK_LM;
    config->encoder = QP_KIND_NONE;
    config->decoder = QP_KIND_LSTM;
    config->emb_size = oracle_int(o, "embed_size");
    config->hidden_size = oracle_int(o, "hidden_size");
    config->dec_layers = oracle_int(o, "num_layers");
    config->scale_embeddings = 0;
    config->tied_embeddings = 0;
    config->tgt_vocab_size = oracle_int(o, "vocab");
}

static void configure_gpt(oracle *o, qp_model_config *config)
{
    config->task = QP_TASK_LM;
    config->encoder = QP_KIND_NONE;
    config->emb_size = oracle_int(o, "n_embd");
    config->heads = oracle_int(o, "n_head");
    config->dec_layers = oracle_int(o, "n_layer");
    config->ff_size = oracle_int(o, "n_inner");
    config->norm_epsilon = oracle_number(o, "layer_norm_eps");
    config->activation = QP_GELU_TANH;
    config->pos = QP_POS_LEARNED;
    config->max_length = oracle_int(o, "n_positions");
    config->scale_embeddings = 0;
    config->tgt_vocab_size = oracle_int(o, "vocab");
}

static void configure_llama(oracle *o, qp_model_config *config)
{
    config->task = QP_TASK_LM;
    config->encoder = QP_KIND_NONE;
    config->emb_size = oracle_int(o, "hidden");
    config->heads = oracle_int(o, "heads");
    config->kv_heads = oracle_int(o, "kv_heads");
    config->dec_layers = oracle_int(o, "layers");
    config->ff_size = oracle_int(o, "inner");
    config->norm_type = QP_NORM_RMS;
    config->norm_epsilon = oracle_number(o, "eps");
    config->bias = 0;
    config->gated_ff = 1;
    config->activation = QP_SILU;
    config->pos = QP_POS_ROPE;
    config->rope_base = oracle_number(o, "base");
    config->scale_embeddings = 0;
    config->tied_embeddings = 0;
    config->tgt_vocab_size = oracle_int(o, "vocab");
}

static void configure_tagger(oracle *o, qp_model_config *config)
{
    config->task = QP_TASK_TAG;
    config->encoder = QP_KIND_GRU;
    config->decoder = QP_KIND_NONE;
    config->bidirectional = 1;
    config->emb_size = oracle_int(o, "embed_size");
    config->hidden_size = oracle_int(o, "hidden_size");
    config->enc_layers = oracle_int(o, "num_layers");
    config->scale_embeddings = 0;
    config->src_vocab_size = oracle_int(o, "vocab");
    config->labels = oracle_int(o, "tags");
}

static void configure_field(oracle *o, qp_model_config *config)
{
    config->task = QP_TASK_TAG;
    config->encoder = QP_KIND_LSTM;
    config->decoder = QP_KIND_NONE;
    config->bidirectional = 1;
    config->crf = 1;
    config->emb_size = oracle_int(o, "embed");
    config->hidden_size = oracle_int(o, "hidden");
    config->enc_layers = 1;
    config->scale_embeddings = 0;
    config->src_vocab_size = oracle_int(o, "vocab");
    config->labels = oracle_int(o, "tags");
}

static void configure_autoencoder(oracle *o, qp_model_config *config)
{
    config->task = QP_TASK_AUTOENCODE;
    config->encoder = config->decoder = QP_KIND_GRU;
    config->enc_layers = config->dec_layers = 1;
    config->attention = QP_ATTEND_NONE;
    config->emb_size = oracle_int(o, "embed");
    config->hidden_size = oracle_int(o, "hidden");
    config->bottleneck = oracle_int(o, "latent");
    config->variational = oracle_flag(o, "variational");
    config->scale_embeddings = 0;
    config->tied_embeddings = 0;
    configure_vocabularies(o, config);
}

static void configure_bert(oracle *o, qp_model_config *config)
{
    int columns, kinds, positions;
    oracle_matrix(o, "init.segment.weight", &kinds, &columns);
    oracle_matrix(o, "init.position.weight", &positions, &columns);
    config->task = QP_TASK_MLM;
    config->decoder = QP_KIND_NONE;
    config->emb_size = oracle_int(o, "d_model");
    config->heads = oracle_int(o, "nhead");
    config->enc_layers = oracle_int(o, "layers");
    config->ff_size = oracle_int(o, "ff");
    config->norm = QP_NORM_POST;
    config->norm_epsilon = oracle_number(o, "layer_norm_eps");
    config->final_norm = 0;
    config->activation = QP_GELU;
    config->pos = QP_POS_LEARNED;
    config->max_length = positions;
    config->segments = kinds;
    config->embedding_norm = 1;
    config->scale_embeddings = 0;
    config->src_vocab_size = oracle_int(o, "vocab");
}

/* ---- batches ---- */

oracle_ids oracle_ids_of(oracle *o, int batch, int time, const int32_t *padded, const int32_t *length)
{
    size_t count = (size_t)batch * (size_t)time;
    int32_t *mask = oracle_memory(o, count * sizeof *mask), *id = oracle_memory(o, count * sizeof *id);
    for (int b = 0; b < batch; b++) {
        if (length && (length[b] < 1 || length[b] > time)) oracle_stop(o, "length[%d] = %d of %d", b, length[b], time);
        int end = 0;
        while (end < time && (length ? end < length[b] : padded[b * time + end] != QP_PAD)) end++;
        for (int t = end; t < time; t++) mask[b * time + t] = 1;
    }
    oracle_ids made = {.rows = oracle_ragged_of(o, batch, time, mask)};
    for (int r = 0; r < made.rows.rows; r++) id[r] = padded[made.rows.row[r]];
    made.ids = (qp_ids){.sequences = made.rows.sequences, .id = id};
    return made;
}

/* Array PREFIX.NAME [batch, time], or [steps, batch, time] at `step`. */
static const int32_t *step_of(oracle *o, const char *prefix, const char *name, int step, int *batch, int *time)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    int axes = oracle_array(o, full)->dimensions;
    *batch = oracle_size(o, full, time ? axes - 2 : axes - 1);
    if (time) *time = oracle_size(o, full, -1);
    return oracle_ints(o, full) + (size_t)step * (size_t)*batch * (size_t)(time ? *time : 1);
}

static oracle_batch batch_of_pairs(oracle *o, const char *prefix, int step)
{
    int sources, targets, lengths, source_time, target_time;
    const int32_t *source = step_of(o, prefix, "source", step, &sources, &source_time);
    const int32_t *length = step_of(o, prefix, "source_lengths", step, &lengths, NULL);
    const int32_t *target = step_of(o, prefix, "target", step, &targets, &target_time);
    if (lengths != sources || targets != sources) oracle_stop(o, "%d sources, %d targets", sources, targets);
    oracle_ids from = oracle_ids_of(o, sources, source_time, source, length);
    oracle_ids to = oracle_ids_of(o, targets, target_time, target, NULL);
    return (oracle_batch){.batch = {.source = from.ids, .target = to.ids}, .source = from.rows, .target = to.rows};
}

/* in.ids [B, T]: inputs without targets. batch.ids [steps, B, T+1]: inputs are all but the last, targets all but the
 * first. */
static oracle_batch batch_of_text(oracle *o, const char *prefix, int step)
{
    int count, time;
    const int32_t *id = step_of(o, prefix, "ids", step, &count, &time);
    int shift = strcmp(prefix, "in.") == 0 ? 0 : 1, rows = time - shift;
    int32_t *input = oracle_memory(o, (size_t)count * (size_t)rows * sizeof *input);
    int32_t *target = oracle_memory(o, (size_t)count * (size_t)rows * sizeof *target);
    for (int r = 0; r < count * rows; r++) {
        input[r] = id[r / rows * time + r % rows];
        target[r] = id[r / rows * time + r % rows + shift];
    }
    oracle_ragged all = oracle_ragged_of(o, count, rows, NULL);
    qp_batch batch = {.target = {.sequences = all.sequences, .id = target}, .input = input};
    return (oracle_batch){.batch = batch, .target = all};
}

/* Every token of ids [B, T] up to the length has a label; -100: ignored. */
static oracle_batch batch_of_labels(oracle *o, const char *prefix, const char *labels, int step)
{
    int count, time, lengths, tags, tag_time;
    const int32_t *id = step_of(o, prefix, "ids", step, &count, &time);
    const int32_t *length = step_of(o, prefix, "lengths", step, &lengths, NULL);
    const int32_t *tag = step_of(o, prefix, labels, step, &tags, &tag_time);
    if (lengths != count || tags != count || tag_time != time) oracle_stop(o, "%d texts, %d with tags", count, tags);
    oracle_ids from = oracle_ids_of(o, count, time, id, length);
    int32_t *start = oracle_memory(o, ((size_t)count + 1) * sizeof *start);
    int32_t *read = oracle_memory(o, (size_t)from.rows.rows * sizeof *read);
    int32_t *target = oracle_memory(o, (size_t)from.rows.rows * sizeof *target);
    int rows = 0;
    for (int b = 0; b < count; b++) {
        start[b] = rows;
        for (int t = 0; t < length[b]; t++) {
            if (tag[b * time + t] < 0) continue;
            read[rows] = t;
            target[rows++] = tag[b * time + t];
        }
    }
    start[count] = rows;
    qp_batch batch = {.source = from.ids, .target = {{.count = count, .start = start}, target}, .source_row = read};
    return (oracle_batch){.batch = batch, .source = from.rows};
}

static oracle_batch batch_of_tags(oracle *o, const char *prefix, int step)
{
    return batch_of_labels(o, prefix, "tags", step);
}

static oracle_batch batch_of_masks(oracle *o, const char *prefix, int step)
{
    oracle_batch made = batch_of_labels(o, prefix, "labels", step);
    int count, time;
    const int32_t *padded = step_of(o, prefix, "segments", step, &count, &time);
    int32_t *segment = oracle_memory(o, (size_t)made.source.rows * sizeof *segment);
    for (int r = 0; r < made.source.rows; r++) segment[r] = padded[made.source.row[r]];
    made.batch.segment = segment;
    return made;
}

static oracle_batch batch_of_copies(oracle *o, const char *prefix, int step)
{
    int count, time, lengths;
    const int32_t *id = step_of(o, prefix, "ids", step, &count, &time);
    const int32_t *length = step_of(o, prefix, "lengths", step, &lengths, NULL);
    if (lengths != count) oracle_stop(o, "%d texts, %d lengths", count, lengths);
    oracle_ids from = oracle_ids_of(o, count, time, id, length);
    oracle_batch made = {.batch = {.source = from.ids, .target = from.ids}, .source = from.rows, .target = from.rows};
    if (!oracle_flag_or(o, "variational", false)) return made;
    char full[64];
    snprintf(full, sizeof full, "%seps", prefix);
    made.batch.noise_columns = oracle_size(o, full, -1);
    made.batch.noise = oracle_reals(o, full) + (ptrdiff_t)step * count * made.batch.noise_columns;
    return made;
}

/* ---- the table ---- */

static const model_row models[] = {
    {"translator", configure_translator, split_translator, batch_of_pairs},
    {"gpt", configure_gpt, split_gpt, batch_of_text},
    {"llama", configure_llama, oracle_split_llama, batch_of_text},
    {"gru_seq2seq", configure_seq2seq, split_seq2seq, batch_of_pairs},
    {"char_lstm", configure_char_lstm, split_char_lstm, batch_of_text},
    {"bigru_tagger", configure_tagger, split_tagger, batch_of_tags},
    {"bert_mlm", configure_bert, split_bert, batch_of_masks},
    {"bilstm_crf", configure_field, split_field, batch_of_tags},
    {"autoencoder", configure_autoencoder, split_autoencoder, batch_of_copies},
};

static const model_row *row_of(oracle *o, const char *kind)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].kind, kind) == 0) return &models[i];
    oracle_skip(o, "%s (%.80s)", oracle_text(o, "op"), kind);
}

/* The longest sequence of the case: the last axis of an array of ids, or max_len. */
static int longest_of(oracle *o)
{
    int longest = (int)oracle_number_or(o, "max_len", 1);
    for (int i = 0; i < qp_safetensors_count(o->file); i++) {
        const qp_stored *stored = qp_safetensors_at(o->file, i);
        if (stored->dtype != QP_DTYPE_I64 || stored->dimensions < 2) continue;
        int last = (int)stored->shape[stored->dimensions - 1];
        if (last > longest) longest = last;
    }
    return longest;
}

qp_model *oracle_model_make(oracle *o, const char *kind, const char *prefix)
{
    const model_row *row = row_of(o, kind);
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.dropout = 0;
    if (longest_of(o) > config.max_length) config.max_length = longest_of(o);
    row->configure(o, &config);
    if (qp_model_new_blank(&config, &o->model) != QP_OK) oracle_stop(o, "%s", qp_error_message());
    o->params = qp_model_params(o->model);
    oracle_bind(o, prefix, row->split);
    return o->model;
}

oracle_split *oracle_model_split(oracle *o, const char *kind) { return row_of(o, kind)->split; }

oracle_batch oracle_model_batch(oracle *o, const char *kind, const char *prefix, int step)
{
    return row_of(o, kind)->batch(o, prefix, step);
}
