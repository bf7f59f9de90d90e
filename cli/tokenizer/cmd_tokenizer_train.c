#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/base/text.h"
#include "cli/tokenizer/cmd_tokenizer.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

/* train: train, save, and report how well the vocabulary fits the text. */

#define TRAIN_FIELDS(X)                                                                                                \
    X(TEXT, output, "-", 0, 0, "FILE", "output file")                                                                  \
    X(BOOL, quiet, "false", 0, 0, NULL, "no progress and no report")

typedef struct {
    TRAIN_FIELDS(QP_FIELD_DECLARE)
} train_options;

static QP_FIELD_TABLE(train_table, "output", train_options, TRAIN_FIELDS);
static const qp_option_alias alias[] = {{'o', "output"}, {'q', "quiet"}};

enum { LONGEST = 8 };

/* The longest trained pieces in characters, longest first. */
static void tell_longest(const qp_tokenizer *t)
{
    int32_t best[LONGEST];
    size_t length[LONGEST];
    int count = 0;
    for (int32_t id = 0; id < qp_tokenizer_size(t); id++) {
        const char *piece = qp_tokenizer_piece(t, id);
        size_t characters = 0;
        for (const char *at = piece; *at; at++) characters += ((unsigned char)*at & 0xC0) != 0x80;
        if (piece[0] == '<' && piece[strlen(piece) - 1] == '>') continue; /* special pieces and bytes */
        int place = count;
        while (place > 0 && length[place - 1] < characters) place--;
        if (place == LONGEST) continue;
        int last = count < LONGEST ? count++ : LONGEST - 1;
        for (int i = last; i > place; i--) {
            best[i] = best[i - 1];
            length[i] = length[i - 1];
        }
        best[place] = id;
        length[place] = characters;
    }
    fprintf(stderr, "longest pieces:");
    for (int i = 0; i < count; i++) fprintf(stderr, " %s", qp_tokenizer_piece(t, best[i]));
    fprintf(stderr, "\n");
}

static double share(int64_t part, int64_t all) { return all > 0 ? 100.0 * (double)part / (double)all : 0; }

static void tell_report(const qp_tokenizer *tokenizer, const qp_tokenizer_report *r)
{
    fprintf(stderr, "%lld lines, %lld bytes, %lld words (%lld distinct); %d pieces, %zu merges\n", (long long)r->lines,
            (long long)r->bytes, (long long)r->words, (long long)r->distinct_words, qp_tokenizer_size(tokenizer),
            qp_tokenizer_info(tokenizer).merges);
    if (r->characters > 0)
        fprintf(stderr, "characters with a piece of their own: %.4f %%\n",
                share(r->characters - r->uncovered_characters, r->characters));
    if (r->tokens > 0)
        fprintf(stderr, "%lld tokens: %.3f bytes each; unknown %.4f %%, in bytes %.4f %%\n", (long long)r->tokens,
                (double)r->bytes / (double)r->tokens, share(r->unknown_tokens, r->tokens),
                share(r->byte_tokens, r->tokens));
    tell_longest(tokenizer);
}

static void tell_progress(void *self, const char *stage, int64_t bytes)
{
    char size[32];
    (void)self;
    fprintf(stderr, "\r\033[K%s, %s read", stage, qp_text_size((double)bytes, size, sizeof size));
    fflush(stderr);
}

static qp_tokenizer_config config;

static qp_status run(void *self, const qp_options *options)
{
    const train_options *use = self;
    static const char *const standard[] = {"-"};
    bool ngrams = config.type == QP_TOKENIZER_NGRAM, named = options->file_count > 0;
    bool needs_text = config.type != QP_TOKENIZER_BYTE && !ngrams;
    const char *const *file = named ? (const char *const *)options->file : standard;
    qp_tokenizer *tokenizer = NULL;
    bool watched = !use->quiet && isatty(STDERR_FILENO);
    qp_tokenizer_report report = {.text_only = use->quiet, .progress = watched ? tell_progress : NULL};
    int files = named ? options->file_count : !ngrams;
    qp_status status = qp_tokenizer_train_files(&config, file, files, &report, &tokenizer);
    if (watched) fprintf(stderr, "\r\033[K");
    if (status == QP_OK && needs_text && report.words == 0)
        status = qp_fail(QP_EDATA, "%s: no text to learn pieces from; give a file with text",
                         strcmp(file[0], "-") == 0 ? "stdin" : file[0]);
    if (status == QP_OK) status = qp_tokenizer_save(tokenizer, use->output);
    if (status == QP_OK && !use->quiet && ngrams)
        fprintf(stderr, "%d features; n-grams are hashed, nothing is learned from text\n",
                qp_tokenizer_size(tokenizer));
    else if (status == QP_OK && !use->quiet)
        tell_report(tokenizer, &report);
    qp_tokenizer_free(tokenizer);
    return status;
}

int qp_tokenizer_train_main(int argc, char **argv)
{
    static train_options use;
    static const qp_option_group group[] = {{&qp_tokenizer_fields, &config}, {&train_table, &use}};
    static const qp_command command = {.name = "tokenizer train",
                                       .summary = "train a tokenizer on text",
                                       .usage = "--type bpe --vocab-size 8000 -o TOKENIZER.json FILE...",
                                       .notes =
                                           "For files of other projects (quipu tokenizer export): tokenizer.json takes "
                                           "all but unigram; a sentencepiece .model BPE and unigram with "
                                           "--pattern spaces --normalization none; GPT-2 and tiktoken files "
                                           "--type byte-bpe --pattern gpt2 (or gpt4) --normalization none.",
                                       .group = group,
                                       .group_count = 2,
                                       .alias = alias,
                                       .alias_count = 2,
                                       .takes_files = true};
    return qp_options_run(&command, argc, argv, run, &use);
}
