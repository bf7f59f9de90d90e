#include "lib/import/hf_decoding.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/json_config.h"
#include "lib/text/json_writer.h"

enum { PATH_BYTES = 4096, LENGTH_MOST = 100000, ANY = 1000000000, FORBID_BYTES = 500 };

/* The files, the first that has a key counts. */
typedef struct {
    qp_json_config file[3];
    int count;
    qp_text_buffer *rules, *left_out;
    const qp_model_config *model;
} reading;

/* ---- values ---- */

/* The file that has the key; NULL: none has. */
static qp_json_config *with(reading *r, const char *key)
{
    for (int i = 0; i < r->count; i++)
        if (qp_json_config_has(&r->file[i], key)) return &r->file[i];
    return NULL;
}

static int64_t whole(reading *r, const char *key, int64_t low, int64_t high, int64_t fallback)
{
    qp_json_config *file = with(r, key);
    return file ? qp_json_config_whole(file, key, low, high, fallback) : fallback;
}

static double real(reading *r, const char *key, double fallback)
{
    qp_json_config *file = with(r, key);
    return file ? qp_json_config_real(file, key, fallback) : fallback;
}

static const json_t *value_of(reading *r, const char *key)
{
    qp_json_config *file = with(r, key);
    return file ? qp_json_config_find(file, key) : NULL;
}

static void leave_out(reading *r, const char *key)
{
    if (r->left_out->bytes) qp_text_add(r->left_out, ", ");
    qp_text_add(r->left_out, key);
}

static void put_whole(reading *r, const char *option, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    qp_json_put_text(r->rules, option, text);
}

/* A value that was written into a buffer; lack of memory fails the rules. */
static void put_written(reading *r, const char *option, qp_text_buffer *value)
{
    char *text = NULL;
    if (qp_text_finish(value, &text, NULL) == QP_OK)
        qp_json_put_text(r->rules, option, text);
    else
        r->rules->failed = true;
    free(text);
}

static void put_real(reading *r, const char *option, double value)
{
    qp_text_buffer text = {0};
    qp_json_number(&text, value);
    put_written(r, option, &text);
}

/* A number, if it is there and not the one that changes nothing. */
static void real_rule(reading *r, const char *key, const char *option, double nothing)
{
    double value = real(r, key, nothing);
    if (value != nothing) put_real(r, option, value);
}

static void whole_rule(reading *r, const char *key, const char *option, int64_t high)
{
    int64_t value = whole(r, key, 0, high, 0);
    if (value > 0) put_whole(r, option, value);
}

/* ---- tokens ---- */

static int32_t token_of(reading *r, const char *key)
{
    const json_t *value = value_of(r, key);
    if (json_is_array(value)) value = json_array_get(value, 0);
    if (!json_is_integer(value)) return -1;
    json_int_t id = json_integer_value(value);
    if (id >= 0 && id < r->model->tgt_vocab_size) return (int32_t)id;
    qp_json_config_refuse(with(r, key), key, "not an id of the vocabulary");
    return -1;
}

static void token_rule(reading *r, const char *key, const char *option)
{
    int32_t id = token_of(r, key);
    if (id >= 0) put_whole(r, option, id);
}

/* One sequence of ids, or a single one, after what is there already. */
static void add_sequence(reading *r, const char *key, const json_t *ids, qp_text_buffer *list)
{
    if (list->bytes) qp_text_add(list, ", ");
    for (size_t i = 0; i < (json_is_array(ids) ? json_array_size(ids) : 1); i++) {
        const json_t *id = json_is_array(ids) ? json_array_get(ids, i) : ids;
        json_int_t number = json_is_integer(id) ? json_integer_value(id) : -1;
        if (number < 0 || number >= r->model->tgt_vocab_size)
            qp_json_config_refuse(with(r, key), key, "not ids of the vocabulary");
        qp_text_format(list, i ? " %lld" : "%lld", (long long)number);
    }
}

/* The end alone is never forbidden by bad_words_ids there. */
static bool is_end(const json_t *ids, int32_t end)
{
    return json_array_size(ids) == 1 && json_integer_value(json_array_get(ids, 0)) == end;
}

