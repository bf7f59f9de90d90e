#include "lib/run/settings/option_uses.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Settings written as "field=value field=value". */
static void settings_of(qp_train_settings *s, const char *text)
{
    char word[100];
    int bytes;
    memset(s, 0, sizeof *s);
    qp_train_defaults(s);
    for (; sscanf(text, " %99s%n", word, &bytes) == 1; text += bytes) {
        char *equals = strchr(word, '=');
        cr_assert_not_null(equals, "%s", word);
        *equals = '\0';
        cr_assert_eq(qp_train_set(s, word, equals + 1), QP_OK, "%s", qp_error_message());
    }
}

#define GRU "encoder=gru decoder=gru "
#define LM "task=lm encoder=none "
#define LABELS "task=classify decoder=none "
#define TAGS "task=tag decoder=none "
#define SERIES "task=regress decoder=none "
#define MATCH "task=match decoder=none "
#define MLM "task=mlm decoder=none "

/* Settings that read an option, and those that do not. */
static const struct {
    const char *option, *reads[3], *others[3];
} rows[] = {
    {"ff_size", {"", "encoder=gru", "decoder=gru"}, {GRU, "encoder=mamba decoder=mamba"}},
    {"experts", {""}, {GRU}},
    {"experts_per_token", {"experts=4"}, {""}},
    {"experts_balance", {"experts=2"}, {""}},
    {"mamba_state", {"encoder=mamba", "decoder=mamba"}, {"", GRU}},
    {"heads", {"", "encoder=gru decoder=mamba"}, {GRU, LM "decoder=mamba"}},
    {"kv_heads", {""}, {GRU}},
    {"head_size", {""}, {GRU}},
    {"qkv_bias", {""}, {GRU}},
    {"attention_dropout", {"", "encoder=gru decoder=mamba"}, {GRU}},
    {"attention_softcap", {""}, {GRU, "encoder=gru decoder=mamba"}},
    {"attention_window", {""}, {GRU}},
    {"attention_sinks", {"attention_window=4"}, {"", GRU "attention_window=4"}},
    {"gated_ff", {""}, {GRU}},
    {"norm", {"", "encoder=mamba decoder=mamba"}, {GRU}},
    {"layer_groups", {"", "encoder=mamba decoder=mamba"}, {GRU}},
    {"word_map", {"word_size=8"}, {""}},
    {"pos", {""}, {GRU}},
    {"rope_base", {"pos=rope"}, {"", GRU "pos=rope"}},
    {"relative_far", {"pos=relative"}, {"pos=rope"}},
    {"sinusoid", {"pos=sinusoidal"}, {"pos=rope", GRU "pos=sinusoidal"}},
    {"output_bias", {"", LM, "task=autoencode"}, {LABELS, SERIES}},
    {"start_id", {""}, {TAGS}},
    {"begin_token", {LABELS, TAGS, MLM}, {"", SERIES, LM}},
    {"begin_token", {MATCH}, {"task=autoencode"}},
    {"layer_drop", {""}, {GRU}},
    {"stochastic_depth_mode", {"stochastic_depth=0.1"}, {""}},
    {"activation", {"", MLM "encoder=gru", LABELS "encoder=text-cnn"}, {GRU, LABELS "encoder=conv"}},
    {"norm_type", {"", GRU "rnn_norm=true", LABELS "encoder=conv"}, {GRU, LABELS "encoder=text-cnn"}},
    {"norm_epsilon", {MLM "encoder=gru"}, {GRU}},
    {"direction_merge", {GRU "bidirectional=true"}, {GRU, "bidirectional=true"}},
    {"attention", {GRU, "decoder=lstm"}, {"", LM "decoder=gru", "encoder=gru"}},
    {"attention_size", {GRU, GRU "attention=luong-concat", GRU "attention=coverage"}, {GRU "attention=luong-dot"}},
    {"coverage_weight", {GRU "attention=coverage"}, {GRU, "attention=coverage"}},
    {"rnn_activation", {"encoder=rnn", "decoder=rnn"}, {GRU}},
    {"rnn_residual", {GRU, "encoder=gru", "decoder=gru"}, {""}},
    {"learned_state", {TAGS "word_layers=1"}, {TAGS}},
    {"kernel_size", {LABELS "encoder=conv", LABELS "encoder=text-cnn"}, {LABELS}},
    {"codes", {"task=autoencode codebook=4"}, {"task=autoencode"}},
    {"kl_weight", {"task=autoencode variational=true"}, {"task=autoencode"}},
    {"horizon", {SERIES}, {LABELS}},
    {"focal_gamma", {"loss=focal"}, {"", "loss=poly1"}},
    {"loss_weight", {"loss=poly1", "loss=unlikelihood", "loss=z-loss"}, {"loss=focal", SERIES "loss=mse", ""}},
    {"quantiles", {SERIES "loss=quantile"}, {SERIES}},
    {"vector_size", {MATCH}, {LABELS}},
    {"temperature", {MATCH, MATCH "loss=info-nce"}, {MATCH "loss=triplet", ""}},
    {"margin", {MATCH "loss=cosine", MATCH "loss=contrastive", MATCH "loss=triplet"}, {MATCH "loss=info-nce", MATCH}},
    {"window", {SERIES}, {LABELS}},
    {"column", {SERIES, LABELS "patch=4x4", LABELS "column=x"}, {LABELS, ""}},
    {"patch", {LABELS "patch=4x4"}, {LABELS, SERIES}},
    {"tag_column", {TAGS}, {LABELS}},
    {"class_weights", {TAGS, LABELS}, {"", MLM}},
    {"mask_rate", {MLM}, {TAGS}},
    {"embeddings", {"", LABELS, LM}, {SERIES, LM "decoder=ngram", LABELS "patch=4x4"}},
    {"src_embeddings", {""}, {LM}},
    {"teacher", {"", LABELS, LM}, {LM "decoder=ngram", SERIES, "task=autoencode"}},
    {"teacher", {TAGS, MLM}, {MATCH}},
    {"teacher_weight", {"teacher=x"}, {""}},
    {"lora_alpha", {"lora=8"}, {""}},
    {"valid_metrics", {"", "task=autoencode"}, {LM, LABELS}},
    {"share_vocab", {""}, {"task=autoencode", LM}},
    {"label_smoothing", {"", LABELS}, {SERIES, MATCH}},
    {"order", {LM "decoder=ngram"}, {LM}},
    {"accum_mean", {"accum=2"}, {"accum=1"}},
    {"lookahead_alpha", {"lookahead=5"}, {""}},
    {"beta1", {"optimizer=adam", "optimizer=lion", "optimizer=schedule-free"}, {"optimizer=sgd", "optimizer=rmsprop"}},
    {"beta2", {"optimizer=adamw", "optimizer=lamb", "optimizer=lion"}, {"optimizer=sgd", "optimizer=schedule-free"}},
    {"eps", {"optimizer=adagrad", "optimizer=adadelta", "optimizer=lars"}, {"optimizer=sgd", "optimizer=lion"}},
    {"amsgrad", {"optimizer=adam", "optimizer=adamw"}, {"optimizer=nadam", "optimizer=yogi"}},
    {"momentum_decay", {"optimizer=nadam"}, {"optimizer=adam"}},
    {"momentum", {"optimizer=momentum", "optimizer=nesterov", "optimizer=muon"}, {"optimizer=sgd", "optimizer=adam"}},
    {"dampening", {"optimizer=momentum"}, {"optimizer=nesterov"}},
    {"rmsprop_alpha", {"optimizer=rmsprop"}, {"optimizer=adam"}},
    {"adadelta_rho", {"optimizer=adadelta"}, {"optimizer=adagrad"}},
    {"adagrad_decay", {"optimizer=adagrad"}, {"optimizer=adadelta"}},
    {"asgd_alpha", {"optimizer=asgd"}, {"optimizer=sgd"}},
    {"rprop_min", {"optimizer=rprop"}, {"optimizer=sgd"}},
    {"adafactor_clip", {"optimizer=adafactor"}, {"optimizer=adam"}},
    {"lars_trust", {"optimizer=lars"}, {"optimizer=lamb"}},
    {"muon_steps", {"optimizer=muon"}, {"optimizer=adam"}},
    {"lr_warmup", {"lr_schedule=cosine", "lr_schedule=constant"}, {"lr_schedule=one-cycle", "lr_schedule=cyclical"}},
    {"lr_warmup_start", {"lr_schedule=cosine"}, {"lr_schedule=noam", "lr_schedule=inv-sqrt", "lr_schedule=one-cycle"}},
    {"lr_total", {"lr_schedule=cosine", "lr_schedule=wsd"}, {"lr_schedule=constant", "lr_schedule=wsd lr_hold=9"}},
    {"lr_hold", {"lr_schedule=wsd", "lr_schedule=tri-stage", "lr_schedule=step"}, {"lr_schedule=cosine"}},
    {"lr_fall", {"lr_schedule=wsd", "lr_schedule=tri-stage"}, {"lr_schedule=step"}},
    {"lr_min", {"lr_schedule=linear", "lr_schedule=plateau", "lr_schedule=cosine-restarts"}, {"lr_schedule=step"}},
    {"lr_max", {"lr_schedule=cyclical"}, {"lr_schedule=one-cycle"}},
    {"lr_gamma",
     {"lr_schedule=step", "lr_schedule=inverse-time", "lr_schedule=cyclical lr_cycle=exp-range"},
     {"lr_schedule=cosine", "lr_schedule=cyclical"}},
    {"lr_power", {"lr_schedule=polynomial"}, {"lr_schedule=linear"}},
    {"lr_step", {"lr_schedule=step", "lr_schedule=inverse-time", "lr_schedule=cyclical"}, {"lr_schedule=multistep"}},
    {"lr_staircase", {"lr_schedule=inverse-time"}, {"lr_schedule=step"}},
    {"lr_stretch", {"lr_schedule=cosine-restarts"}, {"lr_schedule=cosine"}},
    {"lr_milestones", {"lr_schedule=multistep"}, {"lr_schedule=step"}},
    {"lr_anneal", {"lr_schedule=one-cycle", "lr_schedule=wsd"}, {"lr_schedule=cosine"}},
    {"lr_rise", {"lr_schedule=one-cycle", "lr_schedule=slanted-triangular"}, {"lr_schedule=cyclical"}},
    {"lr_final_div", {"lr_schedule=one-cycle"}, {"lr_schedule=slanted-triangular"}},
    {"lr_width", {"lr_schedule=noam"}, {"lr_schedule=inv-sqrt"}},
    {"lr_patience", {"lr_schedule=plateau"}, {"lr_schedule=step"}},
    {"dropout", {"", GRU, LM}, {NULL}}};

