#include <criterion/criterion.h>

#include "lib/metric/accuracy.h"
#include "lib/metric/bleu.h"
#include "lib/metric/chrf.h"
#include "lib/metric/edit.h"
#include "lib/metric/ter.h"
#include "tests/metric/metric_cases.h"

/* The references of line i as one row. */
static void references_of(const case_texts *texts, int i, qp_text *reference)
{
    for (int r = 0; r < texts->references; r++) reference[r] = texts->reference[r].line[i];
}

/* ---- BLEU ---- */

static bool bleu_config_of(const json_t *json, qp_bleu_config *config)
{
    *config = qp_bleu_config_default();
    config->lower_case = case_bool(json, "lowercase");
    config->effective_order = case_bool(json, "effective_order");
    config->smoothing_value = case_real(json, "smooth_value", -1);
    config->max_order = case_int(json, "max_ngram_order");
    return qp_bleu_tokenizer_find(case_string(json, "tokenize"), &config->tokenizer) == QP_OK &&
           qp_bleu_smoothing_find(case_string(json, "smooth_method"), &config->smoothing) == QP_OK;
}

static json_t *bleu_result(const qp_bleu_config *config, const qp_bleu_sums *sums, int references)
{
    char text[128];
    qp_bleu_score score = qp_bleu_finish(config, sums);
    json_t *counts = json_array(), *totals = json_array(), *precisions = json_array();
    for (int n = 0; n < config->max_order; n++) {
        json_array_append_new(counts, json_real(score.count[n]));
        json_array_append_new(totals, json_real(score.total[n]));
        json_array_append_new(precisions, json_real(score.precision[n]));
    }
    return json_pack("{s:f, s:o, s:o, s:o, s:f, s:I, s:I, s:s}", "score", score.score, "counts", counts, "totals",
                     totals, "precisions", precisions, "bp", score.brevity_penalty, "sys_len",
                     (json_int_t)score.hypothesis_length, "ref_len", (json_int_t)score.reference_length, "signature",
                     qp_bleu_signature(config, references, text, sizeof text));
}

static json_t *compute_bleu(const json_t *json)
{
    qp_bleu_config config;
    if (!bleu_config_of(json, &config)) return NULL;
    case_texts texts = case_texts_read(json);
    qp_bleu_sums sums = {0};
    qp_text reference[8];
    for (int i = 0; i < texts.hypothesis.count; i++) {
        references_of(&texts, i, reference);
        cr_assert_eq(qp_bleu_add(&config, texts.hypothesis.line[i], reference, texts.references, &sums), QP_OK);
    }
    json_t *result = bleu_result(&config, &sums, texts.references);
    case_texts_free(&texts);
    return result;
}

static json_t *compute_sentence_bleu(const json_t *json)
{
    qp_bleu_config config;
    if (!bleu_config_of(json, &config)) return NULL;
    case_texts texts = case_texts_read(json);
    json_t *scores = json_array();
    qp_text reference[8];
    for (int i = 0; i < texts.hypothesis.count; i++) {
        qp_bleu_sums sums = {0};
        references_of(&texts, i, reference);
        cr_assert_eq(qp_bleu_add(&config, texts.hypothesis.line[i], reference, texts.references, &sums), QP_OK);
        json_array_append_new(scores, json_real(qp_bleu_finish(&config, &sums).score));
    }
    char text[128];
    qp_bleu_signature(&config, texts.references, text, sizeof text);
    case_texts_free(&texts);
    return json_pack("{s:o, s:s}", "scores", scores, "signature", text);
}

Test(text_cases, bleu) { run_cases("bleu.json", "bleu", compute_bleu); }
Test(text_cases, sentence_bleu) { run_cases("bleu.json", "sentence_bleu", compute_sentence_bleu); }

/* ---- chrF ---- */

static qp_chrf_config chrf_config_of(const json_t *json)
{
    return (qp_chrf_config){.char_order = case_int(json, "char_order"),
                            .word_order = case_int(json, "word_order"),
                            .beta = case_int(json, "beta"),
                            .lower_case = case_bool(json, "lowercase"),
                            .white_space = case_bool(json, "whitespace"),
                            .epsilon_smoothing = case_bool(json, "eps_smoothing")};
}

static json_t *compute_chrf(const json_t *json)
{
    qp_chrf_config config = chrf_config_of(json);
    case_texts texts = case_texts_read(json);
    qp_chrf_sums sums = {0};
    qp_text reference[8];
    json_t *scores = json_array();
    for (int i = 0; i < texts.hypothesis.count; i++) {
        qp_chrf_sums one = {0};
        references_of(&texts, i, reference);
        cr_assert_eq(qp_chrf_add(&config, texts.hypothesis.line[i], reference, texts.references, &sums), QP_OK);
        cr_assert_eq(qp_chrf_add(&config, texts.hypothesis.line[i], reference, texts.references, &one), QP_OK);
        json_array_append_new(scores, json_real(qp_chrf_finish(&config, &one)));
    }
    char text[128];
    qp_chrf_signature(&config, texts.references, text, sizeof text);
    case_texts_free(&texts);
    return json_pack("{s:f, s:s, s:o}", "score", qp_chrf_finish(&config, &sums), "signature", text, "scores", scores);
}

