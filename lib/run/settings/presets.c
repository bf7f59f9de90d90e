#include "lib/run/settings/presets.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORD_BYTES = 160 };

static const qp_preset presets[] = {
    {"tiny", "minutes on a laptop",
     "enc_layers=2 dec_layers=2 emb_size=128 ff_size=512 heads=4 dropout=0.3 label_smoothing=0.1 vocab_size=2000 "
     "batch_size=2048 lr=0.004 lr_warmup=200 max_length=64"},
    {"transformer-small", "a few thousand to a few hundred thousand sentence pairs",
     "enc_layers=4 dec_layers=4 emb_size=128 ff_size=256 heads=4 dropout=0.3 label_smoothing=0.1 vocab_size=10000 "
     "share_vocab=true tied_embeddings_all=true batch_size=2048 lr=0.004 lr_warmup=2000 clip_norm=1 average=10"},
    {"transformer-base", "Vaswani et al. 2017",
     "enc_layers=6 dec_layers=6 emb_size=512 ff_size=2048 heads=8 norm=post final_norm=false dropout=0.1 "
     "label_smoothing=0.1 share_vocab=true tied_embeddings_all=true vocab_size=37000 batch_size=25000 lr=1 "
     "lr_schedule=noam lr_warmup=4000 beta2=0.98 eps=1e-9 average=5"},
    {"seq2seq-lstm", "Sutskever et al. 2014, in the tutorials' size",
     "encoder=lstm decoder=lstm attention=none enc_layers=2 dec_layers=2 emb_size=256 hidden_size=512 dropout=0.5 "
     "tied_embeddings=false batch_type=sentence batch_size=128 lr=0.001 lr_schedule=constant lr_warmup=0 clip_norm=1 "
     "epochs=10"},
    {"seq2seq-gru", "Cho et al. 2014, in the tutorials' size",
     "encoder=gru decoder=gru attention=none context_feeding=true enc_layers=1 dec_layers=1 emb_size=256 "
     "hidden_size=512 "
     "dropout=0.5 tied_embeddings=false batch_type=sentence batch_size=128 lr=0.001 lr_schedule=constant lr_warmup=0 "
     "clip_norm=1 epochs=10"},
    {"seq2seq-attention", "Bahdanau et al. 2015, in the tutorials' size",
     "encoder=gru decoder=gru bidirectional=true attention=bahdanau enc_layers=1 dec_layers=1 emb_size=256 "
     "hidden_size=512 dropout=0.5 tied_embeddings=false batch_type=sentence batch_size=128 lr=0.001 "
     "lr_schedule=constant lr_warmup=0 clip_norm=1 epochs=10"},
    {"gpt-char", "the small character model of nanoGPT, for a CPU",
     "task=lm tokenizer=char lm_window=64 batch_type=sentence batch_size=12 enc_layers=0 dec_layers=4 heads=4 "
     "emb_size=128 ff_size=512 activation=gelu pos=learned scale_embeddings=false dropout=0 lr=1e-3 lr_warmup=100 "
     "lr_schedule=cosine lr_min=1e-4 beta2=0.99 clip_norm=1 steps=2000"},
    {"lstm-char", "a character model as Karpathy 2015",
     "task=lm tokenizer=char lm_window=50 batch_type=sentence batch_size=50 decoder=lstm enc_layers=0 dec_layers=2 "
     "emb_size=128 hidden_size=128 dropout=0 tied_embeddings=false lr=2e-3 lr_schedule=constant lr_warmup=0 "
     "clip_value=5 epochs=10"},
};
enum { PRESETS = sizeof presets / sizeof *presets };

const qp_preset *qp_preset_at(int i) { return i < PRESETS ? &presets[i] : NULL; }

qp_status qp_preset_find(const char *name, const qp_preset **preset)
{
    const char *names[PRESETS];
    char all[400];
    int used = 0;
    for (int i = 0; i < PRESETS; i++) {
        *preset = &presets[i];
        if (strcasecmp(presets[i].name, name) == 0) return QP_OK;
        names[i] = presets[i].name;
        used += snprintf(all + used, sizeof all - (size_t)used, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = qp_config_suggest(name, names, PRESETS);
    return qp_fail(QP_EUSAGE, "--preset: unknown '%.60s'; %s%s%s", name, near ? "did you mean " : "choose from ",
                   near ? near : all, near ? "?" : "");
}

/* The next "key=value"; false at the end. */
static bool next_setting(const char **at, char key[WORD_BYTES], char value[WORD_BYTES])
{
    *at += strspn(*at, " ");
    size_t word = strcspn(*at, " "), name = strcspn(*at, "=");
    if (word == 0) return false;
    snprintf(key, WORD_BYTES, "%.*s", (int)name, *at);
    snprintf(value, WORD_BYTES, "%.*s", (int)(word - name - 1), *at + name + 1);
    *at += word;
    return true;
}

qp_status qp_preset_apply(const qp_preset *preset, qp_train_settings *settings)
{
    const char *at = preset->settings;
    char key[WORD_BYTES], value[WORD_BYTES];
    while (next_setting(&at, key, value)) QP_TRY(qp_train_set(settings, key, value));
    return QP_OK;
}

void qp_preset_describe(const qp_preset *preset, char *text, size_t bytes)
{
    const char *at = preset->settings;
    char key[WORD_BYTES], value[WORD_BYTES];
    size_t used = (size_t)snprintf(text, bytes, "preset     %s (%s):", preset->name, preset->source);
    while (used < bytes && next_setting(&at, key, value)) {
        for (char *c = key; *c; c++)
            if (*c == '_') *c = '-';
        bool off = strcmp(value, "false") == 0, flag = off || strcmp(value, "true") == 0;
        used += (size_t)snprintf(text + used, bytes - used, " --%s%s%s%s", off ? "no-" : "", key, flag ? "" : " ",
                                 flag ? "" : value);
    }
}
