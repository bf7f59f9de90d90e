/* build/bench/tokenize — speed of training and applying tokenizers; the same work as
 * ../shared/peers/tokenizer_bench.py: the same texts and training files, and the vocabularies that the script leaves in
 * --work. Prints one JSON object per measurement, with the same fields; every measurement runs in its own process.
 * Rates are medians over --reps passes after one warm-up pass; 1 MB = 1e6 bytes.
 *   batch   all texts by qp_tokenizer_encode_lines
 *   single  text by text by qp_tokenizer_encode_into
 *   decode  text by text by qp_tokenizer_decode, in bytes of text */
#include <getopt.h>
#include <omp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/corpora.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

typedef struct {
    const char *data, *work, *what, *corpora, *shapes, *kinds, *sizes;
    int threads, reps, vocabulary;
    double max_seconds;
    bool cpu_time; /* CPU time of the process, for a machine that others use too */
} run;

/* The vocabularies: the peers' files, then quipu's own. */
static const char *const kind_file[][2] = {{"bpe-8000", "spm-bpe-8000-small.model"},
                                           {"bpe-32000", "spm-bpe-32000-small.model"},
                                           {"unigram-8000", "spm-unigram-8000-small.model"},
                                           {"unigram-32000", "spm-unigram-32000-small.model"},
                                           {"gpt2", "hf-gpt2.json"},
                                           {"hf-bbpe-8000", "hf-bbpe-8000-small.json"},
                                           {"hf-unigram-8000", "hf-unigram-8000-small.json"},
                                           {"hf-unigram-32000", "hf-unigram-32000-small.json"},
                                           {"hf-wordpiece-8000", "hf-wordpiece-8000-small.json"},
                                           {"quipu-bpe", "quipu-bpe.json"},
                                           {"quipu-byte-bpe", "quipu-byte-bpe.json"},
                                           {"quipu-unigram", "quipu-unigram.json"},
                                           {"quipu-wordpiece", "quipu-wordpiece.json"}};
static const struct {
    const char *name;
    int type;
} trained[] = {{"bpe", QP_TOKENIZER_BPE},
               {"byte-bpe", QP_TOKENIZER_BYTE_BPE},
               {"unigram", QP_TOKENIZER_UNIGRAM},
               {"wordpiece", QP_TOKENIZER_WORDPIECE}};
enum { KINDS = sizeof kind_file / sizeof *kind_file, TRAINED = sizeof trained / sizeof *trained };

