#include "lib/run/settings/train_settings.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/run/settings/presets.h"
#include "tests/empty_folder.h"

static bool among(const void *self, const char *name)
{
    char marked[64];
    snprintf(marked, sizeof marked, " %s ", name);
    return strstr(self, marked) != NULL;
}

static qp_train_settings plain(void)
{
    qp_train_settings s;
    memset(&s, 0, sizeof s);
    qp_train_defaults(&s);
    return s;
}

static void set(qp_train_settings *s, const char *name, const char *value)
{
    cr_assert_eq(qp_train_set(s, name, value), QP_OK, "%s", qp_error_message());
}

Test(train_settings, options_by_name)
{
    qp_train_settings s = plain();
    set(&s, "emb-size", "24");
    set(&s, "emb_size", "32");
    set(&s, "order", "5");
    cr_expect(s.model.emb_size == 32 && s.ngram.order == 5);
    cr_expect_eq(qp_train_set(&s, "emb-sise", "24"), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "did you mean emb_size?"), "%s", qp_error_message());
    cr_expect_eq(qp_train_set(&s, "emb-size", "many"), QP_EUSAGE);
    set(&s, "train", "a");
    cr_assert_eq(qp_train_add(&s, "train", "b"), QP_OK);
    cr_expect_str_eq(s.job.train, "a,b", "a list of files grows");
    cr_assert_eq(qp_train_add(&s, "seed", "5"), QP_OK);
    cr_assert_eq(qp_train_add(&s, "seed", "6"), QP_OK);
    cr_expect_eq(s.training.seed, 6, "other options do not");
}

Test(train_settings, what_follows_from_them)
{
    qp_train_settings s = plain();
    set(&s, "layers", "5");
    cr_assert_eq(qp_train_complete(&s, among, " layers "), QP_OK);
    cr_expect(s.model.enc_layers == 5 && s.model.dec_layers == 5);
    s = plain();
    set(&s, "layers", "5");
    set(&s, "dec-layers", "2");
    cr_assert_eq(qp_train_complete(&s, among, " layers  dec-layers "), QP_OK);
    cr_expect(s.model.enc_layers == 5 && s.model.dec_layers == 2);
    s = plain();
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect(s.model.enc_layers == 3 && s.model.dec_layers == 3 && !s.job.share_vocab);
    s = plain();
    cr_expect_eq(qp_train_complete(&s, among, " layers "), QP_EUSAGE, "--layers 0");
    s = plain();
    s.schedule.lr = 0;
    cr_expect_eq(qp_train_complete(&s, among, ""), QP_EUSAGE, "--lr 0");
    s.model.task = QP_TASK_LM;
    s.model.decoder = QP_KIND_NGRAM;
    cr_expect_eq(qp_train_complete(&s, among, " decoder "), QP_OK, "n-grams are not learned by a rate");
    s = plain();
    set(&s, "tied-embeddings-all", "true");
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect_eq(s.job.share_vocab, 1);
    s = plain();
    set(&s, "task", "lm");
    set(&s, "lm-window", "600");
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect_eq(s.model.max_length, 600);
    s = plain();
    set(&s, "task", "lm");
    set(&s, "lm-window", "600");
    cr_assert_eq(qp_train_complete(&s, among, " max-length "), QP_OK);
    cr_expect_eq(s.model.max_length, 512, "a given one stays");
}

/* Weights of another model come with its tokenizer, unless one is given. */
Test(train_settings, tokenizers_of_other_models, .init = folder_begin, .fini = folder_end)
{
    put_bytes("base.safetensors", "\2\0\0\0\0\0\0\0{}", 10); /* without a model */
    qp_train_settings s = plain();
    set(&s, "init-from", "nowhere.safetensors");
    cr_expect_eq(qp_train_complete(&s, among, ""), QP_ENOINPUT);
    s = plain();
    set(&s, "init-from", "base.safetensors");
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect_str_eq(s.job.tokenizer, "base.safetensors");
    s = plain();
    set(&s, "init-from", "base.safetensors");
    cr_assert_eq(qp_train_complete(&s, among, " tgt-tokenizer "), QP_OK);
    cr_expect_str_eq(s.job.tokenizer, "bpe");
    s = plain();
    set(&s, "teacher", "wise.safetensors");
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect_str_eq(s.job.tokenizer, "wise.safetensors");
    s = plain();
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect_str_eq(s.job.tokenizer, "bpe");
}

