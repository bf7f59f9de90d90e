#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/metric_names.h"
#include "cli/base/options.h"
#include "cli/base/unread.h"
#include "cli/evaluate/bleu_pieces.h"
#include "cli/evaluate/evaluate_task.h"
#include "cli/evaluate/evaluate_texts.h"
#include "lib/base/files/file_list.h"
#include "lib/base/threads.h"
#include "lib/metric/overlap.h"
#include "lib/model/model_file.h"

#define METRIC_FIELDS(X)                                                                                               \
    X(BOOL, lower_case, "false", 0, 0, NULL, "lower case before BLEU and chrF")                                        \
    X(TEXT, tokenize, "13a", 0, 0, "NAME|FILE",                                                                        \
      "BLEU's words: 13a, none, char, intl, zh, or the pieces of a tokenizer's file, such as a sentencepiece .model")  \
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
    METRIC_FIELDS(QP_FIELD_DECLARE)
} metric_options;

static QP_FIELD_TABLE(evaluate_table, "evaluate", qp_evaluate_options, QP_EVALUATE_FIELDS);
static QP_FIELD_TABLE(metric_table, "metrics", metric_options, METRIC_FIELDS);

static const char notes[] =
    "METRICS is a list of bleu, chrf, chrf++, ter, wer, cer, accuracy (lines that are exactly right), word-accuracy; "
    "without it: bleu,chrf. BLEU, chrF and TER are those of sacreBLEU " QP_SACREBLEU_VERSION ", and so are their "
    "signatures; all are percentages. --ref may be repeated: several references for each line.\n"
    "--compare: the difference of each --hyp from that file, its 95 % interval and p, from 1,000 resamplings of the "
    "lines (as sacreBLEU's --paired-bs, but with quipu's own random numbers).\n"
    "perplexity -m MODEL --src FILE --ref FILE: exp of the mean -ln P of a token of the references, given the "
    "source.\n"
    "METRICS -m MODEL --test FILE, by the model's task: lm: perplexity (exp of the mean -ln P of a token, ends of "
    "lines and unknown tokens included); classify, tag: accuracy, f1, precision, recall, micro-f1, weighted-f1, "
    "balanced-accuracy, matthews, kappa, entity-precision, entity-recall, entity-f1 (as seqeval), report, confusion; "
    "regress: mae, rmse, mse, r2; mlm: accuracy, loss, perplexity of masked tokens, the same ones for the same "
    "--seed; autoencode: accuracy (lines reproduced exactly), token-accuracy, loss, perplexity, divergence "
    "(variational ones); match: recall@1, recall@5, recall@10 of pairs without scores, spearman and accuracy of "
    "pairs with scores.";

/* ---- the command ---- */

static void configure(qp_scores *scores, const metric_options *m, bool sentence_level)
{
    qp_bleu_config *bleu = &scores->bleu;
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
}

/* How often stdin is read: the references are read again for every text. */
static int stdin_uses(const qp_evaluate_options *o, const qp_option_list *ref, const qp_option_list *hyp)
{
    int texts = (o->model[0] ? 1 : hyp->count) + (o->compare[0] != '\0');
    int uses = (strcmp(o->src, "-") == 0) + (strcmp(o->compare, "-") == 0);
    for (int h = 0; h < hyp->count; h++) uses += strcmp(hyp->value[h], "-") == 0;
    for (int r = 0; r < ref->count; r++) uses += strcmp(ref->value[r], "-") == 0 ? texts : 0;
    return uses;
}

