#include "lib/model/decoder_ngram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ngram/ngram_words.h"

typedef struct {
    qp_ngram *ngram; /* owned */
    int32_t *word;   /* [vocabulary] owned; -1: no word of the n-grams */
    int vocabulary;
    qp_special_ids special;
    qp_real unknown; /* ln of the share of <unk> that each unknown token gets */
} ngram_decoder;

/* What a row has read: its last words, up to the order of the n-grams less one. */
typedef struct {
    int32_t word[QP_NGRAM_MAX_ORDER];
    int count;
} context;

static qp_status init(qp_decoder *decoder, qp_params *params, const qp_model_config *config, int embedding,
                      const qp_encoder *encoder)
{
    (void)params, (void)embedding, (void)encoder;
    ngram_decoder *d = decoder->self = calloc(1, sizeof *d);
    if (!d) return qp_fail(QP_EMEMORY, "out of memory for a decoder");
    decoder->width = d->vocabulary = (int)config->tgt_vocab_size;
    d->special = qp_special_own();
    return QP_OK;
}

static void free_ngram(qp_decoder *decoder)
{
    ngram_decoder *d = decoder->self;
    qp_ngram_free(d->ngram);
    free(d->word);
    free(d);
}

/* The unknown tokens share the probability of <unk>. */
static void share_unknown(ngram_decoder *d)
{
    int unknowns = d->special.unknown >= 0;
    for (int id = 0; d->word && id < d->vocabulary; id++)
        unknowns += !qp_special_has(&d->special, id) && d->word[id] < 0;
    d->unknown = (qp_real)-log(unknowns > 0 ? unknowns : 1);
}

void qp_decoder_ngram_special(qp_decoder *decoder, qp_special_ids special)
{
    ngram_decoder *d = decoder->self;
    d->special = special;
    share_unknown(d);
}

qp_status qp_decoder_ngram_set(qp_decoder *decoder, qp_ngram *ngram, const int32_t *word)
{
    ngram_decoder *d = decoder->self;
    int32_t *copy = malloc((size_t)d->vocabulary * sizeof *copy);
    if (!copy) {
        qp_ngram_free(ngram);
        return qp_fail(QP_EMEMORY, "out of memory for the words of %d tokens", d->vocabulary);
    }
    memcpy(copy, word, (size_t)d->vocabulary * sizeof *copy);
    qp_ngram_free(d->ngram);
    free(d->word);
    d->ngram = ngram;
    d->word = copy;
    share_unknown(d);
    return QP_OK;
}

const qp_ngram *qp_decoder_ngram_get(const qp_decoder *decoder, const int32_t **word)
{
    const ngram_decoder *d = decoder->self;
    if (word) *word = d->word;
    return d->ngram;
}

/* ---- one row ---- */

/* The word of a token that was read. */
static int32_t word_of(const ngram_decoder *d, int32_t id)
{
    if (id == d->special.begin) return QP_NGRAM_BEGIN;
    if (id == d->special.end) return QP_NGRAM_END;
    return id == d->special.unknown || d->word[id] < 0 ? QP_NGRAM_UNK : d->word[id];
}

static void read_token(const ngram_decoder *d, context *c, int32_t id)
{
    int most = qp_ngram_order(d->ngram) - 1;
    if (most == 0) return;
    if (c->count == most) memmove(c->word, c->word + 1, (size_t)--c->count * sizeof *c->word);
    c->word[c->count++] = word_of(d, id);
}

/* word: [words] scratch. */
static void put_scores(const ngram_decoder *d, const context *c, qp_real *of_word, qp_real *row)
{
    qp_ngram_logits(d->ngram, c->word, c->count, of_word);
    qp_real unknown = of_word[QP_NGRAM_UNK] + d->unknown;
    const qp_special_ids *s = &d->special;
    for (int id = 0; id < d->vocabulary; id++) row[id] = d->word[id] < 0 ? unknown : of_word[d->word[id]];
    if (s->pad >= 0) row[s->pad] = -(qp_real)INFINITY;
    if (s->begin >= 0) row[s->begin] = -(qp_real)INFINITY;
    if (s->unknown >= 0) row[s->unknown] = unknown;
    row[s->end] = of_word[QP_NGRAM_END];
}