Test(option_uses, who_reads_what)
{
    qp_train_settings s;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 0; k < 3; k++) {
            if (rows[i].reads[k]) {
                settings_of(&s, rows[i].reads[k]);
                cr_expect(qp_option_uses_reads(&s, rows[i].option), "%s with '%s'", rows[i].option, rows[i].reads[k]);
            }
            if (rows[i].others[k]) {
                settings_of(&s, rows[i].others[k]);
                cr_expect_not(qp_option_uses_reads(&s, rows[i].option), "%s with '%s'", rows[i].option,
                              rows[i].others[k]);
            }
        }
}

static bool only(const void *self, const char *name) { return strcmp(self, name) == 0; }

/* The message names the option and what it is for. */
Test(option_uses, what_is_not_read_is_refused)
{
    static const char *const row[][3] = {
        {GRU, "ff-size",
         "--ff-size would change nothing here, it is for a transformer (--encoder or --decoder): add "
         "that, or leave --ff-size out"},
        {"optimizer=sgd", "dampening", "it is for --optimizer momentum: add"},
        {"optimizer=sgd", "momentum", "it is for --optimizer momentum, nesterov, lars or muon: add"},
        {"lr_schedule=linear", "lr-fall", "it is for --lr-schedule "},
        {"lr_schedule=cosine", "lr-width", "it is for --lr-schedule noam: add"},
        {LM "decoder=ngram", "lr", "--lr would change nothing here: --decoder ngram counts"},
        {LM "decoder=ngram", "clip-norm", "it has no updates"}};
    qp_train_settings s;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        settings_of(&s, row[i][0]);
        cr_expect_eq(qp_option_uses_check(&s, only, row[i][1]), QP_EUSAGE, "%s", row[i][1]);
        cr_expect(strstr(qp_error_message(), row[i][2]), "%s", qp_error_message());
        cr_expect_eq(qp_option_uses_check(&s, only, "seed"), QP_OK, "%s", qp_error_message());
    }
}

static bool all(const void *self, const char *name) { return !self && *name; }

/* Options that were set and are not read, in the order of the help; a text that is too short is cut. */
Test(option_uses, the_list)
{
    qp_train_settings s;
    char text[200], little[8];
    settings_of(&s, GRU);
    cr_expect(qp_option_uses_list(&s, all, NULL, text, sizeof text) == 0 && !*text, "defaults are none: %s", text);
    settings_of(&s, GRU "ff_size=8 heads=2 lr_power=3 seed=4");
    cr_expect_eq(qp_option_uses_list(&s, all, NULL, text, sizeof text), 3);
    cr_expect_str_eq(text, "ff-size, heads, lr-power");
    cr_expect_eq(qp_option_uses_list(&s, all, NULL, little, sizeof little), 3);
    cr_expect_str_eq(little, "ff-size");
}
