#include <stdlib.h>
#include <string.h>

#include "lib/model/decoder_ngram.h"
#include "lib/model/model_internal.h"
#include "lib/nn/embedding.h"

/* One embedding for source and target: an autoencoder writes the text that it reads. */
static bool shares_embedding(const qp_model_config *c)
{
    return c->task == QP_TASK_AUTOENCODE || (c->tied_embeddings_all && c->task == QP_TASK_TRANSLATE);
}

static qp_status build_decoder(qp_model *model, int source_embedding)
{
    const qp_model_config *c = &model->config;
    int words = qp_model_word_size(c), vocabulary = (int)c->tgt_vocab_size;
    bool tied = qp_model_ties_output(c);
    int embedding = source_embedding;
    model->map = model->output = model->output_bias = -1;
    if (c->decoder == QP_KIND_NGRAM) return qp_decoder_init(&model->decoder, model->params, c, -1, &model->encoder);
    if (!shares_embedding(c) || !model->has_encoder)
        embedding = qp_embedding_add_weight(model->params, vocabulary, words, c->scale_embeddings != 0, "tgt_embed");
    if (model->has_bottleneck) model->bottleneck = qp_bottleneck_add(model->params, c, &model->encoder);
    QP_TRY(qp_decoder_init(&model->decoder, model->params, c, embedding,
                           model->has_bottleneck ? &model->bottleneck.as_encoder : &model->encoder));
    model->output = embedding;
    if (c->word_size)
        model->map = qp_params_add(model->params, words, model->decoder.width, qp_model_weight_init(c, 0),
                                   "generator.word_map.weight");
    if (c->word_size) qp_params_multiply(model->params, model->map);
    if (!tied)
        model->output = qp_params_add(model->params, vocabulary, c->word_size ? words : model->decoder.width,
                                      qp_model_weight_init(c, 0), "generator.weight");
    qp_params_multiply(model->params, model->output);
    if (qp_model_switch(c->output_bias, c->bias && !tied))
        model->output_bias = qp_params_add(model->params, 1, vocabulary, qp_init_constant(0), "generator.bias");
    return QP_OK;
}

/* The encoder reads words through an embedding, numbers through a linear map. */
static int add_source_embedding(qp_model *model)
{
    const qp_model_config *c = &model->config;
    int width = qp_model_source_width(c);
    if (c->encoder == QP_KIND_BAG && c->hidden_size == 0) /* convex: any first values lead to the same weights */
        return qp_params_add(model->params, (int)c->src_vocab_size, width, qp_init_constant(0), "src_embed.weight");
    if (qp_model_reads_numbers(c))
        return qp_params_multiply(model->params, qp_params_add(model->params, width, (int)c->features,
                                                               qp_model_weight_init(c, 0), "src_embed.weight"));
    if (c->encoder == QP_KIND_TRANSFORMER) width = qp_model_word_size(c);
    return qp_embedding_add_weight(model->params, (int)c->src_vocab_size, width, c->scale_embeddings != 0,
                                   shares_embedding(c) ? "embed" : "src_embed");
}

static qp_status build(qp_model *model)
{
    qp_model_config c = model->config;
    model->has_encoder = c.encoder != QP_KIND_NONE;
    model->has_decoder = qp_model_task_has_decoder(c.task);
    model->has_bottleneck = c.task == QP_TASK_AUTOENCODE;
    model->has_class_token = c.pooling == QP_POOLING_CLASS_TOKEN || (c.begin_token && !model->has_decoder);
    c.max_length += model->has_class_token;
    int embedding = model->has_encoder ? add_source_embedding(model) : -1;
    QP_TRY(qp_encoder_init(&model->encoder, model->params, &c, embedding));
    if (model->has_decoder)
        QP_TRY(build_decoder(model, embedding));
    else
        QP_TRY(qp_head_init(&model->head, model->params, &c, &model->encoder, embedding));
    return QP_OK;
}

