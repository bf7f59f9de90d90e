#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "lib/base/file.h"
#include "lib/base/writer.h"
#include "lib/text/byte_letters.h"
#include "lib/text/json_dump.h"
#include "lib/text/json_reader.h"
#include "lib/text/utf8.h"
#include "tokenizer/huggingface/huggingface_trainer.h"
#include "tokenizer/huggingface/pipeline.h"

/* hf-train: train as Hugging Face's trainers do on the same text. */

#define OUTPUT_FIELD(X) X(TEXT, output, "-", 0, 0, "FILE", "output file")

typedef struct {
    OUTPUT_FIELD(QP_FIELD_DECLARE)
} output_options;

static QP_FIELD_TABLE(output_table, "output", output_options, OUTPUT_FIELD);
static const qp_option_alias alias[] = {{'o', "output"}};

#define HF_FIELDS(X)                                                                                                   \
    X(TEXT, like, "", 0, 0, "FILE", "tokenizer.json whose stages and kind of model are used")                          \
    X(INT, vocab_size, "30000", 1, 16777216, NULL, "vocabulary size, special tokens included")                         \
    X(INT, min_frequency, "0", 0, 1000000000, NULL, "drop pairs or words that are rarer")                              \
    X(INT, limit_alphabet, "0", 0, 1114112, NULL, "maximum number of characters; 0: no limit")                         \
    X(INT, max_token_length, "0", 0, 1000000, NULL, "maximum length of a token; 0: no limit")                          \
    X(TEXT, initial_alphabet, "", 0, 0, NULL, "characters that are always included; with ByteLevel, all bytes are")    \
    X(BOOL, line_ends, "true", 0, 0, NULL, "keep line ends, as Hugging Face does when it reads files")

typedef struct {
    HF_FIELDS(QP_FIELD_DECLARE)
} hf_options;

static QP_FIELD_TABLE(hf_table, "learning", hf_options, HF_FIELDS);

typedef struct {
    const hf_options *options;
    qp_pipeline *pipeline;
} hf_counting;

static qp_status count_line(const void *self, char *line, size_t bytes, qp_word_counts *words)
{
    const hf_counting *c = self;
    if (c->options->line_ends) line[bytes++] = '\n'; /* it was in the file */
    return qp_pipeline_count_words(c->pipeline, line, bytes, words);
}

static bool has_type(const json_t *json, const char *type)
{
    const char *key;
    json_t *value;
    size_t index;
    if (json_is_array(json)) {
        json_array_foreach ((json_t *)(uintptr_t)json, index, value)
            if (has_type(value, type)) return true;
        return false;
    }
    const char *own = json_string_value(json_object_get(json, "type"));
    if (own && strcmp(own, type) == 0) return true;
    json_object_foreach ((json_t *)(uintptr_t)json, key, value)
        if (has_type(value, type)) return true;
    return false;
}

static json_t *token_text(const qp_hf_learned *l, int32_t id)
{
    size_t bytes;
    const char *text = qp_vocabulary_text(&l->vocabulary, id, &bytes);
    return json_stringn_nocheck(text, bytes);
}

static bool append_merge(json_t *merges, const qp_hf_learned *l, const struct qp_hf_merge *merge)
{
    json_t *pair = json_array();
    if (json_array_append_new(pair, token_text(l, merge->left)) == 0 &&
        json_array_append_new(pair, token_text(l, merge->right)) == 0)
        return json_array_append_new(merges, pair) == 0;
    json_decref(pair);
    return false;
}

static bool is_among(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, list[i]) == 0) return true;
    return false;
}

/* The added tokens of the --like file stay. One that is not in the trained vocabulary gets the next free id, as when
 * Hugging Face's tokenizers opens such a file. */
static bool keep_added(const json_t *root, const qp_hf_learned *l, const char *const *special, size_t specials,
                       json_t *added)
{
    json_t *token;
    size_t index;
    int32_t next = l->vocabulary.count;
    json_array_foreach (json_object_get(root, "added_tokens"), index, token) {
        const char *content = json_string_value(json_object_get(token, "content"));
        if (!content || is_among(content, special, specials)) continue;
        int32_t id = qp_vocabulary_find(&l->vocabulary, content, strlen(content));
        json_t *copy = json_deep_copy(token);
        if (!copy || json_object_set_new(copy, "id", json_integer(id >= 0 ? id : next++)) != 0 ||
            json_array_append_new(added, copy) != 0)
            return false;
    }
    return true;
}

/* Replaces the vocabulary of the --like file by the trained one; false without memory. */
static bool put_learned(json_t *root, const qp_hf_learned *l, const char *const *special, size_t specials)
{
    json_t *model = json_object_get(root, "model"), *vocab = json_object(), *merges = json_array(),
           *added = json_array();
    bool done = vocab && merges && added;
    for (int32_t id = 0; done && id < l->vocabulary.count; id++) {
        size_t bytes;
        const char *text = qp_vocabulary_text(&l->vocabulary, id, &bytes);
        done = json_object_setn_new_nocheck(vocab, text, bytes, json_integer(id)) == 0;
    }
    for (size_t i = 0; done && i < l->merge_count; i++) done = append_merge(merges, l, &l->merge[i]);
    for (size_t i = 0; done && i < specials; i++) {
        int32_t id = qp_vocabulary_find(&l->vocabulary, special[i], strlen(special[i]));
        if (id < 0) continue;
        json_t *token = json_pack("{s:i,s:s,s:b,s:b,s:b,s:b,s:b}", "id", (int)id, "content", special[i], "single_word",
                                  0, "lstrip", 0, "rstrip", 0, "normalized", 0, "special", 1);
        done = json_array_append_new(added, token) == 0;
    }
    done = done && keep_added(root, l, special, specials, added);
    if (done) done = json_object_set(model, "vocab", vocab) == 0 && json_object_set(root, "added_tokens", added) == 0;
    if (done && json_object_get(model, "merges")) done = json_object_set(model, "merges", merges) == 0;
    json_decref(vocab);
    json_decref(merges);
    json_decref(added);
    return done;
}

