#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "tests/cases/run_kinds.h"
#include "lib/text/byte_letters.h"
#include "tokenizer/huggingface/huggingface_trainer.h"
#include "tokenizer/huggingface/pipeline.h"
#include "lib/text/utf8.h"

/* Training as Hugging Face's trainers do it. The case's tokenizer.json splits text into words; files are read with
 * their line ends, iterators give lines without them. */

enum { MOST_SPECIAL = 256 };

static json_t *option(const run_context *c, const char *key)
{
    return json_object_get(json_object_get(c->run, "options"), key);
}

static bool pre_is(const run_context *c, const char *name)
{
    const char *pre = json_string_value(json_object_get(json_object_get(c->root_json, "options"), "pre"));
    return pre && strcmp(pre, name) == 0;
}

static qp_status count_words(const run_context *c, const char *place, const char *json, size_t json_bytes,
                             const char *text, size_t bytes, qp_word_counts *words)
{
    qp_pipeline *p;
    bool with_ends = !json_is_true(json_object_get(json_object_get(c->root_json, "options"), "iterator"));
    QP_TRY(qp_pipeline_read_huggingface(place, json, json_bytes, &p));
    qp_status status = QP_OK;
    for (const char *at = text, *end; at < text + bytes && status == QP_OK; at = end + 1) {
        end = memchr(at, '\n', (size_t)(text + bytes - at));
        size_t length = end ? (size_t)(end - at) + with_ends : (size_t)(text + bytes - at);
        if (!end) end = text + bytes;
        status = qp_pipeline_count_words(p, at, length, words);
    }
    qp_pipeline_free(p);
    return status;
}

static void read_options(const run_context *c, qp_hf_training *t, const char **special, char *alphabet)
{
    const char *model = json_string_value(json_object_get(json_object_get(c->root_json, "options"), "model"));
    t->kind = model && strcmp(model, "wordpiece") == 0   ? QP_HF_WORDPIECE
              : model && strcmp(model, "wordlevel") == 0 ? QP_HF_WORDLEVEL
                                                         : QP_HF_BPE;
    t->vocab_size = option(c, "vocab_size") ? json_integer_value(option(c, "vocab_size")) : 30000;
    t->min_frequency = json_integer_value(option(c, "min_frequency"));
    t->limit_alphabet = json_integer_value(option(c, "limit_alphabet"));
    t->max_token_length = json_integer_value(option(c, "max_token_length"));
    t->prefix = json_string_value(option(c, "continuing_subword_prefix"));
    t->suffix = json_string_value(option(c, "end_of_word_suffix"));
    t->special = special;
    for (size_t i = 0; i < json_array_size(option(c, "special_tokens")) && i < MOST_SPECIAL; i++)
        special[t->special_count++] = json_string_value(json_array_get(option(c, "special_tokens"), i));
    size_t made = 0;
    for (size_t i = 0; i < json_array_size(option(c, "initial_alphabet")) && made < 8000; i++) {
        const char *letter = json_string_value(json_array_get(option(c, "initial_alphabet"), i));
        made += (size_t)sprintf(alphabet + made, "%.8s", letter);
    }
    for (int byte = 0; pre_is(c, "bytelevel") && !option(c, "initial_alphabet") && byte < 256; byte++)
        made += qp_utf8_write(qp_byte_letter((unsigned char)byte), alphabet + made);
    alphabet[made] = '\0';
    t->initial_alphabet = alphabet;
}

/* Number of learned tokens that the reference has too; *same_ids: with the same ids. */
static size_t compare_tokens(const qp_hf_learned *l, json_t *vocab, bool *same_ids)
{
    size_t common = 0;
    *same_ids = (size_t)l->vocabulary.count == json_object_size(vocab);
    for (int32_t id = 0; id < l->vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&l->vocabulary, id, &bytes);
        json_t *wanted = json_object_getn(vocab, text, bytes);
        if (wanted) common++;
        *same_ids = *same_ids && wanted && json_integer_value(wanted) == id;
    }
    return common;
}

