#include "lib/decode/translate.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/decode/alignment.h"
#include "tests/decode/decode_support.h"

enum { LINES = 70 };
static int vocabulary = 30;
static char text[LINES][80];
static qp_line line[LINES];
static qp_translator translator;

static void set_up(void)
{
    qp_ids sources = support_sources(LINES, vocabulary, 11);
    for (int i = 0; i < LINES; i++) {
        size_t bytes = 0;
        for (int j = 0; j + 1 < qp_sequence_length(sources.sequences, i) && i % 9 != 4; j++)
            bytes += (size_t)sprintf(text[i] + bytes, " w%d", sources.id[sources.sequences.start[i] + j]);
        line[i] = (qp_line){text[i], bytes};
    }
    support_sources_free(&sources);
    static qp_text_codec codec;
    codec = support_codec(&vocabulary);
    translator = (qp_translator){.model = support_model(vocabulary, 5, 1),
                                 .source = &codec,
                                 .target = &codec,
                                 .search = support_search(3, 15),
                                 .batch_size = 1,
                                 .threads = 1};
    translator.search.n_best = 2;
}

static void tear_down(void) { qp_model_free((qp_model *)(uintptr_t)translator.model); }

TestSuite(translate, .init = set_up, .fini = tear_down);

Test(translate, same_text_for_any_batch_and_any_threads)
{
    qp_translation alone[LINES], together[LINES];
    cr_assert_eq(qp_translate(&translator, line, LINES, alone), QP_OK, "%s", qp_error_message());
    for (int threads = 1; threads <= 3; threads++)
        for (int size = 7; size <= 64; size += 57) {
            translator.batch_size = size;
            translator.threads = threads;
            cr_assert_eq(qp_translate(&translator, line, LINES, together), QP_OK);
            for (int i = 0; i < LINES; i++) {
                cr_assert_eq(alone[i].search.count, together[i].search.count);
                for (int h = 0; h < alone[i].search.count; h++) {
                    cr_assert_eq(alone[i].best[h].bytes, together[i].best[h].bytes);
                    cr_assert_str_eq(alone[i].best[h].text, together[i].best[h].text);
                    cr_assert_eq(alone[i].search.best[h].score, together[i].search.best[h].score);
                }
                qp_translation_free(&together[i]);
            }
        }
    for (int i = 0; i < LINES; i++) qp_translation_free(&alone[i]);
}

Test(translate, empty_lines_stay_empty_and_long_ones_are_cut)
{
    char *longer = malloc(4 * 200 + 1);
    for (int i = 0; i < 200; i++) memcpy(longer + 3 * i, "w7 ", 3);
    const qp_line three[] = {{"", 0}, {longer, 600}, {"   ", 3}};
    qp_translation made[3];
    cr_assert_eq(qp_translate(&translator, three, 3, made), QP_OK);
    cr_assert_eq(made[0].search.count, 0);
    cr_assert_eq(made[2].search.count, 0);
    cr_assert_eq(made[1].search.count, 2);
    cr_assert_eq(made[1].source_tokens, 200);
    cr_assert_eq(made[1].source_count, 64);
    cr_assert_eq(made[1].source_id[63], QP_EOS);
    for (int i = 0; i < 3; i++) qp_translation_free(&made[i]);
    free(longer);
}

Test(translate, alignments_are_distributions)
{
    translator.alignment = true;
    translator.batch_size = 8;
    qp_translation made[LINES];
    cr_assert_eq(qp_translate(&translator, line, LINES, made), QP_OK);
    for (int i = 0; i < LINES; i++) {
        for (int h = 0; h < made[i].search.count; h++)
            for (int t = 0; t < made[i].search.best[h].count; t++) {
                const qp_real *row = made[i].search.best[h].attention + (ptrdiff_t)t * made[i].source_count;
                double sum = 0;
                for (int s = 0; s < made[i].source_count; s++) sum += (double)row[s];
                cr_assert_float_eq(sum, 1, 1e-5);
                int hard = qp_alignment_hard(made[i].search.best[h].attention, made[i].source_count, t);
                for (int s = 0; s + 1 < made[i].source_count; s++) cr_assert_leq(row[s], row[hard]);
            }
        qp_translation_free(&made[i]);
    }
}

static qp_status encode_fails(void *self, const char *line_text, size_t bytes, int32_t **id, int *count)
{
    (void)self, (void)line_text, (void)bytes, (void)id, (void)count;
    return qp_fail(QP_EDATA, "no such letter");
}

Test(translate, failures_of_the_codec_come_back)
{
    qp_text_codec broken = support_codec(&vocabulary);
    broken.encode = encode_fails;
    translator.source = &broken;
    qp_translation made[2];
    cr_assert_eq(qp_translate(&translator, line, 2, made), QP_EDATA);
    cr_assert_str_eq(qp_error_message(), "no such letter");
    for (int i = 0; i < 2; i++) qp_translation_free(&made[i]);
}
