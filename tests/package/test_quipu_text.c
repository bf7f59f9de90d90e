#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/quipu.h"
#include "tests/empty_folder.h"
#include "tests/package/small_package.h"

/* quipu_text — translations, maps and files of the public interface, in a folder of its own. */

static quipu_package *package;

static void set_up(void)
{
    static const char *const option[] = {"tokenizer",   "word",  "encoder",   "transformer", "steps", "2",
                                         "share-vocab", "false", SMALL_MODEL, "layers",      "2",     NULL};
    folder_begin();
    package = trained_package(option, "a b c\tx y z\nb c a\ty z x\nc a b\tz x y\n");
}

static void clean(void)
{
    quipu_close(package);
    folder_end();
}

TestSuite(quipu_text, .init = set_up, .fini = clean);

/* Hypotheses are those of each text, the best first; what is outside is nothing. */
Test(quipu_text, translations)
{
    static const char *const text[] = {"a b c", "", "c b"};
    static const char *const option[] = {"n-best", "3", "beam-size", "4", NULL};
    const quipu_options options = {.size = sizeof options, .option = option};
    quipu_translations *many, *one;
    cr_assert_eq(quipu_translate(package, text, 3, &options, &many), QUIPU_OK, "%s", quipu_error_message());
    cr_expect_eq(quipu_translations_count(many, 0), 3);
    cr_expect_eq(quipu_translations_count(many, 1), 0, "a blank text");
    cr_expect_eq(quipu_translations_count(many, 2), 3);
    cr_expect_eq(quipu_translations_count(many, 3), 0);
    cr_expect_eq(quipu_translations_count(many, -1), 0);
    for (int k = 1; k < 3; k++)
        cr_expect_geq(quipu_translations_log_probability(many, 2, 0) + 20,
                      quipu_translations_log_probability(many, 2, k), "log-probabilities are those of the hypotheses");
    cr_expect_lt(quipu_translations_log_probability(many, 0, 0), 0);
    for (int i = 0; i < 3; i += 2) {
        cr_assert_eq(quipu_translate(package, &text[i], 1, &options, &one), QUIPU_OK, "%s", quipu_error_message());
        for (int k = 0; k < 3; k++) {
            cr_expect_str_eq(quipu_translations_text(one, 0, k), quipu_translations_text(many, i, k));
            cr_expect_eq(quipu_translations_log_probability(one, 0, k), quipu_translations_log_probability(many, i, k));
        }
        quipu_translations_free(one);
    }
    cr_expect(strcmp(quipu_translations_text(many, 0, 0), quipu_translations_text(many, 0, 1)) != 0);
    quipu_translations_free(many);
    quipu_translations_free(NULL);
}

/* Sides of the maps are the tokens of both texts; the last layer's mean is what .txt shows. */
Test(quipu_text, maps)
{
    quipu_maps *maps;
    cr_assert_eq(quipu_attend(package, "a b", "x z y", NULL, &maps), QUIPU_OK, "%s", quipu_error_message());
    quipu_map_size size = quipu_maps_size(maps, QUIPU_CROSS_MAP);
    cr_assert(size.layers == 2 && size.heads == 2 && size.rows >= 4 && size.columns >= 3);
    cr_expect(strstr(quipu_maps_row(maps, QUIPU_CROSS_MAP, 0), "x") &&
              strstr(quipu_maps_column(maps, QUIPU_CROSS_MAP, 0), "a"));
    cr_expect_str_eq(quipu_maps_row(maps, QUIPU_ENCODER_MAP, 0), quipu_maps_column(maps, QUIPU_CROSS_MAP, 0));
    cr_expect_str_eq(quipu_maps_column(maps, QUIPU_CROSS_MAP, size.columns - 1), "</s>");
    for (int i = -1; i <= size.rows; i += size.rows + 1) cr_expect_str_eq(quipu_maps_row(maps, QUIPU_CROSS_MAP, i), "");
    for (int i = -1; i <= size.columns; i += size.columns + 1)
        cr_expect_str_eq(quipu_maps_column(maps, QUIPU_CROSS_MAP, i), "");
    for (int layer = 0; layer < 2; layer++)
        for (int head = 0; head < 2; head++) {
            const float *weight = quipu_maps_weights(maps, QUIPU_CROSS_MAP, layer, head);
            for (int r = 0; r < size.rows; r++) {
                double sum = 0;
                for (int c = 0; c < size.columns; c++) sum += (double)weight[r * size.columns + c];
                cr_expect_float_eq(sum, 1, 1e-5);
            }
        }
    static const char *const name[] = {"map.html", "map.json", "map.npz", "map.svg", "map.txt"};
    for (int i = 0; i < 5; i++) {
        cr_expect_eq(quipu_maps_save(maps, name[i]), QUIPU_OK, "%s", quipu_error_message());
        cr_expect(qp_file_exists(name[i]), "%s", name[i]);
    }
    cr_expect_eq(quipu_maps_save(maps, "map.gif"), QUIPU_EUSAGE);
    cr_expect_eq(quipu_maps_save(maps, "no/such/map.svg"), QUIPU_ECREATE);
    quipu_maps_free(maps);
}

