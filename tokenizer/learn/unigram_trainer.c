#define _GNU_SOURCE /* qsort_r */
#include "tokenizer/learn/unigram_trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/learn/unigram_internal.h"

void qp_unigram_pieces_free(qp_unigram_pieces *pieces)
{
    free(pieces->code);
    free(pieces->start);
    free(pieces->score);
    *pieces = (qp_unigram_pieces){0};
}

static void free_trainer(qp_unigram_trainer *t)
{
    qp_unigram_seeds_free(&t->seeds);
    free(t->score);
    free(t->probability);
    free(t->expected);
    free(t->times);
    free(t->keep);
    free(t->number);
    free(t->loss);
    free(t->forward);
    free(t->backward);
    free(t->best);
    free(t->by_end);
}

static qp_status take_arrays(qp_unigram_trainer *t)
{
    size_t count = (size_t)t->seeds.piece_count + 1;
    t->score = malloc(count * sizeof *t->score);
    t->probability = malloc(count * sizeof *t->probability);
    t->expected = malloc(count * sizeof *t->expected);
    t->times = malloc(count * sizeof *t->times);
    t->keep = malloc(count);
    t->number = malloc(count * sizeof *t->number);
    t->loss = malloc(count * sizeof *t->loss);
    size_t places = 2;
    for (size_t w = 0; w < t->seeds.word_count; w++) {
        size_t length = t->seeds.word_start[w + 1] - t->seeds.word_start[w] + 1;
        places = length > places ? length : places;
    }
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        places = (size_t)t->seeds.piece[p].length + 2 > places ? (size_t)t->seeds.piece[p].length + 2 : places;
    t->forward = malloc(places * sizeof *t->forward);
    t->backward = malloc(places * sizeof *t->backward);
    t->best = malloc(places * sizeof *t->best);
    t->by_end = malloc(places * sizeof *t->by_end);
    if (!t->forward || !t->backward || !t->best || !t->by_end) return qp_unigram_no_memory();
    bool all = t->score && t->probability && t->expected && t->times && t->keep && t->number && t->loss;
    return all ? QP_OK : qp_unigram_no_memory();
}

/* Initial probabilities are proportional to frequency times length. */
static void first_scores(qp_unigram_trainer *t)
{
    double sum = 0;
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        sum += (double)(t->seeds.piece[p].times * t->seeds.piece[p].length);
    for (int32_t p = 0; p < t->seeds.piece_count; p++)
        t->score[p] = log((double)(t->seeds.piece[p].times * t->seeds.piece[p].length)) - log(sum);
}

/* All characters, then the most probable pieces. */
static qp_status finish(qp_unigram_trainer *t, qp_unigram_pieces *out)
{
    const qp_unigram_seeds *s = &t->seeds;
    int32_t count = s->piece_count, taken = 0;
    size_t codes = 0;
    int32_t *order = malloc(((size_t)count + 1) * sizeof *order);
    if (!order) return qp_unigram_no_memory();
    for (int32_t p = 0; p < count; p++) {
        order[p] = p;
        t->loss[p] = p < s->character_count ? INFINITY : t->score[p];
    }
    qsort_r(order, (size_t)count, sizeof *order, qp_unigram_by_loss, t->loss);
    int32_t room = t->in->piece_count; /* the caller adds the removed characters again */
    if (t->in->given) room -= (int32_t)t->in->given->characters - s->character_count;
    taken = count < room ? count : room;
    out->least = 0;
    for (int32_t p = 0; p < count; p++) out->least = fminf(out->least, (float)t->score[p]);
    memcpy(t->loss, t->score, (size_t)count * sizeof *t->loss);
    qsort_r(order, (size_t)taken, sizeof *order, qp_unigram_by_loss, t->loss);
    for (int32_t i = 0; i < taken; i++) codes += (size_t)s->piece[order[i]].length;
    out->code = malloc((codes + 1) * sizeof *out->code);
    out->start = malloc(((size_t)taken + 1) * sizeof *out->start);
    out->score = malloc(((size_t)taken + 1) * sizeof *out->score);
    out->count = taken;
    if (!out->code || !out->start || !out->score) {
        free(order);
        qp_unigram_pieces_free(out);
        return qp_unigram_no_memory();
    }
    codes = 0;
    for (int32_t i = 0; i < taken; i++) {
        const struct qp_seed *piece = &s->piece[order[i]];
        out->start[i] = codes;
        out->score[i] = (float)t->score[order[i]];
        memcpy(out->code + codes, s->code + piece->place, (size_t)piece->length * sizeof *out->code);
        codes += (size_t)piece->length;
    }
    out->start[taken] = codes;
    free(order);
    return QP_OK;
}

static qp_status train(qp_unigram_trainer *t, qp_unigram_pieces *out)
{
    const qp_unigram_training *in = t->in;
    if (in->given)
        QP_TRY(qp_unigram_seeds_match(&t->seeds, in->code, in->word_start, in->word_times, in->word_count, in->given));
    else
        QP_TRY(qp_unigram_seeds_make(&t->seeds, in->code, in->word_start, in->word_times, in->word_count,
                                     in->longest_piece, (size_t)in->seed_count));
    if (t->seeds.character_count > in->piece_count)
        return qp_fail(QP_EUSAGE,
                       "unigram training: %d pieces wanted, but the text has %d characters; raise "
                       "--vocab-size or lower --character-coverage",
                       in->piece_count, t->seeds.character_count);
    QP_TRY(take_arrays(t));
    first_scores(t);
    int32_t wanted = in->enough ? in->enough : (int32_t)(1.1 * in->piece_count);
    for (;;) {
        for (int round = 0; round < in->rounds; round++) qp_unigram_em_round(t);
        int32_t before = t->seeds.piece_count;
        if (before <= wanted) break;
        QP_TRY(qp_unigram_prune(t, wanted));
        if (t->seeds.piece_count == before || (in->given && t->seeds.piece_count <= wanted)) break;
    }
    return finish(t, out);
}

qp_status qp_unigram_train(const qp_unigram_training *training, qp_unigram_pieces *pieces)
{
    qp_unigram_trainer t = {.in = training};
    *pieces = (qp_unigram_pieces){0};
    qp_status status = train(&t, pieces);
    free_trainer(&t);
    return status;
}
