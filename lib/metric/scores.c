#include "lib/metric/scores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/config.h"
#include "lib/text/normalize.h"

#define NAME(id, text) text,
static const char *const score_name[] = {QP_SCORE_LIST(NAME)};

const char *qp_score_name(qp_score_kind kind) { return score_name[kind]; }

static void add_counts(int64_t *to, const int64_t *from, int count)
{
    for (int i = 0; i < count; i++) to[i] += from[i];
}

static void add_chrf(qp_chrf_sums *to, const qp_chrf_sums *from)
{
    add_counts(to->hypothesis, from->hypothesis, QP_CHRF_ORDER_MAX);
    add_counts(to->reference, from->reference, QP_CHRF_ORDER_MAX);
    add_counts(to->match, from->match, QP_CHRF_ORDER_MAX);
}

static void add_edits(qp_edit_sums *to, const qp_edit_sums *from)
{
    to->hits += from->hits;
    to->substitutions += from->substitutions;
    to->insertions += from->insertions;
    to->deletions += from->deletions;
}

void qp_score_sums_add(qp_score_sums *to, const qp_score_sums *from)
{
    to->bleu.hypothesis_length += from->bleu.hypothesis_length;
    to->bleu.reference_length += from->bleu.reference_length;
    add_counts(to->bleu.match, from->bleu.match, QP_BLEU_ORDER_MAX);
    add_counts(to->bleu.total, from->bleu.total, QP_BLEU_ORDER_MAX);
    add_chrf(&to->chrf, &from->chrf);
    add_chrf(&to->chrf_plus, &from->chrf_plus);
    to->ter.edits += from->ter.edits;
    to->ter.reference_length += from->ter.reference_length;
    add_edits(&to->word_edits, &from->word_edits);
    add_edits(&to->character_edits, &from->character_edits);
    to->accuracy.lines += from->accuracy.lines;
    to->accuracy.exact_lines += from->accuracy.exact_lines;
    to->accuracy.words += from->accuracy.words;
    to->accuracy.exact_words += from->accuracy.exact_words;
}

static qp_status unknown_name(const char *name)
{
    const char *nearest = qp_config_suggest(name, score_name, QP_SCORE_KINDS);
    if (strcmp(name, "perplexity") == 0)
        return qp_fail(QP_EUSAGE,
                       "perplexity is no score of two texts; quipu evaluate perplexity -m MODEL FILE measures it");
    if (nearest) return qp_fail(QP_EUSAGE, "unknown metric '%s'; did you mean %s?", name, nearest);
    return qp_fail(QP_EUSAGE, "unknown metric '%s'; use some of %s", name, QP_CHOICES(QP_SCORE_LIST));
}

static qp_status choose(qp_scores *scores, const char *name)
{
    for (int kind = 0; kind < QP_SCORE_KINDS; kind++) {
        if (strcmp(name, score_name[kind]) != 0) continue;
        for (int i = 0; i < scores->count; i++)
            if ((int)scores->kind[i] == kind) return QP_OK; /* named twice: once is enough */
        scores->kind[scores->count++] = (qp_score_kind)kind;
        return QP_OK;
    }
    return unknown_name(name);
}

qp_status qp_scores_init(qp_scores *scores, const char *names)
{
    *scores = (qp_scores){.bleu = qp_bleu_config_default(), .chrf = qp_chrf_config_default()};
    while (*names) {
        char name[40];
        size_t length = strcspn(names, ", ");
        snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1, names);
        if (length > 0) QP_TRY(choose(scores, name));
        names += length + (names[length] != '\0');
    }
    if (scores->count == 0) return unknown_name("");
    return QP_OK;
}

void qp_scores_reset(qp_scores *scores)
{
    qp_scores fresh = {.count = scores->count, .bleu = scores->bleu, .chrf = scores->chrf, .ter = scores->ter};
    memcpy(fresh.kind, scores->kind, sizeof fresh.kind);
    *scores = fresh;
}

/* chrf++ is chrf with word n-grams up to 2. */
static qp_chrf_config chrf_plus(const qp_scores *scores)
{
    qp_chrf_config config = scores->chrf;
    config.word_order = 2;
    return config;
}

