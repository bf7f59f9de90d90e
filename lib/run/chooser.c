#include "lib/run/chooser.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/run/settings/option_uses.h"
#include "lib/run/train_images.h"

/* What a student has from its teacher (qp_train_teacher_take), or what distillation does not combine with. */
static bool of_teacher(const char *name)
{
    static const char *const names[] = {"tokenizer",  "vocab-size",      "share-vocab", "tied-embeddings-all",
                                        "max-length", "label-smoothing", "crf",         "lower-case"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

bool qp_chooser_counts_tokens(const qp_train_settings *s)
{
    bool makes_text = qp_model_task_has_decoder(s->model.task);
    bool labels = s->model.task == QP_TASK_TAG || (s->model.task == QP_TASK_CLASSIFY && !qp_train_reads_images(s));
    return s->training.train_tokens > 0 && !s->job.stream && (makes_text || labels);
}

/* --epochs 0 with a limit that is no number of updates: the run has no end that a schedule could be fitted to. */
static bool is_endless(const qp_train_settings *s)
{
    const qp_training_config *t = &s->training;
    bool given = s->given && s->given(s->given_self, "epochs");
    return given && t->epochs == 0 && t->steps == 0 && (t->early_stopping > 0 || *t->time_limit);
}

/* --steps or --train-tokens is the length of the run, beside which no number of passes is chosen. */
static bool has_length(const qp_train_settings *s)
{
    bool given = s->given && s->given(s->given_self, "epochs") && s->training.epochs > 0;
    return given || s->training.steps > 0 || qp_chooser_counts_tokens(s) || is_endless(s);
}

bool qp_chooser_given(const qp_train_settings *s, const char *name)
{
    if (*s->job.teacher && of_teacher(name)) return true;
    if (strcmp(name, "epochs") == 0) return has_length(s);
    if (strcmp(name, "lr-schedule") == 0 && is_endless(s)) return true;
    bool layers = strcmp(name, "enc-layers") == 0 || strcmp(name, "dec-layers") == 0;
    return s->given && (s->given(s->given_self, name) || (layers && s->given(s->given_self, "layers")));
}

/* The next "name=value" of a rule; false at its end. */
static bool next_option(const char **at, char name[40], char value[40])
{
    *at += strspn(*at, " ");
    size_t word = strcspn(*at, " "), key = strcspn(*at, "=");
    if (word == 0) return false;
    snprintf(name, 40, "%.*s", (int)key, *at);
    snprintf(value, 40, "%.*s", (int)(word - key - 1), *at + key + 1);
    *at += word;
    return true;
}

static void append(char *text, size_t room, const char *name, const char *value)
{
    size_t used = strlen(text);
    const char *space = used ? " " : "";
    if (strcmp(value, "true") == 0)
        snprintf(text + used, room - used, "%s--%s", space, name);
    else if (strcmp(value, "false") == 0)
        snprintf(text + used, room - used, "%s--no-%s", space, name);
    else
        snprintf(text + used, room - used, "%s--%s %s", space, name, value);
}

void qp_choose(qp_chooser *c, const char *topic, const char *reason, const char *options, ...)
{
    char text[400], name[40], value[40];
    qp_choice choice = {0};
    va_list arguments;
    va_start(arguments, options);
    vsnprintf(text, sizeof text, options, arguments);
    va_end(arguments);
    snprintf(choice.topic, sizeof choice.topic, "%s", topic);
    snprintf(choice.reason, sizeof choice.reason, "%s", reason);
    for (const char *at = text; c->status == QP_OK && next_option(&at, name, value);) {
        if (qp_chooser_given(c->settings, name)) continue;
        c->status = qp_train_set(c->settings, name, value);
        append(choice.options, sizeof choice.options, name, value);
    }
    if (choice.options[0] && c->list->count < QP_CHOICES_MAX) c->list->choice[c->list->count++] = choice;
}

void qp_choose_not(qp_train_settings *settings, qp_choice_list *list, const char *name)
{
    char option[48];
    const qp_field *field = qp_config_find(&qp_training_fields, name);
    snprintf(option, sizeof option, "--%s ", name);
    for (int i = 0; i < list->count; i++) {
        char *at = strstr(list->choice[i].options, option);
        if (!at) continue;
        char *end = at + strlen(option);
        end += strcspn(end, " ");
        if (*end)
            end++;
        else if (at > list->choice[i].options)
            at--;
        memmove(at, end, strlen(end) + 1);
        qp_config_set(field, &settings->training, option, field->fallback);
    }
}

int64_t qp_within(double value, double low, double high) { return (int64_t)fmin(fmax(value, low), high); }

/* ---- networks ---- */

static const char *kind_name(const char *side, int kind, char text[40])
{
    qp_model_config config = {0};
    const qp_field *field = qp_config_find(&qp_model_fields, side);
    *(int *)((char *)&config + field->offset) = kind;
    return qp_config_get(field, &config, text, 40);
}

/* Widths that fit each other whichever of them were given: heads divide the embedding. */
static void fit_widths(const qp_train_settings *s, qp_network *n)
{
    if (qp_chooser_given(s, "emb-size")) { /* the other widths keep their proportion to it */
        double factor = (double)s->model.emb_size / n->emb;
        n->emb = (int)s->model.emb_size;
        n->hidden = (int)qp_within(n->hidden * factor, 1, 65536);
        n->ff = (int)qp_within(n->ff * factor, 1, 1048576);
    }
    if (qp_chooser_given(s, "heads")) {
        n->heads = (int)s->model.heads;
        if (!qp_chooser_given(s, "emb-size")) n->emb = (n->emb + n->heads - 1) / n->heads * n->heads;
    }
    while (n->heads > 1 && n->emb % n->heads != 0) n->heads /= 2;
}

int qp_chooser_unread(const qp_train_settings *s, int encoder, int decoder)
{
    qp_train_settings other = *s;
    other.model.encoder = encoder;
    other.model.decoder = decoder;
    return s->given ? qp_option_uses_unread(&other, s->given, s->given_self) : 0;
}

/* Options that only one kind of network reads ask for that kind, where the kinds are free. */
static void fit_kinds(const qp_train_settings *s, bool free_encoder, bool free_decoder, qp_network *n)
{
    static const int kind[] = {QP_KIND_GRU, QP_KIND_TRANSFORMER};
    int encoder = n->encoder, decoder = n->decoder, fewest = qp_chooser_unread(s, encoder, decoder);
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        int reader = free_encoder ? kind[i] : encoder, writer = free_decoder ? kind[i] : decoder;
        int unread = qp_chooser_unread(s, reader, writer);
        if (unread >= fewest) continue;
        fewest = unread;
        n->encoder = reader;
        n->decoder = writer;
    }
}

void qp_choose_network(qp_chooser *c, const char *reason, qp_network n)
{
    qp_train_settings *s = c->settings;
    char options[300], encoder[40], decoder[40];
    const qp_network usual = n;
    bool encodes = n.encoder != QP_KIND_NONE, decodes = n.decoder != QP_KIND_NONE;
    if (qp_chooser_given(s, "encoder")) n.encoder = s->model.encoder;
    if (qp_chooser_given(s, "decoder")) n.decoder = s->model.decoder;
    if (qp_chooser_given(s, "word-layers")) n.word_layers = (int)s->model.word_layers;
    bool free_encoder = encodes && !qp_chooser_given(s, "encoder"),
         free_decoder = decodes && !qp_chooser_given(s, "decoder");
    fit_kinds(s, free_encoder, free_decoder, &n);
    if (encodes && decodes && free_decoder && !free_encoder)
        n.decoder = qp_model_kind_is_recurrent(n.encoder) ? n.encoder : QP_KIND_TRANSFORMER;
    if (encodes && decodes && free_encoder && !free_decoder)
        n.encoder = qp_model_kind_is_recurrent(n.decoder) ? n.decoder : QP_KIND_TRANSFORMER;
    bool reads = qp_model_kind_is_recurrent(n.encoder), writes = qp_model_kind_is_recurrent(n.decoder);
    bool transformer = n.encoder == QP_KIND_TRANSFORMER || n.decoder == QP_KIND_TRANSFORMER;
    bool both_ways = reads && !n.one_way && (s->model.attention != QP_ATTEND_NONE || !decodes);
    fit_widths(s, &n);
    int used = snprintf(options, sizeof options, "%s%s%s%s", free_encoder ? "encoder=" : "",
                        free_encoder ? kind_name("encoder", n.encoder, encoder) : "", free_decoder ? " decoder=" : "",
                        free_decoder ? kind_name("decoder", n.decoder, decoder) : "");
#define ADD(condition, ...)                                                                                            \
    if (condition) used += snprintf(options + used, sizeof options - (size_t)used, " " __VA_ARGS__)
    ADD(both_ways, "bidirectional=true");
    ADD(n.encoder != QP_KIND_NONE, "enc-layers=%d", n.layers);
    ADD(n.decoder != QP_KIND_NONE, "dec-layers=%d", n.layers);
    ADD(true, "emb-size=%d", n.emb);
    ADD(reads || writes || n.encoder == QP_KIND_TEXT_CNN || n.word_layers, "hidden-size=%d", n.hidden);
    ADD(transformer, "ff-size=%d heads=%d", n.ff, n.heads);
    ADD(n.word_layers, "word-layers=%d", n.word_layers);
    ADD(n.more, "%s", n.more);
#undef ADD
    bool other = n.encoder != usual.encoder || n.decoder != usual.decoder; /* its reason would be wrong */
    qp_choose(c, "model", other ? "the kind of network that was asked for" : reason, "%s", options);
}
