#include "lib/model/config/model_config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

QP_FIELD_TABLE(qp_model_fields, "model", qp_model_config, QP_MODEL_FIELDS);

_Static_assert((int)QP_KIND_CONV == (int)QP_KIND_CELLS_END && (int)QP_KIND_NGRAM == (int)QP_KIND_CELLS_END,
               "the other kinds of encoders and of decoders follow the cells");
_Static_assert((int)QP_INIT_UNIFORM == QP_INIT_AUTO + 1,
               "the choices of --init are auto and the initializers in order");

bool qp_model_kind_is_recurrent(int64_t kind) { return kind >= QP_KIND_RNN && kind < QP_KIND_CELLS_END; }

qp_cell_kind qp_model_cell(int64_t kind) { return (qp_cell_kind)(kind - QP_KIND_RNN); }

bool qp_model_reads_numbers(const qp_model_config *config)
{
    return config->task == QP_TASK_REGRESS || config->features > 0;
}

bool qp_model_switch(int choice, int otherwise)
{
    return choice == QP_SWITCH_AUTO ? otherwise != 0 : choice == QP_SWITCH_ON;
}

bool qp_model_ties_output(const qp_model_config *config)
{
    return (config->tied_embeddings || config->tied_embeddings_all) && !config->untied_output;
}

int qp_model_head_size(const qp_model_config *config)
{
    return (int)(config->head_size ? config->head_size : config->emb_size / config->heads);
}

int qp_model_word_size(const qp_model_config *config)
{
    return (int)(config->word_size ? config->word_size : config->emb_size);
}

bool qp_model_has_window(const qp_model_config *config, int layer)
{
    size_t pattern = strlen(config->window_layers);
    return pattern == 0 || config->window_layers[(size_t)layer % pattern] == '1';
}

int qp_model_hidden_size(const qp_model_config *config)
{
    return (int)(config->hidden_size ? config->hidden_size : config->emb_size);
}

int qp_model_carry_width(const qp_model_config *config)
{
    if (config->encoder != QP_KIND_NONE || !qp_model_kind_is_recurrent(config->decoder)) return 0;
    bool has_cell = qp_cell_shape_of(qp_model_cell(config->decoder))->has_cell;
    return (int)config->dec_layers * (has_cell ? 2 : 1) * qp_model_hidden_size(config);
}

int qp_model_source_width(const qp_model_config *config)
{
    return config->encoder == QP_KIND_BAG ? qp_model_encoder_width(config) : (int)config->emb_size;
}

int qp_model_encoder_width(const qp_model_config *config)
{
    if (config->task == QP_TASK_AUTOENCODE) return (int)(config->bottleneck ? config->bottleneck : config->emb_size);
    if (config->encoder == QP_KIND_TEXT_CNN) return QP_TEXT_CNN_WIDTHS * qp_model_hidden_size(config);
    if (config->encoder == QP_KIND_BAG) return (int)(config->hidden_size ? config->hidden_size : config->labels);
    if (!qp_model_kind_is_recurrent(config->encoder)) return (int)config->emb_size;
    bool concatenated = config->bidirectional && config->direction_merge == QP_MERGE_CONCAT;
    return (concatenated ? 2 : 1) * qp_model_hidden_size(config);
}

bool qp_model_task_has_decoder(int64_t task)
{
    return task == QP_TASK_TRANSLATE || task == QP_TASK_LM || task == QP_TASK_AUTOENCODE;
}

bool qp_model_task_pools(int64_t task)
{
    return task == QP_TASK_CLASSIFY || task == QP_TASK_REGRESS || task == QP_TASK_AUTOENCODE || task == QP_TASK_MATCH;
}

const char *qp_model_task_name(int64_t task)
{
#define NAME(id, text) [id] = text,
    static const char *const name[] = {QP_TASKS(NAME)};
#undef NAME
    return name[task];
}

int qp_model_pooling(const qp_model_config *config)
{
    if (config->pooling != QP_POOLING_AUTO) return config->pooling;
    if (qp_model_kind_is_recurrent(config->encoder)) return QP_POOLING_LAST;
    return config->encoder == QP_KIND_TEXT_CNN ? QP_POOLING_MAX : QP_POOLING_MEAN;
}

qp_init qp_model_weight_init(const qp_model_config *config, int recurrent)
{
    qp_init init = {.kind = (qp_init_kind)config->init, .gain = config->init_gain};
    if (config->init != QP_INIT_AUTO) return init;
    init.kind = recurrent > 0 ? QP_INIT_UNIFORM : QP_INIT_XAVIER_UNIFORM;
    if (recurrent > 0) init.gain /= sqrt(recurrent);
    return init;
}

int qp_model_quantiles(const qp_model_config *config, double *quantile)
{
    const char *text = *config->quantiles ? config->quantiles : "0.1,0.5,0.9";
    double before = 0;
    if (config->loss != QP_OBJECTIVE_QUANTILE) return 0;
    for (int count = 0; count < QP_QUANTILES_MAX;) {
        char *end;
        double one = strtod(text, &end);
        if (end == text || !(one > before && one < 1)) return 0;
        if (quantile) quantile[count] = one;
        count++;
        if (*end == '\0') return count;
        if (*end != ',') return 0;
        before = one;
        text = end + 1;
    }
    return 0;
}

int qp_model_outputs(const qp_model_config *config)
{
    switch (config->task) {
    case QP_TASK_CLASSIFY:
    case QP_TASK_TAG: return (int)config->labels;
    case QP_TASK_REGRESS: {
        int quantiles = qp_model_quantiles(config, NULL);
        return (int)config->horizon * (quantiles > 0 ? quantiles : 1);
    }
    case QP_TASK_MLM: return (int)config->src_vocab_size;
    case QP_TASK_MATCH: return config->vector_size ? (int)config->vector_size : qp_model_encoder_width(config);
    default: return (int)config->tgt_vocab_size;
    }
}

void qp_model_config_complete(qp_model_config *config, bool (*given)(const void *self, const char *name),
                              const void *self)
{
    if (config->encoder == QP_KIND_BAG && !given(self, "max_length")) config->max_length = 1048576; /* no positions */
    if (config->task == QP_TASK_LM && !given(self, "encoder")) config->encoder = QP_KIND_NONE;
    if (!qp_model_task_has_decoder(config->task) && !given(self, "decoder")) config->decoder = QP_KIND_NONE;
    if (config->task != QP_TASK_AUTOENCODE || !qp_model_kind_is_recurrent(config->decoder)) return;
    if (!given(self, "attention") && !config->input_feeding) config->attention = QP_ATTEND_NONE;
    if (config->attention == QP_ATTEND_NONE && !given(self, "context_feeding")) config->context_feeding = true;
}
