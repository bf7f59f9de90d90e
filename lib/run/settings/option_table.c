#include "lib/run/settings/option_table.h"

/* ---- what reads an option ---- */

static bool any_kind(const qp_train_settings *s, int kind)
{
    return s->model.encoder == kind || s->model.decoder == kind;
}

static bool transformer(const qp_train_settings *s) { return any_kind(s, QP_KIND_TRANSFORMER); }

static bool mamba(const qp_train_settings *s) { return any_kind(s, QP_KIND_MAMBA); }

static bool stacked(const qp_train_settings *s) { return transformer(s) || mamba(s); }

/* A decoder of Mamba attends to its source as a transformer does. */
static bool attends(const qp_train_settings *s)
{
    return transformer(s) || (s->model.decoder == QP_KIND_MAMBA && s->model.encoder != QP_KIND_NONE);
}

static bool experts(const qp_train_settings *s) { return s->model.experts > 0; }

static bool recurrent(const qp_train_settings *s)
{
    return qp_model_kind_is_recurrent(s->model.encoder) || qp_model_kind_is_recurrent(s->model.decoder) ||
           s->model.word_layers > 0;
}

static bool text_cnn(const qp_train_settings *s) { return s->model.encoder == QP_KIND_TEXT_CNN; }

static bool convolution(const qp_train_settings *s) { return s->model.encoder == QP_KIND_CONV || text_cnn(s); }

static bool mlm(const qp_train_settings *s) { return s->model.task == QP_TASK_MLM; }

static bool activated(const qp_train_settings *s) { return transformer(s) || text_cnn(s) || mlm(s); }

static bool rnn(const qp_train_settings *s) { return any_kind(s, QP_KIND_RNN); }

static bool attentive(const qp_train_settings *s)
{
    return qp_model_kind_is_recurrent(s->model.decoder) && s->model.encoder != QP_KIND_NONE;
}

static bool attention_layer(const qp_train_settings *s)
{
    int64_t kind = s->model.attention;
    return attentive(s) && (kind == QP_ATTEND_BAHDANAU || kind == QP_ATTEND_LUONG_CONCAT || kind == QP_ATTEND_COVERAGE);
}

static bool covering(const qp_train_settings *s) { return attentive(s) && s->model.attention == QP_ATTEND_COVERAGE; }

static bool rope(const qp_train_settings *s) { return transformer(s) && s->model.pos == QP_POS_ROPE; }

static bool relative(const qp_train_settings *s) { return transformer(s) && s->model.pos == QP_POS_RELATIVE; }

static bool sinusoidal(const qp_train_settings *s) { return transformer(s) && s->model.pos == QP_POS_SINUSOIDAL; }

static bool narrow(const qp_train_settings *s) { return s->model.word_size > 0; }

static bool ngram(const qp_train_settings *s) { return s->model.decoder == QP_KIND_NGRAM; }

static bool network(const qp_train_settings *s) { return !ngram(s); }

static bool writes(const qp_train_settings *s) { return qp_model_task_has_decoder(s->model.task) && !ngram(s); }

static bool predicts_words(const qp_train_settings *s) { return writes(s) || mlm(s); }

static bool encodes(const qp_train_settings *s) { return s->model.encoder != QP_KIND_NONE; }

static bool decodes(const qp_train_settings *s) { return s->model.decoder != QP_KIND_NONE && !ngram(s); }

static bool bag(const qp_train_settings *s) { return s->model.encoder == QP_KIND_BAG; }

/* A bag of n-grams without a hidden layer: weights that begin at zero. */
static bool linear_bag(const qp_train_settings *s) { return bag(s) && s->model.hidden_size == 0; }

static bool layered(const qp_train_settings *s) { return encodes(s) && !bag(s) && !text_cnn(s); }

static bool any_layers(const qp_train_settings *s) { return layered(s) || decodes(s); }

