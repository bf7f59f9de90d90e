#include "lib/import/hf_decoding.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/json_writer.h"
#include "tests/import/import_folder.h"

TestSuite(hf_decoding, .init = folder_begin, .fini = folder_end);

enum { VOCABULARY = 40, LONGEST = 64 };

typedef struct {
    const char *generation, *rules, *left_out; /* generation_config.json; the rules as JSON; what is left out */
} row;

static qp_model_config model_of(int task)
{
    qp_model_config model;
    qp_config_defaults(&qp_model_fields, &model);
    model.task = task;
    model.max_length = LONGEST;
    model.tgt_vocab_size = VOCABULARY;
    return model;
}

/* The object of rules of the folder; *left_out receives what has no option. Free both. */
static qp_status read_rules(const qp_model_config *model, char **rules, char **left_out)
{
    qp_text_buffer made = {0}, left = {0};
    qp_json_open(&made, '{');
    qp_status status = qp_hf_generation(folder_path(NULL), model, &made, &left);
    qp_json_close(&made, '}');
    cr_assert_eq(qp_text_finish(&made, rules, NULL), QP_OK);
    cr_assert_eq(qp_text_finish(&left, left_out, NULL), QP_OK);
    return status;
}

static void check(int task, const row *rows, size_t count)
{
    const qp_model_config model = model_of(task);
    char *rules, *left_out;
    folder_file("config.json", "{}");
    for (size_t i = 0; i < count; i++) {
        folder_file("generation_config.json", rows[i].generation);
        cr_expect_eq(read_rules(&model, &rules, &left_out), QP_OK, "%s: %s", rows[i].generation, qp_error_message());
        cr_expect_str_eq(rules, rows[i].rules, "%s: %s", rows[i].generation, rules);
        cr_expect_str_eq(left_out, rows[i].left_out, "%s: %s", rows[i].generation, left_out);
        free(rules);
        free(left_out);
    }
}

#define BEAMS "\"length_rule\":\"power\",\"length_penalty\":\"1.0\",\"beam_stop\":\"bound\""

