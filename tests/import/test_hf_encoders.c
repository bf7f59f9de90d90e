#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/import/hf_rows.h"
#include "tests/import/import_folder.h"

TestSuite(hf_encoders, .init = folder_begin, .fini = folder_end);

/* ---- encoders ---- */

#define BERT                                                                                                           \
    "\"hidden_size\": 8, \"num_hidden_layers\": 2, \"num_attention_heads\": 2, \"intermediate_size\": 12, "            \
    "\"vocab_size\": 9, \"max_position_embeddings\": 16"

Test(hf_encoders, encoders)
{
    hf_check(
        "bert", NULL,
        &(hf_row){
            BERT ", \"type_vocab_size\": 2",
            "task=mlm encoder=transformer decoder=none emb_size=8 enc_layers=2 heads=2 ff_size=12 src_vocab_size=9 "
            "max_length=16 segments=2 norm=post norm_epsilon=1e-12 final_norm=false embedding_norm=true pos=learned "
            "scale_embeddings=false activation=gelu tied_embeddings=true skipped=0",
            {{NULL}, 0}});
    hf_check("roberta", NULL, &(hf_row){BERT, "max_length=14 norm_epsilon=1e-12 segments=2 skipped=2", {{NULL}, 0}});
    hf_check("xlm-roberta", NULL,
             &(hf_row){BERT ", \"pad_token_id\": 4, \"layer_norm_eps\": 0.01",
                       "max_length=11 norm_epsilon=0.01 skipped=5",
                       {{NULL}, 0}});
    hf_check("distilbert", NULL,
             &(hf_row){"\"dim\": 8, \"n_layers\": 2, \"n_heads\": 2, \"hidden_dim\": 12, \"vocab_size\": 9, "
                       "\"max_position_embeddings\": 16, \"layer_norm_eps\": 0.5, \"activation\": \"relu\"",
                       "enc_layers=2 ff_size=12 norm_epsilon=1e-12 segments=0 activation=relu",
                       {{NULL}, 0}});
    hf_check("electra", NULL, &(hf_row){BERT ", \"embedding_size\": 4", "word_size=4 word_map=sum", {{NULL}, 0}});
    hf_check("electra", NULL, &(hf_row){BERT ", \"embedding_size\": 8", "word_size=0", {{NULL}, 0}});
    hf_check("albert", NULL, &(hf_row){BERT, "word_size=128 layer_groups=1 activation=gelu-tanh", {{NULL}, 0}});
    hf_check("albert", NULL,
             &(hf_row){BERT ", \"embedding_size\": 4, \"num_hidden_groups\": 2, \"hidden_act\": \"gelu_new\"",
                       "word_size=4 word_map=sum layer_groups=2 activation=gelu-tanh",
                       {{NULL}, 0}});
    hf_refused("bert", BERT ", \"is_decoder\": true", "is_decoder");
    hf_refused("bert", BERT ", \"position_embedding_type\": \"relative_key\"", "position_embedding_type");
    hf_refused("albert", BERT ", \"inner_group_num\": 2", "inner_group_num");
    hf_refused("roberta", BERT ", \"pad_token_id\": 15", "max_position_embeddings");
    hf_refused("roberta", BERT ", \"hidden_act\": \"relu\"", "hidden_act");
}