/* Without a target the maps are of the model's own translation. */
Test(quipu_text, maps_of_a_translation)
{
    static const char *const text[] = {"c a b"};
    quipu_maps *maps;
    quipu_translations *made;
    cr_assert_eq(quipu_attend(package, text[0], NULL, NULL, &maps), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(quipu_translate(package, text, 1, NULL, &made), QUIPU_OK, "%s", quipu_error_message());
    cr_expect_str_eq(quipu_maps_text(maps), quipu_translations_text(made, 0, 0));
    quipu_map_size size = quipu_maps_size(maps, QUIPU_DECODER_MAP);
    cr_expect_str_eq(quipu_maps_column(maps, QUIPU_DECODER_MAP, 0), "<s>");
    for (int i = 1; i < size.rows; i++)
        cr_expect_str_eq(quipu_maps_column(maps, QUIPU_DECODER_MAP, i), quipu_maps_row(maps, QUIPU_DECODER_MAP, i - 1));
    cr_expect_str_eq(quipu_maps_row(maps, QUIPU_CROSS_MAP, 0), quipu_maps_row(maps, QUIPU_DECODER_MAP, 0));
    quipu_translations_free(made);
    quipu_maps_free(maps);
}

/* A saved package has the size, the tokenizers and the answers of the one in memory. */
Test(quipu_text, a_package_in_a_file)
{
    static const char *const source[] = {"a b c"}, *const target[] = {"x y z"};
    quipu_package *again;
    double ours, theirs;
    cr_assert_eq(quipu_save(package, "m.safetensors"), QUIPU_OK, "%s", quipu_error_message());
    cr_assert_eq(quipu_open("m.safetensors", &again), QUIPU_OK, "%s", quipu_error_message());
    cr_expect_eq(quipu_parameters(again), quipu_parameters(package));
    cr_expect_gt(quipu_parameters(package), 1000);
    cr_expect_eq(quipu_tokenizer_size(quipu_source_tokenizer(again)),
                 quipu_tokenizer_size(quipu_source_tokenizer(package)));
    cr_expect_geq(quipu_tokenizer_id(quipu_target_tokenizer(again), "▁x"), 0);
    cr_expect_eq(quipu_tokenizer_id(quipu_source_tokenizer(again), "▁x"), -1, "it is of the target");
    cr_assert_eq(quipu_score(package, source, target, 1, NULL, &ours, NULL), QUIPU_OK);
    cr_assert_eq(quipu_score(again, source, target, 1, NULL, &theirs, NULL), QUIPU_OK);
    cr_expect_eq(ours, theirs);
    quipu_close(again);
    cr_expect_eq(quipu_save(package, "no/such/m.safetensors"), QUIPU_ECREATE);
}

/* n-grams are counted: P(a | a) of this text is larger than P(b | a). */
Test(quipu_text, ngrams)
{
    static const char *const option[] = {"task", "lm", "decoder", "ngram", "order", "2", "tokenizer", "space", NULL};
    static const char *const line[] = {"a a a", "a b a"};
    quipu_package *counted = trained_package(option, "a a a a\na a a b\nb a a a\n");
    double score[2];
    int tokens[2];
    cr_assert_eq(quipu_score(counted, NULL, line, 2, NULL, score, tokens), QUIPU_OK, "%s", quipu_error_message());
    cr_expect(tokens[0] == 4 && tokens[1] == 4, "%d, %d", tokens[0], tokens[1]);
    cr_expect(score[0] > score[1] && score[0] < 0, "%g, %g", score[0], score[1]);
    quipu_close(counted);
}