Test(hf_decoding, translators)
{
    static const row rows[] = {
        {"{}", "{}", ""},
        {"{\"num_beams\": 4}", "{\"beam_size\":\"4\"," BEAMS "}", ""},
        {"{\"num_beams\": 1}", "{\"beam_size\":\"1\"}", ""},
        {"{\"length_penalty\": 0.5}", "{\"length_rule\":\"power\",\"length_penalty\":\"0.5\"}", ""},
        {"{\"early_stopping\": true}", "{\"beam_stop\":\"full\"}", ""},
        {"{\"early_stopping\": false}", "{\"beam_stop\":\"bound\"}", ""},
        {"{\"early_stopping\": \"never\"}", "{\"beam_stop\":\"longest\"}", ""},
        {"{\"max_length\": 64}", "{}", ""},
        {"{\"max_length\": 20}", "{\"max_length_factor\":\"0\",\"max_length_extra\":\"19\"}", ""},
        {"{\"num_beams\": 2, \"max_length\": 64}",
         "{\"beam_size\":\"2\"," BEAMS ",\"max_length_factor\":\"0\",\"max_length_extra\":\"63\"}", ""},
        {"{\"max_new_tokens\": 7, \"max_length\": 20}", "{\"max_length_factor\":\"0\",\"max_length_extra\":\"7\"}", ""},
        {"{\"max_length\": 1000000}", "{\"max_length_factor\":\"0\",\"max_length_extra\":\"100000\"}", ""},
        {"{\"max_length\": 1}", "{}", ""},
        {"{\"max_length\": 2}", "{\"max_length_factor\":\"0\",\"max_length_extra\":\"1\"}", ""},
        {"{\"min_length\": 3}", "{\"min_length\":\"2\"}", ""},
        {"{\"min_length\": 1}", "{}", ""},
        {"{\"min_length\": 3, \"min_new_tokens\": 5}", "{\"min_length\":\"5\"}", ""},
        {"{\"min_length\": 9, \"min_new_tokens\": 5}", "{\"min_length\":\"8\"}", ""},
        {"{\"no_repeat_ngram_size\": 3}", "{\"no_repeat_ngram\":\"3\"}", ""},
        {"{\"no_repeat_ngram_size\": 0, \"repetition_penalty\": 1.0}", "{}", ""},
        {"{\"repetition_penalty\": 1.25}", "{\"repeat_penalty\":\"1.25\"}", ""},
        {"{\"forced_bos_token_id\": 0, \"forced_eos_token_id\": 39}", "{\"forced_first\":\"0\",\"forced_last\":\"39\"}",
         ""},
        {"{\"forced_eos_token_id\": [5, 6]}", "{\"forced_last\":\"5\"}", ""},
        {"{\"bad_words_ids\": [[7], [3, 5], [0, 39]]}", "{\"forbid\":\"7, 3 5, 0 39\"}", ""},
        {"{\"bad_words_ids\": [[7], [2]], \"eos_token_id\": 2}", "{\"forbid\":\"7\"}", ""},
        {"{\"bad_words_ids\": [[2, 2]], \"eos_token_id\": 2}", "{\"forbid\":\"2 2\"}", ""},
        {"{\"suppress_tokens\": [4, 8], \"bad_words_ids\": [[1]]}", "{\"forbid\":\"1, 4, 8\"}", ""},
        {"{\"do_sample\": true, \"num_beam_groups\": 2}", "{}", "do_sample, num_beam_groups"},
        {"{\"eos_token_id\": [2]}", "{}", ""},
        {"{\"eos_token_id\": [2, 5]}", "{}", "eos_token_id"},
        {"{\"do_sample\": false, \"num_beam_groups\": 1, \"diversity_penalty\": 0.0, \"guidance_scale\": null}", "{}",
         ""},
        {"{\"diversity_penalty\": 0.5, \"renormalize_logits\": true}", "{}", "diversity_penalty, renormalize_logits"},
        {"{\"sequence_bias\": {}, \"renormalize_logits\": false}", "{}", "sequence_bias"},
    };
    check(QP_TASK_TRANSLATE, rows, sizeof rows / sizeof *rows);
}

Test(hf_decoding, language_models)
{
    static const row rows[] = {
        {"{}", "{}", ""},
        {"{\"temperature\": 0.5}", "{\"temp\":\"0\"}", ""},
        {"{\"do_sample\": false, \"top_p\": 0.9}", "{\"temp\":\"0\"}", ""},
        {"{\"top_k\": 7}", "{\"temp\":\"0\"}", ""},
        {"{\"typical_p\": 0.5}", "{\"temp\":\"0\"}", ""},
        {"{\"do_sample\": true}", "{\"temp\":\"1.0\",\"top_k\":\"50\"}", ""},
        {"{\"do_sample\": true, \"temperature\": 0.7, \"top_k\": 0}", "{\"temp\":\"0.7\",\"top_k\":\"0\"}", ""},
        {"{\"do_sample\": true, \"top_k\": 9, \"top_p\": 0.9, \"min_p\": 0.05, \"typical_p\": 0.8}",
         "{\"temp\":\"1.0\",\"top_k\":\"9\",\"top_p\":\"0.9\",\"min_p\":\"0.05\",\"typical\":\"0.8\"}", ""},
        {"{\"do_sample\": true, \"epsilon_cutoff\": 0.001, \"eta_cutoff\": 0.002, \"top_p\": 1.0, \"min_p\": 0}",
         "{\"temp\":\"1.0\",\"top_k\":\"50\",\"epsilon_cutoff\":\"0.001\",\"eta_cutoff\":\"0.002\"}", ""},
        {"{\"repetition_penalty\": 1.5}", "{\"repeat_penalty\":\"1.5\",\"repeat_last_n\":\"-1\"}", ""},
        {"{\"no_repeat_ngram_size\": 1}", "{\"no_repeat_ngram\":\"1\"}", ""},
        {"{\"max_new_tokens\": 30, \"max_length\": 20}", "{\"tokens\":\"30\"}", ""},
        {"{\"max_length\": 20}", "{\"tokens\":\"0\",\"max_length\":\"20\"}", ""},
        {"{\"max_length\": 64}", "{}", ""},
        {"{\"max_length\": 0, \"max_new_tokens\": 0}", "{}", ""},
        {"{\"min_new_tokens\": 2}", "{\"min_length\":\"2\"}", ""},
        {"{\"min_length\": 1}", "{}", "min_length"},
        {"{\"min_length\": 0, \"num_beams\": 1}", "{}", ""},
        {"{\"num_beams\": 2, \"forced_bos_token_id\": 1}", "{}", "num_beams, forced_bos_token_id"},
        {"{\"forced_eos_token_id\": 1}", "{}", "forced_eos_token_id"},
        {"{\"bad_words_ids\": [[3]], \"penalty_alpha\": 0.6}", "{\"forbid\":\"3\"}", "penalty_alpha"},
        {"{\"eos_token_id\": 2}", "{}", ""},
        {"{\"eos_token_id\": [2]}", "{}", ""},
        {"{\"eos_token_id\": [2, 5, 39]}", "{\"ends\":\"5, 39\"}", ""},
    };
    check(QP_TASK_LM, rows, sizeof rows / sizeof *rows);
}