static bool embeds(const qp_train_settings *s) { return !bag(s) && !ngram(s); }

static bool hides(const qp_train_settings *s) { return !linear_bag(s) && !ngram(s); }

static bool reads_both_ways(const qp_train_settings *s)
{
    return qp_model_kind_is_recurrent(s->model.encoder) || s->model.encoder == QP_KIND_MAMBA;
}

static bool has_width(const qp_train_settings *s) { return recurrent(s) || text_cnn(s) || bag(s); }

static bool forgets_in(int64_t kind)
{
    return qp_model_kind_is_recurrent(kind) && qp_cell_shape_of((qp_cell_kind)kind)->forget != QP_CELL_NO_GATE;
}

static bool forgets(const qp_train_settings *s)
{
    bool words = s->model.word_layers > 0; /* of LSTM where the encoder is not recurrent */
    return forgets_in(s->model.encoder) || forgets_in(s->model.decoder) ||
           (words && !qp_model_kind_is_recurrent(s->model.encoder));
}

static bool windowed(const qp_train_settings *s) { return transformer(s) && s->model.attention_window > 0; }

static bool stochastic(const qp_train_settings *s) { return s->model.stochastic_depth > 0; }

static bool two_directions(const qp_train_settings *s) { return s->model.bidirectional && recurrent(s); }

static bool coded(const qp_train_settings *s) { return s->model.codebook > 0; }

static bool variational(const qp_train_settings *s) { return s->model.variational; }

static bool distills(const qp_train_settings *s) { return *s->job.teacher; }

static bool adapts(const qp_train_settings *s) { return s->job.lora > 0; }

static bool normed(const qp_train_settings *s)
{
    return stacked(s) || s->model.encoder == QP_KIND_CONV || s->model.rnn_norm || mlm(s);
}

static bool regress(const qp_train_settings *s) { return s->model.task == QP_TASK_REGRESS; }

static bool focal(const qp_train_settings *s) { return s->model.loss == QP_OBJECTIVE_FOCAL; }

static bool quantile(const qp_train_settings *s) { return s->model.loss == QP_OBJECTIVE_QUANTILE; }

static bool weighted(const qp_train_settings *s)
{
    return s->model.loss >= QP_OBJECTIVE_POLY1 && s->model.loss <= QP_OBJECTIVE_UNLIKELIHOOD;
}

static bool match(const qp_train_settings *s) { return s->model.task == QP_TASK_MATCH; }

static bool smoothed(const qp_train_settings *s) { return !regress(s) && !match(s); }

static bool apart(const qp_train_settings *s)
{
    return s->model.loss >= QP_OBJECTIVE_COSINE && s->model.loss <= QP_OBJECTIVE_TRIPLET;
}

static bool contrasts(const qp_train_settings *s)
{
    return match(s) && (s->model.loss == QP_OBJECTIVE_AUTO || s->model.loss == QP_OBJECTIVE_INFO_NCE);
}

static bool tag(const qp_train_settings *s) { return s->model.task == QP_TASK_TAG; }

static bool labelled(const qp_train_settings *s) { return tag(s) || s->model.task == QP_TASK_CLASSIFY; }

static bool begins_texts(const qp_train_settings *s) { return (labelled(s) || mlm(s) || match(s)) && !bag(s); }

static bool translate(const qp_train_settings *s) { return s->model.task == QP_TASK_TRANSLATE; }

static bool rewrites(const qp_train_settings *s) { return translate(s) || s->model.task == QP_TASK_AUTOENCODE; }

static bool images(const qp_train_settings *s) { return qp_train_reads_images(s); }

static bool columns(const qp_train_settings *s) { return regress(s) || images(s); }

static bool taught(const qp_train_settings *s)
{
    return labelled(s) || mlm(s) || translate(s) || (s->model.task == QP_TASK_LM && !ngram(s));
}

static bool by_lines(const qp_train_settings *s) { return !columns(s) && !ngram(s) && s->model.lm_window == 0; }

