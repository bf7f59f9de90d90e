/* build/bench/decode — speed of translation (--task mt) and generation (lm); the same work as
 * ../shared/peers/ct2_decode_bench.py and llamacpp_bench.py: models of an exact size with random weights, outputs of
 * exactly --length tokens, random sources of --src-length tokens. Prints one JSON object per run. tokens_per_s counts
 * target tokens; times are medians over --reps calls after two warm-up calls, user_s is the user time of a call.
 * Measures all of `quipu translate` or `generate` except the tokenizers: input and output are ids. */
#include <getopt.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/random.h"
#include "lib/decode/generate.h"
#include "lib/decode/lines.h"
#include "lib/decode/translate.h"
#include "lib/package/quantization.h"
#include "lib/tensor/kernels/cpu.h"

typedef struct {
    const char *name;
    int width, feed_forward, layers, heads, vocabulary;
} size_row;

/* feed_forward 0: recurrent cells */
static const size_row sizes[] = {{"toy", 256, 1024, 3, 4, 8000},
                                 {"base", 512, 2048, 6, 8, 32000},
                                 {"15m", 288, 1152, 6, 6, 32000},
                                 {"gpt2", 768, 3072, 12, 12, 50257},
                                 {"lstm", 512, 0, 2, 1, 8000}};

typedef struct {
    const size_row *size;
    bool translates;
    qp_weight_type type;
    int threads, batch, beam, length, source_length, reps;
    double max_seconds;
} run;

static void die(int code)
{
    fprintf(stderr, "decode: %s\n", qp_error_message());
    exit(code);
}

static void check(qp_status status, int code)
{
    if (status != QP_OK) die(code);
}

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A "text" is the ids themselves. */
static qp_status encode(void *self, const char *text, size_t bytes, int32_t **id, int *count)
{
    (void)self;
    *id = malloc(bytes + 1);
    if (!*id) return qp_fail(QP_EMEMORY, "out of memory");
    memcpy(*id, text, bytes);
    *count = (int)(bytes / sizeof **id);
    return QP_OK;
}

static qp_status decode(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    (void)self;
    *bytes = (size_t)count * sizeof *id;
    *text = malloc(*bytes + 1);
    if (!*text) return qp_fail(QP_EMEMORY, "out of memory");
    memcpy(*text, id, *bytes);
    return QP_OK;
}

/* One character a token. */
static qp_status name_tokens(void *self, const int32_t *id, int count, char **text, size_t *bytes)
{
    (void)self, (void)id;
    *bytes = (size_t)count;
    *text = malloc(*bytes + 1);
    if (!*text) return qp_fail(QP_EMEMORY, "out of memory");
    memset(*text, 'x', *bytes);
    (*text)[*bytes] = '\0';
    return QP_OK;
}

static qp_model *model_of(const run *r)
{
    const size_row *size = r->size;
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    if (!r->translates) {
        config.task = QP_TASK_LM;
        config.encoder = QP_KIND_NONE;
        config.lm_window = config.max_length = 1024; /* running text: no token ends it */
        config.pos = QP_POS_LEARNED;
        config.scale_embeddings = 0;
    }
    config.enc_layers = config.dec_layers = size->layers;
    config.emb_size = size->width;
    if (size->feed_forward == 0) {
        config.decoder = QP_KIND_LSTM;
        config.hidden_size = size->width;
    } else {
        config.ff_size = size->feed_forward;
    }
    config.heads = size->heads;
    config.src_vocab_size = config.tgt_vocab_size = size->vocabulary;
    qp_model *model = NULL;
    check(qp_model_new(&config, 1, &model), 71);
    if (r->type != QP_WEIGHT_PANELS) check(qp_params_quantize(qp_model_params(model), r->type), 71);
    check(qp_params_pack(qp_model_params(model)), 71);
    return model;
}

/* What one call works on. */
typedef struct {
    const run *r;
    qp_translator translator;
    qp_generator generator;
    qp_line *line; /* [batch] sources */
} work;

static double translate_once(const work *w)
{
    const run *r = w->r;
    qp_translation *made = malloc((size_t)r->batch * sizeof *made);
    double began = now_seconds();
    check(made ? qp_translate(&w->translator, w->line, r->batch, made) : qp_fail(QP_EMEMORY, "out of memory"), 70);
    double took = now_seconds() - began;
    for (int i = 0; i < r->batch; i++) {
        if (made[i].search.best[0].count != r->length) {
            fprintf(stderr, "decode: %d tokens, not %d\n", made[i].search.best[0].count, r->length);
            exit(70);
        }
        qp_translation_free(&made[i]);
    }
    free(made);
    return took;
}