static qp_status add_one(qp_scores *s, qp_score_kind kind, qp_text hypothesis, const qp_text *reference, int references)
{
    qp_chrf_config plus = chrf_plus(s);
    switch (kind) {
    case QP_SCORE_BLEU: return qp_bleu_add(&s->bleu, hypothesis, reference, references, &s->sums.bleu);
    case QP_SCORE_CHRF: return qp_chrf_add(&s->chrf, hypothesis, reference, references, &s->sums.chrf);
    case QP_SCORE_CHRF_PLUS: return qp_chrf_add(&plus, hypothesis, reference, references, &s->sums.chrf_plus);
    case QP_SCORE_TER: return qp_ter_add(&s->ter, hypothesis, reference, references, &s->sums.ter);
    case QP_SCORE_WER: return qp_edit_words(hypothesis, reference, references, &s->sums.word_edits);
    case QP_SCORE_CER: return qp_edit_characters(hypothesis, reference, references, &s->sums.character_edits);
    case QP_SCORE_ACCURACY:
    case QP_SCORE_WORD_ACCURACY:
    case QP_SCORE_KINDS: break;
    }
    return QP_OK;
}

static qp_status add_normal(qp_scores *scores, qp_text hypothesis, const qp_text *reference, int references)
{
    if (scores->segments > 0 && references != scores->references)
        return qp_fail(QP_EBUG, "scores: %d references after %d", references, scores->references);
    bool accuracy = false;
    for (int i = 0; i < scores->count; i++) {
        QP_TRY(add_one(scores, scores->kind[i], hypothesis, reference, references));
        accuracy |= scores->kind[i] == QP_SCORE_ACCURACY || scores->kind[i] == QP_SCORE_WORD_ACCURACY;
    }
    if (accuracy) QP_TRY(qp_accuracy_add(hypothesis, reference, references, &scores->sums.accuracy));
    scores->references = references;
    scores->segments++;
    return QP_OK;
}

qp_status qp_scores_add(qp_scores *scores, qp_text hypothesis, const qp_text *reference, int references)
{
    qp_mapped_text *room = calloc((size_t)references + 1, sizeof *room);
    qp_text *normal = malloc(((size_t)references + 1) * sizeof *normal);
    qp_status status = room && normal ? QP_OK : qp_fail(QP_EMEMORY, "scores: out of memory");
    if (status == QP_OK) status = qp_nfc_view(hypothesis, &room[references], &normal[references]);
    for (int i = 0; status == QP_OK && i < references; i++) status = qp_nfc_view(reference[i], &room[i], &normal[i]);
    if (status == QP_OK) status = add_normal(scores, normal[references], normal, references);
    for (int i = 0; room && i <= references; i++) qp_mapped_text_free(&room[i]);
    free(room);
    free(normal);
    return status;
}

double qp_scores_value(const qp_scores *scores, int index)
{
    qp_chrf_config plus = chrf_plus(scores);
    switch (scores->kind[index]) {
    case QP_SCORE_BLEU: return qp_bleu_finish(&scores->bleu, &scores->sums.bleu).score;
    case QP_SCORE_CHRF: return qp_chrf_finish(&scores->chrf, &scores->sums.chrf);
    case QP_SCORE_CHRF_PLUS: return qp_chrf_finish(&plus, &scores->sums.chrf_plus);
    case QP_SCORE_TER: return qp_ter_finish(&scores->sums.ter);
    case QP_SCORE_WER: return 100 * qp_edit_rate(&scores->sums.word_edits);
    case QP_SCORE_CER: return 100 * qp_edit_rate(&scores->sums.character_edits);
    case QP_SCORE_ACCURACY: return 100 * qp_exact_match(&scores->sums.accuracy);
    case QP_SCORE_WORD_ACCURACY: return 100 * qp_word_accuracy(&scores->sums.accuracy);
    case QP_SCORE_KINDS: break;
    }
    return 0;
}

const char *qp_scores_signature(const qp_scores *scores, int index, char *text, size_t bytes)
{
    qp_chrf_config plus = chrf_plus(scores);
    switch (scores->kind[index]) {
    case QP_SCORE_BLEU: return qp_bleu_signature(&scores->bleu, scores->references, text, bytes);
    case QP_SCORE_CHRF: return qp_chrf_signature(&scores->chrf, scores->references, text, bytes);
    case QP_SCORE_CHRF_PLUS: return qp_chrf_signature(&plus, scores->references, text, bytes);
    case QP_SCORE_TER: return qp_ter_signature(&scores->ter, scores->references, text, bytes);
    case QP_SCORE_WER:
    case QP_SCORE_CER:
    case QP_SCORE_ACCURACY:
    case QP_SCORE_WORD_ACCURACY:
    case QP_SCORE_KINDS: break;
    }
    snprintf(text, bytes, "nrefs:%d|case:mixed", scores->references);
    return text;
}