static double now_seconds(const run *r)
{
    struct timespec t;
    clock_gettime(r->cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Is `name` a word of `list`, or is the list empty? */
static bool is_wanted(const char *list, const char *name)
{
    size_t bytes = strlen(name);
    if (!*list) return true;
    for (const char *at = list; (at = strstr(at, name)); at++) {
        bool begins = at == list || at[-1] == ' ' || at[-1] == ',';
        if (begins && (at[bytes] == '\0' || at[bytes] == ' ' || at[bytes] == ',')) return true;
    }
    return false;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static long peak_megabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

/* ---- encoding ---- */

static size_t encode_single(const qp_tokenizer *t, const text_list *list, qp_encoding *e)
{
    size_t ids = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (qp_tokenizer_encode_into(t, list->line[i].text, list->line[i].bytes, e) != QP_OK)
            give_up(qp_error_message());
        ids += (size_t)e->count;
    }
    return ids;
}

static double rate(const run *r, const qp_tokenizer *t, const text_list *list, bool batch, size_t *ids)
{
    double took[1000], all = 0;
    int reps = 0, most = r->reps < 1000 ? r->reps : 1000;
    qp_encoding encoding = {0};
    qp_encoded_lines lines = {0};
    for (int pass = 0; pass <= most && (pass < 2 || all < r->max_seconds); pass++) {
        double began = now_seconds(r);
        if (batch) {
            if (qp_tokenizer_encode_lines(t, list->line, list->count, r->threads, &lines) != QP_OK)
                give_up(qp_error_message());
            *ids = lines.start[lines.count];
        } else {
            *ids = encode_single(t, list, &encoding);
        }
        if (pass == 0) continue;
        took[reps] = now_seconds(r) - began;
        all += took[reps++];
    }
    qp_encoding_free(&encoding);
    qp_encoded_lines_free(&lines);
    qsort(took, (size_t)reps, sizeof *took, ascending);
    double median = reps % 2 ? took[reps / 2] : (took[reps / 2 - 1] + took[reps / 2]) / 2;
    return (double)list->bytes / 1e6 / median;
}

static void measure_texts(const run *r, const char *kind, const char *corpus, const char *shape, const qp_tokenizer *t,
                          const text_list *list)
{
    size_t ids = 0;
    double batch = rate(r, t, list, true, &ids);
    printf("{\"what\": \"encode\", \"engine\": \"quipu\", \"kind\": \"%s\", \"corpus\": \"%s\", \"shape\": \"%s\", "
           "\"threads\": %d, \"mb\": %.2f, \"mean_bytes\": %.0f, \"MBps_batch\": %.2f, \"MBps_single\": ",
           kind, corpus, shape, r->threads, (double)list->bytes / 1e6, (double)list->bytes / (double)list->count,
           batch);
    if (r->threads == 1)
        printf("%.2f", rate(r, t, list, false, &ids));
    else
        printf("null");
    printf(", \"tokens\": %zu, \"peak_rss_mb\": %ld}\n", ids, peak_megabytes());
    fflush(stdout);
}

/* Text by text: the ids of every text back to text. */
static void measure_decoding(const run *r, const char *kind, const char *corpus, const char *shape,
                             const qp_tokenizer *t, const text_list *list)
{
    double took[1000], all = 0;
    int reps = 0, most = r->reps < 1000 ? r->reps : 1000;
    size_t made = 0;
    qp_encoded_lines lines = {0};
    if (qp_tokenizer_encode_lines(t, list->line, list->count, r->threads, &lines) != QP_OK) give_up(qp_error_message());
    for (int pass = 0; pass <= most && (pass < 2 || all < r->max_seconds); pass++) {
        double began = now_seconds(r);
        made = 0;
        for (size_t i = 0; i < list->count; i++) {
            char *text;
            size_t bytes;
            int count = (int)(lines.start[i + 1] - lines.start[i]);
            if (qp_tokenizer_decode(t, lines.id + lines.start[i], count, &text, &bytes) != QP_OK)
                give_up(qp_error_message());
            made += bytes;
            free(text);
        }
        if (pass == 0) continue;
        took[reps] = now_seconds(r) - began;
        all += took[reps++];
    }
    qp_encoded_lines_free(&lines);
    qsort(took, (size_t)reps, sizeof *took, ascending);
    printf("{\"what\": \"decode\", \"engine\": \"quipu\", \"kind\": \"%s\", \"corpus\": \"%s\", "
           "\"shape\": \"%s\", \"mb\": %.2f, \"MBps\": %.1f}\n",
           kind, corpus, shape, (double)made / 1e6, (double)made / 1e6 / took[reps / 2]);
    fflush(stdout);
}

static void measure_encoding(const run *r, const char *kind, const char *file)
{
    static const char *const corpus[] = {"en", "de", "ko", "mixed"};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", r->work, file);
    qp_tokenizer *tokenizer = NULL;
    if (qp_tokenizer_load(path, &tokenizer) != QP_OK) give_up(qp_error_message());
    for (size_t i = 0; i < sizeof corpus / sizeof *corpus; i++) {
        text_list lines = {0}, documents = {0};
        if (!is_wanted(r->corpora, corpus[i]) || !read_corpus(r->data, corpus[i], &lines)) continue;
        make_documents(&lines, &documents);
        for (int shape = 0; shape < 2; shape++) {
            static const char *const name[] = {"lines", "docs"};
            const text_list *texts = shape ? &documents : &lines;
            if (!is_wanted(r->shapes, name[shape])) continue;
            if (is_wanted(r->what, "encode")) measure_texts(r, kind, corpus[i], name[shape], tokenizer, texts);
            if (is_wanted(r->what, "decode") && r->threads == 1)
                measure_decoding(r, kind, corpus[i], name[shape], tokenizer, texts);
        }
        free_texts(&lines);
        free_texts(&documents);
    }
    qp_tokenizer_free(tokenizer);
}

/* ---- training ---- */

static void measure_training(const run *r, const char *kind, const char *size)
{
    char path[4096], out[4096];
    snprintf(path, sizeof path, "%s/%s.txt", r->work, size);
    snprintf(out, sizeof out, "%s/quipu-%s.json", r->work, kind);
    qp_tokenizer_config config;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.vocab_size = r->vocabulary;
    struct stat file;
    for (int k = 0; k < TRAINED; k++)
        if (strcmp(trained[k].name, kind) == 0) config.type = trained[k].type;
    if (stat(path, &file) != 0) give_up("no training text; is --data right?");
    qp_tokenizer *tokenizer = NULL;
    const char *paths[] = {path};
    double began = now_seconds(r);
    if (qp_tokenizer_train_files(&config, paths, 1, NULL, &tokenizer) != QP_OK) give_up(qp_error_message());
    double took = now_seconds(r) - began;
    printf("{\"what\": \"train\", \"engine\": \"quipu\", \"kind\": \"%s\", \"vocab\": %d, \"corpus_mb\": %.2f, "
           "\"threads\": %d, \"seconds\": %.2f, \"peak_rss_mb\": %ld}\n",
           kind, r->vocabulary, (double)file.st_size / 1e6, r->threads, took, peak_megabytes());
    fflush(stdout);
    if (strcmp(size, "small") == 0 && qp_tokenizer_save(tokenizer, out) != QP_OK) give_up(qp_error_message());
    qp_tokenizer_free(tokenizer);
}

/* ---- main ---- */

typedef void (*measurement)(const run *r, const char *first, const char *second);

static void in_child(measurement measure, const run *r, const char *first, const char *second)
{
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) give_up("cannot start a process");
    if (child == 0) {
        omp_set_num_threads(r->threads);
        measure(r, first, second);
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    if (status != 0) fprintf(stderr, "tokenize: %s %s: not measured\n", first, second);
}

static void measure_all(run *r, const char *threads)
{
    static const char *const sizes[] = {"small", "big"};
    make_training_files(r->data, r->work);
    for (r->threads = 1; r->threads <= 64; r->threads++) {
        char number[16];
        snprintf(number, sizeof number, "%d", r->threads);
        if (!is_wanted(threads, number)) continue;
        for (int s = 0; is_wanted(r->what, "train") && s < 2; s++) {
            for (int k = 0; k < TRAINED && is_wanted(r->sizes, sizes[s]); k++)
                if (is_wanted(r->kinds, trained[k].name)) in_child(measure_training, r, trained[k].name, sizes[s]);
        }
        bool uses = is_wanted(r->what, "encode") || is_wanted(r->what, "decode");
        for (int k = 0; uses && k < KINDS; k++) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", r->work, kind_file[k][1]);
            if (!is_wanted(r->kinds, kind_file[k][0])) continue;
            if (qp_file_exists(path))
                in_child(measure_encoding, r, kind_file[k][0], kind_file[k][1]);
            else
                fprintf(stderr, "tokenize: no %s; the script makes those of others, --what train ours\n", path);
        }
    }
}

static int usage(void)
{
    fprintf(
        stderr,
        "usage: tokenize [--data DIR] [--work DIR] [--what \"train encode decode\"] [--kinds LIST] [--threads \"1 2\"]"
        " [--corpora \"en ko mixed\"] [--shapes \"lines docs\"] [--sizes \"small big\"] [--vocab-size N] [--reps "
        "N] [--max-seconds S]"
        " [--cpu-time]\n");
    return 2;
}

int main(int argc, char **argv)
{
    run r = {.data = "../shared/data",
             .work = "/tmp/tokbench",
             .what = "",
             .kinds = "",
             .corpora = "en ko mixed",
             .shapes = "",
             .sizes = "small",
             .reps = 5,
             .vocabulary = 8000,
             .max_seconds = 2};
    const char *threads = "1 2";
    static const struct option options[] = {{"data", 1, NULL, 'd'},       {"work", 1, NULL, 'w'},
                                            {"what", 1, NULL, 'W'},       {"kinds", 1, NULL, 'k'},
                                            {"sizes", 1, NULL, 's'},      {"reps", 1, NULL, 'r'},
                                            {"corpora", 1, NULL, 'c'},    {"json", 0, NULL, 'j'},
                                            {"cpu-time", 0, NULL, 'p'},   {"threads", 1, NULL, 't'},
                                            {"vocab-size", 1, NULL, 'v'}, {"max-seconds", 1, NULL, 'm'},
                                            {"shapes", 1, NULL, 'S'},     {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'd')
            r.data = optarg;
        else if (option == 'w')
            r.work = optarg;
        else if (option == 'W')
            r.what = optarg;
        else if (option == 'k')
            r.kinds = optarg;
        else if (option == 's')
            r.sizes = optarg;
        else if (option == 'r')
            r.reps = atoi(optarg);
        else if (option == 'c')
            r.corpora = optarg;
        else if (option == 't')
            threads = optarg;
        else if (option == 'v')
            r.vocabulary = atoi(optarg);
        else if (option == 'S')
            r.shapes = optarg;
        else if (option == 'm')
            r.max_seconds = atof(optarg);
        else if (option == 'p')
            r.cpu_time = true;
        else if (option != 'j')
            return usage();
    }
    if (optind < argc || r.reps < 1 || r.vocabulary < 300) return usage();
    if (qp_folder_make(r.work) != QP_OK) give_up(qp_error_message());
    measure_all(&r, threads);
    return 0;
}
