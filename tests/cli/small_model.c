#include "tests/cli/small_model.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/model/model_file.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

char *small_out, *small_err;
static char folder[64];

void small_file(const char *name, const char *text, size_t bytes)
{
    FILE *file = fopen(name, "wb");
    cr_assert(file && fwrite(text, 1, bytes, file) == bytes && fclose(file) == 0, "%s", name);
}

static void enter_folder(void)
{
    if (*folder) return;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/quipu-cli-XXXXXX", base ? base : "/tmp");
    cr_assert(mkdtemp(folder) && chdir(folder) == 0);
}

void small_model_clean(void)
{
    cr_assert_eq(chdir("/"), 0);
    qp_file_remove_tree(folder);
}

void small_model_write(const char *name, bool language)
{
    enter_folder();
    static const char corpus[] = "the cat sees a dog\nthe dog sees a cat\na bird eats the fish\nwe see one bird\n";
    small_file("corpus", corpus, strlen(corpus));
    qp_tokenizer_config words;
    qp_config_defaults(&qp_tokenizer_fields, &words);
    words.vocab_size = 60;
    words.byte_fallback = QP_FALLBACK_FALSE; /* random models would say NUL */
    qp_tokenizer *tokenizer = NULL;
    const char *path = "corpus";
    cr_assert_eq(qp_tokenizer_train_files(&words, &path, 1, NULL, &tokenizer), QP_OK, "%s", qp_error_message());
    char *json = NULL;
    size_t bytes;
    cr_assert_eq(qp_tokenizer_to_json(tokenizer, &json, &bytes), QP_OK);
    qp_model_config config;
    qp_config_defaults(&qp_model_fields, &config);
    config.emb_size = 16;
    config.ff_size = 32;
    config.heads = 2;
    config.enc_layers = config.dec_layers = 2;
    config.max_length = 24;
    config.init_gain = 2;
    config.tgt_vocab_size = qp_tokenizer_size(tokenizer);
    if (language) {
        config.task = QP_TASK_LM;
        config.encoder = QP_KIND_NONE;
    } else {
        config.src_vocab_size = config.tgt_vocab_size;
    }
    qp_model *model = NULL;
    cr_assert_eq(qp_model_new(&config, 4, &model), QP_OK, "%s", qp_error_message());
    cr_assert_eq(
        qp_model_file_save(name, model, &(qp_model_texts){.source_tokenizer = language ? NULL : json,
                                                          .target_tokenizer = language ? json : NULL}),
        QP_OK, "%s", qp_error_message());
    qp_model_free(model);
    qp_tokenizer_free(tokenizer);
    free(json);
}

static void point(FILE *stream, int descriptor, const char *path, int flags)
{
    fflush(stream);
    int opened = open(path, flags, 0600);
    cr_assert(opened >= 0 && dup2(opened, descriptor) == descriptor, "%s", path);
    close(opened);
}

static char *content(const char *path)
{
    char *text = NULL;
    size_t bytes;
    cr_assert_eq(qp_file_read(path, 1 << 28, &text, &bytes), QP_OK, "%s", qp_error_message());
    return text;
}

int small_run(small_command *command, const char *input, const char *out, const char *const *word)
{
    int saved[3], argc = 0;
    char *argv[80];
    while (word[argc] && argc < 79) {
        argv[argc] = (char *)(uintptr_t)word[argc];
        argc++;
    }
    argv[argc] = NULL;
    if (input) small_file("stdin", input, strlen(input));
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < 3; i++) saved[i] = dup(i);
    point(stdin, 0, input ? "stdin" : "/dev/null", O_RDONLY);
    point(stdout, 1, out ? out : "stdout", O_WRONLY | O_CREAT | O_TRUNC);
    point(stderr, 2, "stderr", O_WRONLY | O_CREAT | O_TRUNC);
    int code = command(argc, argv);
    if (fflush(stdout) != 0 && code == 0) code = 74;
    fflush(stderr);
    clearerr(stdout);
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    free(small_out);
    free(small_err);
    small_out = out ? NULL : content("stdout");
    small_err = content("stderr");
    return code;
}

int small_lines(const char *text)
{
    int lines = 0;
    for (; *text; text++) lines += *text == '\n';
    return lines;
}
