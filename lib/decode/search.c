#include "lib/decode/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/alignment.h"
#include "lib/decode/beam.h"
#include "lib/decode/logits.h"

QP_FIELD_TABLE(qp_search_fields, "search", qp_search_config, QP_SEARCH_FIELDS);

/* One call of qp_search. Rows of the state are the live hypotheses of the active sources, source after source. */
typedef struct {
    const qp_search_config *config;
    qp_search_prefix prefix;
    qp_special_ids special;
    int width;
    int enough;      /* finished hypotheses that end a source's search */
    qp_beam *beam;   /* [sources] */
    int32_t *active; /* [sources] numbers of the sources still being searched, ascending */
    int actives, rows;
    int32_t *last_id;  /* [sources*width] what each row reads next */
    int32_t *from_row; /* [sources*width] which old row it continues */
    int32_t *history;  /* [longest] */
    qp_candidates candidates;
    qp_beam_ranking ranking;
    qp_forbidden forbidden;
    int32_t first_token; /* what the decoder reads before the first */
    qp_beam_node *node; /* memory that the beams divide up */
    double *total;
    qp_beam_end *end;
    qp_real **attention; /* NULL: not recorded */
    size_t nodes;        /* sum of the longest lengths */
    qp_state *state;
} search;

static int longest_of(const search *s, const qp_model *model, int source_tokens)
{
    double longest = s->config->max_length_factor * source_tokens + (double)s->config->max_length_extra;
    double limit = (double)qp_model_config_of(model)->max_length;
    if (longest > limit) longest = limit;
    int given = s->prefix.count + (s->config->forced_first >= 0 ? 1 : 0);
    return longest < given + 1 ? given + 1 : (int)longest;
}

static void release(search *s)
{
    qp_state_free(s->state);
    free(s->beam);
    free(s->active);
    free(s->last_id);
    free(s->from_row);
    free(s->history);
    free(s->candidates.id);
    free(s->candidates.log_probability);
    free(s->candidates.count);
    free(s->candidates.taken);
    free(s->node);
    free(s->total);
    free(s->end);
    for (size_t i = 0; s->attention && i < s->nodes; i++) free(s->attention[i]);
    free(s->attention);
}

/* All memory of the search but the attention of each step. malloc, not calloc: pages that are not reached are never
 * touched. */
static qp_status take_memory(search *s, size_t sources, size_t longest, bool attention)
{
    size_t width = (size_t)s->width, rows = sources * width, candidates = width * (width + 1);
    s->beam = calloc(sources, sizeof *s->beam);
    s->active = malloc(sources * sizeof *s->active);
    s->last_id = malloc(rows * sizeof *s->last_id);
    s->from_row = malloc(rows * sizeof *s->from_row);
    s->history = malloc((longest + 1) * sizeof *s->history);
    s->candidates.stride = s->width + 1;
    s->candidates.id = malloc(candidates * sizeof *s->candidates.id);
    s->candidates.log_probability = malloc(candidates * sizeof *s->candidates.log_probability);
    s->candidates.count = malloc(width * sizeof *s->candidates.count);
    s->candidates.taken = malloc(width * sizeof *s->candidates.taken);
    s->node = malloc(s->nodes * width * sizeof *s->node);
    s->total = malloc(2 * rows * sizeof *s->total);
    s->end = malloc((rows + sources * (size_t)s->enough) * sizeof *s->end);
    if (attention) s->attention = calloc(s->nodes + 1, sizeof *s->attention);
    bool taken = s->beam && s->active && s->last_id && s->from_row && s->history && s->candidates.id &&
                 s->candidates.log_probability && s->candidates.count && s->candidates.taken && s->node && s->total &&
                 s->end && (!attention || s->attention);
    return taken ? QP_OK
                 : qp_fail(QP_EMEMORY,
                           "search: out of memory for %zu sources of %d hypotheses of up to %zu tokens; "
                           "use a smaller --batch-size or --beam-size",
                           sources, s->width, longest);
}

/* Every source has one live hypothesis, the empty one, and reads the first token. */
static void start_beams(search *s, const qp_model *model, qp_sequences source)
{
    qp_beam_node *node = s->node;
    qp_real **attention = s->attention;
    int width = s->width;
    s->special = qp_model_special(model, true);
    s->first_token = s->config->start_token >= 0 ? (int32_t)s->config->start_token : qp_model_first_token(model);
    for (int i = 0; i < source.count; i++) {
        int tokens = qp_sequence_length(source, i), longest = longest_of(s, model, tokens);
        double *total = s->total + (size_t)i * 2 * (size_t)width;
        s->beam[i] = (qp_beam){.end_id = s->special.end,
                               .width = width,
                               .longest = longest,
                               .live = 1,
                               .total = total,
                               .next_total = total + width,
                               .node = node,
                               .enough = s->enough,
                               .end = s->end + (size_t)i * (size_t)(width + s->enough),
                               .source_tokens = tokens,
                               .ranking = &s->ranking,
                               .attention = attention};
        node += (size_t)longest * (size_t)width;
        if (attention) attention += longest;
        total[0] = 0;
        s->active[i] = i;
        s->last_id[i] = s->first_token;
    }
}