static qp_real *scratch_of(const ngram_decoder *d, qp_tape *tape)
{
    if (d->ngram) return qp_tape_memory(tape, (size_t)qp_ngram_vocabulary(d->ngram) * sizeof(qp_real));
    qp_tape_fail(tape, QP_EUSAGE, "an n-gram model without n-grams; make one with quipu train --decoder ngram");
    return NULL;
}

static qp_tensor forward(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_ids input,
                         const qp_batch_carry *carry, qp_model_maps *maps)
{
    const ngram_decoder *d = decoder->self;
    (void)source, (void)carry, (void)maps;
    int count = input.sequences.count, rows = qp_sequence_rows(input.sequences);
    qp_real *of_word = scratch_of(d, tape);
    qp_tensor scores = of_word ? qp_tape_constant(tape, rows, d->vocabulary) : (qp_tensor){0};
    if (qp_tape_failed(tape)) return scores;
    for (int s = 0; s < count; s++) {
        context c = {.count = 0};
        for (int r = input.sequences.start[s]; r < input.sequences.start[s + 1]; r++) {
            read_token(d, &c, input.id[r]);
            put_scores(d, &c, of_word, qp_tensor_row(scores, r));
        }
    }
    return scores;
}

/* ---- one token at a time ---- */

/* The state's only carry: the number of words, then the words. A real holds every id exactly: ids are below 2^24. */
static qp_state_shape shape(const qp_decoder *decoder)
{
    (void)decoder;
    return (qp_state_shape){.carries = 1};
}

static qp_status keep(qp_state *state, qp_tensor carry) { return qp_state_carry_set(state, 0, carry); }

static qp_status start(const qp_decoder *decoder, qp_tape *tape, const qp_encoded *source, qp_state *state)
{
    (void)decoder, (void)source;
    qp_tensor carry = qp_tape_constant(tape, qp_state_rows(state), QP_NGRAM_MAX_ORDER + 1);
    QP_TRY(qp_tape_status(tape));
    for (int r = 0; r < carry.rows; r++) memset(qp_tensor_row(carry, r), 0, (size_t)carry.columns * sizeof(qp_real));
    return keep(state, carry);
}

static qp_tensor step(const qp_decoder *decoder, qp_tape *tape, const int32_t *last_id, qp_state *state,
                      qp_attention_map *attention)
{
    (void)attention;
    const ngram_decoder *d = decoder->self;
    int rows = qp_state_rows(state);
    qp_real *of_word = scratch_of(d, tape);
    qp_tensor scores = of_word ? qp_tape_constant(tape, rows, d->vocabulary) : (qp_tensor){0};
    qp_tensor old = qp_state_carry(state, 0), carry = of_word ? qp_tape_constant(tape, rows, old.columns) : old;
    if (qp_tape_failed(tape)) return (qp_tensor){0};
    for (int r = 0; r < rows; r++) {
        const qp_real *before = qp_tensor_row(old, r);
        qp_real *after = qp_tensor_row(carry, r);
        context c = {.count = (int)before[0]};
        for (int i = 0; i < c.count; i++) c.word[i] = (int32_t)before[1 + i];
        read_token(d, &c, last_id[r]);
        memset(after, 0, (size_t)carry.columns * sizeof *after);
        after[0] = (qp_real)c.count;
        for (int i = 0; i < c.count; i++) after[1 + i] = (qp_real)c.word[i];
        put_scores(d, &c, of_word, qp_tensor_row(scores, r));
    }
    qp_status status = keep(state, carry);
    return status == QP_OK ? scores : qp_tape_fail(tape, status, "%s", qp_error_message());
}

const qp_decoder_kind qp_decoder_ngram = {
    .init = init, .free = free_ngram, .forward = forward, .shape = shape, .start = start, .step = step};