Test(text_cases, chrf) { run_cases("chrf.json", "chrf", compute_chrf); }
Test(text_cases, sentence_chrf) { run_cases("chrf.json", "sentence_chrf", compute_chrf); }

/* ---- exact match ---- */

static json_t *compute_exact_match(const json_t *json)
{
    case_texts texts = case_texts_read(json);
    qp_accuracy_sums sums = {0};
    for (int i = 0; i < texts.hypothesis.count; i++)
        cr_assert_eq(qp_accuracy_add(texts.hypothesis.line[i], &texts.reference[0].line[i], 1, &sums), QP_OK);
    case_texts_free(&texts);
    return json_pack("{s:f, s:f}", "exact_match", qp_exact_match(&sums), "word_accuracy", qp_word_accuracy(&sums));
}

Test(text_cases, exact_match) { run_cases("exact_match.json", "exact_match", compute_exact_match); }

/* ---- TER ---- */

static json_t *compute_ter(const json_t *json)
{
    qp_ter_config config = {.case_sensitive = case_bool(json, "case_sensitive"),
                            .normalized = case_bool(json, "normalized"),
                            .no_punctuation = case_bool(json, "no_punct"),
                            .asian = case_bool(json, "asian_support")};
    case_texts texts = case_texts_read(json);
    qp_ter_sums sums = {0};
    qp_text reference[8];
    json_t *scores = json_array();
    for (int i = 0; i < texts.hypothesis.count; i++) {
        qp_ter_sums one = {0};
        references_of(&texts, i, reference);
        cr_assert_eq(qp_ter_add(&config, texts.hypothesis.line[i], reference, texts.references, &one), QP_OK);
        json_array_append_new(scores, json_real(qp_ter_finish(&one)));
        sums.edits += one.edits;
        sums.reference_length += one.reference_length;
    }
    char text[128];
    qp_ter_signature(&config, texts.references, text, sizeof text);
    case_texts_free(&texts);
    return json_pack("{s:f, s:s, s:o, s:f, s:f}", "score", qp_ter_finish(&sums), "signature", text, "scores", scores,
                     "num_edits", sums.edits, "ref_length", sums.reference_length);
}

Test(text_cases, ter) { run_cases("ter.json", "ter", compute_ter); }
Test(text_cases, sentence_ter) { run_cases("ter.json", "sentence_ter", compute_ter); }

/* ---- WER and CER ---- */

typedef qp_status (*edit_function)(qp_text hypothesis, const qp_text *reference, int references,
                                   qp_edit_sums *sums);

static json_t *compute_edits(const json_t *json, edit_function add, const char *rate)
{
    case_texts texts = case_texts_read(json);
    qp_edit_sums sums = {0};
    json_t *scores = json_array();
    for (int i = 0; i < texts.hypothesis.count; i++) {
        qp_edit_sums one = {0};
        cr_assert_eq(add(texts.hypothesis.line[i], &texts.reference[0].line[i], 1, &one), QP_OK);
        cr_assert_eq(add(texts.hypothesis.line[i], &texts.reference[0].line[i], 1, &sums), QP_OK);
        json_array_append_new(scores, json_real(qp_edit_rate(&one)));
    }
    case_texts_free(&texts);
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:o}", rate, qp_edit_rate(&sums), "mer",
                     qp_edit_match_rate(&sums), "wip", qp_edit_preserved(&sums), "wil", 1 - qp_edit_preserved(&sums),
                     "hits", (json_int_t)sums.hits, "substitutions", (json_int_t)sums.substitutions, "insertions",
                     (json_int_t)sums.insertions, "deletions", (json_int_t)sums.deletions, "edits",
                     (json_int_t)qp_edit_count(&sums), "scores", scores);
}

static json_t *compute_wer(const json_t *json) { return compute_edits(json, qp_edit_words, "wer"); }
static json_t *compute_cer(const json_t *json) { return compute_edits(json, qp_edit_characters, "cer"); }

Test(text_cases, wer) { run_cases("wer.json", "wer", compute_wer); }
Test(text_cases, sentence_wer) { run_cases("wer.json", "sentence_wer", compute_wer); }
Test(text_cases, cer) { run_cases("cer.json", "cer", compute_cer); }
Test(text_cases, sentence_cer) { run_cases("cer.json", "sentence_cer", compute_cer); }