static qp_status start(search *s, const qp_model *model, qp_tape *tape, qp_ids source, bool attention)
{
    size_t longest = 0;
    int sources = source.sequences.count;
    for (int i = 0; i < sources; i++) {
        size_t length = (size_t)longest_of(s, model, qp_sequence_length(source.sequences, i));
        s->nodes += length;
        if (length > longest) longest = length;
    }
    QP_TRY(take_memory(s, (size_t)sources, longest, attention));
    start_beams(s, model, source.sequences);
    s->actives = s->rows = sources;
    qp_tape_begin(tape, QP_INFER, 0);
    return qp_model_start(model, tape, source, &s->state);
}

/* Keep the attention of one step, the mean over the heads of each live row. */
static qp_status keep_attention(search *s, const qp_attention_map *map)
{
    const qp_real *block = map->weights.value;
    for (int a = 0; a < s->actives; a++) {
        const qp_beam *beam = &s->beam[s->active[a]];
        int tokens = beam->source_tokens;
        qp_real *weight = malloc(((size_t)beam->live * (size_t)tokens + 1) * sizeof *weight);
        if (!weight)
            return qp_fail(QP_EMEMORY,
                           "search: out of memory for the attention to %d tokens; use a smaller "
                           "--batch-size or --beam-size",
                           tokens);
        beam->attention[beam->length] = weight;
        for (int j = 0; j < beam->live; j++, block += (ptrdiff_t)map->heads * tokens)
            qp_alignment_mean(map->heads, tokens, block, weight + (ptrdiff_t)j * tokens);
    }
    return QP_OK;
}

/* The only token that may come next, -1: any; *log_probability is set where the rule says it. */
static int32_t forced_token(const search *s, const qp_beam *beam, qp_real *log_probability)
{
    const qp_search_config *config = s->config;
    const int first = config->forced_first >= 0 ? 1 : 0, place = beam->length - first;
    if (place >= 0 && place < s->prefix.count) return s->prefix.id[place];
    *log_probability = 0;
    if (place < 0) return (int32_t)config->forced_first;
    return beam->length == beam->longest - 1 ? (int32_t)config->forced_last : -1;
}

/* The scores of live hypothesis j become those of the tokens that the rules allow. */
static qp_status apply_rules(search *s, const qp_beam *beam, int j, int columns, qp_real *row)
{
    const qp_search_config *config = s->config;
    const double penalty = config->repeat_penalty;
    const bool greedy = s->width == 1;
    int32_t *history = s->history + 1;
    s->history[0] = s->first_token; /* which the penalty counts, too */
    if (penalty != 1 || config->no_repeat_ngram > 0 || s->forbidden.count) qp_beam_history(beam, j, history);
    if (greedy) qp_logits_penalise(columns, row, s->history, beam->length + 1, penalty);
    QP_TRY(qp_logits_normalise(columns, row));
    if (!greedy) qp_logits_penalise(columns, row, s->history, beam->length + 1, penalty);
    qp_real given = NAN;
    int32_t forced = forced_token(s, beam, &given);
    if (forced >= 0) {
        if (isnan(given)) given = row[forced];
        for (int c = 0; c < columns; c++) row[c] = -(qp_real)INFINITY;
        row[forced] = given;
        return QP_OK;
    }
    qp_logits_forbid_special(columns, row, &s->special);
    if (config->unk == QP_UNKNOWN_NEVER) qp_logits_forbid(columns, row, s->special.unknown);
    if (beam->length < config->min_length) qp_logits_forbid(columns, row, s->special.end);
    qp_logits_forbid_repeats(columns, row, history, beam->length, (int)config->no_repeat_ngram);
    qp_logits_forbid_listed(columns, row, history, beam->length, &s->forbidden);
    return QP_OK;
}

/* Extend the live hypotheses of one source, whose scores begin at row `first`, by one token. */
static qp_status expand(search *s, qp_beam *beam, qp_tensor scores, int first)
{
    for (int j = 0; j < beam->live; j++) {
        qp_real *row = qp_tensor_row(scores, first + j);
        const int stride = s->candidates.stride;
        const ptrdiff_t begin = (ptrdiff_t)j * stride;
        QP_TRY(apply_rules(s, beam, j, scores.columns, row));
        s->candidates.count[j] = qp_logits_top(scores.columns, row, stride, s->candidates.id + begin,
                                               s->candidates.log_probability + begin);
    }
    qp_beam_expand(beam, &s->candidates);
    return QP_OK;
}

