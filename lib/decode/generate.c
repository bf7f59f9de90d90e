#include "lib/decode/generate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/decode/context.h"
#include "lib/decode/logits.h"
#include "lib/decode/text_stream.h"

QP_FIELD_TABLE(qp_generate_fields, "text", qp_generate_config, QP_GENERATE_FIELDS);

/* One text being generated. */
typedef struct {
    const qp_generator *g;
    qp_tape *tape;
    qp_state *state;
    qp_sampler *sampler;
    int32_t *id; /* [count] the prompt and the tokens generated */
    int count, capacity, prompt, number;
    int lead; /* 1: the model's first token is read before id[0]; 0: a prompt begins the text */
    int start, read; /* first input of the state, and the next one: input i is id[i - lead] */
    int64_t context; /* inputs a state may read; 0: any number */
    bool running;
    int64_t most;    /* tokens to generate; 0: any number */
    qp_special_ids special;
    qp_forbidden forbidden, ends; /* ends: of one token each */
    qp_text_stream stream;
} writing;

static qp_status out_of_memory(void) { return qp_fail(QP_EMEMORY, "generate: out of memory; use fewer --tokens"); }

/* ---- prompt ---- */

static qp_status append(int32_t **id, int *count, int *capacity, const int32_t *more, int more_count)
{
    if (more_count > INT_MAX / 4 - *count)
        return qp_fail(QP_EDATA, "generate: the text is too long; use fewer --tokens");
    if (*count + more_count > *capacity) {
        int room = 2 * (*count + more_count) + 64;
        int32_t *grown = realloc(*id, (size_t)room * sizeof *grown);
        if (!grown) return out_of_memory();
        *id = grown;
        *capacity = room;
    }
    if (more_count > 0) memcpy(*id + *count, more, (size_t)more_count * sizeof **id);
    *count += more_count;
    return QP_OK;
}

qp_status qp_generate_prompt(const qp_generator *g, const char *text, size_t bytes, int32_t **id, int *count)
{
    bool running = qp_model_config_of(g->model)->lm_window > 0;
    const int32_t end = qp_model_special(g->model, true).end;
    int capacity = 0;
    *id = NULL;
    *count = 0;
    qp_status status = append(id, count, &capacity, NULL, 0);
    for (size_t at = 0; status == QP_OK && at < bytes;) {
        const char *feed = running ? memchr(text + at, '\n', bytes - at) : NULL;
        size_t length = feed ? (size_t)(feed - text) - at : bytes - at;
        int32_t *line = NULL;
        int tokens = 0;
        if (length > 0) status = g->codec->encode(g->codec->self, text + at, length, &line, &tokens);
        if (status == QP_OK) {
            status = append(id, count, &capacity, line, tokens);
            free(line);
        }
        if (status == QP_OK && feed) status = append(id, count, &capacity, &end, 1);
        at += length + (feed != NULL);
    }
    if (status != QP_OK) {
        free(*id);
        *id = NULL;
    }
    return status;
}

/* ---- the model ---- */

/* The vector from which a variational autoencoder makes text `number`, drawn from N(0, 1). */
static qp_tensor drawn_code(const writing *w)
{
    uint64_t key = qp_random_key(qp_random_key(w->g->seed, (uint64_t)w->number), 0x636f6465);
    qp_tensor code = qp_tape_constant(w->tape, 1, qp_model_encoder_width(qp_model_config_of(w->g->model)));
    for (int i = 0; code.value && i < code.columns; i++) code.value[i] = (qp_real)qp_random_normal(key, (uint64_t)i);
    return code;
}

/* Start with a state that has read nothing. */
static qp_status restart(writing *w)
{
    static const int32_t nothing[2];
    qp_state_free(w->state);
    w->state = NULL;
    qp_tape_begin(w->tape, QP_INFER, 0);
    if (qp_model_config_of(w->g->model)->variational)
        return qp_model_start_code(w->g->model, w->tape, drawn_code(w), &w->state);
    return qp_model_start(w->g->model, w->tape, (qp_ids){.sequences = {.count = 1, .start = nothing}}, &w->state);
}

/* Read the next inputs, a part of a long prompt at a time. */
static qp_status read_part(writing *w, qp_tensor *scores)
{
    enum { PART = 512 };
    const int left = w->count + w->lead - w->read, count = left < PART ? left : PART;
    int32_t part[PART];
    for (int i = 0; i < count; i++, w->read++)
        part[i] = w->read < w->lead ? qp_model_first_token(w->g->model) : w->id[w->read - w->lead];
    qp_tape_begin(w->tape, QP_INFER, 0);
    *scores = qp_model_read(w->g->model, w->tape, part, count, w->state);
    return qp_tape_status(w->tape);
}

/* Scores of the next token. A full state is replaced by one that reads the next window (lib/decode/context.h). */
static qp_status next_scores(writing *w, qp_tensor *scores)
{
    int start = (int)qp_context_start(w->context, w->count);
    if (!w->state || start != w->start) {
        QP_TRY(restart(w));
        w->start = start;
        w->read = start ? start - 1 + w->lead : 0;
    }
    while (w->read < w->count + w->lead) QP_TRY(read_part(w, scores));
    return QP_OK;
}