/* The classes of an encoder: their tasks, poolers and labels. */
Test(hf_encoders, classes)
{
#define LABELS ", \"id2label\": {\"0\": \"bad\", \"1\": \"good\", \"2\": \"odd\"}"
    static const struct {
        const char *model_type, *class, *more, *options;
    } kind[] = {
        {"bert", "BertForSequenceClassification", LABELS,
         "task=classify pooling=first pooler=tanh multi_label=false labels=[\"bad\",\"good\",\"odd\"]"},
        {"bert", "BertForSequenceClassification", LABELS ", \"problem_type\": \"multi_label_classification\"",
         "multi_label=true"},
        {"bert", "BertForSequenceClassification", "", "labels=[\"LABEL_0\",\"LABEL_1\"]"},
        {"bert", "BertForTokenClassification", LABELS, "task=tag labels=[\"bad\",\"good\",\"odd\"]"},
        {"bert", "BertForQuestionAnswering", "", "task=tag labels=[\"start\",\"end\"]"},
        {"bert", "BertForNextSentencePrediction", "", "task=classify pooler=tanh labels=[\"next\",\"other\"]"},
        {"distilbert", "DistilBertForSequenceClassification", LABELS, "pooler=relu pooling=first"},
        {"electra", "ElectraForSequenceClassification", LABELS, "pooler=gelu pooling=first"},
        {"electra", "ElectraForPreTraining", "", "task=tag pooler=gelu labels=[\"original\",\"replaced\"]"},
        {"electra", "ElectraForPreTraining", ", \"hidden_act\": \"relu\"", "pooler=relu"},
    };
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        char json[800];
        bool distil = strcmp(kind[i].model_type, "distilbert") == 0;
        snprintf(json, sizeof json, "%s%s%s", BERT, distil ? ", \"hidden_dim\": 12" : "", kind[i].more);
        hf_check(kind[i].model_type, kind[i].class, &(hf_row){json, kind[i].options, {{NULL}, 0}});
    }
}

/* Vectors of a body: its pooler's, the mean of all rows, or what sentence-transformers says. */
Test(hf_encoders, poolings)
{
    static const struct {
        const char *json, *options; /* options NULL: refused */
    } kind[] = {
        {"{\"pooling_mode_mean_tokens\": true}", "pooling=mean pooler=none"},
        {"{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}", "pooling=first pooler=none"},
        {"{\"pooling_mode_max_tokens\": true}", "pooling=max pooler=none"},
        {"{\"pooling_mode_lasttoken\": true}", "pooling=last pooler=none"},
        {"{\"pooling_mode_mean_sqrt_len_tokens\": true}", NULL},
        {"{\"pooling_mode_weightedmean_tokens\": true}", NULL},
        {"{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": true}", NULL},
        {"{}", NULL},
    };
    hf_check("bert", "BertModel", &(hf_row){BERT, "task=match pooling=mean pooler=none", {{NULL}, 0}});
    hf_check("bert", "BertModel", &(hf_row){BERT, "pooling=first pooler=tanh", {{"pooler.dense.weight"}, 1}});
    cr_assert_eq(mkdir(folder_path("1_Pooling"), 0700), 0);
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        qp_model_config model;
        qp_hf_plan plan;
        const hf_row r = {BERT, kind[i].options, {{"pooler.dense.weight"}, 1}};
        folder_file("1_Pooling/config.json", kind[i].json);
        if (kind[i].options)
            hf_check("bert", "BertModel", &r);
        else
            cr_expect_eq(hf_configure("bert", "BertModel", &r, &model, &plan), QP_EDATA, "%s", kind[i].json);
    }
#define MODULE(name) "{\"type\": \"sentence_transformers.models." name "\"}"
    static const char *const modules[] = {"[" MODULE("Transformer") ", " MODULE("Pooling") ", " MODULE("Normalize") "]",
                                          "[" MODULE("Transformer") ", " MODULE("Dense") "]", "[{}]", "{}"};
    folder_file("1_Pooling/config.json", kind[0].json);
    for (int i = 0; i < 4; i++) {
        qp_model_config model;
        qp_hf_plan plan;
        folder_file("modules.json", modules[i]);
        cr_expect_eq(hf_configure("bert", "BertModel", &(hf_row){BERT, NULL, {{NULL}, 0}}, &model, &plan),
                     i == 0 ? QP_OK : QP_EDATA, "%s", modules[i]);
    }
}

/* ---- translators ---- */

#define BART                                                                                                           \
    "\"d_model\": 8, \"encoder_layers\": 2, \"decoder_layers\": 1, \"encoder_attention_heads\": 2, "                   \
    "\"decoder_attention_heads\": 2, \"encoder_ffn_dim\": 12, \"decoder_ffn_dim\": 12, \"vocab_size\": 9, "            \
    "\"max_position_embeddings\": 16, \"decoder_start_token_id\": 2"
#define T5 "\"d_model\": 8, \"d_kv\": 3, \"d_ff\": 12, \"num_heads\": 2, \"num_layers\": 2, \"vocab_size\": 9"

