#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "tests/cli/small_model.h"
#include "tests/cli/small_tasks.h"

/* attend --text: what models of one text attend to. */

static void set_up(void) { small_task_train("classify", 1); } /* for the data of every task */

TestSuite(attend_text, .init = set_up, .fini = small_model_clean);

static void train(const char *task, const char *data, const char *more)
{
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--overwrite", "--task", task, "--train", data, "--valid",
                     "none", "--tokenizer", "word", "--encoder", "transformer", "--layers", "2", "--emb-size", "8",
                     "--heads", "2", "--ff-size", "8", "--steps", "1", "-t1", "--max-length", "13", "-m",
                     "t.safetensors", more),
                 0, "%s: %s", task, small_err);
}

/* The maps of a kind ("encoder", "cross") of a text, borrowed from *document; NULL: there are none. */
static json_t *maps_of(const char *text, const char *kind, json_t **document)
{
    json_error_t error;
    cr_assert_eq(RUN(qp_cmd_attend, NULL, "attend", "-m", "t.safetensors", "--text", text, "-o", "map.json"), 0, "%s",
                 small_err);
    *document = json_load_file("map.json", 0, &error);
    cr_assert(*document, "%s", error.text);
    json_t *kinds = json_object_get(*document, "kinds"), *map;
    size_t i;
    json_array_foreach (kinds, i, map)
        if (strcmp(json_string_value(json_object_get(map, "name")), kind) == 0) return map;
    return NULL;
}

static void expect_side(const json_t *map, const char *side, const char *wanted)
{
    char made[400] = "";
    json_t *token;
    size_t i;
    json_array_foreach (json_object_get(map, side), i, token)
        strcat(strcat(made, i ? " " : ""), json_string_value(token));
    cr_expect_str_eq(made, wanted, "%s: %s", side, made);
}

Test(attend_text, tokens_of_every_task)
{
    static const struct {
        const char *task, *data, *more, *text, *rows;
    } kind[] = {
        {"classify", "texts", NULL, "w0 w2", "▁w 0 ▁w 2 </s>"},
        {"classify", "texts", "--pooling=class-token", "w0", "class ▁w 0 </s>"},
        {"classify", "texts", "--begin-token", "w0", "<s> ▁w 0 </s>"},
        {"tag", "words.conll", NULL, "see  Ann", "▁see ▁Ann </s>"},
        {"mlm", "lines", NULL, "w0 [MASK]", "▁w 0 [MASK] </s>"},
        {"match", "pairs", NULL, "a1", "▁a 1 </s>"},
    };
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        json_t *document;
        train(kind[i].task, kind[i].data, kind[i].more);
        json_t *map = maps_of(kind[i].text, "encoder", &document);
        cr_assert(map, "%s", kind[i].task);
        expect_side(map, "rows", kind[i].rows);
        expect_side(map, "columns", kind[i].rows);
        json_decref(document);
        cr_assert_null(maps_of(kind[i].text, "cross", &document));
        json_decref(document);
    }
}

/* With --pooling attention the weights of the pooling are a map of one row. */
Test(attend_text, weights_of_pooling)
{
    json_t *document, *number;
    size_t i;
    double sum = 0;
    train("classify", "texts", "--pooling=attention");
    json_t *map = maps_of("w0 w2", "cross", &document);
    cr_assert_not_null(map);
    expect_side(map, "rows", "label");
    expect_side(map, "columns", "▁w 0 ▁w 2 </s>");
    const json_t *weights = json_object_get(json_array_get(json_object_get(map, "maps"), 0), "weights");
    json_array_foreach (json_array_get(weights, 0), i, number) sum += json_number_value(number);
    cr_expect_float_eq(sum, 1, 1e-3, "%g", sum);
    json_decref(document);
    train("match", "pairs", "--pooling=attention");
    expect_side(maps_of("a1", "cross", &document), "rows", "vector");
    json_decref(document);
}

Test(attend_text, texts_that_are_cut_empty_or_unattended)
{
    char text[200] = "";
    json_t *document;
    for (int i = 0; i < 15; i++) strcat(text, "see ");
    train("tag", "words.conll", NULL);
    json_t *map = maps_of(text, "encoder", &document);
    cr_expect_eq(json_array_size(json_object_get(map, "rows")), 13);
    cr_expect(strstr(small_err, "cut to 12"), "%s", small_err);
    json_decref(document);
    cr_expect_eq(RUN(qp_cmd_attend, NULL, "attend", "-m", "t.safetensors", "--text", "  "), 65);
    cr_expect(strstr(small_err, "nothing to attend to"), "%s", small_err);
    cr_expect_eq(RUN(qp_cmd_attend, NULL, "attend", "-m", "m.safetensors", "--text", "w0"), 2);
    cr_expect(strstr(small_err, "this model has no attention"), "%s", small_err);
}