static void forbid_rule(reading *r)
{
    qp_text_buffer list = {0};
    const json_t *bad = value_of(r, "bad_words_ids"), *off = value_of(r, "suppress_tokens");
    int32_t end = token_of(r, "eos_token_id");
    for (size_t i = 0; i < json_array_size(bad); i++)
        if (!is_end(json_array_get(bad, i), end)) add_sequence(r, "bad_words_ids", json_array_get(bad, i), &list);
    for (size_t i = 0; i < json_array_size(off); i++)
        add_sequence(r, "suppress_tokens", json_array_get(off, i), &list);
    if (list.bytes > FORBID_BYTES)
        leave_out(r, bad ? "bad_words_ids" : "suppress_tokens");
    else if (list.bytes || list.failed)
        put_written(r, "forbid", &list);
    qp_text_free(&list);
}

/* The ids after the first of a list, which is the model's end. */
static void ends_rule(reading *r)
{
    qp_text_buffer list = {0};
    const json_t *ends = value_of(r, "eos_token_id");
    for (size_t i = 1; i < json_array_size(ends); i++)
        add_sequence(r, "eos_token_id", json_array_get(ends, i), &list);
    if (list.bytes > FORBID_BYTES)
        leave_out(r, "eos_token_id");
    else if (list.bytes || list.failed)
        put_written(r, "ends", &list);
    qp_text_free(&list);
}

/* ---- translators ---- */

static void stop_rule(reading *r)
{
    const json_t *early = value_of(r, "early_stopping");
    const char *name = json_is_true(early) ? "full" : json_is_string(early) ? "longest" : "bound";
    if (json_is_string(early) && strcmp(json_string_value(early), "never") != 0)
        qp_json_config_refuse(with(r, "early_stopping"), "early_stopping", "not true, false or \"never\"");
    qp_json_put_text(r->rules, "beam_stop", name);
}

static void beam_rules(reading *r, int64_t beams)
{
    if (beams > 0) put_whole(r, "beam_size", beams);
    if (beams > 1 || with(r, "length_penalty")) {
        qp_json_put_text(r->rules, "length_rule", "power");
        put_real(r, "length_penalty", real(r, "length_penalty", 1));
    }
    if (beams > 1 || with(r, "early_stopping")) stop_rule(r);
}

/* Lengths there count the token that the decoder reads first. */
static void length_rules(reading *r, int64_t beams)
{
    int64_t most = whole(r, "max_length", 0, ANY, 0), least = whole(r, "min_length", 0, LENGTH_MOST, 0) - 1;
    int64_t new_least = whole(r, "min_new_tokens", 0, LENGTH_MOST, 0);
    if (most == r->model->max_length && beams == 0) most = 0;
    most = whole(r, "max_new_tokens", 1, ANY, most - 1);
    if (most > LENGTH_MOST) most = LENGTH_MOST;
    if (new_least > least) least = new_least;
    if (least > 0) put_whole(r, "min_length", least);
    if (most < 1) return;
    put_whole(r, "max_length_factor", 0);
    put_whole(r, "max_length_extra", most);
}

static void translator_rules(reading *r)
{
    int64_t beams = whole(r, "num_beams", 1, 1000, 0);
    beam_rules(r, beams);
    length_rules(r, beams);
    whole_rule(r, "no_repeat_ngram_size", "no_repeat_ngram", 100);
    real_rule(r, "repetition_penalty", "repeat_penalty", 1);
    token_rule(r, "forced_bos_token_id", "forced_first");
    token_rule(r, "forced_eos_token_id", "forced_last");
    forbid_rule(r);
    if (json_is_true(value_of(r, "do_sample"))) leave_out(r, "do_sample");
    if (json_array_size(value_of(r, "eos_token_id")) > 1) leave_out(r, "eos_token_id");
}

/* ---- language models ---- */

static void sample_rules(reading *r)
{
    static const struct {
        const char *key, *option;
        double nothing;
    } filters[] = {{"top_p", "top_p", 1},           {"min_p", "min_p", 0},
                   {"typical_p", "typical", 1},     {"epsilon_cutoff", "epsilon_cutoff", 0},
                   {"eta_cutoff", "eta_cutoff", 0}};
    bool said = with(r, "do_sample") || with(r, "temperature") || with(r, "top_k");
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) said = said || with(r, filters[i].key);
    if (!said) return;
    if (!json_is_true(value_of(r, "do_sample"))) {
        put_whole(r, "temp", 0);
        return;
    }
    put_real(r, "temp", real(r, "temperature", 1));
    put_whole(r, "top_k", whole(r, "top_k", 0, 16777216, 50));
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        real_rule(r, filters[i].key, filters[i].option, filters[i].nothing);
}