/* generation_config.json, then config.json, then its only task. */
Test(hf_decoding, the_first_file_that_has_a_key_counts)
{
    const qp_model_config model = model_of(QP_TASK_TRANSLATE);
    char *rules, *left_out;
    folder_file(
        "config.json",
        "{\"repetition_penalty\": 3, \"num_beams\": 1, \"task_specific_params\": {\"translation\": {\"num_beams\": "
        "7, \"repetition_penalty\": 5, \"no_repeat_ngram_size\": 2}}}");
    folder_file("generation_config.json", "{\"repetition_penalty\": 2}");
    cr_assert_eq(read_rules(&model, &rules, &left_out), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(rules, "{\"beam_size\":\"1\",\"no_repeat_ngram\":\"2\",\"repeat_penalty\":\"2.0\"}");
    free(rules);
    free(left_out);
    folder_file("config.json", "{\"task_specific_params\": {\"a\": {\"num_beams\": 1}, \"b\": {\"num_beams\": 2}}}");
    cr_assert_eq(read_rules(&model, &rules, &left_out), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(rules, "{\"repeat_penalty\":\"2.0\"}", "two tasks are none");
    free(rules);
    free(left_out);
}

Test(hf_decoding, values_out_of_range_are_named)
{
    static const char *const wrong[][2] = {{"{\"num_beams\": 0}", "num_beams"},
                                           {"{\"num_beams\": 1001}", "num_beams"},
                                           {"{\"no_repeat_ngram_size\": 101}", "no_repeat_ngram_size"},
                                           {"{\"forced_bos_token_id\": 40}", "forced_bos_token_id"},
                                           {"{\"forced_bos_token_id\": -1}", "forced_bos_token_id"},
                                           {"{\"bad_words_ids\": [[1, 40]]}", "bad_words_ids"},
                                           {"{\"suppress_tokens\": [-1]}", "suppress_tokens"},
                                           {"{\"max_new_tokens\": 0}", "max_new_tokens"},
                                           {"{\"min_length\": 100001}", "min_length"},
                                           {"{\"early_stopping\": \"soon\"}", "early_stopping"}};
    const qp_model_config model = model_of(QP_TASK_TRANSLATE);
    char *rules, *left_out;
    folder_file("config.json", "{}");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_file("generation_config.json", wrong[i][0]);
        cr_expect_eq(read_rules(&model, &rules, &left_out), QP_EDATA, "%s", wrong[i][0]);
        cr_expect(strstr(qp_error_message(), wrong[i][1]), "%s: %s", wrong[i][0], qp_error_message());
        free(rules);
        free(left_out);
    }
}

/* A list that is too long for the option is left out, whole. */
Test(hf_decoding, many_forbidden_words)
{
    const qp_model_config model = model_of(QP_TASK_TRANSLATE);
    char text[4000] = "{\"bad_words_ids\": [[1]", *rules, *left_out;
    for (int i = 0; i < 200; i++) strcat(text, ", [12]");
    strcat(text, "]}");
    folder_file("config.json", "{}");
    folder_file("generation_config.json", text);
    cr_assert_eq(read_rules(&model, &rules, &left_out), QP_OK, "%s", qp_error_message());
    cr_expect_str_eq(rules, "{}");
    cr_expect_str_eq(left_out, "bad_words_ids");
    free(rules);
    free(left_out);
}

/* ---- and back ---- */

static void written(int task, const char *rules, const char *expected)
{
    const qp_model_config model = model_of(task);
    qp_text_buffer made = {0};
    char *text, decoding[600];
    snprintf(decoding, sizeof decoding, "{\"rules\": %s}", rules ? rules : "{}");
    qp_json_open(&made, '{');
    cr_assert_eq(qp_hf_put_generation(&made, &model, rules ? decoding : NULL), QP_OK, "%s", qp_error_message());
    qp_json_close(&made, '}');
    cr_assert_eq(qp_text_finish(&made, &text, NULL), QP_OK);
    cr_expect_str_eq(text, expected, "%s: %s", rules, text);
    free(text);
}

Test(hf_decoding, rules_are_written_as_they_were_read)
{
    written(QP_TASK_TRANSLATE, NULL, "{\"max_length\":64}");
    written(QP_TASK_LM, NULL, "{\"max_length\":64}");
    written(QP_TASK_TRANSLATE,
            "{\"beam_size\":\"4\"," BEAMS ",\"max_length_factor\":\"0\",\"max_length_extra\":\"19\"}",
            "{\"num_beams\":4,\"length_penalty\":1.0,\"early_stopping\":false,\"max_length\":20}");
    written(QP_TASK_TRANSLATE, "{\"beam_stop\":\"full\",\"min_length\":\"2\"}",
            "{\"max_length\":64,\"early_stopping\":true,\"min_length\":3}");
    written(QP_TASK_TRANSLATE, "{\"beam_stop\":\"longest\",\"forced_first\":\"0\",\"forced_last\":\"9\"}",
            "{\"max_length\":64,\"early_stopping\":\"never\",\"forced_bos_token_id\":0,\"forced_eos_token_id\":9}");
    written(QP_TASK_TRANSLATE, "{\"forbid\":\"7, 3 5, 39\",\"repeat_penalty\":\"1.25\",\"no_repeat_ngram\":\"3\"}",
            "{\"max_length\":64,\"no_repeat_ngram_size\":3,\"repetition_penalty\":1.25,\"bad_words_ids\":[[7],[3,5],["
            "39]]}");
    written(QP_TASK_LM, "{\"temp\":\"0\"}", "{\"max_length\":64,\"do_sample\":false}");
    written(QP_TASK_LM, "{\"temp\":\"0.7\",\"top_k\":\"9\",\"top_p\":\"0.9\",\"min_p\":\"0.05\",\"typical\":\"0.8\"}",
            "{\"max_length\":64,\"do_sample\":true,\"temperature\":0.7,\"top_k\":9,\"top_p\":0.9,\"min_p\":0.05,"
            "\"typical_p\":0.8}");
    written(QP_TASK_LM, "{\"epsilon_cutoff\":\"0.001\",\"eta_cutoff\":\"0.002\",\"min_length\":\"2\"}",
            "{\"max_length\":64,\"epsilon_cutoff\":0.001,\"eta_cutoff\":0.002,\"min_new_tokens\":2}");
    written(QP_TASK_LM, "{\"tokens\":\"30\"}", "{\"max_new_tokens\":30}");
    written(QP_TASK_LM, "{\"tokens\":\"0\",\"max_length\":\"20\"}", "{\"max_length\":20}");
}
