#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/chunks.h"
#include "cli/base/commands.h"
#include "cli/base/json_text.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/warnings.h"
#include "cli/decode/decode_options.h"
#include "lib/base/file.h"
#include "lib/decode/generate.h"
#include "lib/decode/lines.h"
#include "lib/package/package.h"
#include "lib/text/normalize.h"
#include "lib/text/utf8_reader.h"

/* generate — a language model continues a prompt; the text is printed while it is generated. */
enum { MOST_PROMPT_BYTES = 1 << 28 };

#define GENERATE_FIELDS(X)                                                                                             \
    X(TEXT, file, "", 0, 0, "FILE", "the prompt is the content of this file without its last line end; -: stdin")      \
    X(INT, samples, "1", 1, 1000000, NULL, "number of texts, separated by a line ---")                                 \
    X(INT, seed, "1", 0, 9007199254740991, NULL, "seed of the sampling; text i of a seed is always the same")          \
    X(BOOL, echo, "true", 0, 0, NULL, "print the prompt before each text")

typedef struct {
    qp_decode_options ask;
    GENERATE_FIELDS(QP_FIELD_DECLARE)
} generate_options;

static QP_FIELD_TABLE(generate_table, "generate", generate_options, GENERATE_FIELDS);

static const char notes[] =
    "A model that was imported has its publisher's sampling as defaults (quipu info).\n"
    "Filters act in this order: --min-length, --no-repeat-ngram, --forbid, --repeat-penalty, --temp, --top-k, --top-p, "
    "--min-p, --typical, --epsilon-cutoff, --eta-cutoff.\n"
    "A text longer than the context continues with a sliding window: a transformer reads at most --lm-window tokens "
    "(else --max-length) of its training; when it is full, the last half is read again and the text continues from "
    "there. Recurrent decoders keep their state instead, n-grams their last words. The same model, prompt, options "
    "and seed give the same text with any --threads. A model trained line by line ends its text itself; one of "
    "running text (--lm-window) writes line after line until --tokens or --stop. A variational autoencoder decodes "
    "each text from a random vector.";

/* State shared by all texts. Texts are printed one at a time, in order. */
typedef struct {
    const generate_options *o;
    const qp_generator *generator;
    const char *prompt;
    size_t prompt_bytes;
    int32_t *id;
    int count;
    int turn;             /* the text that is printed */
    size_t printed;       /* bytes of it already printed */
    qp_generated *result; /* [samples] */
    bool *done;           /* [samples] */
} show;

/* ---- printing ---- */

static void begin_text(const show *s)
{
    if (s->o->ask.json) return;
    if (s->turn > 0) puts("---");
    if (s->o->echo) fwrite(s->prompt, 1, s->prompt_bytes, stdout);
}

static void print_more(show *s, const char *text, size_t bytes)
{
    if (s->o->ask.json || bytes <= s->printed) return;
    fwrite(text + s->printed, 1, bytes - s->printed, stdout);
    s->printed = bytes;
}

static qp_status print_json(const show *s, const qp_generated *result)
{
    static const char *const why[] = {"end", "stop", "length"};
    qp_text_buffer out = {0};
    qp_json_open(&out, '{');
    if (s->o->echo) {
        qp_json_key(&out, "prompt");
        qp_json_repaired(&out, s->prompt, s->prompt_bytes);
    }
    qp_json_key(&out, "text");
    qp_json_repaired(&out, result->text, result->bytes);
    qp_json_put_integer(&out, "tokens", result->tokens);
    qp_json_put_text(&out, "end", why[result->why]);
    qp_json_close(&out, '}');
    return qp_json_line(stdout, &out);
}

static qp_status end_text(show *s)
{
    qp_status status = QP_OK;
    qp_generated *result = &s->result[s->turn];
    if (s->turn == 0 && result->window)
        qp_warn("the prompt: " QP_WINDOW_WARNING, (long long)s->count, (long long)result->window);
    print_more(s, result->text, result->bytes);
    if (s->o->ask.json)
        status = print_json(s, result);
    else
        putchar('\n');
    qp_generated_free(result);
    s->turn++;
    s->printed = 0;
    return status;
}

