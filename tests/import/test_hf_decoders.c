#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/import/hf_rows.h"
#include "tests/import/import_folder.h"

TestSuite(hf_decoders, .init = folder_begin, .fini = folder_end);

/* ---- decoders with layer norms ---- */

#define GPT2 "\"n_embd\": 8, \"n_layer\": 2, \"n_head\": 2, \"n_positions\": 16, \"vocab_size\": 9"
#define NEO                                                                                                            \
    "\"hidden_size\": 8, \"num_layers\": 2, \"num_heads\": 2, \"max_position_embeddings\": 16, \"vocab_size\": 9"
#define WIDE                                                                                                           \
    "\"hidden_size\": 8, \"num_hidden_layers\": 2, \"num_attention_heads\": 2, \"vocab_size\": 9, "                    \
    "\"max_position_embeddings\": 16"

Test(hf_decoders, gpt)
{
    hf_check("gpt2", NULL,
             &(hf_row){GPT2,
                       "emb_size=8 dec_layers=2 heads=2 ff_size=32 max_length=16 tgt_vocab_size=9 pos=learned "
                       "activation=gelu-tanh tied_embeddings=true output_bias=false attention_scale=0 task=lm "
                       "norm_epsilon=1e-05 scale_embeddings=false encoder=none dropout=0 skipped=0",
                       {{NULL}, 0}});
    hf_check("gpt2", NULL,
             &(hf_row){GPT2 ", \"n_inner\": 12, \"activation_function\": \"relu\", \"scale_attn_weights\": false, "
                            "\"scale_attn_by_inverse_layer_idx\": true, \"layer_norm_epsilon\": 0.001, "
                            "\"tie_word_embeddings\": false",
                       "ff_size=12 activation=relu attention_scale=1 attention_layer_scale=true norm_epsilon=0.001 "
                       "tied_embeddings=false",
                       {{"lm_head.weight"}, 1}});
    hf_check("gpt_neo", NULL,
             &(hf_row){
                 NEO ", \"attention_types\": [[[\"global\", \"local\"], 1]], \"window_size\": 5",
                 "window_layers=01 attention_window=5 attention_scale=1 qkv_bias=false tied_embeddings=true ff_size=32 "
                 "activation=gelu-tanh output_bias=false",
                 {{NULL}, 0}});
    hf_check("gpt_neo", NULL,
             &(hf_row){NEO ", \"attention_layers\": [\"local\", \"global\"]",
                       "window_layers=10 attention_window=256",
                       {{NULL}, 0}});
    hf_check("gptj", NULL,
             &(hf_row){GPT2 ", \"rotary_dim\": 2",
                       "pos=rope rope_size=2 parallel=shared qkv_bias=false attention_bias=false output_bias=true "
                       "tied_embeddings=false activation=gelu-tanh",
                       {{"lm_head.weight"}, 1}});
    hf_check("gpt_neox", NULL,
             &(hf_row){WIDE ", \"intermediate_size\": 12, \"rotary_pct\": 0.5, \"rotary_emb_base\": 500",
                       "pos=rope rope_size=2 rope_base=500 parallel=separate ff_size=12 qkv_bias=true activation=gelu "
                       "tied_embeddings=false output_bias=false",
                       {{"embed_out.weight"}, 1}});
    hf_check("gpt_neox", NULL,
             &(hf_row){WIDE ", \"rotary_pct\": 1.0, \"use_parallel_residual\": false, \"attention_bias\": false",
                       "rope_size=4 parallel=none qkv_bias=false attention_bias=false",
                       {{"embed_out.weight"}, 1}});
    hf_refused("gpt2", "\"n_embd\": 9, \"n_layer\": 2, \"n_head\": 2, \"n_positions\": 16, \"vocab_size\": 9",
               "n_head");
    hf_refused("gpt2", GPT2 ", \"tie_word_embeddings\": false", "the weights have no output layer");
    hf_refused("gpt2", GPT2 ", \"activation_function\": \"mish\"", "activation_function: mish is not one of");
    hf_refused("gpt_neo", NEO ", \"attention_layers\": [\"local\"]", "not a kind for every layer");
    hf_refused("gpt_neox", WIDE ", \"rotary_pct\": 0.25", "partial_rotary_factor");
}