static qp_status generate_one(void *self, qp_tape *tape, int number)
{
    const work *w = self;
    const int32_t prompt = QP_UNK;
    qp_generated made;
    QP_TRY(qp_generate(&w->generator, tape, &prompt, 1, number, NULL, NULL, &made));
    if (made.tokens != w->r->length) exit(70);
    qp_generated_free(&made);
    return QP_OK;
}

static double generate_once(work *w)
{
    double began = now_seconds();
    check(qp_lines_run(w->r->batch, w->r->threads, generate_one, w), 70);
    return now_seconds() - began;
}

static double call_once(work *w) { return w->r->translates ? translate_once(w) : generate_once(w); }

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Weights read by one decoder step, in millions, counted as in the script. */
static double weights_read(const run *r)
{
    const size_row *s = r->size;
    double d = s->width, attention = r->translates ? 6 * d * d : 4 * d * d;
    double layer = s->feed_forward ? attention + 2 * d * s->feed_forward : 8 * d * d;
    return (s->layers * layer + d * s->vocabulary) / 1e6;
}

static double user_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + 1e-6 * (double)usage.ru_utime.tv_usec;
}

static void report(const run *r, double *took, int reps, double pack_seconds, double user)
{
    const size_row *s = r->size;
    double tokens = (double)r->batch * r->length, load[1] = {0};
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (getloadavg(load, 1) < 1) load[0] = 0;
    qsort(took, (size_t)reps, sizeof *took, ascending);
    double median = reps % 2 ? took[reps / 2] : (took[reps / 2 - 1] + took[reps / 2]) / 2, best = took[0];
    printf("{\"task\": \"%s\", \"d\": %d, \"ff\": %d, \"layers\": [%d, %d], \"vocab\": %d, \"engine\": \"quipu\", "
           "\"cpu\": \"%s\", \"size\": \"%s\", \"type\": \"%s\", \"threads\": %d, \"batch\": %d, \"beam\": %d, "
           "\"length\": %d, \"load_s\": %.3f, \"tokens_per_s\": %.1f, \"tokens_per_s_best\": %.1f, \"ms_call\": %.2f, "
           "\"ms_call_best\": %.2f, \"user_s\": %.4f, \"reps\": %d, \"weights_M\": %.2f, \"peak_rss_mb\": %ld, "
           "\"loadavg\": %.1f",
           r->translates ? "mt" : "lm", s->width, s->feed_forward, r->translates ? s->layers : 0, s->layers,
           s->vocabulary, qp_cpu_name(qp_cpu_level()), s->name, qp_weight_type_name(r->type), r->threads, r->batch,
           r->beam, r->length, pack_seconds, tokens / median, tokens / best, median * 1e3, best * 1e3, user, reps,
           weights_read(r), usage.ru_maxrss / 1024, load[0]);
    if (r->batch == 1 && r->beam == 1)
        printf(", \"weight_GBps\": %.1f",
               weights_read(r) * (double)qp_weight_bytes(r->type) * r->length / median / 1e3);
    printf("}\n");
    fflush(stdout);
}

static void make_sources(work *w)
{
    const run *r = w->r;
    const size_t bytes = (size_t)r->source_length * sizeof(int32_t);
    const uint64_t words = (uint64_t)(r->size->vocabulary - QP_UNK);
    w->line = malloc((size_t)r->batch * sizeof *w->line);
    int32_t *id = malloc((size_t)r->batch * bytes);
    if (!w->line || !id) exit(71);
    for (int i = 0; i < r->batch * r->source_length; i++)
        id[i] = (int32_t)(QP_UNK + (int)qp_random_below(2, (uint64_t)i, words));
    for (int i = 0; i < r->batch; i++) w->line[i] = (qp_line){(const char *)(id + i * r->source_length), bytes};
}

static void free_sources(work *w)
{
    free((void *)(uintptr_t)w->line[0].text);
    free(w->line);
}

