#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/evaluate/evaluate_task.h"
#include "lib/base/file.h"
#include "lib/base/threads.h"
#include "lib/decode/translate.h"
#include "lib/metric/overlap.h"
#include "lib/metric/scores.h"
#include "lib/text/utf8_reader.h"

/* evaluate — compare text with references: a file of hypotheses, or a model's translations of a source file. */
enum { LINES_AT_ONCE = 1024 };

#define EVALUATE_FIELDS(X)                                                                                             \
    X(TEXT, hyp, "", 0, 0, "FILE", "file of hypotheses, one per line; - is stdin")                                     \
    X(TEXT, model, "", 0, 0, "FILE", "or a model file, to compare its translations of --src")                          \
    X(TEXT, src, "", 0, 0, "FILE", "file of source lines for the model")                                               \
    X(BOOL, json, "false", 0, 0, NULL, "one JSON object instead of lines")                                             \
    X(BOOL, sentence_level, "false", 0, 0, NULL, "scores of every line, tab-separated; BLEU with --effective-order")   \
    X(INT, batch_size, "32", 1, 100000, NULL, "sentences translated together; changes the speed, not the text")        \
    X(INT, threads, "0", 0, 1024, NULL, "threads; 0: all")                                                             \
    QP_VERIFY_FIELD(X)

#define METRIC_FIELDS(X)                                                                                               \
    X(BOOL, lower_case, "false", 0, 0, NULL, "lower case before BLEU and chrF")                                        \
    X(TEXT, tokenize, "13a", 0, 0, "NAME", "BLEU's words: 13a, none, char, intl, zh")                                  \
    X(CHOICE, smooth_method, "exp", 0, 0, "exp, floor, add-k, none", "BLEU's smoothing of orders without a match")     \
    X(REAL, smooth_value, "-1", -1, 1000, NULL, "value of floor and add-k; -1: 0.1 and 1")                             \
    X(INT, max_ngram_order, "4", 1, QP_BLEU_ORDER_MAX, NULL, "BLEU's longest n-grams")                                 \
    X(BOOL, effective_order, "false", 0, 0, NULL, "BLEU without the orders that exceed the length of a hypothesis")    \
    X(INT, chrf_char_order, "6", 0, 8, NULL, "chrF's longest character n-grams")                                       \
    X(INT, chrf_word_order, "0", 0, 8, NULL, "chrF's longest word n-grams; 2: chrF++")                                 \
    X(INT, chrf_beta, "2", 1, 100, NULL, "weight of recall in chrF")                                                   \
    X(BOOL, chrf_whitespace, "false", 0, 0, NULL, "chrF counts white space")                                           \
    X(BOOL, chrf_eps_smoothing, "false", 0, 0, NULL, "chrF as in chrF++.py, NLTK and Moses")                           \
    X(BOOL, ter_normalized, "false", 0, 0, NULL, "TER separates punctuation")                                          \
    X(BOOL, ter_no_punct, "false", 0, 0, NULL, "TER drops punctuation")                                                \
    X(BOOL, ter_asian_support, "false", 0, 0, NULL, "both of the above for East Asian text too")                       \
    X(BOOL, ter_case_sensitive, "false", 0, 0, NULL, "TER distinguishes upper and lower case")

typedef struct {
    EVALUATE_FIELDS(QP_FIELD_DECLARE)
} evaluate_options;

typedef struct {
    METRIC_FIELDS(QP_FIELD_DECLARE)
} metric_options;

static QP_FIELD_TABLE(evaluate_table, "evaluate", evaluate_options, EVALUATE_FIELDS);
static QP_FIELD_TABLE(metric_table, "metrics", metric_options, METRIC_FIELDS);

static const char notes[] =
    "METRICS is a list of bleu, chrf, chrf++, ter, wer, cer, accuracy (lines that are exactly right), word-accuracy; "
    "without it: bleu,chrf. BLEU, chrF and TER are those of sacreBLEU " QP_SACREBLEU_VERSION ", and so are their "
    "signatures; all are "
    "percentages. --ref may be repeated: several references for each line.\n"
    "METRICS -m MODEL --test FILE, by the model's task: lm: perplexity (exp of the mean -ln P of a token, ends of "
    "lines and "
    "unknown tokens included); classify, tag: accuracy, f1, precision, recall, micro-f1, weighted-f1, "
    "balanced-accuracy, "
    "matthews, kappa, entity-precision, entity-recall, entity-f1 (as seqeval), report, confusion; regress: mae, rmse, "
    "mse, r2; "
    "mlm: accuracy, loss, perplexity of masked tokens, the same ones for the same --seed; autoencode: accuracy (lines "
    "reproduced exactly), token-accuracy, loss, perplexity, divergence (variational ones); match: recall@1, recall@5, "
    "recall@10 of pairs without scores, spearman and accuracy of pairs with scores.";