/* n-grams of words know every word, and no line is cut. */
Test(train_settings, ngrams)
{
    static const struct {
        const char *tokenizer, *given;
        int64_t vocabulary, length;
    } row[] = {{"word", "", 16777216, 1048576},
               {"space", "", 16777216, 1048576},
               {"bpe", "", 8000, 1048576},
               {"word", " vocab-size ", 8000, 1048576},
               {"word", " max-length ", 16777216, 512}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_train_settings s = plain();
        set(&s, "task", "lm");
        set(&s, "decoder", "ngram");
        set(&s, "tokenizer", row[i].tokenizer);
        cr_assert_eq(qp_train_complete(&s, among, row[i].given), QP_OK);
        cr_expect(s.job.vocab_size == row[i].vocabulary && s.model.max_length == row[i].length, "row %zu", i);
    }
    qp_train_settings s = plain();
    set(&s, "tokenizer", "word");
    cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK);
    cr_expect(s.job.vocab_size == 8000 && s.model.max_length == 512, "other models have their own bounds");
}

Test(presets, every_one_fits_together)
{
    const qp_preset *preset;
    int count = 0;
    for (; (preset = qp_preset_at(count)) != NULL; count++) {
        char text[1000], cut[20];
        qp_train_settings s = plain();
        cr_assert_eq(qp_preset_apply(preset, &s), QP_OK, "%s: %s", preset->name, qp_error_message());
        cr_assert_eq(qp_train_complete(&s, among, ""), QP_OK, "%s: %s", preset->name, qp_error_message());
        cr_expect_eq(qp_model_config_check(&s.model), QP_OK, "%s: %s", preset->name, qp_error_message());
        qp_preset_describe(preset, text, sizeof text);
        cr_expect(strncmp(text, "preset     ", 11) == 0 && strstr(text, preset->source), "%s", text);
        cr_expect(!strchr(text, '_') && !strchr(text, '='), "options of the command line: %s", text);
        qp_preset_describe(preset, cut, sizeof cut);
        cr_expect(strlen(cut) == sizeof cut - 1 && strncmp(cut, text, sizeof cut - 1) == 0);
    }
    cr_expect_geq(count, 8);
    cr_assert_eq(qp_preset_find("tiny", &preset), QP_OK);
    char text[1000];
    qp_preset_describe(preset, text, sizeof text);
    cr_expect_str_eq(text, "preset     tiny (minutes on a laptop): --enc-layers 2 --dec-layers 2 --emb-size 128 "
                           "--ff-size 512 --heads 4 --dropout 0.3 --label-smoothing 0.1 --vocab-size 2000 "
                           "--batch-size 2048 --lr 0.004 --lr-warmup 200 --max-length 64");
    cr_assert_eq(qp_preset_find("transformer-base", &preset), QP_OK);
    qp_preset_describe(preset, text, sizeof text);
    cr_expect(strstr(text, " --no-final-norm --dropout 0.1") && strstr(text, " --share-vocab --tied-embeddings-all "));
    cr_expect_eq(qp_preset_find("transformer-bass", &preset), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "did you mean transformer-base"), "%s", qp_error_message());
    cr_expect_eq(qp_preset_find("zzzzzzzzzzz", &preset), QP_EUSAGE);
    cr_expect(strstr(qp_error_message(), "choose from tiny, transformer-small") &&
                  strstr(qp_error_message(), ", lstm-char"),
              "%s", qp_error_message());
}