/* The rows of the next step; finished sources leave. Nothing moves in the state when every row keeps its place. */
static qp_status reorder(search *s, const int32_t *old_first)
{
    int rows = 0, actives = 0;
    bool moved = false;
    for (int a = 0; a < s->actives; a++) {
        qp_beam *beam = &s->beam[s->active[a]];
        if (beam->done) continue;
        const qp_beam_node *node = beam->node + (size_t)(beam->length - 1) * (size_t)beam->width;
        for (int j = 0; j < beam->live; j++, rows++) {
            s->last_id[rows] = node[j].id;
            s->from_row[rows] = old_first[a] + node[j].parent;
            moved = moved || s->from_row[rows] != rows;
        }
        s->active[actives++] = s->active[a];
    }
    moved = moved || rows != s->rows;
    s->actives = actives;
    s->rows = rows;
    return rows > 0 && moved ? qp_state_reorder(s->state, s->from_row, rows) : QP_OK;
}

/* One token a round until every source is done. */
static qp_status loop(search *s, const qp_model *model, qp_tape *tape)
{
    while (s->actives > 0) {
        qp_attention_map map = {0};
        qp_tape_begin(tape, QP_INFER, 0);
        qp_tensor scores = qp_model_step(model, tape, s->last_id, s->state, s->attention ? &map : NULL);
        int32_t *first = qp_tape_memory(tape, (size_t)s->actives * sizeof *first);
        QP_TRY(qp_tape_status(tape));
        if (s->attention) QP_TRY(keep_attention(s, &map));
        int row = 0;
        for (int a = 0; a < s->actives; a++) {
            qp_beam *beam = &s->beam[s->active[a]];
            first[a] = row;
            row += beam->live;
            QP_TRY(expand(s, beam, scores, first[a]));
        }
        QP_TRY(reorder(s, first));
    }
    return QP_OK;
}

static qp_status finish(search *s, int sources, bool attention, qp_search_result *result)
{
    for (int i = 0; i < sources; i++) {
        QP_TRY(qp_beam_finish(&s->beam[i], &s->ranking, &result[i]));
        for (int h = 0; h < result[i].count && !attention; h++) {
            free(result[i].best[h].attention);
            result[i].best[h].attention = NULL;
        }
    }
    return QP_OK;
}

static qp_status check_attention(const qp_model *model, const qp_search_config *config, bool attention)
{
    if (qp_model_has_attention(model)) return QP_OK;
    if (config->coverage_penalty > 0)
        return qp_fail(QP_EUSAGE, "--coverage-penalty counts attention between target and source, which this model "
                                  "does not have; leave it out");
    if (attention)
        return qp_fail(QP_EUSAGE, "this model has no attention between target and source; leave --alignment and "
                                  "--unk copy out");
    return QP_OK;
}

static qp_status check_prefix(const qp_model *model, const qp_search_config *config, qp_search_prefix prefix)
{
    int64_t limit = qp_model_config_of(model)->max_length, columns = qp_model_config_of(model)->tgt_vocab_size;
    if (config->start_token >= columns || config->forced_first >= columns || config->forced_last >= columns)
        return qp_fail(QP_EUSAGE, "--start-token, --forced-first, --forced-last: not an id of the vocabulary of %lld",
                       (long long)columns);
    if (prefix.count + (config->forced_first >= 0 ? 1 : 0) < limit) return QP_OK;
    return qp_fail(QP_EUSAGE, "--tgt-prefix: %d tokens leave no room in the model's %lld (--max-length); shorten it",
                   prefix.count, (long long)limit);
}

qp_status qp_search(const qp_model *model, qp_tape *tape, qp_ids source, const qp_search_config *config, bool attention,
                    qp_search_result *result)
{
    return qp_search_from(model, tape, source, config, (qp_search_prefix){0}, attention, result);
}

qp_status qp_search_from(const qp_model *model, qp_tape *tape, qp_ids source, const qp_search_config *config,
                         qp_search_prefix prefix, bool attention, qp_search_result *result)
{
    int sources = source.sequences.count;
    for (int i = 0; i < sources; i++) result[i] = (qp_search_result){0};
    QP_TRY(check_attention(model, config, attention));
    QP_TRY(check_prefix(model, config, prefix));
    if (sources <= 0) return QP_OK;
    search s = {.config = config, .prefix = prefix, .width = (int)config->beam_size};
    s.ranking = (qp_beam_ranking){config->length_penalty, config->coverage_penalty, (int)config->n_best,
                                  config->length_rule, config->beam_stop};
    const int words = (int)qp_model_config_of(model)->tgt_vocab_size;
    QP_TRY(qp_forbidden_parse("--forbid", config->forbid, words, &s.forbidden));
    s.enough = (int)ceil(config->patience * (double)s.width);
    if (s.enough < s.width) s.enough = s.width;
    qp_status status = start(&s, model, tape, source, attention || config->coverage_penalty > 0);
    if (status == QP_OK) status = loop(&s, model, tape);
    if (status == QP_OK) status = finish(&s, sources, attention, result);
    if (status != QP_OK)
        for (int i = 0; i < sources; i++) qp_search_result_free(&result[i]);
    release(&s);
    return status;
}