static bool sorts_texts(const qp_train_settings *s) { return s->model.task == QP_TASK_CLASSIFY && !images(s); }

static bool weighs_lines(const qp_train_settings *s)
{
    return sorts_texts(s) || rewrites(s) || (s->model.task == QP_TASK_LM && by_lines(s));
}

static bool reads_words(const qp_train_settings *s) { return !columns(s) && !ngram(s); }

static bool streams(const qp_train_settings *s)
{
    return (rewrites(s) || mlm(s) || s->model.task == QP_TASK_LM) && !ngram(s) && !s->model.carry;
}

static bool streamed(const qp_train_settings *s) { return s->job.stream; }

static bool accumulates(const qp_train_settings *s) { return s->training.accum > 1; }

static bool looks_ahead(const qp_train_settings *s) { return s->optimizer.lookahead > 0; }

static bool decays(const qp_train_settings *s)
{
    return s->optimizer.weight_decay > 0 || s->optimizer.decoupled_decay > 0 || s->optimizer.l2 > 0;
}

/* Rprop reads the signs of gradients alone, which clipping keeps. */
static bool reads_sizes(const qp_train_settings *s) { return s->optimizer.optimizer != QP_RPROP; }

static bool rises(const qp_train_settings *s) { return s->schedule.lr_warmup > 0; }

static bool warms(const qp_train_settings *s) { return qp_schedule_warms(&s->schedule); }

static bool ends(const qp_train_settings *s) { return qp_schedule_ends(&s->schedule); }

static bool exp_range(const qp_train_settings *s)
{
    return s->schedule.lr_schedule != QP_SCHEDULE_CYCLICAL || s->schedule.lr_cycle == QP_CYCLE_EXP_RANGE;
}

/* ---- the table ---- */

#define BIT(id) (UINT64_C(1) << (id))
#define ADAMS                                                                                                          \
    (BIT(QP_ADAM) | BIT(QP_ADAMW) | BIT(QP_NADAM) | BIT(QP_RADAM) | BIT(QP_ADAMAX) | BIT(QP_ADABELIEF) |               \
     BIT(QP_YOGI) | BIT(QP_LAMB))

#define TRANSFORMER transformer, "a transformer (--encoder or --decoder)"
#define STACKED stacked, "a transformer or mamba (--encoder or --decoder)"
#define ATTENDS attends, "a transformer, or --decoder mamba with a source"
#define RECURRENT recurrent, "recurrent layers (--encoder or --decoder gru, lstm ...)"
#define CONVOLUTION convolution, "convolutions (--encoder conv or text-cnn)"
#define REGRESS regress, "--task regress"
#define NETWORK network, "a network in place of --decoder ngram"

