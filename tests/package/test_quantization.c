#include "lib/package/quantization.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(quantization, what_is_written_is_read)
{
    static const qp_quantization known[] = {{QP_WEIGHT_INT8, "bleu", 31.5, 31.25},
                                            {QP_WEIGHT_BF16, "", 0, 0},
                                            {QP_WEIGHT_FP16, "a_name_of_23_letters_xx", -1, 2}};
    static const char *const name[] = {"int8", "bf16", "fp16"};
    for (int i = 0; i < 3; i++) {
        char *json;
        qp_quantization read = {QP_WEIGHT_INT8, "old", 1, 1};
        cr_assert_eq(qp_quantization_json(&known[i], &json), QP_OK);
        cr_expect(strstr(json, name[i]), "%s", json);
        cr_expect_eq(strstr(json, "metric") != NULL, i != 1, "%s", json);
        cr_assert_eq(qp_quantization_parse(json, &read), QP_OK, "%s", json);
        cr_expect(read.type == known[i].type && strcmp(read.metric, known[i].metric) == 0, "%s", json);
        cr_expect(read.before == known[i].before && read.after == known[i].after, "%s", json);
        cr_expect_str_eq(qp_weight_type_name(known[i].type), name[i]);
        free(json);
    }
    cr_expect_str_eq(qp_weight_type_name(QP_WEIGHT_PANELS), "fp32");
}

Test(quantization, what_is_refused)
{
    static const char *const text[] = {"{}",
                                       "[]",
                                       "{\"type\": 8}",
                                       "{\"type\": \"fp32\"}",
                                       "{\"type\": \"int8\", \"metric\": \"bleu\"}",
                                       "{\"type\": \"int8\", \"metric\": \"bleu\", \"before\": 1}",
                                       "{\"type\": \"int8\", \"metric\": \"bleu\", \"before\": \"1\", \"after\": 2}",
                                       "{\"type\": \"int8\", \"metric\": \"bleu\", \"before\": 1, \"after\": \"2\"}",
                                       ("{\"type\": \"int8\", \"metric\": \"a_name_of_24_letters_xxx\", \"before\": 1"
                                       ", \"after\": 2}")};
    qp_quantization read;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        cr_expect_eq(qp_quantization_parse(text[i], &read), QP_EDATA, "%s", text[i]);
        cr_expect_str_eq(qp_error_message(), "quantization: not a type with its figures");
    }
    cr_expect_eq(qp_quantization_parse("{", &read), QP_EDATA);
}