static qp_status emit(void *self, int number, const char *text, size_t bytes)
{
    show *s = self;
    qp_status status = QP_OK;
#pragma omp critical(quipu_generate_show)
    if (number == s->turn && !s->o->ask.json) {
        print_more(s, text, bytes);
        status = qp_output_check(stdout, "stdout");
    }
    return status;
}

static qp_status finish(show *s, int number)
{
    qp_status status = QP_OK;
#pragma omp critical(quipu_generate_show)
    {
        s->done[number] = true;
        while (s->turn < s->o->samples && s->done[s->turn]) {
            qp_status ended = end_text(s);
            if (status == QP_OK) status = ended;
            if (s->turn < s->o->samples) begin_text(s);
        }
        if (status == QP_OK) status = qp_output_check(stdout, "stdout");
    }
    return status;
}

static qp_status write_one(void *self, qp_tape *tape, int number)
{
    show *s = self;
    QP_TRY(qp_generate(s->generator, tape, s->id, s->count, number, emit, s, &s->result[number]));
    return finish(s, number);
}

static qp_status write_all(show *s)
{
    int samples = (int)s->o->samples;
    s->result = calloc((size_t)samples, sizeof *s->result);
    s->done = calloc((size_t)samples, sizeof *s->done);
    qp_status status = qp_fail(QP_EMEMORY, "generate: out of memory for %d texts", samples);
    if (s->result && s->done) {
        begin_text(s);
        status = qp_output_check(stdout, "stdout");
        if (status == QP_OK) status = qp_lines_run(samples, (int)s->o->ask.threads, write_one, s);
    }
    for (int i = 0; s->result && i < samples; i++) qp_generated_free(&s->result[i]);
    free(s->result);
    free(s->done);
    return status;
}

/* ---- the command ---- */

static qp_status read_prompt(const generate_options *o, const qp_option_list *prompt, char **content, show *s)
{
    if (prompt->count > 1) return qp_fail(QP_EUSAGE, "--prompt is given %d times; give one", prompt->count);
    if (prompt->count && *o->file) return qp_fail(QP_EUSAGE, "--prompt and --file contradict each other; give one");
    s->prompt = prompt->count ? prompt->value[0] : "";
    s->prompt_bytes = strlen(s->prompt);
    if (!*o->file) return qp_check_utf8("generate: --prompt", s->prompt, s->prompt_bytes);
    qp_chunks chunks;
    char *name = (char *)(uintptr_t)o->file;
    FILE *memory = open_memstream(content, &s->prompt_bytes);
    if (!memory) return qp_fail(QP_EMEMORY, "generate: out of memory for the prompt");
    qp_status status = qp_chunks_begin(&chunks, &name, 1, 1024);
    while (status == QP_OK && (status = qp_chunks_next(&chunks)) == QP_OK && chunks.count > 0)
        for (int i = 0; i < chunks.count; i++) {
            fwrite(chunks.line[i].text, 1, chunks.line[i].bytes, memory);
            putc('\n', memory);
        }
    qp_chunks_end(&chunks);
    if (fclose(memory) != 0 && status == QP_OK) status = qp_fail(QP_EMEMORY, "generate: out of memory for the prompt");
    s->prompt = *content;
    if (s->prompt_bytes > 0) s->prompt_bytes--;
    if (status == QP_OK && s->prompt_bytes > MOST_PROMPT_BYTES)
        status = qp_fail(QP_EDATA, "%s: too long for a prompt; shorten it", o->file);
    return status;
}

typedef struct {
    generate_options o;
    qp_generate_config limit;
    qp_sample_config sample;
} generation;

/* A shell passes \\n in quotation marks on as two characters. */
static void warn_escape(const char *stop)
{
    if (strstr(stop, "\\n") || strstr(stop, "\\t"))
        qp_warn("--stop '%.60s' has a backslash and a letter, not a line end or TAB; in the shell write $'\\n' or "
                "$'\\t'",
                stop);
}

/* The strings to stop at: as they are given, and in NFC, which the tokenizers that are trained here write. */
typedef struct {
    const char **text; /* [count]; the last `composed` of them are malloc'ed */
    int count, composed;
} stop_list;