const qp_option_use qp_option_table[] = {
    /* the model */
    {"enc_layers", encodes, "models with an encoder", 0, 0},
    {"enc_layers", layered, NULL, 0, 0},
    {"layers", any_layers, NULL, 0, 0},
    {"emb_size", embeds, NULL, 0, 0},
    {"embedding_dropout", embeds, "networks with embeddings (--encoder transformer, gru, lstm ...)", 0, 0},
    {"scale_embeddings", embeds, "networks with embeddings (--encoder transformer, gru, lstm ...)", 0, 0},
    {"dropout", hides, NULL, 0, 0},
    {"pooler", hides, "networks (--encoder bag: with --hidden-size)", 0, 0},
    {"max_length", network, NULL, 0, 0},
    {"input_noise", embeds, "networks with embeddings (--encoder transformer, gru, lstm ...)", 0, 0},
    {"init", hides, "networks (--encoder bag: with --hidden-size)", 0, 0},
    {"init_gain", hides, "networks (--encoder bag: with --hidden-size)", 0, 0},
    {"dec_layers", decodes, "models with a decoder", 0, 0},
    {"tied_embeddings", predicts_words, "tasks with a decoder, or --task mlm", 0, 0},
    {"tied_embeddings_all", predicts_words, "tasks with a decoder, or --task mlm", 0, 0},
    {"ff_size", TRANSFORMER, 0, 0},
    {"experts", TRANSFORMER, 0, 0},
    {"experts_*", experts, "--experts", 0, 0},
    {"mamba_*", mamba, "--encoder or --decoder mamba", 0, 0},
    {"heads", ATTENDS, 0, 0},
    {"kv_heads", ATTENDS, 0, 0},
    {"head_size", ATTENDS, 0, 0},
    {"attention_scale", ATTENDS, 0, 0},
    {"attention_layer_scale", TRANSFORMER, 0, 0},
    {"qk_norm", TRANSFORMER, 0, 0},
    {"qkv_bias", ATTENDS, 0, 0},
    {"attention_bias", ATTENDS, 0, 0},
    {"ff_bias", TRANSFORMER, 0, 0},
    {"parallel", TRANSFORMER, 0, 0},
    {"layer_groups", STACKED, 0, 0},
    {"word_map", narrow, "--word-size", 0, 0},
    {"attention_window", TRANSFORMER, 0, 0},
    {"attention_sinks", windowed, "--attention-window", 0, 0},
    {"attention_softcap", TRANSFORMER, 0, 0},
    {"attention_dropout", ATTENDS, 0, 0},
    {"ff_dropout", TRANSFORMER, 0, 0},
    {"gated_ff", TRANSFORMER, 0, 0},
    {"norm", STACKED, 0, 0},
    {"final_norm", STACKED, 0, 0},
    {"pos", TRANSFORMER, 0, 0},
    {"rope_*", rope, "--pos rope", 0, 0},
    {"relative_buckets", relative, "--pos relative", 0, 0},
    {"relative_far", relative, "--pos relative", 0, 0},
    {"sinusoid", sinusoidal, "--pos sinusoidal", 0, 0},
    {"first_position", sinusoidal, "--pos sinusoidal", 0, 0},
    {"output_bias", writes, "tasks with a decoder, and not for n-grams", 0, 0},
    {"scale_output", writes, "tasks with a decoder, and not for n-grams", 0, 0},
    {"output_softcap", writes, "tasks with a decoder, and not for n-grams", 0, 0},
    {"start_id", writes, "tasks with a decoder, and not for n-grams", 0, 0},
    {"begin_token", begins_texts, "--task classify, tag, mlm or match (translate: models read elsewhere)", 0, 0},
    {"layer_drop", STACKED, 0, 0},
    {"stochastic_depth", STACKED, 0, 0},
    {"stochastic_depth_mode", stochastic, "--stochastic-depth", 0, 0},
    {"activation", activated, "a transformer, --encoder text-cnn or --task mlm", 0, 0},
    {"norm_type", normed, "a transformer, mamba, --encoder conv, --rnn-norm or --task mlm", 0, 0},
    {"norm_epsilon", normed, "a transformer, mamba, --encoder conv, --rnn-norm or --task mlm", 0, 0},
    {"bidirectional", reads_both_ways, "recurrent encoders and mamba (a transformer sees both directions)", 0, 0},
    {"hidden_size", has_width, "recurrent layers, --encoder text-cnn or bag", 0, 0},
    {"pooling", embeds, "networks with embeddings (--encoder transformer, gru, lstm ...)", 0, 0},
    {"input_feeding", attentive, "a recurrent decoder with a source (--decoder gru, lstm ...)", 0, 0},
    {"context_feeding", attentive, "a recurrent decoder with a source (--decoder gru, lstm ...)", 0, 0},
    {"recurrent_dropout", RECURRENT, 0, 0},
    {"zoneout", RECURRENT, 0, 0},
    {"direction_merge", two_directions, "--bidirectional", 0, 0},
    {"attention", attentive, "a recurrent decoder with a source (--decoder gru, lstm ...)", 0, 0},
    {"attention_size", attention_layer, "--attention bahdanau, luong-concat or coverage of a recurrent decoder", 0, 0},
    {"coverage_weight", covering, "--attention coverage of a recurrent decoder", 0, 0},
    {"rnn_activation", rnn, "--encoder or --decoder rnn", 0, 0},
    {"rnn_residual", RECURRENT, 0, 0},
    {"rnn_norm", RECURRENT, 0, 0},
    {"learned_state", RECURRENT, 0, 0},
    {"forget_bias", forgets, "cells with a forget gate (--encoder or --decoder lstm ...)", 0, 0},
    {"variational_dropout", RECURRENT, 0, 0},
    {"kernel_size", CONVOLUTION, 0, 0},
    {"dilation", CONVOLUTION, 0, 0},
    {"separable", CONVOLUTION, 0, 0},
    {"codes", coded, "--codebook", 0, 0},
    {"kl_weight", variational, "--variational", 0, 0},
    {"horizon", REGRESS, 0, 0},
    {"focal_gamma", focal, "--loss focal", 0, 0},
    {"loss_weight", weighted, "--loss poly1, z-loss, confidence-penalty or unlikelihood", 0, 0},
    {"quantiles", quantile, "--loss quantile", 0, 0},
    {"vector_size", match, "--task match", 0, 0},
    {"temperature", contrasts, "--task match with --loss info-nce", 0, 0},
    {"margin", apart, "--loss cosine, contrastive or triplet", 0, 0},
    /* the data */
    {"window", REGRESS, 0, 0},
    {"level", REGRESS, 0, 0},
    {"linear", REGRESS, 0, 0},
    {"column", columns, "--task regress or classify", 0, 0},
    {"patch", images, "--task classify", 0, 0},
    {"image_size", images, "--patch", 0, 0},
    {"image_shift", images, "--patch", 0, 0},
    {"train_labels", images, "--patch", 0, 0},
    {"valid_labels", images, "--patch", 0, 0},
    {"holes", REGRESS, 0, 0},
    {"missing", REGRESS, 0, 0},
    {"tag_column", tag, "--task tag", 0, 0},
    {"train_weights", weighs_lines, "--task translate, autoencode, classify of texts, or lm with --lm-window 0", 0, 0},
    {"balanced_sampling", sorts_texts, "--task classify of texts", 0, 0},
    {"curriculum", by_lines, "texts that are read line by line (lm: --lm-window 0)", 0, 0},
    {"class_weights", labelled, "--task classify or tag", 0, 0},
    {"unseen_labels", labelled, "--task classify or tag", 0, 0},
    {"mask_rate", mlm, "--task mlm", 0, 0},
    {"stream", streams, "--task lm, translate, autoencode or mlm, without --carry and --decoder ngram", 0, 0},
    {"stream_buffer", streamed, "--stream", 0, 0},
    {"whole_words", mlm, "--task mlm", 0, 0},
    {"embeddings", reads_words, "tasks that read words and --decoder other than ngram", 0, 0},
    {"src_embeddings", translate, "--task translate (elsewhere: --embeddings)", 0, 0},
    {"tgt_embeddings", translate, "--task translate (elsewhere: --embeddings)", 0, 0},
    {"teacher", taught, "--task translate, lm, classify, tag or mlm, and not for n-grams", 0, 0},
    {"teacher_*", distills, "--teacher", 0, 0},
    {"lora_alpha", adapts, "--lora", 0, 0},
    {"lora_layers", adapts, "--lora", 0, 0},
    {"valid_metrics", rewrites, "--task translate or autoencode", 0, 0},
    {"valid_beam_size", rewrites, "--task translate or autoencode", 0, 0},
    {"src_tokenizer", translate, "--task translate (elsewhere: --tokenizer)", 0, 0},
    {"tgt_tokenizer", translate, "--task translate (elsewhere: --tokenizer)", 0, 0},
    {"share_vocab", translate, "--task translate", 0, 0},
    {"label_smoothing", smoothed, "tasks whose answers are words or labels", 0, 0},
    {"label_smoothing", NETWORK, 0, 0},
    {"scheduled_sampling", NETWORK, 0, 0},
    {"lora", NETWORK, 0, 0},
    {"order", ngram, "n-grams (--decoder ngram)", 0, 0},
    {"prune", ngram, "n-grams (--decoder ngram)", 0, 0},
    {"interpolate_unigrams", ngram, "n-grams (--decoder ngram)", 0, 0},
    /* the run */
    {"batch_size", network, NULL, 0, 0},
    {"batch_type", network, NULL, 0, 0},
    {"epochs", network, NULL, 0, 0},
    {"steps", network, NULL, 0, 0},
    {"train_tokens", network, NULL, 0, 0},
    {"time_limit", network, NULL, 0, 0},
    {"early_stopping", network, NULL, 0, 0},
    {"early_stopping_metric", network, NULL, 0, 0},
    {"valid_freq", network, NULL, 0, 0},
    {"disp_freq", network, NULL, 0, 0},
    {"save_freq", network, NULL, 0, 0},
    {"keep", network, NULL, 0, 0},
    {"average", network, NULL, 0, 0},
    {"accum", NETWORK, 0, 0},
    {"weight_noise", NETWORK, 0, 0},
    {"freeze", NETWORK, 0, 0},
    {"layer_decay", NETWORK, 0, 0},
    {"gradient_type", NETWORK, 0, 0},
    {"precision", hides, NULL, 0, 0},
    {"decay_all", decays, "--weight-decay, --decoupled-decay or --l2", 0, 0},
    /* the optimizer */
    {"accum_mean", accumulates, "--accum above 1", 0, 0},
    {"lookahead_alpha", looks_ahead, "--lookahead", 0, 0},
    {"clip_norm", reads_sizes, "an optimizer other than rprop", 0, 0},
    {"clip_value", reads_sizes, "an optimizer other than rprop", 0, 0},
    {"beta1", .optimizers = ADAMS | BIT(QP_LION) | BIT(QP_SCHEDULE_FREE)},
    {"beta2", .optimizers = ADAMS | BIT(QP_LION)},
    {"eps", .optimizers = ADAMS | BIT(QP_ADAGRAD) | BIT(QP_ADADELTA) | BIT(QP_RMSPROP) | BIT(QP_LARS)},
    {"amsgrad", .optimizers = BIT(QP_ADAM) | BIT(QP_ADAMW)},
    {"momentum_decay", .optimizers = BIT(QP_NADAM)},
    {"momentum", .optimizers = BIT(QP_MOMENTUM) | BIT(QP_NESTEROV) | BIT(QP_LARS) | BIT(QP_MUON)},
    {"dampening", .optimizers = BIT(QP_MOMENTUM)},
    {"rmsprop_*", .optimizers = BIT(QP_RMSPROP)},
    {"adadelta_*", .optimizers = BIT(QP_ADADELTA)},
    {"adagrad_*", .optimizers = BIT(QP_ADAGRAD)},
    {"asgd_*", .optimizers = BIT(QP_ASGD)},
    {"rprop_*", .optimizers = BIT(QP_RPROP)},
    {"adafactor_*", .optimizers = BIT(QP_ADAFACTOR)},
    {"lars_*", .optimizers = BIT(QP_LARS)},
    {"muon_*", .optimizers = BIT(QP_MUON)},
    /* the schedule */
    {"lr_warmup", warms, "schedules that warm up, not one-cycle, cyclical and slanted-triangular", 0, 0},
    {"lr_warmup_start",
     .schedules = ~(BIT(QP_SCHEDULE_ONE_CYCLE) | BIT(QP_SCHEDULE_CYCLICAL) | BIT(QP_SCHEDULE_SLANTED_TRIANGULAR) |
                    BIT(QP_SCHEDULE_INV_SQRT) | BIT(QP_SCHEDULE_NOAM))},
    {"lr_warmup_start", rises, "--lr-warmup", 0, 0},
    {"lr_total", ends, "schedules with an end, such as linear, cosine, and wsd without --lr-hold", 0, 0},
    {"lr_hold", .schedules = BIT(QP_SCHEDULE_WSD) | BIT(QP_SCHEDULE_TRI_STAGE) | BIT(QP_SCHEDULE_STEP)},
    {"lr_fall", .schedules = BIT(QP_SCHEDULE_WSD) | BIT(QP_SCHEDULE_TRI_STAGE)},
    {"lr_min", .schedules = BIT(QP_SCHEDULE_LINEAR) | BIT(QP_SCHEDULE_COSINE) | BIT(QP_SCHEDULE_POLYNOMIAL) |
                            BIT(QP_SCHEDULE_WSD) | BIT(QP_SCHEDULE_TRI_STAGE) | BIT(QP_SCHEDULE_PLATEAU) |
                            BIT(QP_SCHEDULE_COSINE_RESTARTS)},
    {"lr_max", .schedules = BIT(QP_SCHEDULE_CYCLICAL)},
    {"lr_gamma", .schedules = BIT(QP_SCHEDULE_STEP) | BIT(QP_SCHEDULE_MULTISTEP) | BIT(QP_SCHEDULE_EXPONENTIAL) |
                              BIT(QP_SCHEDULE_PLATEAU) | BIT(QP_SCHEDULE_INVERSE_TIME) | BIT(QP_SCHEDULE_CYCLICAL)},
    {"lr_gamma", exp_range, "--lr-cycle exp-range", 0, 0},
    {"lr_power", .schedules = BIT(QP_SCHEDULE_POLYNOMIAL)},
    {"lr_step", .schedules = BIT(QP_SCHEDULE_STEP) | BIT(QP_SCHEDULE_CYCLICAL) | BIT(QP_SCHEDULE_COSINE_RESTARTS) |
                             BIT(QP_SCHEDULE_INVERSE_TIME) | BIT(QP_SCHEDULE_INV_SQRT_MARIAN)},
    {"lr_staircase", .schedules = BIT(QP_SCHEDULE_INVERSE_TIME)},
    {"lr_stretch", .schedules = BIT(QP_SCHEDULE_COSINE_RESTARTS)},
    {"lr_step_down", .schedules = BIT(QP_SCHEDULE_CYCLICAL)},
    {"lr_milestones", .schedules = BIT(QP_SCHEDULE_MULTISTEP)},
    {"lr_cycle", .schedules = BIT(QP_SCHEDULE_CYCLICAL)},
    {"lr_anneal", .schedules = BIT(QP_SCHEDULE_ONE_CYCLE) | BIT(QP_SCHEDULE_WSD)},
    {"lr_rise", .schedules = BIT(QP_SCHEDULE_ONE_CYCLE) | BIT(QP_SCHEDULE_SLANTED_TRIANGULAR)},
    {"lr_div", .schedules = BIT(QP_SCHEDULE_ONE_CYCLE) | BIT(QP_SCHEDULE_SLANTED_TRIANGULAR)},
    {"lr_final_div", .schedules = BIT(QP_SCHEDULE_ONE_CYCLE)},
    {"lr_width", .schedules = BIT(QP_SCHEDULE_NOAM)},
    {"lr_patience", .schedules = BIT(QP_SCHEDULE_PLATEAU)},
    {"lr_cooldown", .schedules = BIT(QP_SCHEDULE_PLATEAU)},
    {"lr_threshold", .schedules = BIT(QP_SCHEDULE_PLATEAU)},
};
const int qp_option_use_count = sizeof qp_option_table / sizeof *qp_option_table;
