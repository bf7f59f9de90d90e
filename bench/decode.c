/* build/bench/decode — speed of translation; the same work as ../shared/peers/ct2_decode_bench.py: models of an exact
 * size with random weights, outputs of exactly --length tokens, random sources of --src-length tokens. Prints one JSON
 * object per run. tokens_per_s counts target tokens; times are medians over --reps calls after two warm-up calls.
 * Measures all of `quipu translate` except the tokenizers: input and output are ids. */
#include <getopt.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "lib/base/random.h"
#include "lib/decode/translate.h"
#include "lib/tensor/kernels/cpu.h"

typedef struct {
    const char *name;
    int width, feed_forward, layers, heads, vocabulary;
} size_row;

static const size_row sizes[] = {{"toy", 256, 1024, 3, 4, 8000}, {"base", 512, 2048, 6, 8, 32000}};

typedef struct {
    const size_row *size;
    int threads, batch, beam, length, source_length, reps;
    double max_seconds;
} run;

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

static qp_model *model_of(const size_row *size)
{
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.enc_layers = config.dec_layers = size->layers;
    config.emb_size = size->width;
    config.ff_size = size->feed_forward;
    config.heads = size->heads;
    config.src_vocab_size = config.tgt_vocab_size = size->vocabulary;
    qp_model *model = NULL;
    if (qp_model_new(&config, 1, &model) != QP_OK || qp_params_pack(qp_model_params(model)) != QP_OK) {
        fprintf(stderr, "decode: %s\n", qp_error_message());
        exit(71);
    }
    return model;
}

static double call_once(const qp_translator *translator, const qp_line *line, const run *r)
{
    qp_translation *made = malloc((size_t)r->batch * sizeof *made);
    double began = now_seconds();
    qp_status status = made ? qp_translate(translator, line, r->batch, made) : qp_fail(QP_EMEMORY, "out of memory");
    double took = now_seconds() - began;
    if (status != QP_OK) {
        fprintf(stderr, "decode: %s\n", qp_error_message());
        exit(70);
    }
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

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Weights read by one decoder step, in millions, counted as in the script. */
static double weights_read(const size_row *s)
{
    double d = s->width;
    return (s->layers * (6 * d * d + 2 * d * s->feed_forward) + d * s->vocabulary) / 1e6;
}

static void report(const run *r, double *took, int reps, double pack_seconds)
{
    const size_row *s = r->size;
    double tokens = (double)r->batch * r->length, load[1] = {0};
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (getloadavg(load, 1) < 1) load[0] = 0;
    qsort(took, (size_t)reps, sizeof *took, ascending);
    double median = reps % 2 ? took[reps / 2] : (took[reps / 2 - 1] + took[reps / 2]) / 2, best = took[0];
    printf("{\"task\": \"mt\", \"d\": %d, \"ff\": %d, \"layers\": [%d, %d], \"vocab\": %d, \"engine\": \"quipu\", "
           "\"cpu\": \"%s\", \"size\": \"%s\", \"type\": \"fp32\", \"threads\": %d, \"batch\": %d, \"beam\": %d, "
           "\"length\": %d, \"load_s\": %.3f, \"tokens_per_s\": %.1f, \"tokens_per_s_best\": %.1f, \"ms_call\": %.2f, "
           "\"ms_call_best\": %.2f, \"reps\": %d, \"weights_M\": %.2f, \"peak_rss_mb\": %ld, \"loadavg\": %.1f",
           s->width, s->feed_forward, s->layers, s->layers, s->vocabulary, qp_cpu_name(qp_cpu_level()), s->name,
           r->threads, r->batch, r->beam, r->length, pack_seconds, tokens / median, tokens / best, median * 1e3,
           best * 1e3, reps, weights_read(s), usage.ru_maxrss / 1024, load[0]);
    if (r->batch == 1 && r->beam == 1)
        printf(", \"weight_GBps\": %.1f", weights_read(s) * 4 * r->length / median / 1e3);
    printf("}\n");
    fflush(stdout);
}

static void measure(const run *r)
{
    double began = now_seconds();
    qp_model *model = model_of(r->size);
    double pack_seconds = now_seconds() - began;
    qp_text_codec codec = {.vocabulary_size = r->size->vocabulary, .encode = encode, .decode = decode};
    qp_translator translator = {
        .model = model, .source = &codec, .target = &codec, .batch_size = 64, .threads = r->threads};
    qp_config_defaults(&qp_search_fields, &translator.search);
    translator.search.beam_size = r->beam;
    translator.search.max_length_factor = 0;
    translator.search.max_length_extra = translator.search.min_length = r->length;
    qp_line *line = malloc((size_t)r->batch * sizeof *line);
    int32_t *id = malloc((size_t)r->batch * (size_t)r->source_length * sizeof *id);
    double *took = malloc((size_t)r->reps * sizeof *took);
    if (!line || !id || !took) exit(71);
    for (int i = 0; i < r->batch * r->source_length; i++)
        id[i] = (int32_t)(QP_UNK + (int)qp_random_below(2, (uint64_t)i, (uint64_t)(r->size->vocabulary - QP_UNK)));
    for (int i = 0; i < r->batch; i++)
        line[i] = (qp_line){(const char *)(id + i * r->source_length), (size_t)r->source_length * sizeof *id};
    for (int warm = 0; warm < 2; warm++) call_once(&translator, line, r);
    int reps = 0;
    for (double start = now_seconds(); reps < r->reps && (reps < 3 || now_seconds() - start < r->max_seconds); reps++)
        took[reps] = call_once(&translator, line, r);
    report(r, took, reps, pack_seconds);
    free(line);
    free(id);
    free(took);
    qp_model_free(model);
}

static int usage(void)
{
    fprintf(stderr,
            "usage: decode [--size toy|base] [--threads N] [--batch N] [--beam N] [--length N] [--src-length N] "
            "[--reps N] [--max-seconds S]\n");
    return 2;
}

int main(int argc, char **argv)
{
    run r = {.size = sizes,
             .threads = 1,
             .batch = 1,
             .beam = 1,
             .length = 25,
             .source_length = 24,
             .reps = 15,
             .max_seconds = 3};
    enum { SIZE = 256, THREADS, BATCH, BEAM, LENGTH, SOURCE_LENGTH, REPS, MAX_SECONDS, JSON };
    static const struct option options[] = {{"size", 1, NULL, SIZE},     {"threads", 1, NULL, THREADS},
                                            {"batch", 1, NULL, BATCH},   {"beam", 1, NULL, BEAM},
                                            {"length", 1, NULL, LENGTH}, {"src-length", 1, NULL, SOURCE_LENGTH},
                                            {"reps", 1, NULL, REPS},     {"max-seconds", 1, NULL, MAX_SECONDS},
                                            {"json", 0, NULL, JSON},     {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
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
    if (r.length > 511 || r.source_length > 511) return usage(); /* the models' max_length */
    measure(&r);
    return 0;
}