/* State of an evaluation. */
typedef struct {
    const evaluate_options *options;
    qp_scores scores;
    qp_reader *reference[QP_REFERENCES_MAX];
    int references;
    const char *hypothesis_path;
    int64_t lines;
    qp_translator *translator; /* NULL: the lines are the hypotheses */
} evaluation;

/* ---- output ---- */

static void put_bleu(const evaluation *e, qp_text_buffer *out)
{
    qp_bleu_score bleu = qp_bleu_finish(&e->scores.bleu, &e->scores.bleu_sums);
    qp_json_key(out, "precisions");
    qp_json_open(out, '[');
    for (int n = 0; n < e->scores.bleu.max_order; n++) qp_json_real(out, bleu.precision[n], 8);
    qp_json_close(out, ']');
    qp_json_put_real(out, "brevity_penalty", bleu.brevity_penalty);
    qp_json_put_integer(out, "hypothesis_length", bleu.hypothesis_length);
    qp_json_put_integer(out, "reference_length", bleu.reference_length);
}

static qp_status put_json(const evaluation *e)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int i = 0; i < e->scores.count; i++) {
        char text[160];
        qp_json_key(&out, qp_score_name(e->scores.kind[i]));
        qp_json_open(&out, '{');
        qp_json_put_real(&out, "score", qp_scores_value(&e->scores, i));
        qp_json_put_text(&out, "signature", qp_scores_signature(&e->scores, i, text, sizeof text));
        if (e->scores.kind[i] == QP_SCORE_BLEU) put_bleu(e, &out);
        qp_json_close(&out, '}');
    }
    qp_json_put_integer(&out, "lines", e->lines);
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static void put_lines(const evaluation *e)
{
    for (int i = 0; i < e->scores.count; i++) {
        char text[160];
        printf("%-14s%6.2f  %s\n", qp_score_name(e->scores.kind[i]), qp_scores_value(&e->scores, i),
               qp_scores_signature(&e->scores, i, text, sizeof text));
        if (e->scores.kind[i] != QP_SCORE_BLEU) continue;
        qp_bleu_score bleu = qp_bleu_finish(&e->scores.bleu, &e->scores.bleu_sums);
        printf("%-22sprecisions ", "");
        for (int n = 0; n < e->scores.bleu.max_order; n++) printf("%s%.1f", n ? "/" : "", bleu.precision[n]);
        printf(", brevity penalty %.3f, %lld words for %lld\n", bleu.brevity_penalty, (long long)bleu.hypothesis_length,
               (long long)bleu.reference_length);
    }
}

/* The scores of the single line in `scores`. */
static qp_status put_sentence(const evaluation *e)
{
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    for (int i = 0; i < e->scores.count; i++) {
        double value = qp_scores_value(&e->scores, i);
        if (e->options->json)
            qp_json_put_real(&out, qp_score_name(e->scores.kind[i]), value);
        else
            printf("%s%.4f", i ? "\t" : "", value);
    }
    qp_json_close(&out, '}');
    if (e->options->json) return qp_json_line(stdout, &out);
    putchar('\n');
    qp_text_free(&out);
    return QP_OK;
}

/* ---- lines ---- */

/* The total numbers of lines, for the message: the rest of both files is counted. */
static qp_status unequal(evaluation *e, int r, qp_chunks *chunks, int taken)
{
    char *line;
    size_t bytes;
    int64_t hypotheses = e->lines;
    for (int rest = chunks->count - taken; rest > 0;) {
        hypotheses += rest;
        QP_TRY(qp_chunks_next(chunks));
        rest = chunks->count;
    }
    do QP_TRY(qp_reader_next_utf8(e->reference[r], &line, &bytes));
    while (line);
    return qp_fail(QP_EDATA, "%s: %lld lines, but %s has %lld; give files with the same number of lines",
                   qp_reader_path(e->reference[r]), (long long)qp_reader_line(e->reference[r]), e->hypothesis_path,
                   (long long)hypotheses);
}