static void writer_rules(reading *r)
{
    static const char *const without[] = {"forced_bos_token_id", "forced_eos_token_id"};
    sample_rules(r);
    if (real(r, "repetition_penalty", 1) != 1) {
        real_rule(r, "repetition_penalty", "repeat_penalty", 1);
        put_whole(r, "repeat_last_n", -1);
    }
    whole_rule(r, "no_repeat_ngram_size", "no_repeat_ngram", 100);
    int64_t most = whole(r, "max_length", 0, ANY, 0), more = whole(r, "max_new_tokens", 0, ANY, 0);
    if (more > 0) {
        put_whole(r, "tokens", more);
    } else if (most > 0 && most != r->model->max_length) {
        put_whole(r, "tokens", 0);
        put_whole(r, "max_length", most);
    }
    whole_rule(r, "min_new_tokens", "min_length", LENGTH_MOST);
    if (whole(r, "min_length", 0, LENGTH_MOST, 0) > 0) leave_out(r, "min_length");
    forbid_rule(r);
    ends_rule(r);
    if (whole(r, "num_beams", 1, 1000, 1) > 1) leave_out(r, "num_beams");
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (with(r, without[i])) leave_out(r, without[i]);
}

/* ---- the files ---- */

/* What else changes the text, where it is not null, 0 or 1. */
static void left_out_rules(reading *r)
{
    static const char *const keys[] = {"num_beam_groups",      "diversity_penalty", "penalty_alpha",
                                       "guidance_scale",       "sequence_bias",     "encoder_no_repeat_ngram_size",
                                       "force_words_ids",      "renormalize_logits", "begin_suppress_tokens",
                                       "encoder_repetition_penalty", "exponential_decay_length_penalty"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = value_of(r, keys[i]);
        double number = json_number_value(value);
        bool idle = json_is_number(value) ? number == 0 || number == 1 : !value || json_is_false(value);
        if (!idle) leave_out(r, keys[i]);
    }
}

/* The parameters of the only task that config.json has some for. */
static json_t *only_task(qp_json_config *config)
{
    const json_t *tasks = qp_json_config_find(config, "task_specific_params");
    if (!json_is_object(tasks) || json_object_size(tasks) != 1) return NULL;
    const char *name;
    json_t *task = NULL;
    json_object_foreach((json_t *)(uintptr_t)tasks, name, task) break;
    return json_is_object(task) ? task : NULL;
}

qp_status qp_hf_generation(const char *folder, const qp_model_config *model, qp_text_buffer *rules,
                           qp_text_buffer *left_out)
{
    static const char *const names[] = {"generation_config.json", "config.json"};
    char path[2][PATH_BYTES];
    reading r = {.rules = rules, .left_out = left_out, .model = model};
    qp_status status = QP_OK;
    for (int i = 0; i < 2 && status == QP_OK; i++) {
        int length = snprintf(path[i], PATH_BYTES, "%s/%s", folder, names[i]);
        if (length >= PATH_BYTES || !qp_file_exists(path[i])) continue;
        status = qp_json_config_open(path[i], &r.file[r.count]);
        if (status == QP_OK) r.count++;
    }
    int files = r.count;
    json_t *task = files && status == QP_OK ? only_task(&r.file[files - 1]) : NULL;
    if (task) r.file[r.count++] = (qp_json_config){.place = path[1], .root = task};
    if (status == QP_OK && model->task == QP_TASK_TRANSLATE) translator_rules(&r);
    if (status == QP_OK && model->task == QP_TASK_LM) writer_rules(&r);
    if (status == QP_OK) left_out_rules(&r);
    for (int i = 0; i < r.count && status == QP_OK; i++) status = r.file[i].status;
    for (int i = 0; i < files; i++) qp_json_config_close(&r.file[i]);
    return status;
}

/* ---- and back ---- */

typedef struct {
    qp_text_buffer *json;
    const json_t *rules;
} writing;

static const char *text_of(const writing *w, const char *option)
{
    return json_string_value(json_object_get(w->rules, option));
}

static void put_back(const writing *w, const char *option, const char *key, int more)
{
    const char *text = text_of(w, option);
    char *end = NULL;
    if (!text) return;
    long long number = strtoll(text, &end, 10);
    if (*end)
        qp_json_put_number(w->json, key, strtod(text, NULL));
    else
        qp_json_put_integer(w->json, key, number + more);
}

static void put_number_back(const writing *w, const char *option, const char *key)
{
    if (text_of(w, option)) qp_json_put_number(w->json, key, strtod(text_of(w, option), NULL));
}

