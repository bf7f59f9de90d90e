#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metric/entity.h"
#include "tests/metric/metric_cases.h"

/* "B-PER O" taken apart in `text`, which is written into. */
static int split(char *text, const char **tag, int most)
{
    int count = 0;
    for (char *at = strtok(text, " "); at; at = strtok(NULL, " ")) {
        cr_assert_lt(count, most);
        tag[count++] = at;
    }
    return count;
}

static void expect(qp_entity_scheme scheme, const char *tags, const char *expected)
{
    char text[200], shown[200] = "";
    const char *tag[40];
    qp_entity_span span[40];
    int spans;
    strcpy(text, tags);
    int count = split(text, tag, 40);
    cr_assert_eq(qp_entity_spans(scheme, tag, count, span, &spans), QP_OK);
    for (int i = 0; i < spans; i++)
        sprintf(shown + strlen(shown), "%s%.*s:%d-%d", i ? " " : "", (int)span[i].type_bytes, span[i].type,
                span[i].first, span[i].last);
    cr_assert_str_eq(shown, expected, "%s: %s", tags, shown);
}

Test(entity, spans_of_every_scheme_are_repaired)
{
    expect(QP_ENTITY_DEFAULT, "B-PER I-PER O B-LOC B-LOC", "PER:0-1 LOC:3-3 LOC:4-4");
    expect(QP_ENTITY_DEFAULT, "I-PER I-PER I-LOC O I-X", "PER:0-1 LOC:2-2 X:4-4");
    expect(QP_ENTITY_DEFAULT, "B-A E-A S-B O E-C", "A:0-1 B:2-2 C:4-4");
    expect(QP_ENTITY_DEFAULT, "B-X-Y I-X-Y B I", "X-Y:0-1 _:2-3");
    expect(QP_ENTITY_DEFAULT, "O O", "");
    expect(QP_ENTITY_IOB2, "I-A B-A I-A I-B O B-C", "A:1-2 C:5-5");
    expect(QP_ENTITY_IOBES, "B-A I-A O B-A E-A S-B I-B", "A:3-4 B:5-5");
    qp_entity_span span[2];
    int spans;
    cr_assert_eq(qp_entity_spans(QP_ENTITY_IOB2, (const char *[]){"B-A", "E-A"}, 2, span, &spans), QP_EDATA);
    cr_assert(strstr(qp_error_message(), "'E-A'"));
}

/* A: 2 of 3 found, 1 of them of 2 right; B: 1 of 1; C: only predicted. */
Test(entity, means_over_the_types)
{
    static const char *const truth[] = {"B-A", "O", "B-A", "I-A", "B-A", "B-B", "O", "O"};
    static const char *const predicted[] = {"B-A", "O", "B-A", "O", "O", "B-B", "O", "B-C"};
    qp_entity_sums sums = {.scheme = QP_ENTITY_IOB2};
    cr_assert_eq(qp_entity_add(&sums, (const char **)truth, (const char **)predicted, 8), QP_OK);
    cr_expect_eq(sums.types, 3);
    qp_class_scores micro = qp_entity_micro(&sums), macro = qp_entity_macro(&sums),
                    weighted = qp_entity_weighted(&sums);
    cr_expect_float_eq(micro.precision, 2 / 4.0, 1e-12);
    cr_expect_float_eq(micro.recall, 2 / 4.0, 1e-12);
    cr_expect_float_eq(macro.precision, (1 / 2.0 + 1 + 0) / 3, 1e-12);
    cr_expect_float_eq(macro.recall, (1 / 3.0 + 1 + 0) / 3, 1e-12);
    cr_expect_float_eq(macro.f, (0.4 + 1 + 0) / 3, 1e-12);
    cr_expect_float_eq(weighted.precision, (3 * 0.5 + 1 * 1) / 4, 1e-12);
    cr_expect_float_eq(weighted.recall, (3 / 3.0 + 1) / 4, 1e-12);
    cr_expect_float_eq(weighted.f, (3 * 0.4 + 1) / 4, 1e-12);
    cr_expect_float_eq(qp_entity_accuracy(&sums), 5 / 8.0, 1e-12);
    qp_entity_free(&sums);
    sums = (qp_entity_sums){.scheme = QP_ENTITY_IOB2};
    cr_expect(qp_entity_macro(&sums).f == 0 && qp_entity_weighted(&sums).f == 0 && qp_entity_accuracy(&sums) == 0);
}