/* Only the stages: the --like file without its vocabulary. */
static qp_status read_stages(const char *place, const json_t *root, qp_pipeline **pipeline)
{
    json_t *stages = json_pack("{s:s,s:O?,s:O?,s:{s:s,s:{},s:[]}}", "version", "1.0", "normalizer",
                               json_object_get(root, "normalizer"), "pre_tokenizer",
                               json_object_get(root, "pre_tokenizer"), "model", "type", "BPE", "vocab", "merges");
    char *text = stages ? qp_json_dump(stages, JSON_COMPACT) : NULL;
    qp_status status = text ? qp_pipeline_read_huggingface(place, text, strlen(text), pipeline)
                            : qp_fail(QP_EMEMORY, "%s: out of memory", place);
    free(text);
    json_decref(stages);
    return status;
}

static qp_status read_kind(const char *place, const json_t *root, qp_hf_training *training)
{
    static const char *const name[] = {"BPE", "WordPiece", "WordLevel"};
    const json_t *model = json_object_get(root, "model");
    const char *type = json_string_value(json_object_get(model, "type"));
    training->prefix = json_string_value(json_object_get(model, "continuing_subword_prefix"));
    training->suffix = json_string_value(json_object_get(model, "end_of_word_suffix"));
    for (int i = 0; type && i < 3; i++) {
        if (strcmp(type, name[i]) != 0) continue;
        training->kind = (qp_hf_trainer_kind)i;
        return QP_OK;
    }
    return qp_fail(QP_EDATA, "%s: its model is %s; this command trains BPE, WordPiece, WordLevel", place,
                   type ? type : "unnamed");
}

static qp_status learn_like(const hf_options *use, const char *output, json_t *root, const qp_options *options,
                            const char **special, size_t specials)
{
    char alphabet[1024];
    size_t made = 0;
    hf_counting counting = {.options = use};
    qp_hf_learned learned = {0};
    qp_word_counts words = {0};
    qp_hf_training training = {.vocab_size = use->vocab_size,
                               .min_frequency = use->min_frequency,
                               .special = special,
                               .special_count = specials,
                               .limit_alphabet = use->limit_alphabet,
                               .max_token_length = use->max_token_length,
                               .initial_alphabet = alphabet};
    for (int byte = 0; byte < 256 && has_type(json_object_get(root, "pre_tokenizer"), "ByteLevel"); byte++)
        made += qp_utf8_write(qp_byte_letter((unsigned char)byte), alphabet + made);
    snprintf(alphabet + made, sizeof alphabet - made, "%s", use->initial_alphabet);
    qp_vocabulary_init(&learned.vocabulary);
    qp_status status = read_kind(use->like, root, &training);
    if (status == QP_OK) status = read_stages(use->like, root, &counting.pipeline);
    if (status == QP_OK) status = qp_count_lines(options->file, options->file_count, &counting, count_line, &words);
    if (status == QP_OK) status = qp_name_files(options, qp_hf_train(&training, &words, &learned));
    if (status == QP_OK) {
        bool whole = put_learned(root, &learned, special, specials);
        char *text = !whole ? NULL : qp_json_dump(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        status = text ? qp_tokenizer_write_file(output, text, strlen(text)) : qp_fail(QP_EMEMORY, "out of memory");
        free(text);
    }
    qp_hf_learned_free(&learned);
    qp_word_counts_free(&words);
    qp_pipeline_free(counting.pipeline);
    return status;
}

static output_options out;

static qp_status run(void *self, const qp_options *options)
{
    const hf_options *use = self;
    const qp_option_list *special = options->command->list;
    char *content;
    size_t bytes;
    if (!use->like[0]) return qp_fail(QP_EUSAGE, "tokenizer hf-train: no file given; add --like TOKENIZER.json");
    QP_TRY(qp_file_read(use->like, (size_t)1 << 30, &content, &bytes));
    json_t *root;
    int32_t stand_in; /* only the old vocabulary can have it, and that is replaced */
    qp_status status = qp_huggingface_json(use->like, content, bytes, &stand_in, &root);
    free(content);
    if (status == QP_OK)
        status = json_is_object(root)
                     ? learn_like(use, out.output, root, options, special->value, (size_t)special->count)
                     : qp_fail(QP_EDATA, "%s: not a JSON object", use->like);
    json_decref(root);
    return status;
}

int qp_tokenizer_hf_train_main(int argc, char **argv)
{
    static hf_options use;
    static const qp_option_group group[] = {{&hf_table, &use}, {&output_table, &out}};
    static qp_option_list list[] = {{.name = "special_tokens", .help = "a special token; may be repeated"}};
    static const qp_command command = {.name = "tokenizer hf-train",
                                       .summary = "train a tokenizer.json as Hugging Face's trainers do",
                                       .usage = "--like TOKENIZER.json --vocab-size 8000 -o OUT.json FILE...",
                                       .group = group,
                                       .group_count = 2,
                                       .alias = alias,
                                       .alias_count = 1,
                                       .list = list,
                                       .list_count = 1,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &use);
}
