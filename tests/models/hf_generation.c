#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/import/json_config.h"
#include "tests/models/hf_case.h"
#include "tests/models/hf_search.h"

/* hf_generation — the sequences of generate.json, made again. */

enum { MOST = 64 };

typedef struct {
    hf_options o;
    int32_t end[MOST], suppressed[MOST], bad[MOST][MOST];
    const int32_t *bad_row[MOST];
    int bad_length[MOST];
    double scores_atol;
} task;

/* One id, or a list of them; nothing or null: none. */
static int read_ids(const json_t *array, int32_t *id)
{
    int count = 0;
    if (json_is_integer(array)) id[count++] = (int32_t)json_integer_value(array);
    for (size_t i = 0; i < json_array_size(array) && count < MOST; i++)
        id[count++] = (int32_t)json_integer_value(json_array_get(array, i));
    return count;
}

static bool is_known(const char *key)
{
    static const char *const known[] = {
        "max_new_tokens",   "pad_token_id",       "eos_token_id",        "num_beams",        "num_return_sequences",
        "length_penalty",   "early_stopping",     "no_repeat_ngram_size", "min_new_tokens",  "repetition_penalty",
        "suppress_tokens",  "bad_words_ids",      "forced_bos_token_id", "forced_eos_token_id"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i], key) == 0) return true;
    return false;
}

/* What generation_config.json, or without it config.json, says where the case does not; its lengths are those of other
 * calls. */
static json_t *merged(const json_t *defaults, const json_t *options)
{
    json_t *made = defaults ? json_copy((json_t *)defaults) : json_object();
    json_object_update(made, (json_t *)options);
    return made;
}

/* The options of a case, before those of generation_config.json. */
static bool read_task(hf_case *c, const json_t *options, qp_json_config *defaults, task *t)
{
    qp_json_config own = {.place = c->name, .root = (json_t *)options};
    hf_options *o = &t->o;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)options, key, value)
    {
        if (is_known(key)) continue;
        hf_differs(c, "generate.json: unknown option %s", key);
        return false;
    }
    *t = (task){.o = {.bad = t->bad_row, .bad_length = t->bad_length, .end = t->end, .suppressed = t->suppressed}};
    own.root = merged(defaults->root, options);
    o->beams = (int)qp_json_config_whole(&own, "num_beams", 1, 32, 1);
    o->returned = (int)qp_json_config_whole(&own, "num_return_sequences", 1, o->beams, 1);
    o->tokens = (int)qp_json_config_whole(&own, "max_new_tokens", 1, 4096, 20);
    o->shortest = (int)qp_json_config_whole(&own, "min_new_tokens", 0, 4096, 0);
    o->no_repeat = (int)qp_json_config_whole(&own, "no_repeat_ngram_size", 0, 100, 0);
    o->length_penalty = qp_json_config_real(&own, "length_penalty", 1);
    o->repetition_penalty = qp_json_config_real(&own, "repetition_penalty", 1);
    int32_t *const id[] = {&o->pad, &o->forced_first, &o->forced_last};
    static const char *const keys[] = {"pad_token_id", "forced_bos_token_id", "forced_eos_token_id"};
    for (int i = 0; i < 3; i++) *id[i] = (int32_t)qp_json_config_whole(&own, keys[i], -1, 1 << 24, -1);
    const json_t *early = json_object_get(own.root, "early_stopping");
    o->early = json_is_true(early) ? STOP_ENOUGH : json_is_string(early) ? STOP_NEVER : STOP_BOUND;
    o->end_count = read_ids(json_object_get(own.root, "eos_token_id"), t->end);
    o->suppressed_count = read_ids(json_object_get(own.root, "suppress_tokens"), t->suppressed);
    const json_t *bad = json_object_get(own.root, "bad_words_ids");
    for (size_t i = 0; i < json_array_size(bad) && i < MOST; i++) {
        t->bad_row[i] = t->bad[i];
        t->bad_length[i] = read_ids(json_array_get(bad, i), t->bad[i]);
        o->bad_count++;
    }
    json_decref(own.root);
    return own.status == QP_OK;
}

/* One found sequence against the expected one, which is padded: beam search takes a padding of 0 for none, and fills up
 * with the end. */
static void compare(hf_case *c, const char *name, int row, const hf_found *found, const json_t *expected,
                    const hf_options *o)
{
    int32_t pad = o->beams > 1 && o->pad == 0 && o->end_count ? o->end[0] : o->pad;
    for (int i = 0; i < found->count || i < (int)json_array_size(expected); i++) {
        int32_t is = i < found->count ? found->id[i] : pad;
        const json_t *value = json_array_get(expected, (size_t)i);
        if (value && json_integer_value(value) == is) continue;
        hf_differs(c, "generate.json: %s: sequence %d: token %d is %d, not %lld", name, row, i, is,
                   value ? (long long)json_integer_value(value) : -1);
        return;
    }
}

static void one_case(hf_case *c, const json_t *object, qp_json_config *defaults)
{
    static task t;
    const char *name = json_string_value(json_object_get(object, "case"));
    const json_t *inputs = json_object_get(object, "inputs"), *rows = json_object_get(inputs, "input_ids");
    const json_t *masks = json_object_get(inputs, "attention_mask"), *sequences = json_object_get(object, "sequences");
    const json_t *scores = json_object_get(object, "sequences_scores");
    double allowed = json_number_value(json_object_get(object, "scores_atol"));
    if (!read_task(c, json_object_get(object, "options"), defaults, &t)) return;
    if (json_array_size(sequences) != json_array_size(rows) * (size_t)t.o.returned)
        hf_differs(c, "generate.json: %s: not %d sequences for each input", name, t.o.returned);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        int32_t id[4096];
        int count = 0;
        const json_t *row = json_array_get(rows, i), *mask = json_array_get(masks, i);
        for (size_t k = 0; k < json_array_size(row) && count < 4096; k++)
            if (!mask || json_integer_value(json_array_get(mask, k)))
                id[count++] = (int32_t)json_integer_value(json_array_get(row, k));
        hf_found found[MOST] = {{0}};
        if (!hf_generate(c->model, c->tape, id, count, &t.o, found)) {
            hf_differs(c, "generate.json: %s: input %zu: nothing was generated", name, i);
            continue;
        }
        for (int r = 0; r < t.o.returned; r++) {
            size_t number = i * (size_t)t.o.returned + (size_t)r;
            compare(c, name, (int)number, &found[r], json_array_get(sequences, number), &t.o);
            double score = json_number_value(json_array_get(scores, number));
            if (scores && !(fabs(score - found[r].score) <= allowed))
                hf_differs(c, "generate.json: %s: score %zu is %g, not %g", name, number, found[r].score, score);
            free(found[r].id);
        }
    }
}

void hf_check_generation(hf_case *c)
{
    char path[4096], config[4096];
    qp_json_config json, defaults = {0};
    snprintf(path, sizeof path, "%s/generate.json", c->folder);
    snprintf(config, sizeof config, "%s/generation_config.json", c->folder);
    if (!qp_file_exists(config)) snprintf(config, sizeof config, "%s/config.json", c->folder);
    if (!c->model || !qp_file_exists(path)) return;
    qp_status status = qp_json_config_open(path, &json);
    if (status == QP_OK && qp_file_exists(config)) status = qp_json_config_open(config, &defaults);
    if (status != QP_OK) {
        hf_differs(c, "%s", qp_error_message());
        return;
    }
    const json_t *cases = qp_json_config_find(&json, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) one_case(c, json_array_get(cases, i), &defaults);
    qp_json_config_close(&json);
    qp_json_config_close(&defaults);
}
