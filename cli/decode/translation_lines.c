#include "cli/decode/translation_lines.h"

#include <stdlib.h>
#include <string.h>

#include "cli/base/json_text.h"
#include "lib/decode/alignment.h"
#include "lib/decode/token_place.h"

/* What is printed. */
typedef struct {
    const qp_translation_style *style;
    const qp_translator *translator;
    const qp_line *line;
    const qp_translation *made;
} output;

/* An empty line has no hypothesis; it is printed as this one, so that no field is missing. */
static const qp_hypothesis *hypothesis_of(const qp_translation *made, int h)
{
    static const qp_hypothesis empty;
    return h < made->search.count ? &made->search.best[h] : &empty;
}

/* Number of hypotheses to print, at least one. */
static int shown_count(const qp_translation *made) { return made->search.count > 0 ? made->search.count : 1; }

static void put_text(FILE *out, const qp_translation *made, int h)
{
    if (h < made->search.count) qp_line_put(out, made->best[h].text, made->best[h].bytes);
}

static void put_log_probabilities(FILE *out, const qp_hypothesis *found)
{
    for (int t = 0; t < found->count; t++) fprintf(out, " %.4f", (double)found->log_probability[t]);
}

/* ---- alignment ---- */

/* The weights between units, tokens or words. */
typedef struct {
    const qp_real *weight; /* [targets, sources], the ends of both sides included */
    int sources, targets;
    int shown; /* the first targets: without the end if they are hard links */
    qp_word_alignment words;
} units;

static qp_status find_units(const output *o, int h, units *u)
{
    const qp_translation *made = o->made;
    const qp_hypothesis *found = hypothesis_of(made, h);
    bool ended = found->count > 0 && found->id[found->count - 1] == made->end_id;
    *u = (units){.weight = found->attention, .sources = made->source_count, .targets = found->count};
    if (o->style->unit == QP_UNIT_WORD && found->count > 0) {
        QP_TRY(qp_word_alignment_init(o->translator->source, o->line, made->source_count, o->translator->target, found,
                                      &u->words));
        u->weight = u->words.weight;
        u->sources = u->words.sources;
        u->targets = u->words.targets;
    }
    u->shown = u->targets - (ended && o->style->alignment == QP_ALIGNMENT_HARD);
    return QP_OK;
}

static qp_status put_alignment(const output *o, int h)
{
    units u;
    if (o->style->alignment == QP_ALIGNMENT_NONE) return QP_OK;
    FILE *out = o->style->out;
    QP_TRY(find_units(o, h, &u));
    fputs(" |||", out);
    for (int t = 0; t < u.shown; t++) {
        if (o->style->alignment == QP_ALIGNMENT_HARD) {
            fprintf(out, " %d-%d", qp_alignment_hard(u.weight, u.sources, t), t);
            continue;
        }
        for (int s = 0; s < u.sources; s++)
            fprintf(out, "%s%.4f", s ? "," : " ", (double)u.weight[(ptrdiff_t)t * u.sources + s]);
    }
    qp_word_alignment_free(&u.words);
    return QP_OK;
}

/* ---- lines ---- */

static qp_status put_plain(const output *o)
{
    const qp_hypothesis *found = hypothesis_of(o->made, 0);
    FILE *out = o->style->out;
    put_text(out, o->made, 0);
    if (o->style->scores != QP_SCORES_NONE) fprintf(out, " ||| %.4f", found->score);
    if (o->style->scores == QP_SCORES_TOKEN) fputs(" |||", out);
    if (o->style->scores == QP_SCORES_TOKEN) put_log_probabilities(out, found);
    QP_TRY(put_alignment(o, 0));
    putc('\n', out);
    return QP_OK;
}

static qp_status put_n_best(const output *o, int64_t id)
{
    FILE *out = o->style->out;
    for (int h = 0; h < shown_count(o->made); h++) {
        const qp_hypothesis *found = hypothesis_of(o->made, h);
        fprintf(out, "%lld ||| ", (long long)id);
        put_text(out, o->made, h);
        fprintf(out, " ||| logprob= %.4f length= %d", found->total, found->count);
        if (o->style->scores == QP_SCORES_TOKEN) fputs(" tokens=", out);
        if (o->style->scores == QP_SCORES_TOKEN) put_log_probabilities(out, found);
        fprintf(out, " ||| %.4f", found->score);
        QP_TRY(put_alignment(o, h));
        putc('\n', out);
    }
    return QP_OK;
}