/* Compare hypothesis number `i` of the chunk with the next line of every reference. */
static qp_status add_line(evaluation *e, qp_chunks *chunks, int i, qp_text hypothesis)
{
    qp_text reference[QP_REFERENCES_MAX];
    for (int r = 0; r < e->references; r++) {
        char *line;
        QP_TRY(qp_reader_next_utf8(e->reference[r], &line, &reference[r].bytes));
        if (!line) return unequal(e, r, chunks, i);
        reference[r].text = line;
    }
    QP_TRY(qp_scores_add(&e->scores, hypothesis, reference, e->references));
    e->lines++;
    if (e->options->sentence_level) {
        QP_TRY(put_sentence(e));
        qp_scores_reset(&e->scores);
    }
    return QP_OK;
}

static qp_status add_chunk(evaluation *e, qp_chunks *chunks)
{
    qp_translation *made = NULL;
    qp_status status = QP_OK;
    int count = chunks->count;
    if (e->translator) {
        made = malloc((size_t)count * sizeof *made);
        if (!made) return qp_fail(QP_EMEMORY, "evaluate: out of memory for %d lines", count);
        status = qp_translate(e->translator, chunks->line, count, made);
    }
    for (int i = 0; i < count && status == QP_OK; i++) {
        qp_text hypothesis = {chunks->line[i].text, chunks->line[i].bytes};
        if (made)
            hypothesis = made[i].search.count ? (qp_text){made[i].best[0].text, made[i].best[0].bytes}
                                              : (qp_text){"", 0};
        status = add_line(e, chunks, i, hypothesis);
    }
    for (int i = 0; made && i < count; i++) qp_translation_free(&made[i]);
    free(made);
    return status;
}

static qp_status add_all(evaluation *e, char *file)
{
    qp_chunks chunks;
    qp_status status = qp_chunks_begin(&chunks, &file, 1, LINES_AT_ONCE);
    while (status == QP_OK) {
        status = qp_chunks_next(&chunks);
        if (status != QP_OK || chunks.count == 0) break;
        status = add_chunk(e, &chunks);
    }
    for (int r = 0; r < e->references && status == QP_OK; r++) {
        char *line;
        size_t bytes;
        status = qp_reader_next_utf8(e->reference[r], &line, &bytes);
        if (status == QP_OK && line) status = unequal(e, r, &chunks, chunks.count);
    }
    qp_chunks_end(&chunks);
    if (status == QP_OK && e->lines == 0)
        status = qp_fail(QP_EDATA, "%s: no lines to compare; give a file with text", e->hypothesis_path);
    return status;
}

/* ---- the command ---- */

static qp_status configure(qp_scores *scores, const metric_options *m, bool sentence_level)
{
    qp_bleu_config *bleu = &scores->bleu;
    QP_TRY(qp_bleu_tokenizer_find(m->tokenize, &bleu->tokenizer));
    bleu->lower_case = m->lower_case;
    bleu->smoothing = (qp_bleu_smoothing)m->smooth_method;
    bleu->smoothing_value = m->smooth_value;
    bleu->max_order = (int)m->max_ngram_order;
    bleu->effective_order = m->effective_order || sentence_level;
    scores->chrf = (qp_chrf_config){.char_order = (int)m->chrf_char_order,
                                    .word_order = (int)m->chrf_word_order,
                                    .beta = (int)m->chrf_beta,
                                    .lower_case = m->lower_case,
                                    .white_space = m->chrf_whitespace,
                                    .epsilon_smoothing = m->chrf_eps_smoothing};
    scores->ter = (qp_ter_config){.case_sensitive = m->ter_case_sensitive,
                                  .normalized = m->ter_normalized,
                                  .no_punctuation = m->ter_no_punct,
                                  .asian = m->ter_asian_support};
    return QP_OK;
}

static qp_status settle(const qp_options *options, const evaluate_options *o, const qp_option_list *ref)
{
    if (options->file_count > 1)
        return qp_fail(QP_EUSAGE,
                       "evaluate: unexpected argument '%s'; metrics are one list without blanks, files follow "
                       "--hyp, --src and --ref",
                       options->file[1]);
    if (ref->count == 0) return qp_fail(QP_EUSAGE, "evaluate: no reference given; add --ref FILE");
    if (ref->count > QP_REFERENCES_MAX)
        return qp_fail(QP_EUSAGE, "evaluate: %d references are more than %d; give fewer", ref->count,
                       QP_REFERENCES_MAX);
    if (!o->hyp[0] == !o->model[0])
        return qp_fail(QP_EUSAGE, "evaluate: give either --hyp FILE, or -m MODEL and --src FILE");
    if (!o->model[0] != !o->src[0])
        return qp_fail(QP_EUSAGE, "evaluate: -m MODEL and --src FILE belong together; give both");
    int standard = strcmp(o->hyp, "-") == 0 || strcmp(o->src, "-") == 0;
    for (int r = 0; r < ref->count; r++) standard += strcmp(ref->value[r], "-") == 0;
    if (standard > 1)
        return qp_fail(QP_EUSAGE, "evaluate: stdin can be read only once; name a file in place of one '-'");
    return QP_OK;
}

