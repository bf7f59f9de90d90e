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
    return longest < s->prefix.count + 1 ? s->prefix.count + 1 : (int)longest;
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
    s->history = malloc(longest * sizeof *s->history);
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
                               .attention = attention};
        node += (size_t)longest * (size_t)width;
        if (attention) attention += longest;
        total[0] = 0;
        s->active[i] = i;
        s->last_id[i] = qp_model_first_token(model);
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

/* The only candidate of live hypothesis j inside the prefix. */
static void force(search *s, const qp_beam *beam, int j, const qp_real *row)
{
    const ptrdiff_t begin = (ptrdiff_t)j * s->candidates.stride;
    s->candidates.count[j] = 1;
    s->candidates.id[begin] = s->prefix.id[beam->length];
    s->candidates.log_probability[begin] = row[s->prefix.id[beam->length]];
}

/* Extend the live hypotheses of one source, whose scores begin at row `first`, by one token. */
static qp_status expand(search *s, qp_beam *beam, qp_tensor scores, int first)
{
    const qp_search_config *config = s->config;
    for (int j = 0; j < beam->live; j++) {
        qp_real *row = qp_tensor_row(scores, first + j);
        QP_TRY(qp_logits_normalise(scores.columns, row));
        if (beam->length < s->prefix.count) {
            force(s, beam, j, row);
            continue;
        }
        qp_logits_forbid_special(scores.columns, row, &s->special);
        if (config->unk == QP_UNKNOWN_NEVER) qp_logits_forbid(scores.columns, row, s->special.unknown);
        if (beam->length < config->min_length) qp_logits_forbid(scores.columns, row, s->special.end);
        if (config->no_repeat_ngram > 0) {
            qp_beam_history(beam, j, s->history);
            qp_logits_forbid_repeats(scores.columns, row, s->history, beam->length, (int)config->no_repeat_ngram);
        }
        const int stride = s->candidates.stride;
        const ptrdiff_t begin = (ptrdiff_t)j * stride;
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
    const qp_beam_ranking ranking = {s->config->length_penalty, s->config->coverage_penalty, (int)s->config->n_best};
    for (int i = 0; i < sources; i++) {
        QP_TRY(qp_beam_finish(&s->beam[i], &ranking, &result[i]));
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

static qp_status check_prefix(const qp_model *model, qp_search_prefix prefix)
{
    int64_t limit = qp_model_config_of(model)->max_length;
    if (prefix.count < limit) return QP_OK;
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
    QP_TRY(check_prefix(model, prefix));
    if (sources <= 0) return QP_OK;
    search s = {.config = config, .prefix = prefix, .width = (int)config->beam_size};
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