static bool text_is(const qp_hf_learned *l, int32_t id, json_t *wanted)
{
    size_t bytes;
    const char *text = qp_vocabulary_text(&l->vocabulary, id, &bytes);
    return bytes == json_string_length(wanted) && memcmp(text, json_string_value(wanted), bytes) == 0;
}

/* Length of the common prefix of the merges. */
static size_t same_merges(const qp_hf_learned *l, json_t *merges)
{
    size_t same = 0;
    while (same < l->merge_count && same < json_array_size(merges)) {
        json_t *pair = json_array_get(merges, same);
        if (!text_is(l, l->merge[same].left, json_array_get(pair, 0)) ||
            !text_is(l, l->merge[same].right, json_array_get(pair, 1)))
            break;
        same++;
    }
    return same;
}

static run_result compare(run_context *c, const qp_hf_learned *l, json_t *model)
{
    const char *how = run_text(c, "compare");
    json_t *vocab = json_object_get(model, "vocab"), *merges = json_object_get(model, "merges");
    bool same_ids;
    size_t count = json_object_size(vocab), common = compare_tokens(l, vocab, &same_ids), same = same_merges(l, merges);
    bool all_merges = same == l->merge_count && same == json_array_size(merges);
    bool all_tokens = common == count && (size_t)l->vocabulary.count == count;
    run_fail(c, "%d tokens, %zu of %zu common%s; %zu merges, %zu of %zu the same", l->vocabulary.count, common, count,
             same_ids ? " with their ids" : "", l->merge_count, same, json_array_size(merges));
    bool wordlike = !merges;
    if (strcmp(how, "merges and ids") == 0) return same_ids && (all_merges || wordlike) ? RUN_PASSED : RUN_FAILED;
    if (strcmp(how, "merges") == 0) return all_merges ? RUN_PASSED : RUN_FAILED;
    if (strcmp(how, "vocabulary as a set") == 0) return all_tokens ? RUN_PASSED : RUN_FAILED;
    /* quality only: two runs of the tool differ by up to half a percent of the tokens */
    bool good = (size_t)l->vocabulary.count == count && (double)common >= 0.98 * (double)count;
    return good ? RUN_PASSED : RUN_FAILED;
}

run_result run_hf_training(run_context *c)
{
    const char *special[MOST_SPECIAL];
    char alphabet[8200], path[4096], *json_text = NULL, *text = NULL;
    size_t json_bytes = 0, bytes = 0;
    qp_hf_training training = {0};
    qp_word_counts words = {0};
    qp_hf_learned learned = {0};
    json_error_t error;
    if (!run_text(c, "tokenizer") || !run_text(c, "input")) return run_fail(c, "no files are named");
    run_path(c, run_text(c, "tokenizer"), path, sizeof path);
    json_t *json = json_load_file(path, JSON_ALLOW_NUL, &error);
    bool read = json && qp_file_read(path, (size_t)1 << 28, &json_text, &json_bytes) == QP_OK;
    run_path(c, run_text(c, "input"), path, sizeof path);
    read = read && qp_file_read(path, (size_t)1 << 30, &text, &bytes) == QP_OK;
    run_result result = read ? RUN_PASSED : run_fail(c, "cannot read the files");
    read_options(c, &training, special, alphabet);
    if (read && (count_words(c, path, json_text, json_bytes, text, bytes, &words) != QP_OK ||
                 qp_hf_train(&training, &words, &learned) != QP_OK))
        result = run_fail(c, "%s", qp_error_message());
    if (result == RUN_PASSED) result = compare(c, &learned, json_object_get(json, "model"));
    if (getenv("VERBOSE")) printf("%s: %s\n", c->name, c->message);
    if (learned.vocabulary.count) qp_hf_learned_free(&learned);
    qp_word_counts_free(&words);
    json_decref(json);
    free(json_text);
    free(text);
    return result;
}