static void measure(const run *r)
{
    double began = now_seconds();
    qp_model *model = model_of(r);
    double pack_seconds = now_seconds() - began;
    qp_text_codec codec = {.vocabulary_size = r->size->vocabulary, .encode = encode, .decode = decode};
    qp_text_codec names = {.vocabulary_size = r->size->vocabulary, .encode = encode, .decode = name_tokens};
    qp_sample_config sample;
    qp_config_defaults(&qp_sample_fields, &sample);
    sample.temp = 0;
    work w = {
        .r = r,
        .translator = {.model = model, .source = &codec, .target = &codec, .batch_size = 64, .threads = r->threads},
        .generator = {.model = model, .codec = &names, .sample = &sample, .limit.tokens = r->length}};
    qp_config_defaults(&qp_search_fields, &w.translator.search);
    w.translator.search.beam_size = r->beam;
    w.translator.search.max_length_factor = 0;
    w.translator.search.max_length_extra = w.translator.search.min_length = r->length;
    double *took = malloc((size_t)r->reps * sizeof *took);
    if (!took) exit(71);
    make_sources(&w);
    for (int warm = 0; warm < 2; warm++) call_once(&w);
    int reps = 0;
    double start = now_seconds(), user = user_seconds();
    for (; reps < r->reps && (reps < 3 || now_seconds() - start < r->max_seconds); reps++) took[reps] = call_once(&w);
    report(r, took, reps, pack_seconds, (user_seconds() - user) / reps);
    free_sources(&w);
    free(took);
    qp_model_free(model);
}

static bool find_type(const char *name, qp_weight_type *type)
{
    for (int i = QP_WEIGHT_PANELS; i <= QP_WEIGHT_INT8; i++)
        if (strcmp(name, qp_weight_type_name((qp_weight_type)i)) == 0) {
            *type = (qp_weight_type)i;
            return true;
        }
    return false;
}

static int usage(void)
{
    fprintf(stderr, "usage: decode [--task mt|lm] [--size toy|base|15m|gpt2|lstm] [--type fp32|bf16|fp16|int8] "
                    "[--threads N] [--batch N] [--beam N] [--length N] "
                    "[--src-length N] [--reps N] [--max-seconds S]\n");
    return 2;
}

int main(int argc, char **argv)
{
    run r = {.size = sizes,
             .translates = true,
             .threads = 1,
             .batch = 1,
             .beam = 1,
             .length = 25,
             .source_length = 24,
             .reps = 15,
             .max_seconds = 3};
    enum { TASK = 256, TYPE, SIZE, THREADS, BATCH, BEAM, LENGTH, SOURCE_LENGTH, REPS, MAX_SECONDS, JSON };
    static const struct option options[] = {{"task", 1, NULL, TASK},     {"type", 1, NULL, TYPE},
                                            {"size", 1, NULL, SIZE},     {"threads", 1, NULL, THREADS},
                                            {"batch", 1, NULL, BATCH},   {"beam", 1, NULL, BEAM},
                                            {"length", 1, NULL, LENGTH}, {"src-length", 1, NULL, SOURCE_LENGTH},
                                            {"reps", 1, NULL, REPS},     {"max-seconds", 1, NULL, MAX_SECONDS},
                                            {"json", 0, NULL, JSON},     {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case TASK:
            r.translates = strcmp(optarg, "mt") == 0;
            if (!r.translates && strcmp(optarg, "lm") != 0) return usage();
            break;
        case TYPE:
            if (!find_type(optarg, &r.type)) return usage();
            break;
        case SIZE:
            r.size = NULL;
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
                if (strcmp(sizes[i].name, optarg) == 0) r.size = &sizes[i];
            if (!r.size) return usage();
            break;
        case THREADS: r.threads = atoi(optarg); break;
        case BATCH: r.batch = atoi(optarg); break;
        case BEAM: r.beam = atoi(optarg); break;
        case LENGTH: r.length = atoi(optarg); break;
        case SOURCE_LENGTH: r.source_length = atoi(optarg); break;
        case REPS: r.reps = atoi(optarg); break;
        case MAX_SECONDS: r.max_seconds = atof(optarg); break;
        case JSON: break; /* the only output format */
        default: return usage();
        }
    }
    if (optind < argc || r.threads < 1 || r.batch < 1 || r.beam < 1 || r.length < 1 || r.source_length < 1 ||
        r.reps < 3)
        return usage();
    if (r.translates && r.size->feed_forward == 0) return usage(); /* a language model only */
    if (r.length > 511 || r.source_length > 511) return usage(); /* the models' max_length */
    measure(&r);
    return 0;
}
