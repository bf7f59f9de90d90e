#include "lib/run/validation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/package/run/small_run.h"
#include "tests/package/small_package.h"

TestSuite(validation, .init = small_run_folder, .fini = small_run_clean);

/* "loss" is the trainer's; the rest of the list are names of scores, in its order. */
Test(validation, metrics_by_name)
{
    static const struct {
        const char *metrics, *first, *second, *said;
    } row[] = {
        {"loss", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
        {"bleu,loss", "bleu", NULL, NULL},
        {"loss, chrf,bleu", "chrf", "bleu", NULL},
        {"chrf bleu", "chrf", "bleu", NULL},
        {"loss ,, ter", "ter", NULL, NULL},
        {"blue", NULL, NULL, "did you mean"},
        {"loss,qqqqqqqqqqq", NULL, NULL, ", or loss"},
        {"losses", NULL, NULL, "--valid-metrics: "},
    };
    put("pairs", "a\tb\n");
    const qp_text_files files = {.kind = QP_TEXT_TABBED, .source = "pairs"};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        qp_validation v;
        qp_status status = qp_validation_init(&v, &files, row[i].metrics);
        if (row[i].said) {
            cr_expect_eq(status, QP_EUSAGE, "row %zu", i);
            cr_expect(strstr(qp_error_message(), row[i].said), "row %zu: %s", i, qp_error_message());
            continue;
        }
        cr_assert_eq(status, QP_OK, "row %zu: %s", i, qp_error_message());
        cr_expect_eq(v.scores.count, (row[i].first != NULL) + (row[i].second != NULL), "row %zu", i);
        if (row[i].first) cr_expect_str_eq(qp_score_name(v.scores.kind[0]), row[i].first);
        if (row[i].second) cr_expect_str_eq(qp_score_name(v.scores.kind[1]), row[i].second);
        cr_expect_eq(v.count, row[i].first ? 1 : 0, "without scores nothing is read");
        cr_expect_eq(v.beam_size, 1);
        qp_validation_free(&v);
    }
}

/* Both sides of every pair, with their bytes; a text without a source is its own. */
Test(validation, lines_of_both_sides)
{
    put("pairs", "a b\tx\nc\ty z w\n");
    put("text", "a b\n\nc\n");
    static const struct {
        qp_text_files files;
        int count;
        const char *source[3], *reference[3];
    } row[] = {{{.kind = QP_TEXT_TABBED, .source = "pairs"}, 2, {"a b", "c"}, {"x", "y z w"}},
               {{.kind = QP_TEXT_ONE_FILE, .target = "text"}, 3, {"a b", "", "c"}, {"a b", "", "c"}}};
    for (size_t i = 0; i < 2; i++) {
        qp_validation v;
        cr_assert_eq(qp_validation_init(&v, &row[i].files, "bleu"), QP_OK, "%s", qp_error_message());
        cr_assert_eq(v.count, row[i].count);
        for (int k = 0; k < v.count; k++) {
            cr_expect_str_eq(v.source[k].text, row[i].source[k]);
            cr_expect_str_eq(v.reference[k].text, row[i].reference[k]);
            cr_expect_eq(v.source[k].bytes, strlen(row[i].source[k]));
            cr_expect_eq(v.reference[k].bytes, strlen(row[i].reference[k]));
        }
        qp_validation_free(&v);
    }
    qp_validation v;
    put("odd", "a\tb\nc\n");
    const qp_text_files odd = {.kind = QP_TEXT_TABBED, .source = "odd"};
    cr_expect_eq(qp_validation_init(&v, &odd, "bleu"), QP_EDATA, "a line without a TAB");
    char text[20];
    for (int many = 1023; many < 1026; many++) { /* the arrays grow */
        FILE *file = fopen("many", "w");
        for (int i = 0; i < many; i++) fprintf(file, "%d\t%d\n", i, -i);
        fclose(file);
        const qp_text_files all = {.kind = QP_TEXT_TABBED, .source = "many"};
        cr_assert_eq(qp_validation_init(&v, &all, "bleu"), QP_OK);
        cr_assert_eq(v.count, many);
        for (int i = 0; i < many; i++) {
            snprintf(text, sizeof text, "%d", -i);
            cr_assert(atoi(v.source[i].text) == i && strcmp(v.reference[i].text, text) == 0, "line %d", i);
        }
        qp_validation_free(&v);
    }
}