static qp_status settle(const qp_options *options, const qp_evaluate_options *o, const qp_option_list *ref,
                        const qp_option_list *hyp)
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
    if (!hyp->count == !o->model[0])
        return qp_fail(QP_EUSAGE, "evaluate: give either --hyp FILE, or -m MODEL and --src FILE");
    if (!o->model[0] != !o->src[0])
        return qp_fail(QP_EUSAGE, "evaluate: -m MODEL and --src FILE belong together; give both");
    if (o->sentence_level && (hyp->count > 1 || o->compare[0]))
        return qp_fail(QP_EUSAGE, "evaluate: --sentence-level is for one text; give one --hyp and no --compare");
    if (stdin_uses(o, ref, hyp) > 1)
        return qp_fail(QP_EUSAGE, "evaluate: stdin can be read only once; name a file in place of one '-'");
    return QP_OK;
}

/* Metrics whose options were given have to be among those that are measured. */
static qp_status check_metrics(const qp_options *options, const char *names)
{
    bool bleu = qp_metric_listed(names, "bleu"), ter = qp_metric_listed(names, "ter");
    bool chrf = qp_metric_listed(names, "chrf") || qp_metric_listed(names, "chrf++");
    const qp_unread row[] = {{"lower_case", bleu || chrf, "bleu and chrf"},
                             {"tokenize", bleu, "bleu"},
                             {"smooth_method", bleu, "bleu"},
                             {"smooth_value", bleu, "bleu"},
                             {"max_ngram_order", bleu, "bleu"},
                             {"effective_order", bleu, "bleu"},
                             {"chrf_char_order", chrf, "chrf"},
                             {"chrf_word_order", chrf, "chrf"},
                             {"chrf_beta", chrf, "chrf"},
                             {"chrf_whitespace", chrf, "chrf"},
                             {"chrf_eps_smoothing", chrf, "chrf"},
                             {"ter_normalized", ter, "ter"},
                             {"ter_no_punct", ter, "ter"},
                             {"ter_asian_support", ter, "ter"},
                             {"ter_case_sensitive", ter, "ter"}};
    return qp_unread_check(options, row, sizeof row / sizeof *row);
}

/* Options that the chosen form of the command does not read. */
static qp_status check_uses(const qp_options *options, bool model, bool texts)
{
    static const char texts_only[] = "--hyp, or --src, with --ref";
    const qp_unread row[] = {{"verify", model, "-m MODEL"}, {"sentence_level", texts, texts_only}};
    QP_TRY(qp_unread_check(options, row, sizeof row / sizeof *row));
    if (texts) QP_TRY(qp_unread_table(options, &qp_evaluate_task_fields, "--test FILE"));
    if (!texts) QP_TRY(qp_unread_table(options, &metric_table, texts_only));
    if (model && texts) return QP_OK;
    QP_TRY(qp_unread_table(options, &qp_search_fields, "-m MODEL with --src"));
    return qp_unread_table(options, &qp_language_fields, "-m MODEL with --src");
}

/* Models that do not translate are measured on a file of their own kind. */
static qp_status check_model(const char *path)
{
    qp_model_config c;
    bool found = false;
    if (!*path || qp_model_file_config(path, &c, &found) != QP_OK || !found)
        return QP_OK; /* reported when it is read */
    if (c.task == QP_TASK_TRANSLATE || c.task == QP_TASK_AUTOENCODE) return QP_OK;
    return qp_fail(QP_EUSAGE, "evaluate: %s: is no translator; give -m MODEL --test FILE, without --src and --ref",
                   path);
}

/* A model and one file. */
static qp_status try_model(const qp_options *options, const qp_evaluate_options *o, const qp_evaluate_task_config *test,
                           int texts)
{
    if (!o->model[0] || !test->test[0] || texts || o->src[0] || o->compare[0] || options->file_count > 1)
        return qp_fail(QP_EUSAGE,
                       "evaluate --test: give [METRICS] -m MODEL --test FILE, without --hyp, --src and --ref");
    QP_TRY(check_uses(options, true, false));
    return qp_evaluate_task(options, options->file_count ? options->file[0] : NULL, o->model, o->verify, test,
                            qp_threads_of(o->threads), o->json != 0);
}