static qp_status run_model(evaluation *e, const evaluate_options *o, const qp_search_config *search, char *file)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_AUTOENCODE, -1};
    qp_package *opened;
    QP_TRY(qp_open_model(o->model, o->verify, tasks, &opened));
    qp_translator translator = {.model = opened->model,
                                .source = &opened->source_codec,
                                .target = &opened->target_codec,
                                .search = *search,
                                .batch_size = (int)o->batch_size,
                                .threads = qp_threads_of(o->threads)};
    e->translator = &translator;
    qp_status status = add_all(e, file);
    e->translator = NULL;
    qp_package_free(opened);
    return status;
}

static qp_status compare(evaluation *e, evaluate_options *o, const qp_search_config *search, const qp_option_list *ref)
{
    char *file = o->model[0] ? o->src : o->hyp;
    e->options = o;
    e->hypothesis_path = strcmp(file, "-") == 0 ? "stdin" : file;
    for (; e->references < ref->count; e->references++)
        QP_TRY(qp_reader_open(ref->value[e->references], &e->reference[e->references]));
    QP_TRY(o->model[0] ? run_model(e, o, search, file) : add_all(e, file));
    if (o->sentence_level) return QP_OK;
    if (o->json) return put_json(e);
    put_lines(e);
    return QP_OK;
}

/* A model and one file. */
static qp_status try_model(const qp_options *options, const evaluate_options *o, const qp_evaluate_task_config *test,
                           int references)
{
    if (!o->model[0] || !test->test[0] || o->hyp[0] || o->src[0] || references || options->file_count > 1)
        return qp_fail(QP_EUSAGE,
                       "evaluate --test: give [METRICS] -m MODEL --test FILE, without --hyp, --src and --ref");
    return qp_evaluate_task(options->file_count ? options->file[0] : NULL, o->model, o->verify, test,
                            qp_threads_of(o->threads), o->json != 0);
}

typedef struct {
    evaluate_options o;
    qp_evaluate_task_config test;
    metric_options metric;
    qp_search_config search;
} evaluate_config;

static qp_status run(void *self, const qp_options *options)
{
    evaluate_config *c = self;
    const qp_option_list *ref = options->command->list;
    evaluation e = {0};
    bool perplexity = options->file_count == 1 && strcmp(options->file[0], "perplexity") == 0;
    if (c->test.test[0] || perplexity) return try_model(options, &c->o, &c->test, ref->count);
    QP_TRY(settle(options, &c->o, ref));
    QP_TRY(qp_scores_init(&e.scores, options->file_count ? options->file[0] : "bleu,chrf"));
    QP_TRY(configure(&e.scores, &c->metric, c->o.sentence_level));
    qp_status status = compare(&e, &c->o, &c->search, ref);
    for (int r = 0; r < e.references; r++) qp_reader_close(e.reference[r]);
    return status;
}

int qp_cmd_evaluate(int argc, char **argv)
{
    evaluate_config c;
    qp_option_list ref = {.name = "ref", .help = "file of references, one per line"};
    const qp_option_group group[] = {{&evaluate_table, &c.o},
                                     {&qp_evaluate_task_fields, &c.test},
                                     {&metric_table, &c.metric},
                                     {&qp_search_fields, &c.search}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'b', "beam-size"}, {'t', "threads"}};
    const qp_command command = {
        .name = "evaluate",
        .summary = "BLEU, chrF, TER and other scores of text against references",
        .usage = "[METRICS] --hyp FILE --ref FILE  or  -m MODEL --src FILE --ref FILE  or  -m MODEL --test FILE",
        .notes = notes,
        .group = group,
        .group_count = 4,
        .alias = alias,
        .alias_count = 3,
        .list = &ref,
        .list_count = 1,
        .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &c);
}
