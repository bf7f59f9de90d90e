#include "cli/info_json.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "cli/base/commands.h"
#include "lib/model/model_file.h"
#include "tests/cli/small_model.h"

static void set_up(void) { small_model_write("m.safetensors", false); }

TestSuite(info_json, .init = set_up, .fini = small_model_clean);

/* What `info --json` says, read by jansson. */
static json_t *info(const char *model)
{
    cr_assert_eq(RUN(qp_cmd_info, NULL, "info", "--json", model), 0, "%s", small_err);
    json_t *object = json_loads(small_out, JSON_REJECT_DUPLICATES, NULL);
    cr_assert(object, "%s", small_out);
    return object;
}

/* Every setting has its kind, and those of the file their values. */
Test(info_json, settings)
{
    json_t *object = info("m.safetensors"), *config = json_object_get(object, "config");
    cr_assert_eq(json_object_size(config), (size_t)qp_model_fields.count);
    for (int i = 0; i < qp_model_fields.count; i++) {
        const qp_field *field = &qp_model_fields.field[i];
        const json_t *value = json_object_get(config, field->name);
        bool fits = field->kind == QP_FIELD_INT    ? json_is_integer(value)
                    : field->kind == QP_FIELD_REAL ? json_is_number(value)
                    : field->kind == QP_FIELD_BOOL ? json_is_boolean(value)
                                                   : json_is_string(value);
        cr_expect(fits, "%s", field->name);
    }
    cr_assert_eq(json_integer_value(json_object_get(config, "emb_size")), 16);
    cr_assert_eq(json_real_value(json_object_get(config, "init_gain")), 2);
    cr_assert_str_eq(json_string_value(json_object_get(config, "encoder")), "transformer");
    cr_assert(json_is_false(json_object_get(config, "bidirectional")));
    json_decref(object);
}

/* Shapes in the order of the file; their products are the number of parameters. */
Test(info_json, tensors_and_tokenizers)
{
    json_t *object = info("m.safetensors"), *tensors = json_object_get(object, "tensors"), *tensor, *extent;
    json_int_t all = 0;
    size_t i, k;
    json_array_foreach (tensors, i, tensor) {
        json_int_t product = 1;
        cr_assert(json_is_string(json_object_get(tensor, "name")));
        cr_assert_geq(json_array_size(json_object_get(tensor, "shape")), 1);
        json_array_foreach (json_object_get(tensor, "shape"), k, extent) product *= json_integer_value(extent);
        all += product;
    }
    cr_assert_eq(all, json_integer_value(json_object_get(object, "parameters")));
    const json_t *source = json_object_get(object, "source_tokenizer");
    cr_assert_eq(json_integer_value(json_object_get(source, "size")),
                 json_integer_value(json_object_get(json_object_get(object, "config"), "src_vocab_size")));
    cr_assert(json_is_false(json_object_get(source, "byte_fallback")));
    cr_assert_eq(json_number_value(json_object_get(object, "training_flops_per_token")),
                 3 * json_number_value(json_object_get(object, "forward_flops_per_token")));
    cr_assert(json_is_null(json_object_get(object, "quantized")) && json_is_null(json_object_get(object, "decoding")));
    cr_assert_eq(json_array_size(json_object_get(object, "ngrams")), 0);
    json_decref(object);
    small_model_write("language.safetensors", true);
    object = info("language.safetensors");
    cr_assert(json_is_null(json_object_get(object, "source_tokenizer")));
    json_decref(object);
}

Test(info_json, ngrams_and_quantized_weights)
{
    cr_assert_eq(RUN(qp_cmd_train, NULL, "train", "-q", "--task", "lm", "--decoder", "ngram", "--order", "3", "--train",
                     "corpus", "--tokenizer", "word", "-m", "n.safetensors"),
                 0, "%s", small_err);
    json_t *object = info("n.safetensors");
    cr_assert_eq(json_array_size(json_object_get(object, "ngrams")), 3);
    json_decref(object);
    cr_assert_eq(RUN(qp_cmd_quantize, NULL, "quantize", "-m", "m.safetensors", "-o", "q.safetensors", "--type", "bf16"),
                 0, "%s", small_err);
    object = info("q.safetensors");
    const json_t *quantized = json_object_get(object, "quantized");
    cr_assert_str_eq(json_string_value(json_object_get(quantized, "type")), "bf16");
    cr_assert_eq(json_object_size(quantized), 1, "nothing was measured");
    json_decref(object);
}

/* A share of the choices of a layer; before training there are none. */
Test(info_json, shares_of_experts)
{
    char layer[20];
    const qp_parameter use = {.name = "encoder.0.ff.expert_use", .keep = 1, .rows = 1, .columns = 4};
    const qp_parameter weight = {.name = "encoder.0.ff.expert_use", .keep = 0, .rows = 1, .columns = 4};
    const qp_parameter mean = {.name = "encoder.0.mean", .keep = 1, .rows = 1, .columns = 4};
    cr_assert(qp_info_is_expert_use(&use, layer, sizeof layer));
    cr_assert_str_eq(layer, "encoder.0.ff");
    cr_assert_not(qp_info_is_expert_use(&weight, layer, sizeof layer));
    cr_assert_not(qp_info_is_expert_use(&mean, layer, sizeof layer));
    const qp_real count[] = {1, 0, 5, 2}, none[4] = {0};
    cr_assert_float_eq(qp_info_expert_share(&use, count, 2), 0.625, 1e-12);
    cr_assert_eq(qp_info_expert_share(&use, count, 1), 0);
    cr_assert_eq(qp_info_expert_share(&use, none, 0), 0);
}