Test(hf_encoders, translators)
{
    hf_check("bart", NULL,
             &(hf_row){BART,
                       "task=translate enc_layers=2 dec_layers=1 heads=2 ff_size=12 src_vocab_size=9 tgt_vocab_size=9 "
                       "max_length=16 scale_embeddings=false activation=gelu norm=post final_norm=false pos=learned "
                       "tied_embeddings_all=true output_bias=true embedding_norm=true skipped=2 start_id=2",
                       {{NULL}, 0}});
    hf_check("mbart", NULL,
             &(hf_row){BART ", \"scale_embedding\": true, \"activation_function\": \"relu\"",
                       "norm=pre final_norm=true embedding_norm=true scale_embeddings=true activation=relu",
                       {{NULL}, 0}});
    hf_check("marian", NULL,
             &(hf_row){BART,
                       "pos=sinusoidal sinusoid=halves norm=post tied_embeddings_all=true embedding_norm=false",
                       {{NULL}, 0}});
    hf_check("marian", NULL,
             &(hf_row){BART ", \"share_encoder_decoder_embeddings\": false, \"decoder_vocab_size\": 7",
                       "tied_embeddings_all=false tied_embeddings=true src_vocab_size=9 tgt_vocab_size=7",
                       {{NULL}, 0}});
    hf_check("m2m_100", NULL,
             &(hf_row){BART ", \"pad_token_id\": 3",
                       "pos=sinusoidal sinusoid=fairseq first_position=4 norm=pre final_norm=true output_bias=false",
                       {{NULL}, 0}});
    hf_check("pegasus", NULL,
             &(hf_row){BART, "pos=sinusoidal sinusoid=halves norm=pre final_norm=true output_bias=true", {{NULL}, 0}});
    hf_check("t5", NULL,
             &(hf_row){T5 ", \"decoder_start_token_id\": 0",
                       "task=translate head_size=3 ff_size=12 enc_layers=2 dec_layers=2 max_length=512 norm_type=rms "
                       "norm_epsilon=1e-06 bias=false scale_embeddings=false attention_scale=1 pos=relative "
                       "relative_buckets=32 relative_far=128 activation=relu gated_ff=false tied_embeddings_all=true "
                       "scale_output=true untied_output=false",
                       {{NULL}, 0}});
    hf_check(
        "t5", NULL,
        &(hf_row){T5 ", \"num_decoder_layers\": 1, \"n_positions\": 64, \"relative_attention_num_buckets\": 8, "
                     "\"relative_attention_max_distance\": 20, \"feed_forward_proj\": \"gated-gelu\", "
                     "\"tie_word_embeddings\": false",
                  "dec_layers=1 max_length=64 relative_buckets=8 relative_far=20 activation=gelu-tanh gated_ff=true "
                  "scale_output=false untied_output=true",
                  {{"lm_head.weight", "shared.weight"}, 2}});
    hf_check("t5", NULL,
             &(hf_row){T5 ", \"feed_forward_proj\": \"gated-silu\"",
                       "activation=silu gated_ff=true shape_gated=1",
                       {{NULL}, 0}});
    hf_check(
        "t5", NULL,
        &(hf_row){T5 ", \"feed_forward_proj\": \"gelu\"", "activation=gelu gated_ff=false shape_gated=0", {{NULL}, 0}});
    hf_check("t5", "T5EncoderModel", &(hf_row){T5, "task=match decoder=none pooling=mean", {{NULL}, 0}});
    hf_check("t5", NULL, &(hf_row){T5 ", \"feed_forward_proj\": \"gated-tanh\"", "gated_ff=true activation=tanh",
                                   {{NULL}, 0}});
    hf_check("t5", NULL, &(hf_row){T5 ", \"feed_forward_proj\": \"gelu_new\"", "gated_ff=false activation=gelu-tanh",
                                   {{NULL}, 0}});
    hf_check("mt5", NULL, &(hf_row){T5, "gated_ff=true activation=gelu-tanh", {{NULL}, 0}});
    hf_refused("t5", T5 ", \"feed_forward_proj\": \"gated-mish\"", "feed_forward_proj: mish");
    hf_refused("bart", BART ", \"normalize_before\": true", "normalize_before");
    hf_refused("marian", BART ", \"static_position_embeddings\": false", "static_position_embeddings");
    hf_refused("mbart", BART ", \"tie_word_embeddings\": false", "tie_word_embeddings");
}