static void put_forbidden_back(const writing *w)
{
    const char *at = text_of(w, "forbid");
    if (!at) return;
    qp_json_key(w->json, "bad_words_ids");
    qp_json_open(w->json, '[');
    while (*at) {
        qp_json_open(w->json, '[');
        while (*at && *at != ',') {
            char *end;
            qp_json_integer(w->json, strtoll(at, &end, 10));
            at = end + strspn(end, " ");
            if (at == end && *at && *at != ',') break;
        }
        qp_json_close(w->json, ']');
        at += strspn(at, ", ");
    }
    qp_json_close(w->json, ']');
}

/* The numbers of "7, 3", after one that was written. */
static void put_numbers(qp_text_buffer *json, const char *at)
{
    while (*at) {
        char *end;
        qp_json_integer(json, strtoll(at, &end, 10));
        if (end == at) return;
        at = end + strspn(end, ", ");
    }
}

static void put_translator_back(const writing *w)
{
    const char *stop = text_of(w, "beam_stop");
    put_back(w, "beam_size", "num_beams", 0);
    put_number_back(w, "length_penalty", "length_penalty");
    if (stop && strcmp(stop, "longest") == 0) qp_json_put_text(w->json, "early_stopping", "never");
    else if (stop) qp_json_put_bool(w->json, "early_stopping", strcmp(stop, "full") == 0);
    put_back(w, "max_length_extra", "max_length", 1);
    put_back(w, "min_length", "min_length", 1);
    put_back(w, "forced_first", "forced_bos_token_id", 0);
    put_back(w, "forced_last", "forced_eos_token_id", 0);
}

static void put_writer_back(const writing *w)
{
    static const struct {
        const char *option, *key;
    } filters[] = {{"top_p", "top_p"},
                   {"min_p", "min_p"},
                   {"typical", "typical_p"},
                   {"epsilon_cutoff", "epsilon_cutoff"},
                   {"eta_cutoff", "eta_cutoff"}};
    const char *temperature = text_of(w, "temp"), *tokens = text_of(w, "tokens");
    bool draws = temperature && strcmp(temperature, "0") != 0;
    if (temperature) qp_json_put_bool(w->json, "do_sample", draws);
    if (draws) put_number_back(w, "temp", "temperature");
    put_back(w, "top_k", "top_k", 0);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        put_number_back(w, filters[i].option, filters[i].key);
    if (tokens && strcmp(tokens, "0") != 0) put_back(w, "tokens", "max_new_tokens", 0);
    put_back(w, "max_length", "max_length", 0);
    put_back(w, "min_length", "min_new_tokens", 0);
}

/* generate() stops after 20 tokens unless something else is said. */
static bool has_length(const writing *w, const qp_model_config *model)
{
    if (model->task == QP_TASK_TRANSLATE) return text_of(w, "beam_size") || text_of(w, "max_length_extra");
    return text_of(w, "max_length") || text_of(w, "tokens");
}

qp_status qp_hf_put_generation(qp_text_buffer *json, const qp_model_config *model, const char *decoding)
{
    qp_json_config config = {.place = "rules of decoding"};
    if (decoding) QP_TRY(qp_json_config_parse(config.place, decoding, strlen(decoding), &config));
    writing w = {json, decoding ? qp_json_config_find(&config, "rules") : NULL};
    if (!has_length(&w, model)) qp_json_put_integer(json, "max_length", model->max_length);
    if (model->task == QP_TASK_TRANSLATE)
        put_translator_back(&w);
    else
        put_writer_back(&w);
    put_back(&w, "no_repeat_ngram", "no_repeat_ngram_size", 0);
    put_number_back(&w, "repeat_penalty", "repetition_penalty");
    put_forbidden_back(&w);
    if (decoding) qp_json_config_close(&config);
    return QP_OK;
}

qp_status qp_hf_put_end(qp_text_buffer *json, int32_t end, const char *decoding)
{
    qp_json_config config = {.place = "rules of decoding"};
    if (decoding) QP_TRY(qp_json_config_parse(config.place, decoding, strlen(decoding), &config));
    const writing w = {json, decoding ? qp_json_config_find(&config, "rules") : NULL};
    const char *more = text_of(&w, "ends");
    qp_json_key(json, "eos_token_id");
    if (more) qp_json_open(json, '[');
    if (end >= 0) qp_json_integer(json, end);
    if (more) put_numbers(json, more);
    if (more) qp_json_close(json, ']');
    if (end < 0 && !more) qp_json_null(json);
    if (decoding) qp_json_config_close(&config);
    return QP_OK;
}
