#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/generate.h"
#include "lib/decode/logits.h"
#include "tests/decode/decode_support.h"

enum { WORDS = 30 };
static int words = WORDS;
static qp_text_codec codec;
static qp_sample_config sample;
static qp_tape *tape;

static void set_up(void)
{
    codec = support_codec(&words);
    qp_config_defaults(&qp_sample_fields, &sample);
    tape = qp_tape_new();
}

static void tear_down(void) { qp_tape_free(tape); }

TestSuite(generate, .init = set_up, .fini = tear_down);

static qp_model *language_model(int decoder, int max_length, int window)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.task = QP_TASK_LM;
    config.encoder = QP_KIND_NONE;
    config.decoder = decoder;
    config.emb_size = 16;
    config.ff_size = 32;
    config.heads = 2;
    config.dec_layers = 2;
    config.pos = QP_POS_LEARNED;
    config.init_gain = 2;
    config.max_length = max_length;
    config.lm_window = window;
    config.tgt_vocab_size = WORDS;
    qp_model *model;
    cr_assert_eq(qp_model_new(&config, 9, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(qp_params_pack(qp_model_params(model)), QP_OK);
    return model;
}

/* The most probable token after what the decoder reads, by a full pass. */
static int32_t best_after(const qp_model *model, const int32_t *read, int count)
{
    int32_t start[2] = {0, count}, *target = calloc((size_t)count, sizeof *target);
    qp_batch batch = {.target = {{.count = 1, .start = start}, target}, .input = read};
    qp_tape *own = qp_tape_new();
    qp_tape_begin(own, QP_INFER, 0);
    qp_tensor scores = qp_model_logits(model, own, &batch, NULL);
    cr_assert_eq(qp_tape_status(own), QP_OK);
    const qp_real *row = qp_tensor_row(scores, count - 1);
    int32_t best = QP_EOS;
    for (int32_t i = QP_EOS; i < scores.columns; i++)
        if (row[i] > row[best]) best = i;
    qp_tape_free(own);
    free(target);
    return best;
}

typedef struct {
    char text[4000];
    int calls, fail_at;
} heard;

static qp_status hear(void *self, int number, const char *text, size_t bytes)
{
    heard *h = self;
    (void)number;
    cr_assert(bytes > strlen(h->text) && strncmp(text, h->text, strlen(h->text)) == 0, "not a longer one of the same");
    memcpy(h->text, text, bytes);
    h->text[bytes] = '\0';
    if (++h->calls == h->fail_at) return qp_fail(QP_EIO, "full");
    return QP_OK;
}

static char *text_of(const qp_generator *g, const char *prompt, int number, qp_generated *result)
{
    int32_t *id;
    int count;
    heard h = {.fail_at = 0};
    cr_assert_eq(qp_generate_prompt(g, prompt, strlen(prompt), &id, &count), QP_OK);
    cr_assert_eq(qp_generate(g, tape, id, count, number, hear, &h, result), QP_OK, "%s", qp_error_message());
    cr_assert_str_eq(h.text, result->text);
    free(id);
    char *text = strdup(result->text);
    qp_generated_free(result);
    return text;
}

/* The windows of lib/decode/context.h by full passes: a full one is replaced by its last half. */
static void check_window(const char *prompt, const int32_t *ids, int prompt_count, int context, int window)
{
    enum { TOKENS = 50 };
    const int half = context > 1 ? context / 2 : 1;
    qp_model *model = language_model(QP_KIND_TRANSFORMER, window ? 2 * context : context, window);
    sample.temp = 0;
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit.tokens = TOKENS};
    qp_generated result;
    char *text = text_of(&g, prompt, 0, &result), expected[2000] = "";
    int32_t all[200] = {qp_model_first_token(model)};
    int count = 1, begin = 0;
    for (int i = 0; i < prompt_count; i++) all[count++] = ids[i];
    bool ended = false, line_begins = prompt_count == 0 || ids[prompt_count - 1] == QP_EOS;
    for (int n = 0; n < TOKENS && !ended; n++) {
        while (count - begin > context) begin += context - half + 1;
        int32_t token = best_after(model, all + begin, count - begin);
        all[count++] = token;
        if (token == QP_EOS && !window)
            ended = true;
        else if (token == QP_EOS)
            strcat(expected, "\n");
        else if (token == QP_UNK)
            strcat(expected, line_begins ? "?" : " ?");
        else
            sprintf(expected + strlen(expected), "%sw%d", line_begins ? "" : " ", token);
        line_begins = token == QP_EOS;
    }
    cr_assert_str_eq(text, expected, "context %d, window %d", context, window);
    free(text);
    qp_model_free(model);
}