/* The perplexity of a translator. */
static qp_status try_translator(const qp_options *options, const qp_evaluate_options *o, const qp_option_list *ref,
                                const qp_option_list *hyp)
{
    if (!o->model[0] || ref->count != 1 || hyp->count || o->compare[0] || o->sentence_level)
        return qp_fail(QP_EUSAGE, "evaluate perplexity: give -m MODEL --src FILE --ref FILE, and no other texts");
    const qp_text_files files = {.kind = QP_TEXT_TWO_FILES, .source = o->src, .target = ref->value[0]};
    QP_TRY(check_uses(options, true, false));
    QP_TRY(qp_file_list_whole(o->src));
    QP_TRY(qp_file_list_whole(ref->value[0]));
    return qp_evaluate_translator(o->model, o->verify, &files, qp_threads_of(o->threads), o->json);
}

typedef struct {
    qp_evaluate_options o;
    qp_evaluate_task_config test;
    metric_options metric;
    qp_evaluate_search model;
} evaluate_config;

static qp_status run(void *self, const qp_options *options)
{
    evaluate_config *c = self;
    const qp_option_list *ref = &options->command->list[0], *hyp = &options->command->list[1];
    bool perplexity = options->file_count == 1 && strcmp(options->file[0], "perplexity") == 0;
    if (perplexity && c->o.src[0] && !c->test.test[0]) return try_translator(options, &c->o, ref, hyp);
    if (c->test.test[0] || perplexity) return try_model(options, &c->o, &c->test, ref->count + hyp->count);
    const char *metrics = options->file_count ? options->file[0] : "bleu,chrf";
    QP_TRY(check_model(c->o.model));
    QP_TRY(qp_model_file_rules(c->o.model, options));
    QP_TRY(settle(options, &c->o, ref, hyp));
    qp_scores fresh;
    QP_TRY(qp_scores_init(&fresh, metrics));
    QP_TRY(check_uses(options, *c->o.model != '\0', true));
    QP_TRY(check_metrics(options, metrics));
    configure(&fresh, &c->metric, c->o.sentence_level);
    qp_bleu_splitter splitter;
    QP_TRY(qp_bleu_pieces_open(c->metric.tokenize, &splitter, &fresh.bleu));
    int count = (c->o.model[0] ? 1 : hyp->count) + (c->o.compare[0] != '\0');
    qp_scored_text *text = calloc((size_t)count, sizeof *text);
    qp_status status = text ? QP_OK : qp_fail(QP_EMEMORY, "evaluate: out of memory for %d texts", count);
    for (int i = 0; text && i < count; i++) text[i].scores = fresh;
    if (text) status = qp_evaluate_texts(&c->o, &c->model, ref, hyp, text, count);
    for (int i = 0; text && i < count; i++) free(text[i].line);
    free(text);
    qp_bleu_pieces_close(&splitter);
    return status;
}

int qp_cmd_evaluate(int argc, char **argv)
{
    evaluate_config c;
    qp_option_list list[] = {{.name = "ref", .kind = "FILE", .help = "file of references, one per line"},
                             {.name = "hyp",
                              .kind = "FILE",
                              .help = "file of hypotheses, one per line; - is stdin; several: a row for each"}};
    const qp_option_group group[] = {{&evaluate_table, &c.o},
                                     {&qp_evaluate_task_fields, &c.test},
                                     {&metric_table, &c.metric},
                                     {&qp_search_fields, &c.model.search},
                                     {&qp_language_fields, &c.model.languages}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'b', "beam-size"}, {'t', "threads"}};
    const qp_command command = {.name = "evaluate",
                                .summary = "BLEU, chrF, TER and other scores of text against references",
                                .usage = "[METRICS] --hyp FILE [--compare FILE] --ref FILE  or  "
                                         "-m MODEL --src FILE --ref FILE  or  -m MODEL --test FILE",
                                .notes = notes,
                                .group = group,
                                .group_count = 5,
                                .alias = alias,
                                .alias_count = 3,
                                .list = list,
                                .list_count = 2,
                                .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &c);
}
