#include "tests/decode/decode_support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"

qp_model *support_model(int vocabulary, uint64_t seed, double end)
{
    return support_model_with(NULL, 0, vocabulary, seed, end);
}

static void set(qp_model_config *config, const char *setting)
{
    char name[40];
    const char *equals = strchr(setting, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals - setting), setting);
    cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, name), config, name, equals + 1), QP_OK, "%s", setting);
}

qp_model *support_model_with(const char *const *setting, int settings, int vocabulary, uint64_t seed, double end)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.enc_layers = config.dec_layers = 2;
    config.emb_size = 16;
    config.ff_size = 24;
    config.heads = 2;
    config.init_gain = 2; /* scores far enough apart that rounding decides nothing */
    config.max_length = 64;
    config.tied_embeddings = false;
    config.src_vocab_size = config.tgt_vocab_size = vocabulary;
    for (int i = 0; i < settings; i++) set(&config, setting[i]);
    qp_model *model = NULL;
    cr_assert_eq(qp_model_new(&config, seed, &model), QP_OK, "%s", qp_error_message());
    /* an end that is probable enough for hypotheses of every length to end */
    qp_params *params = qp_model_params(model);
    qp_params_value(params, qp_params_find(params, "generator.bias"))[QP_EOS] = (qp_real)end;
    cr_assert_eq(qp_params_pack(params), QP_OK);
    return model;
}

static qp_status encode(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    int vocabulary = *(int *)self;
    *id = malloc((bytes + 1) * sizeof **id);
    *count = 0;
    char *copy = strndup(text, bytes), *rest = copy;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (!*word) continue;
        int number = word[0] == 'w' ? atoi(word + 1) : QP_UNK;
        (*id)[(*count)++] = number >= QP_SPECIAL_COUNT && number < vocabulary ? number : QP_UNK;
    }
    free(copy);
    return QP_OK;
}

static qp_status decode(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    (void)self;
    *text = malloc((size_t)count * 12 + 1);
    *bytes = 0;
    (*text)[0] = '\0';
    for (int i = 0; i < count; i++) {
        const char *gap = i ? " " : "";
        *bytes += (size_t)(id[i] == QP_UNK ? sprintf(*text + *bytes, "%s?", gap)
                                           : sprintf(*text + *bytes, "%sw%d", gap, id[i]));
    }
    return QP_OK;
}

static const char *piece(void *self, int32_t id)
{
    (void)self;
    return id == QP_EOS ? "</s>" : "w";
}

qp_text_codec support_codec(int *vocabulary)
{
    return (qp_text_codec){
        .self = vocabulary, .vocabulary_size = *vocabulary, .encode = encode, .decode = decode, .piece = piece};
}

qp_ids support_sources(int count, int vocabulary, uint64_t seed)
{
    int32_t *start = malloc(((size_t)count + 1) * sizeof *start), *id = malloc((size_t)count * 10 * sizeof *id);
    int32_t rows = 0;
    uint64_t draw = 0;
    for (int i = 0; i < count; i++) {
        start[i] = rows;
        int length = 1 + (int)qp_random_below(seed, draw++, 9);
        for (int j = 0; j < length; j++)
            id[rows++] = (int32_t)(QP_UNK + (int)qp_random_below(seed, draw++, (uint64_t)(vocabulary - QP_UNK)));
        id[rows++] = QP_EOS;
    }
    start[count] = rows;
    return (qp_ids){.sequences = {.count = count, .start = start}, .id = id};
}

qp_ids support_source_of(const qp_ids *sources, int i, int32_t start[2])
{
    start[0] = 0;
    start[1] = qp_sequence_length(sources->sequences, i);
    return (qp_ids){.sequences = {.count = 1, .start = start}, .id = sources->id + sources->sequences.start[i]};
}

void support_sources_free(qp_ids *sources)
{
    free((void *)(uintptr_t)sources->sequences.start);
    free((void *)(uintptr_t)sources->id);
}

qp_search_config support_search(int beam, int longest)
{
    qp_search_config config;
    qp_config_defaults(&qp_search_fields, &config);
    config.beam_size = beam;
    config.max_length_factor = 0;
    config.max_length_extra = longest;
    return config;
}

qp_real *support_attention(const qp_model *model, const qp_ids *source, const qp_hypothesis *found)
{
    int keys = qp_sequence_length(source->sequences, 0), layers = 0;
    int32_t start[2] = {0, found->count};
    qp_batch batch = {.source = *source, .target = {.sequences = {.count = 1, .start = start}, .id = found->id}};
    qp_tape *tape = qp_tape_new();
    qp_model_maps *maps = calloc(1, sizeof *maps);
    qp_tape_begin(tape, QP_INFER, 0);
    qp_model_logits(model, tape, &batch, maps);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    const qp_attention_map *cross[8];
    for (int i = 0; i < maps->count; i++)
        if (maps->entry[i].kind == QP_MAP_CROSS) cross[layers++] = &maps->entry[i].map;
    const qp_attention_map *map = cross[layers >= 3 ? layers - 2 : layers - 1];
    size_t block = (size_t)keys * (size_t)found->count;
    qp_real *weight = calloc(block + 1, sizeof *weight);
    for (size_t i = 0; i < block; i++)
        for (int h = 0; h < map->heads; h++)
            weight[i] += map->weights.value[(size_t)h * block + i] / (qp_real)map->heads;
    free(maps);
    qp_tape_free(tape);
    return weight;
}

void support_next(const qp_model *model, qp_tape *tape, qp_ids source, const int32_t *prefix, int count, double *log_p)
{
    int32_t target[65], start[2] = {0, count + 1};
    memcpy(target, prefix, (size_t)count * sizeof *prefix);
    target[count] = QP_EOS; /* the last token is not read */
    qp_batch batch = {.source = source, .target = {.sequences = {.count = 1, .start = start}, .id = target}};
    qp_tape_begin(tape, QP_INFER, 0);
    qp_tensor logits = qp_model_logits(model, tape, &batch, NULL);
    cr_assert_eq(qp_tape_status(tape), QP_OK, "%s", qp_tape_message(tape));
    const qp_real *row = qp_tensor_row(logits, count);
    double largest = row[0], sum = 0;
    for (int i = 1; i < logits.columns; i++) largest = row[i] > largest ? row[i] : largest;
    for (int i = 0; i < logits.columns; i++) sum += exp((double)row[i] - largest);
    for (int i = 0; i < logits.columns; i++) log_p[i] = (double)row[i] - largest - log(sum);
}
