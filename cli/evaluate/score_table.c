#include "cli/evaluate/score_table.h"

#include <stdio.h>

#include "cli/base/json_text.h"

enum { SIGNATURE = 160 };

/* ---- JSON ---- */

static void put_bleu(const qp_scores *scores, qp_text_buffer *out)
{
    qp_bleu_score bleu = qp_bleu_finish(&scores->bleu, &scores->sums.bleu);
    qp_json_key(out, "precisions");
    qp_json_open(out, '[');
    for (int n = 0; n < scores->bleu.max_order; n++) qp_json_real(out, bleu.precision[n], 8);
    qp_json_close(out, ']');
    qp_json_put_real(out, "brevity_penalty", bleu.brevity_penalty);
    qp_json_put_integer(out, "hypothesis_length", bleu.hypothesis_length);
    qp_json_put_integer(out, "reference_length", bleu.reference_length);
}

static void put_compared(const qp_bootstrap *b, qp_text_buffer *out)
{
    qp_json_put_real(out, "difference", b->difference);
    qp_json_key(out, "interval");
    qp_json_open(out, '[');
    qp_json_real(out, b->low, 8);
    qp_json_real(out, b->high, 8);
    qp_json_close(out, ']');
    qp_json_put_real(out, "p", b->p);
}

/* The members of one text, without the braces around them. */
static void put_text(const qp_scored_text *text, bool compared, qp_text_buffer *out)
{
    for (int i = 0; i < text->scores.count; i++) {
        char signature[SIGNATURE];
        qp_json_key(out, qp_score_name(text->scores.kind[i]));
        qp_json_open(out, '{');
        qp_json_put_real(out, "score", qp_scores_value(&text->scores, i));
        qp_json_put_text(out, "signature", qp_scores_signature(&text->scores, i, signature, sizeof signature));
        if (text->scores.kind[i] == QP_SCORE_BLEU) put_bleu(&text->scores, out);
        if (compared) put_compared(&text->compared[i], out);
        qp_json_close(out, '}');
    }
    qp_json_put_integer(out, "lines", text->lines);
}

static qp_status print_json(const qp_scored_text *text, int count, bool compared)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    if (count == 1) {
        put_text(text, false, &out);
    } else {
        qp_json_key(&out, "texts");
        qp_json_open(&out, '[');
        for (int i = 0; i < count; i++) {
            qp_json_open(&out, '{');
            qp_json_put_text(&out, "name", text[i].name);
            put_text(&text[i], compared && i > 0, &out);
            qp_json_close(&out, '}');
        }
        qp_json_close(&out, ']');
    }
    if (compared) qp_json_put_integer(&out, "samples", QP_BOOTSTRAP_SAMPLES);
    if (compared) qp_json_put_integer(&out, "seed", QP_BOOTSTRAP_SEED);
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

/* ---- lines ---- */

static void print_one(const qp_scores *scores)
{
    for (int i = 0; i < scores->count; i++) {
        char text[SIGNATURE];
        printf("%-14s%6.2f  %s\n", qp_score_name(scores->kind[i]), qp_scores_value(scores, i),
               qp_scores_signature(scores, i, text, sizeof text));
        if (scores->kind[i] != QP_SCORE_BLEU) continue;
        qp_bleu_score bleu = qp_bleu_finish(&scores->bleu, &scores->sums.bleu);
        printf("%-22sprecisions ", "");
        for (int n = 0; n < scores->bleu.max_order; n++) printf("%s%.1f", n ? "/" : "", bleu.precision[n]);
        printf(", brevity penalty %.3f, %lld words for %lld\n", bleu.brevity_penalty, (long long)bleu.hypothesis_length,
               (long long)bleu.reference_length);
    }
}

static void print_metric(const qp_scored_text *text, int count, bool compared, int metric)
{
    char signature[SIGNATURE];
    printf("%-14s%s\n", qp_score_name(text->scores.kind[metric]),
           qp_scores_signature(&text->scores, metric, signature, sizeof signature));
    for (int i = 0; i < count; i++) {
        const qp_bootstrap *b = &text[i].compared[metric];
        printf("%20.2f  ", qp_scores_value(&text[i].scores, metric));
        if (compared && i == 0) printf("%7s  %6s  %6s  %6s  ", "change", "from", "to", "p");
        if (compared && i > 0) printf("%+7.2f  %+6.2f  %+6.2f  %6.4f  ", b->difference, b->low, b->high, b->p);
        puts(text[i].name);
    }
}

qp_status qp_score_table_print(const qp_scored_text *text, int count, bool compared, bool json)
{
    if (json) return print_json(text, count, compared);
    if (count == 1) print_one(&text->scores);
    for (int i = 0; i < text->scores.count && count > 1; i++) print_metric(text, count, compared, i);
    return QP_OK;
}