Test(generate, a_full_context_slides_by_half)
{
    const int32_t five[] = {5, 6, 7, 8, 9}, lines[] = {5, QP_EOS, QP_EOS, 8, 9}, none[1] = {0};
    for (int context = 1; context <= 9; context += 2)
        for (int running = 0; running < 2; running++) {
            check_window("w5 w6 w7 w8 w9", five, 5, context, running ? context : 0);
            check_window("", none, 0, context, running ? context : 0);
            if (running) check_window("w5\n\nw8 w9", lines, 5, context, context);
        }
}

/* A prompt is read to its end however long it is: here only its last token says what follows. */
Test(generate, long_prompts)
{
    enum { TOKENS = 1500 };
    static char prompt[TOKENS * 3 + 10];
    qp_model *model = language_model(QP_KIND_TRANSFORMER, 2048, 2048);
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit.tokens = 1};
    int32_t *id;
    int count;
    sample.temp = 0;
    for (int i = 0; i < TOKENS; i++) strcat(prompt + 3 * (size_t)(i > 0 ? i - 1 : 0), i % 3 ? "w5 " : "w6 ");
    cr_assert_eq(qp_generate_prompt(&g, prompt, strlen(prompt), &id, &count), QP_OK);
    cr_expect_eq(count, TOKENS);
    cr_expect(id[0] == 6 && id[1] == 5 && id[TOKENS - 1] == 5 && id[TOKENS - 3] == 6);
    int32_t *all = malloc((TOKENS + 1) * sizeof *all);
    all[0] = qp_model_first_token(model);
    memcpy(all + 1, id, TOKENS * sizeof *all);
    int32_t expected = best_after(model, all, TOKENS + 1);
    qp_generated result;
    cr_assert_eq(qp_generate(&g, tape, id, count, 0, NULL, NULL, &result), QP_OK, "%s", qp_error_message());
    if (expected > QP_UNK) {
        char text[20];
        snprintf(text, sizeof text, " w%d", expected);
        cr_expect_str_eq(result.text, text);
    }
    qp_generated_free(&result);
    free(all);
    free(id);
    qp_model_free(model);
}

Test(generate, a_text_depends_on_seed_and_number_alone)
{
    qp_model *model = language_model(QP_KIND_TRANSFORMER, 16, 16);
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit.tokens = 40, .seed = 3};
    qp_generated result;
    char *one = text_of(&g, "w5", 0, &result), *two = text_of(&g, "w5", 1, &result);
    cr_assert_str_neq(one, two);
    for (int i = 0; i < 3; i++) {
        char *again = text_of(&g, "w5", i % 2, &result);
        cr_assert_str_eq(again, i % 2 ? two : one);
        free(again);
    }
    g.seed = 4;
    char *other = text_of(&g, "w5", 0, &result);
    cr_assert_str_neq(other, one);
    free(one), free(two), free(other);
    qp_model_free(model);
}

Test(generate, tokens_stop_and_end)
{
    qp_model *model = language_model(QP_KIND_TRANSFORMER, 16, 16);
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit.tokens = 40};
    qp_generated result;
    char *whole = text_of(&g, "", 0, &result);
    const char *stop[] = {" w"};
    g.stop = stop;
    g.stops = 1;
    heard h = {.fail_at = 0};
    cr_assert_eq(qp_generate(&g, tape, NULL, 0, 0, hear, &h, &result), QP_OK);
    cr_assert_eq(result.why, QP_GENERATED_STOP);
    char *expected = strstr(whole, " w");
    cr_assert(expected && result.bytes == (size_t)(expected - whole) && strncmp(result.text, whole, result.bytes) == 0);
    cr_assert(strcmp(h.text, result.text) == 0);
    qp_generated_free(&result);
    g.stops = 0;
    cr_assert_eq(qp_generate(&g, tape, NULL, 0, 0, NULL, NULL, &result), QP_OK);
    cr_assert(result.why == QP_GENERATED_LENGTH && result.tokens == 40);
    qp_generated_free(&result);
    h = (heard){.fail_at = 3};
    cr_assert_eq(qp_generate(&g, tape, NULL, 0, 0, hear, &h, &result), QP_EIO);
    cr_assert_eq(h.calls, 3);
    qp_generated_free(&result);
    free(whole);
    qp_model_free(model);
}