static qp_translation translation_of(char *text)
{
    qp_translation t = {.search.count = text != NULL};
    if (text) {
        t.best = calloc(1, sizeof *t.best);
        t.best[0].text = text;
        t.best[0].bytes = strlen(text);
    }
    return t;
}

/* The scores of translations; a line without one counts as empty. Letters are compared as the model writes them, or
 * all small. */
Test(validation, scores_of_translations)
{
    put("pairs", "a\tone two three four\nb\tFive six seven eight\n");
    const qp_text_files files = {.kind = QP_TEXT_TABBED, .source = "pairs"};
    static char right[] = "one two three four", near[] = "five six seven eight";
    for (int lower = 0; lower < 2; lower++) {
        qp_validation v;
        cr_assert_eq(qp_validation_init(&v, &files, "bleu,accuracy"), QP_OK, "%s", qp_error_message());
        v.lower_case = lower;
        for (int twice = 0; twice < 2; twice++) { /* each measure starts from nothing */
            qp_translation t[] = {translation_of(right), translation_of(near)};
            qp_metrics metrics = {0};
            cr_assert_eq(qp_validation_compare(&v, t, &metrics), QP_OK, "%s", qp_error_message());
            cr_assert_eq(metrics.count, 2);
            cr_expect_str_eq(metrics.entry[0].name, "bleu");
            if (lower)
                cr_expect_float_eq(metrics.entry[0].value, 100, 1e-9);
            else
                cr_expect_lt(metrics.entry[0].value, 99);
            cr_expect_str_eq(metrics.entry[1].name, "accuracy");
            free(t[0].best);
            free(t[1].best);
        }
        qp_translation none[] = {translation_of(right), translation_of(NULL)};
        qp_metrics metrics = {0};
        cr_assert_eq(qp_validation_compare(&v, none, &metrics), QP_OK);
        cr_expect_float_eq(metrics.entry[1].value, 50, 1e-9, "%g", metrics.entry[1].value);
        free(none[0].best);
        qp_validation_free(&v);
    }
}

/* The trainer's hook gives what translating and comparing give; a validation without lines adds nothing. */
Test(validation, measuring_is_translating_and_comparing)
{
    static const char *const setting[] = {"decoder=gru", "encoder=gru", NULL};
    put("pairs", "a b\tb a\nb\ta\nc a\ta c\n");
    const qp_text_files files = {.kind = QP_TEXT_TABBED, .source = "pairs"};
    qp_package *package = small_package(setting, small_tokenizer(QP_TOKENIZER_WORD, "a b c\n"), NULL);
    for (int beam = 1; beam < 4; beam += 2) {
        qp_validation v;
        qp_translation translation[3] = {0};
        qp_metrics expected = {0}, measured = {0};
        cr_assert_eq(qp_validation_init(&v, &files, "chrf"), QP_OK);
        v.package = package;
        v.beam_size = beam;
        cr_assert_eq(qp_validation_translate(&v, 1, translation), QP_OK, "%s", qp_error_message());
        for (int i = 0; i < 3; i++) cr_expect_eq(translation[i].search.count, 1);
        cr_assert_eq(qp_validation_compare(&v, translation, &expected), QP_OK);
        cr_assert_eq(qp_validation_measure(&v, 1, &measured), QP_OK);
        cr_assert_eq(measured.count, 1);
        cr_expect_eq(measured.entry[0].value, expected.entry[0].value);
        for (int i = 0; i < 3; i++) qp_translation_free(&translation[i]);
        qp_validation_free(&v);
        cr_assert_eq(qp_validation_measure(&v, 1, &measured), QP_OK);
        cr_expect_eq(measured.count, 1, "of no lines nothing");
    }
    qp_package_free(package);
}
