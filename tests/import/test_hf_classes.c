#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/export/hf_export.h"
#include "tests/import/import_folder.h"

/* hf_classes — every class of transformers that is written can be read again: the same weights to the bit, and a
 * configuration that is written as the same config.json. */

TestSuite(hf_classes, .init = folder_begin, .fini = folder_end);

static const qp_hf_wish no_wish;

/* A small model with random weights. options: "field=value field=value" */
static qp_model *model_of(const char *options, int labels)
{
    static const char small[] = "emb_size=8 heads=2 ff_size=12 enc_layers=2 dec_layers=1 max_length=9 dropout=0.2 "
                                "attention_dropout=0.2 ff_dropout=0.2 ";
    char all[1000], *rest = all;
    qp_model_config config;
    qp_model *model;
    qp_config_defaults(&qp_model_fields, &config);
    snprintf(all, sizeof all, "%s%s", small, options);
    for (char *name; (name = strtok_r(rest, " ", &rest));) {
        char *value = strchr(name, '=');
        *value++ = '\0';
        cr_assert_eq(qp_config_set(qp_config_find(&qp_model_fields, name), &config, "test", value), QP_OK, "%s: %s",
                     name, qp_error_message());
    }
    config.labels = labels;
    if (config.encoder != QP_KIND_NONE) config.src_vocab_size = 11;
    if (qp_model_task_has_decoder(config.task)) config.tgt_vocab_size = 11;
    cr_assert_eq(qp_model_new(&config, 3, &model), QP_OK, "%s: %s", options, qp_error_message());
    return model;
}

/* Writes the model into the folder and reads it again; returns its config.json. */
static char *there_and_back(const qp_hf_written *w, const char *class, qp_hf_model *again)
{
    qp_hf_choice choice;
    qp_status status = qp_hf_export_model(w, folder_path("out"), &choice);
    cr_assert_eq(status, QP_OK, "%s: %s", class, qp_error_message());
    cr_expect_str_eq(choice.class->name, class);
    cr_assert_eq(qp_hf_import_model(folder_path("out"), &no_wish, again), QP_OK, "%s: %s", class, qp_error_message());
    return choice.config;
}

#define LABELS "[\"good\",\"bad\",\"none\"]"
#define NEXT "[\"next\",\"other\"]"
#define LLAMA                                                                                                          \
    "task=lm encoder=none norm_type=rms gated_ff=true bias=false scale_embeddings=false activation=silu pos=rope "
#define BART "tied_embeddings_all=true output_bias=true "
#define BERT                                                                                                           \
    "segments=2 decoder=none norm=post pos=learned embedding_norm=true final_norm=false scale_embeddings=false "
#define CLASSIFY BERT "task=classify pooling=first pooler=tanh"
#define T5 "norm_type=rms bias=false scale_embeddings=false attention_scale=1 pos=relative tied_embeddings_all=true "

Test(hf_classes, what_is_written_is_read)
{
    static const struct {
        const char *class, *options, *labels;
    } row[] = {
        {"GPT2LMHeadModel", "task=lm encoder=none pos=learned scale_embeddings=false activation=gelu-tanh", NULL},
        {"GPT2LMHeadModel",
         "task=lm encoder=none pos=learned scale_embeddings=false activation=relu attention_layer_scale=true "
         "tied_embeddings=false output_bias=false attention_scale=1",
         NULL},
        {"LlamaForCausalLM", LLAMA, NULL},
        {"LlamaForCausalLM", LLAMA "kv_heads=1 head_size=6 tied_embeddings=false attention_bias=true qkv_bias=true",
         NULL},
        {"MistralForCausalLM", LLAMA "attention_window=4", NULL},
        {"Qwen2ForCausalLM", LLAMA "qkv_bias=true dec_layers=3 attention_window=4 window_layers=010", NULL},
        {"Qwen3ForCausalLM", LLAMA "qk_norm=true head_size=6", NULL},
        {"BartForConditionalGeneration",
         BART "norm=post pos=learned final_norm=false embedding_norm=true "
              "scale_embeddings=false activation=gelu",
         NULL},
        {"MBartForConditionalGeneration", BART "norm=pre pos=learned embedding_norm=true activation=relu", NULL},
        {"MarianMTModel", BART "norm=post pos=sinusoidal sinusoid=halves final_norm=false activation=silu", NULL},
        {"M2M100ForConditionalGeneration",
         "tied_embeddings_all=true output_bias=false norm=pre pos=sinusoidal sinusoid=fairseq first_position=1", NULL},
        {"PegasusForConditionalGeneration", BART "norm=pre pos=sinusoidal sinusoid=halves", NULL},
        {"T5ForConditionalGeneration", T5 "scale_output=true relative_buckets=6 relative_far=20", NULL},
        {"T5ForConditionalGeneration", T5 "untied_output=true gated_ff=true activation=gelu-tanh head_size=6", NULL},
        {"T5ForConditionalGeneration", T5 "scale_output=true gated_ff=true activation=silu", NULL},
        {"BertForMaskedLM", BERT "task=mlm activation=gelu begin_token=true", NULL},
        {"BertForSequenceClassification", CLASSIFY, LABELS},
        {"BertForSequenceClassification", CLASSIFY " multi_label=true", LABELS},
        {"BertForNextSentencePrediction", CLASSIFY, NEXT},
        {"BertForTokenClassification", BERT "task=tag", LABELS},
        {"BertForQuestionAnswering", BERT "task=tag", "[\"start\",\"end\"]"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int labels = !row[i].labels ? 0 : strcmp(row[i].labels, LABELS) == 0 ? 3 : 2;
        qp_model *model = model_of(row[i].options, labels);
        qp_hf_model again, third;
        qp_hf_written w = {row[i].class, model, row[i].labels, NULL, {0, 1, 2, -1, -1}};
        char *config = there_and_back(&w, row[i].class, &again);
        qp_params *ours = qp_model_params(model), *theirs = qp_model_params(again.model);
        cr_assert_eq(qp_params_size(ours), qp_params_size(theirs), "%s", row[i].class);
        cr_expect_arr_eq(qp_params_block(ours), qp_params_block(theirs), qp_params_size(ours) * sizeof(qp_real));
        cr_expect_str_eq(again.labels ? again.labels : "", row[i].labels ? row[i].labels : "", "%s", row[i].class);
        w.model = again.model;
        char *second = there_and_back(&w, row[i].class, &third);
        cr_expect(strstr(config, "0.2"), "%s", config);
        for (char *dropout; (dropout = strstr(config, "0.2"));) dropout[2] = '0'; /* written, not read */
        cr_expect_str_eq(config, second);
        free(config);
        free(second);
        qp_model_free(model);
        qp_hf_model_free(&again);
        qp_hf_model_free(&third);
    }
}