static qp_status check_sizes(const qp_model_config *c)
{
    bool reads = c->encoder != QP_KIND_NONE && !qp_model_reads_numbers(c);
    if ((reads && c->src_vocab_size < 1) || (qp_model_task_has_decoder(c->task) && c->tgt_vocab_size < 1))
        return qp_fail(QP_EUSAGE, "a model needs the sizes of its vocabularies; train or name a tokenizer first");
    if ((c->task == QP_TASK_CLASSIFY || c->task == QP_TASK_TAG) && c->labels < 1)
        return qp_fail(QP_EUSAGE, "a model that labels needs the number of its labels; give data that has them");
    if (c->task == QP_TASK_REGRESS && c->features < 1)
        return qp_fail(QP_EUSAGE, "a model of series needs the number of its columns; give data that has them");
    return QP_OK;
}

qp_status qp_model_plan(const qp_model_config *config, qp_model **model)
{
    *model = NULL;
    QP_TRY(qp_model_config_check(config));
    QP_TRY(check_sizes(config));
    qp_model *made = calloc(1, sizeof *made);
    if (!made || !(made->params = qp_params_new())) {
        free(made);
        return qp_fail(QP_EMEMORY, "out of memory for a model");
    }
    made->config = *config;
    made->source_special = made->target_special = qp_special_own();
    qp_status status = build(made);
    if (status == QP_OK) status = qp_params_status(made->params);
    if (status != QP_OK) {
        qp_model_free(made);
        return status;
    }
    *model = made;
    return QP_OK;
}

qp_status qp_model_new_blank(const qp_model_config *config, qp_model **model)
{
    QP_TRY(qp_model_plan(config, model));
    qp_status status = qp_params_finish((*model)->params);
    if (status == QP_OK) return QP_OK;
    qp_model_free(*model);
    *model = NULL;
    return status;
}

qp_status qp_model_new(const qp_model_config *config, uint64_t seed, qp_model **model)
{
    QP_TRY(qp_model_new_blank(config, model));
    qp_params_initialise((*model)->params, seed);
    return QP_OK;
}

void qp_model_free(qp_model *model)
{
    if (!model) return;
    qp_encoder_free(&model->encoder);
    qp_decoder_free(&model->decoder);
    qp_head_free(&model->head);
    qp_params_free(model->params);
    free(model->class_weight);
    free(model);
}

const qp_model_config *qp_model_config_of(const qp_model *model) { return &model->config; }

qp_params *qp_model_params(const qp_model *model) { return model->params; }

void qp_model_set_special(qp_model *model, qp_special_ids source, qp_special_ids target)
{
    model->source_special = source;
    model->target_special = target;
    if (model->config.decoder == QP_KIND_NGRAM) qp_decoder_ngram_special(&model->decoder, target);
}

qp_special_ids qp_model_special(const qp_model *model, bool target)
{
    return target ? model->target_special : model->source_special;
}

qp_status qp_model_ngram_set(qp_model *model, qp_ngram *ngram, const int32_t *word)
{
    return qp_decoder_ngram_set(&model->decoder, ngram, word);
}

const qp_ngram *qp_model_ngram(const qp_model *model, const int32_t **word)
{
    return model->config.decoder == QP_KIND_NGRAM ? qp_decoder_ngram_get(&model->decoder, word) : NULL;
}

static qp_tensor values_of(const qp_model *model, int index)
{
    const qp_parameter *p = qp_params_at(model->params, index);
    return qp_tensor_of(p->rows, p->columns, qp_params_value(model->params, index));
}

qp_crf qp_model_crf(const qp_model *model)
{
    const qp_head *head = &model->head;
    if (!model->config.crf) return (qp_crf){0};
    return (qp_crf){values_of(model, head->transitions), values_of(model, head->start), values_of(model, head->end)};
}

qp_status qp_model_weigh_classes(qp_model *model, const qp_real *weight)
{
    size_t bytes = (size_t)qp_model_outputs(&model->config) * sizeof *weight;
    free(model->class_weight);
    model->class_weight = malloc(bytes);
    if (!model->class_weight) return qp_fail(QP_EMEMORY, "out of memory for the weights of the labels");
    memcpy(model->class_weight, weight, bytes);
    return QP_OK;
}

void qp_model_set_targets(qp_model *model, qp_target_sets sets) { model->sets = sets; }

qp_target_sets qp_model_targets(const qp_model *model) { return model->sets; }

void qp_model_distill(qp_model *model, qp_distillation distillation) { model->distillation = distillation; }