static bool is_end(const writing *w, int32_t token)
{
    for (int i = 0; i < w->ends.count; i++)
        if (w->ends.id[i] == token) return true;
    return token == w->special.end && !w->running;
}

static void forbid_ends(const writing *w, int columns, qp_real *row)
{
    qp_logits_forbid(columns, row, w->special.end);
    for (int i = 0; i < w->ends.count; i++) qp_logits_forbid(columns, row, w->ends.id[i]);
}

static qp_status next_token(writing *w, int32_t *token)
{
    qp_tensor scores;
    QP_TRY(next_scores(w, &scores));
    qp_real *row = qp_tensor_row(scores, 0);
    qp_logits_forbid_special(scores.columns, row, &w->special);
    if (w->count - w->prompt < w->g->limit.min_length) forbid_ends(w, scores.columns, row);
    qp_logits_forbid_repeats(scores.columns, row, w->id, w->count, (int)w->g->limit.no_repeat_ngram);
    qp_logits_forbid_listed(scores.columns, row, w->id, w->count, &w->forbidden);
    QP_TRY(qp_sampler_weigh(w->sampler, row, w->id, w->count));
    uint64_t key = qp_random_key(w->g->seed, (uint64_t)w->number);
    *token = qp_sample_draw(scores.columns, row, qp_random_uniform(key, (uint64_t)(w->count - w->prompt)));
    return QP_OK;
}

/* ---- the text ---- */

static qp_status write_text(writing *w, qp_generate_emit *emit, void *self, qp_generated *result)
{
    result->why = QP_GENERATED_LENGTH;
    size_t emitted = 0;
    while (w->most == 0 || result->tokens < w->most) {
        int32_t token;
        QP_TRY(next_token(w, &token));
        result->tokens++;
        if (is_end(w, token)) {
            result->why = QP_GENERATED_END;
            break;
        }
        QP_TRY(append(&w->id, &w->count, &w->capacity, &token, 1));
        QP_TRY(qp_text_stream_add(&w->stream, w->id, w->count));
        if (w->stream.certain > emitted && emit) QP_TRY(emit(self, w->number, w->stream.text, w->stream.certain));
        emitted = w->stream.certain;
        if (w->stream.stopped) break;
    }
    QP_TRY(qp_text_stream_end(&w->stream, w->id, w->count));
    if (w->stream.stopped) result->why = QP_GENERATED_STOP;
    return w->stream.certain > emitted && emit ? emit(self, w->number, w->stream.text, w->stream.certain) : QP_OK;
}

/* --tokens, and what --max-length leaves after the prompt. */
static int64_t most_tokens(const writing *w)
{
    const qp_generate_config *limit = &w->g->limit;
    if (limit->max_length == 0) return limit->tokens;
    int64_t left = limit->max_length - w->lead - w->count;
    if (left < 1) left = 1;
    return limit->tokens && limit->tokens < left ? limit->tokens : left;
}

static qp_status prepare(writing *w, const int32_t *prompt, int count)
{
    const qp_model_config *config = qp_model_config_of(w->g->model);
    w->running = config->lm_window > 0;
    w->special = qp_model_special(w->g->model, true);
    w->context = qp_context_of(w->g->model);
    QP_TRY(append(&w->id, &w->count, &w->capacity, prompt, count));
    w->prompt = count;
    w->lead = count > 0 && config->start_id == QP_START_NONE ? 0 : 1;
    w->most = most_tokens(w);
    QP_TRY(qp_forbidden_parse("--forbid", w->g->limit.forbid, (int)config->tgt_vocab_size, &w->forbidden));
    QP_TRY(qp_forbidden_parse("--ends", w->g->limit.ends, (int)config->tgt_vocab_size, &w->ends));
    if (w->ends.start[w->ends.count] != w->ends.count)
        return qp_fail(QP_EUSAGE, "--ends '%.60s': single tokens with commas between them, such as '7, 3'",
                       w->g->limit.ends);
    w->stream = (qp_text_stream){.codec = w->g->codec, .stop = w->g->stop, .stops = w->g->stops, .running = w->running};
    qp_text_stream_begin(&w->stream, w->id, w->count);
    return qp_sampler_new(w->g->sample, (int)config->tgt_vocab_size, &w->sampler);
}

qp_status qp_generate(const qp_generator *generator, qp_tape *tape, const int32_t *prompt, int count, int number,
                      qp_generate_emit *emit, void *self, qp_generated *result)
{
    *result = (qp_generated){0};
    writing w = {.g = generator, .tape = tape, .number = number};
    qp_status status = prepare(&w, prompt, count);
    if (qp_context_start(w.context, w.prompt) > 0) result->window = w.context;
    if (status == QP_OK) status = write_text(&w, emit, self, result);
    result->text = w.stream.text;
    result->bytes = w.stream.bytes;
    if (status == QP_OK && !result->text && !(result->text = calloc(1, 1))) status = out_of_memory();
    qp_sampler_free(w.sampler);
    qp_state_free(w.state);
    free(w.id);
    return status;
}

void qp_generated_free(qp_generated *generated)
{
    free(generated->text);
    *generated = (qp_generated){0};
}