static void stop_list_free(stop_list *stops)
{
    for (int i = stops->count - stops->composed; i < stops->count; i++) free((char *)stops->text[i]);
    free(stops->text);
}

static qp_status stop_list_make(const qp_option_list *given, stop_list *stops)
{
    qp_mapped_text room = {0};
    qp_status status = QP_OK;
    *stops = (stop_list){.text = malloc((2 * (size_t)given->count + 1) * sizeof *stops->text)};
    if (!stops->text) return qp_fail(QP_EMEMORY, "generate: out of memory");
    for (; stops->count < given->count; stops->count++) stops->text[stops->count] = given->value[stops->count];
    for (int i = 0; status == QP_OK && i < given->count; i++) {
        qp_text normal;
        const char *text = given->value[i];
        warn_escape(text);
        status = qp_nfc_view((qp_text){text, strlen(text)}, &room, &normal);
        if (status != QP_OK || normal.text == text) continue;
        char *copy = strndup(normal.text, normal.bytes);
        if (!copy) status = qp_fail(QP_EMEMORY, "generate: out of memory");
        if (copy) stops->text[stops->count++] = copy;
        stops->composed += copy != NULL;
    }
    qp_mapped_text_free(&room);
    return status;
}

static qp_status generate(const generation *how, const qp_package *package, const stop_list *stop, show *s)
{
    const generate_options *o = &how->o;
    const qp_model_config *config = qp_model_config_of(package->model);
    if (config->task == QP_TASK_AUTOENCODE && !config->variational)
        return qp_fail(QP_EUSAGE,
                       "%s: is an autoencoder that only reproduces text (quipu translate); for new texts train it "
                       "with --variational",
                       o->ask.model);
    qp_generator generator = {.model = package->model,
                              .codec = &package->target_codec,
                              .sample = &how->sample,
                              .limit = how->limit,
                              .stop = stop->text,
                              .stops = stop->count,
                              .seed = (uint64_t)o->seed};
    s->generator = &generator;
    QP_TRY(qp_generate_prompt(&generator, s->prompt, s->prompt_bytes, &s->id, &s->count));
    return write_all(s);
}

static qp_status run(void *self, const qp_options *options)
{
    generation *how = self;
    generate_options *o = &how->o;
    const qp_option_list *list = options->command->list;
    char *content = NULL;
    show s = {.o = o};
    static const int tasks[] = {QP_TASK_LM, QP_TASK_AUTOENCODE, -1};
    qp_package *opened = NULL;
    qp_status status = read_prompt(o, &list[0], &content, &s);
    if (status == QP_OK) status = qp_decode_open(&o->ask, tasks, &opened);
    const int64_t threads = o->ask.threads; /* as opening has set them */
    if (status == QP_OK) status = qp_model_rules(opened->decoding, options);
    o->ask.threads = threads;
    stop_list stop = {0};
    if (status == QP_OK) status = stop_list_make(&list[1], &stop);
    if (status == QP_OK) status = generate(how, opened, &stop, &s);
    stop_list_free(&stop);
    free(s.id);
    free(content);
    qp_package_free(opened);
    return status;
}

int qp_cmd_generate(int argc, char **argv)
{
    generation how;
    const qp_option_group group[] = {{&qp_decode_fields, &how.o.ask},
                                     {&generate_table, &how.o},
                                     {&qp_generate_fields, &how.limit},
                                     {&qp_sample_fields, &how.sample}};
    static const qp_option_alias alias[] = {
        {'m', "model"}, {'p', "prompt"}, {'f', "file"}, {'n', "tokens"}, {'t', "threads"}};
    qp_option_list list[] = {{.name = "prompt", .help = "the text to continue; default: a new text"},
                             {.name = "stop", .help = "stop before this string; may be repeated"}};
    const qp_command command = {.name = "generate",
                                .summary = "continue a text",
                                .usage = "-m MODEL [-p PROMPT | -f FILE] [options]",
                                .notes = notes,
                                .group = group,
                                .group_count = 4,
                                .alias = alias,
                                .alias_count = sizeof alias / sizeof *alias,
                                .list = list,
                                .list_count = 2};
    return qp_options_run(&command, argc, argv, run, &how);
}