Test(entity, tags_of_words_are_no_entities)
{
    cr_assert(qp_entity_has_prefixes((const char *[]){"O", "B-PER", "I-PER"}, 3));
    cr_assert_not(qp_entity_has_prefixes((const char *[]){"O", "NOUN"}, 2));
    cr_assert_not(qp_entity_has_prefixes((const char *[]){"O"}, 1));
    cr_assert_not(qp_entity_has_prefixes((const char *[]){"B-PER", ""}, 2));
}

static json_t *scores_of(qp_class_scores s)
{
    return json_pack("{s:f, s:f, s:f}", "precision", s.precision, "recall", s.recall, "f1", s.f);
}

static qp_entity_scheme scheme_of(const json_t *json)
{
    static const char *names[] = {"", "IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU"};
    const char *name = case_string(json, "scheme");
    for (int i = 1; name && i < 7; i++)
        if (!strcmp(names[i], name)) return (qp_entity_scheme)i;
    return QP_ENTITY_DEFAULT;
}

static json_t *compute(const json_t *json)
{
    case_texts texts = case_texts_read(json);
    qp_entity_sums sums = {.scheme = scheme_of(json)};
    for (int i = 0; i < texts.hypothesis.count; i++) {
        const char *truth[300], *predicted[300];
        char *one = strndup(texts.reference[0].line[i].text, texts.reference[0].line[i].bytes);
        char *other = strndup(texts.hypothesis.line[i].text, texts.hypothesis.line[i].bytes);
        int count = split(one, truth, 300);
        cr_assert_eq(split(other, predicted, 300), count);
        cr_assert_eq(qp_entity_add(&sums, truth, predicted, count), QP_OK, "%s", qp_error_message());
        free(one);
        free(other);
    }
    json_t *types = json_object();
    for (int i = 0; i < sums.types; i++) {
        json_t *type = scores_of(qp_entity_scores_of(&sums.type[i]));
        json_object_set_new(type, "support", json_integer(sums.type[i].truth));
        json_object_set_new(types, sums.type[i].type, type);
    }
    json_t *result = json_pack("{s:f, s:o, s:o, s:o, s:o}", "accuracy", qp_entity_accuracy(&sums), "micro",
                               scores_of(qp_entity_micro(&sums)), "macro", scores_of(qp_entity_macro(&sums)),
                               "weighted", scores_of(qp_entity_weighted(&sums)), "types", types);
    qp_entity_free(&sums);
    case_texts_free(&texts);
    return result;
}

Test(entity, reference_scores) { run_cases("entity_f1.json", "entity_f1", compute); }

static json_t *compute_spans(const json_t *json)
{
    case_text text = case_text_read(json_string_value(json_object_get(json, "hyp")));
    json_t *lines = json_array();
    for (int i = 0; i < text.count; i++) {
        const char *tag[100];
        qp_entity_span span[100];
        int spans;
        char *line = strndup(text.line[i].text, text.line[i].bytes);
        int count = split(line, tag, 100);
        cr_assert_eq(qp_entity_spans(scheme_of(json), tag, count, span, &spans), QP_OK);
        json_t *list = json_array();
        for (int k = 0; k < spans; k++)
            json_array_append_new(
                list, json_pack("[s%, i, i]", span[k].type, span[k].type_bytes, span[k].first, span[k].last));
        json_array_append_new(lines, list);
        free(line);
    }
    case_text_free(&text);
    return json_pack("{s:o}", "spans", lines);
}

Test(entity, reference_spans) { run_cases("entity_spans.json", "entity_spans", compute_spans); }