Test(hf_decoders, other_decoders)
{
    hf_check(
        "opt", NULL,
        &(hf_row){WIDE ", \"ffn_dim\": 12",
                  "norm=pre final_norm=true bias=true word_size=0 activation=relu ff_size=12 max_length=16 skipped=2 "
                  "tied_embeddings=true pos=learned",
                  {{NULL}, 0}});
    hf_check("opt", NULL,
             &(hf_row){WIDE ", \"do_layer_norm_before\": false, \"word_embed_proj_dim\": 4, \"enable_bias\": false",
                       "norm=post final_norm=false word_size=4 bias=false",
                       {{NULL}, 0}});
    hf_check(
        "bloom", NULL,
        &(hf_row){"\"n_embed\": 8, \"n_layer\": 2, \"n_head\": 2, \"vocab_size\": 9",
                  "pos=alibi max_length=2048 embedding_norm=true activation=gelu-tanh tied_embeddings=true ff_size=32",
                  {{NULL}, 0}});
    hf_check("falcon", NULL,
             &(hf_row){WIDE,
                       "kv_heads=1 parallel=shared pos=rope rope_size=4 activation=gelu bias=false ff_size=32",
                       {{NULL}, 0}});
    hf_check("falcon", NULL,
             &(hf_row){WIDE ", \"new_decoder_architecture\": true, \"num_kv_heads\": 2, \"bias\": true",
                       "kv_heads=2 parallel=separate bias=true",
                       {{NULL}, 0}});
    hf_check("falcon", NULL,
             &(hf_row){WIDE ", \"new_decoder_architecture\": true, \"num_ln_in_parallel_attn\": 1",
                       "kv_heads=2 parallel=shared",
                       {{NULL}, 0}});
    hf_check(
        "falcon", NULL,
        &(hf_row){WIDE ", \"multi_query\": false, \"parallel_attn\": false", "kv_heads=2 parallel=none", {{NULL}, 0}});
    hf_check(
        "phi", NULL,
        &(hf_row){
            WIDE ", \"intermediate_size\": 12, \"qk_layernorm\": true",
            "rope_size=2 parallel=shared qk_norm=true output_bias=true tied_embeddings=false ff_size=12 kv_heads=2 "
            "activation=gelu-tanh",
            {{"lm_head.weight"}, 1}});
    hf_refused("falcon", WIDE ", \"alibi\": true", "alibi");
    hf_refused("falcon", WIDE ", \"new_decoder_architecture\": true, \"num_kv_heads\": 3", "does not divide the heads");
    hf_refused("bloom",
               "\"n_embed\": 8, \"n_layer\": 2, \"n_head\": 2, \"vocab_size\": 9, "
               "\"apply_residual_connection_post_layernorm\": true",
               "apply_residual_connection_post_layernorm");
    hf_refused("bloom",
               "\"n_embed\": 8, \"n_layer\": 2, \"n_head\": 2, \"vocab_size\": 9, \"pretraining_tp\": 2, "
               "\"slow_but_exact\": true",
               "slow_but_exact");
}

/* ---- decoders with RMS norms ---- */

#define LLAMA WIDE ", \"intermediate_size\": 12, \"tie_word_embeddings\": true"

Test(hf_decoders, llama)
{
    hf_check("llama", NULL,
             &(hf_row){LLAMA,
                       "norm_type=rms gated_ff=true activation=silu bias=false qkv_bias=false ff_bias=false kv_heads=2 "
                       "norm_epsilon=1e-06 rope_base=10000 rope_size=4 rope_scaling=none attention_window=0",
                       {{NULL}, 0}});
    hf_check("llama", NULL,
             &(hf_row){LLAMA
                       ", \"num_key_value_heads\": 1, \"head_dim\": 6, \"attention_bias\": true, \"mlp_bias\": true, "
                       "\"rms_norm_eps\": 0.001, \"rope_theta\": 500, \"rope_scaling\": {\"type\": \"linear\", "
                       "\"factor\": 2}",
                       "kv_heads=1 head_size=6 qkv_bias=true attention_bias=true ff_bias=true norm_epsilon=0.001 "
                       "rope_base=500 rope_scaling=linear rope_factor=2 rope_size=6 rope_length=16",
                       {{NULL}, 0}});
    hf_check("llama", NULL,
             &(hf_row){LLAMA ", \"rope_parameters\": {\"rope_type\": \"dynamic\", \"factor\": 4, \"rope_theta\": 700}",
                       "rope_scaling=dynamic rope_length=16 max_length=64 rope_base=700",
                       {{NULL}, 0}});
    hf_check("llama", NULL,
             &(hf_row){LLAMA ", \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, "
                             "\"original_max_position_embeddings\": 4, \"low_freq_factor\": 2}",
                       "rope_scaling=llama3 rope_length=4 rope_slow=2 rope_fast=4 rope_factor=8",
                       {{NULL}, 0}});
    hf_check("llama", NULL,
             &(hf_row){LLAMA ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 8, \"attention_factor\": 0.5}",
                       "rope_scaling=yarn rope_slow=1 rope_fast=32 rope_magnitude=0.5",
                       {{NULL}, 0}});
    hf_refused("llama", LLAMA ", \"rope_scaling\": {\"rope_type\": \"longrope\", \"factor\": 8}", "rope_type");
    hf_refused("llama", LLAMA ", \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0.5}", "rope factor");
    hf_check("llama", NULL,
             &(hf_row){LLAMA ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"mscale\": 1, "
                             "\"original_max_position_embeddings\": 4}",
                       "rope_scaling=yarn rope_factor=4 rope_magnitude=0",
                       {{NULL}, 0}});
    hf_check("llama", NULL, /* (0.1 * 2 * ln 1 + 1) / (0.1 * 3 * ln 1 + 1) */
             &(hf_row){LLAMA ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 1, \"mscale\": 2, "
                             "\"mscale_all_dim\": 3}",
                       "rope_magnitude=1",
                       {{NULL}, 0}});
    hf_refused("llama", LLAMA ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 8, \"truncate\": false}",
               "truncate");
    hf_refused("llama", LLAMA ", \"rope_theta\": 0.5", "rope_theta");
}