/* The whole text, with what begins it and the prompt, is at most as long; a longer prompt still gets one token. */
Test(generate, the_length_of_the_whole_text)
{
    qp_model *model = language_model(QP_KIND_TRANSFORMER, 16, 16);
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample};
    static const struct {
        int64_t tokens, max_length, made;
    } row[] = {{0, 10, 6}, {4, 10, 4}, {40, 10, 6}, {0, 5, 1}, {0, 4, 1}, {9, 2, 1}, {0, 30, 26}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_generated result;
        g.limit.tokens = row[i].tokens;
        g.limit.max_length = row[i].max_length;
        cr_assert_eq(qp_generate(&g, tape, (const int32_t[]){4, 5, 6}, 3, 0, NULL, NULL, &result), QP_OK);
        cr_expect_eq(result.tokens, row[i].made, "%d of %d: %d", (int)row[i].tokens, (int)row[i].max_length,
                     (int)result.tokens);
        qp_generated_free(&result);
    }
    qp_model_free(model);
}

Test(generate, no_ngram_comes_twice)
{
    qp_model *model = language_model(QP_KIND_TRANSFORMER, 64, 64);
    sample.temp = 0;
    const qp_generate_config limit = {.tokens = 20, .no_repeat_ngram = 1};
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit = limit};
    qp_generated result;
    char *text = text_of(&g, "w5 w6", 0, &result), *rest = text, *word;
    int seen[WORDS] = {[5] = 1, [6] = 1};
    while ((word = strsep(&rest, " \n")) != NULL)
        if (word[0] == 'w') cr_assert_eq(seen[atoi(word + 1)]++, 0, "%s twice", word);
    free(text);
    qp_model_free(model);
}

Test(generate, other_tokens_may_end_the_text)
{
    qp_model *model = language_model(QP_KIND_GRU, 8, 0);
    const int32_t all[] = {QP_BOS, 5, 6};
    sample.temp = 0;
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit.tokens = 9};
    qp_generated result;
    snprintf(g.limit.ends, sizeof g.limit.ends, "3, %d", best_after(model, all, 3));
    char *none = text_of(&g, "w5 w6", 0, &result);
    g.limit.min_length = 9;
    char *nine = text_of(&g, "w5 w6", 0, &result);
    cr_expect_str_eq(none, "");
    cr_expect_gt(strlen(nine), 9);
    free(none);
    free(nine);
    strcpy(g.limit.ends, "3 4");
    cr_expect_eq(qp_generate(&g, tape, NULL, 0, 0, NULL, NULL, &result), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "--ends '3 4'"));
    qp_generated_free(&result);
    qp_model_free(model);
}

/* A recurrent decoder keeps its state: nothing slides, however long the text. */
Test(generate, recurrent_decoders_go_on)
{
    qp_model *model = language_model(QP_KIND_GRU, 8, 0);
    sample.temp = 0;
    qp_generator g = {.model = model, .codec = &codec, .sample = &sample, .limit.tokens = 30};
    qp_generated result;
    char *text = text_of(&g, "w5 w6", 0, &result), expected[2000] = "";
    int32_t all[40] = {QP_BOS, 5, 6};
    for (int count = 3; count < 33; count++) {
        all[count] = best_after(model, all, count);
        if (all[count] == QP_EOS) break;
        sprintf(expected + strlen(expected), all[count] == QP_UNK ? " ?" : " w%d", all[count]);
    }
    cr_assert_str_eq(text, expected);
    free(text);
    qp_model_free(model);
}

static qp_status refusing(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    qp_text_codec *inner = self;
    if (memchr(text, 'b', bytes)) return qp_fail(QP_EDATA, "a word that is refused");
    return inner->encode(inner->self, text, bytes, id, count);
}

/* A prompt that cannot be read leaves nothing to free, whichever of its lines is to blame. */
Test(generate, prompts_that_are_refused)
{
    static const char *const prompt[] = {"bad", "w5 w6 bad", "bad\nw5", "w5\nbad", "w5\nw6\nbad\nw7"};
    qp_text_codec plain = support_codec(&words), strict = plain;
    strict.self = &plain;
    strict.encode = refusing;
    for (int running = 0; running < 2; running++) {
        qp_model *model = language_model(QP_KIND_TRANSFORMER, 16, running ? 8 : 0);
        qp_generator g = {.model = model, .codec = &strict};
        for (size_t i = 0; i < sizeof prompt / sizeof *prompt; i++) {
            int32_t *id = &(int32_t){7};
            int count = 9;
            cr_expect_eq(qp_generate_prompt(&g, prompt[i], strlen(prompt[i]), &id, &count), QP_EDATA);
            cr_expect_null(id, "%s", prompt[i]);
        }
        qp_model_free(model);
    }
}