/* ---- JSON ---- */

/* Writes the alignment: pairs source-target, or one list of weights per target. */
static qp_status put_json_alignment(const output *o, int h, qp_text_buffer *out)
{
    units u;
    QP_TRY(find_units(o, h, &u));
    qp_json_key(out, "alignment");
    qp_json_open(out, '[');
    for (int t = 0; t < u.shown; t++) {
        qp_json_open(out, '[');
        if (o->style->alignment == QP_ALIGNMENT_HARD) {
            qp_json_integer(out, qp_alignment_hard(u.weight, u.sources, t));
            qp_json_integer(out, t);
        } else {
            for (int s = 0; s < u.sources; s++) qp_json_real(out, (double)u.weight[(ptrdiff_t)t * u.sources + s], 8);
        }
        qp_json_close(out, ']');
    }
    qp_json_close(out, ']');
    qp_word_alignment_free(&u.words);
    return QP_OK;
}

/* Writes the members of a hypothesis, without the braces around them. */
static qp_status put_hypothesis(const output *o, int h, qp_text_buffer *out)
{
    const qp_translation *made = o->made;
    const qp_text_codec *target = o->translator->target;
    const qp_hypothesis *found = hypothesis_of(made, h);
    bool empty = h >= made->search.count;
    qp_json_key(out, "text");
    qp_json_repaired(out, empty ? "" : made->best[h].text, empty ? 0 : made->best[h].bytes);
    qp_json_put_real(out, "score", found->score);
    qp_json_put_real(out, "logprob", found->total);
    qp_json_key(out, "tokens");
    qp_json_open(out, '[');
    for (int t = 0; t < found->count; t++) {
        qp_json_open(out, '{');
        qp_json_put_text(out, "text", target->piece(target->self, found->id[t]));
        qp_json_put_real(out, "logprob", (double)found->log_probability[t]);
        qp_json_close(out, '}');
    }
    qp_json_close(out, ']');
    return o->style->alignment != QP_ALIGNMENT_NONE ? put_json_alignment(o, h, out) : QP_OK;
}

/* The units that the alignment counts: tokens, or words. */
static qp_status put_source(const output *o, qp_text_buffer *out)
{
    const qp_text_codec *codec = o->translator->source;
    qp_line *word = NULL;
    int words = 0;
    if (o->style->unit == QP_UNIT_WORD) QP_TRY(qp_words_split(o->line->text, o->line->bytes, &word, &words));
    qp_json_key(out, "source");
    qp_json_open(out, '[');
    for (int w = 0; w < words; w++) qp_json_repaired(out, word[w].text, word[w].bytes);
    for (int s = 0; s < o->made->source_count && !word; s++) {
        const char *piece = codec->piece(codec->self, o->made->source_id[s]);
        qp_json_repaired(out, piece, strlen(piece));
    }
    qp_json_close(out, ']');
    free(word);
    return QP_OK;
}

static qp_status put_members(const output *o, qp_text_buffer *out)
{
    qp_json_open(out, '{');
    QP_TRY(put_hypothesis(o, 0, out));
    if (o->style->alignment != QP_ALIGNMENT_NONE) QP_TRY(put_source(o, out));
    if (o->translator->search.n_best > 1) {
        qp_json_key(out, "n_best");
        qp_json_open(out, '[');
        for (int h = 0; h < shown_count(o->made); h++) {
            qp_json_open(out, '{');
            QP_TRY(put_hypothesis(o, h, out));
            qp_json_close(out, '}');
        }
        qp_json_close(out, ']');
    }
    qp_json_close(out, '}');
    return QP_OK;
}

qp_status qp_translation_put(const qp_translation_style *style, const qp_translator *translator, const qp_line *line,
                             const qp_translation *made, int64_t id)
{
    const output o = {style, translator, line, made};
    if (!style->json) return translator->search.n_best > 1 ? put_n_best(&o, id) : put_plain(&o);
    qp_text_buffer out = {0};
    qp_status status = put_members(&o, &out);
    if (status == QP_OK) return qp_json_line(style->out, &out);
    qp_text_free(&out);
    return status;
}