/* Which layers have a window: those of the list, else those of the architecture. */
Test(hf_decoders, windows)
{
#define TYPES(a, b) ", \"layer_types\": [\"" a "_attention\", \"" b "_attention\"]"
    static const struct {
        const char *model_type, *more, *options;
    } kind[] = {
        {"mistral", "\"sliding_window\": 5", "attention_window=5 window_layers=11"},
        {"mistral", "\"sliding_window\": null", "attention_window=0 window_layers="},
        {"mistral", "\"use_cache\": true", "attention_window=4096 window_layers=11 rope_base=10000"},
        {"mistral", "\"sliding_window\": 5" TYPES("full", "full"), "attention_window=0 window_layers="},
        {"mixtral", "\"sliding_window\": 5, \"num_local_experts\": 4, \"num_experts_per_tok\": 3",
         "attention_window=5 experts=4 experts_per_token=3"},
        {"mixtral", "\"sliding_window\": null", "experts=8 experts_per_token=2"},
        {"mixtral", "\"use_cache\": true", "attention_window=0 rope_base=1e+06 norm_epsilon=1e-05"},
        {"phi3", "\"use_cache\": true", "attention_window=0 rope_base=10000 norm_epsilon=1e-05"},
        {"qwen2", "\"sliding_window\": 5", "attention_window=0 qkv_bias=true attention_bias=false"},
        {"qwen2", "\"sliding_window\": 5, \"use_sliding_window\": true, \"max_window_layers\": 1",
         "attention_window=5 window_layers=01"},
        {"qwen2", "\"sliding_window\": 5, \"use_sliding_window\": true, \"max_window_layers\": 0",
         "attention_window=5 window_layers=11"},
        {"qwen2", "\"sliding_window\": 5, \"use_sliding_window\": true", "attention_window=0 window_layers="},
        {"qwen2", "\"sliding_window\": 5, \"use_sliding_window\": true" TYPES("sliding", "full"),
         "attention_window=5 window_layers=10"},
        {"qwen3", "\"sliding_window\": 5, \"use_sliding_window\": true" TYPES("full", "sliding"),
         "attention_window=5 window_layers=01 qk_norm=true head_size=128"},
        {"qwen3", "\"head_dim\": 6", "attention_window=0 head_size=6"},
        {"gemma2", "\"sliding_window\": 5",
         "attention_window=5 window_layers=10 norm=both attention_softcap=50 "
         "output_softcap=30 attention_scale=0.0625 activation=gelu-tanh"},
        {"gemma2",
         "\"sliding_window\": 5, \"attn_logit_softcapping\": null, \"final_logit_softcapping\": 7, "
         "\"query_pre_attn_scalar\": 4" TYPES("sliding", "sliding"),
         "window_layers=11 attention_softcap=0 output_softcap=7 attention_scale=0.5"},
        {"gemma", "\"hidden_act\": \"gelu\"", "scale_embeddings=true activation=gelu norm=pre head_size=256"},
        {"gemma2", "\"head_dim\": null", "attention_window=4096 window_layers=10 head_size=0"},
    };
    for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
        char json[800];
        snprintf(json, sizeof json, LLAMA ", %s", kind[i].more);
        hf_check(kind[i].model_type, NULL, &(hf_row){json, kind[i].options, {{NULL}, 0}});
    }
    hf_refused("mistral", LLAMA ", \"sliding_window\": 5, \"layer_types\": [\"full_attention\"]", "layer_types");
    hf_refused("mistral", LLAMA ", \"sliding_window\": 5" TYPES("full", "chunked"), "layer_types");
    hf_refused("gemma2", LLAMA ", \"query_pre_attn_scalar\": 0", "query_pre_attn_scalar");
    hf_refused("gemma2", LLAMA ", \"final_logit_softcapping\": -1", "final_logit_softcapping");
    hf_refused("gemma", LLAMA ", \"hidden_act\": \"gelu\", \"hidden_activation\": \"relu\"", "hidden_act");
    hf_refused("mixtral", LLAMA ", \"num_experts_per_tok\": 1", "num_experts_per_tok");
}
