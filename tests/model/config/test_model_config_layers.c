#include "tests/model/config/config_rows.h"

#define LM "task=lm encoder=none "
#define GRU "encoder=gru decoder=gru "
#define LABELS "task=classify decoder=none "

Test(model_config_layers, what_fits_together)
{
    static const config_row row[] = {
        {"", NULL},
        {"heads=3", "--heads 3 does not divide --emb-size 256; choose a divisor, such as --heads 4"},
        {"emb_size=258 heads=4", "such as --heads 1"},
        {"heads=3 head_size=20", NULL},
        {"heads=3 " GRU, NULL},
        {"heads=3 encoder=transformer decoder=gru", "does not divide"},
        {"heads=3 encoder=gru decoder=transformer", "does not divide"},
        {"heads=3 encoder=gru decoder=mamba", "does not divide"},
        {LM "heads=3 decoder=mamba", NULL},
        {"heads=4 kv_heads=2", NULL},
        {"heads=4 kv_heads=3", "--kv-heads 3"},
        {"pos=rope heads=4", NULL},
        {"pos=rope emb_size=12 heads=4", "heads of an even width, not 3"},
        {"pos=rope emb_size=12 heads=4 rope_size=2", NULL},
        {"pos=sinusoidal emb_size=12 heads=4", NULL},
        {"pos=rope rope_size=3", "--rope-size 3"},
        {"pos=rope heads=4 rope_size=64", NULL},
        {"pos=rope heads=4 rope_size=66", "up to the width of a head, 64"},
        {"window_layers=10 attention_window=8", NULL},
        {"window_layers=12 attention_window=8", "--window-layers 12"},
        {"window_layers=10", "add --attention-window"},
        {"pos=rope rope_scaling=linear rope_factor=2", NULL},
        {"rope_scaling=linear rope_factor=2", "add --pos rope"},
        {"pos=rope rope_scaling=llama3 rope_slow=4 rope_fast=4", "not below --rope-fast 4"},
        {"pos=rope rope_scaling=yarn rope_slow=5 rope_fast=4", "not below --rope-fast 4"},
        {"pos=rope rope_scaling=linear rope_slow=5 rope_fast=4", NULL},
        {"pos=rope rope_scaling=yarn rope_slow=3 rope_fast=4", NULL},
        {"pos=relative relative_buckets=32", NULL},
        {"pos=relative relative_buckets=33", "--relative-buckets 33"},
        {LM "parallel=shared norm=pre", NULL},
        {LM "parallel=shared norm=post", "--parallel"},
        {"parallel=shared norm=pre", "--parallel"},
        {"word_size=64", NULL},
        {"word_size=64 " GRU, "--word-size is for the embeddings"},
        {"word_size=64 encoder=transformer decoder=gru", "on both sides"},
        {LM "word_size=64", NULL},
        {LABELS "word_size=64", NULL},
        {LABELS "word_size=64 features=4", "not for numbers"},
        {LABELS "pooler=tanh", NULL},
        {"pooler=tanh", "--pooler"},
        {"task=tag decoder=none pooler=tanh", NULL}};
    check_rows(row, sizeof row / sizeof *row);
}

Test(model_config_layers, experts_and_embeddings)
{
    static const config_row row[] = {{"experts=4 experts_per_token=2", NULL},
                                     {"experts=2 experts_per_token=2", NULL},
                                     {"experts=2 experts_per_token=3", "--experts 2 with --experts-per-token 3"},
                                     {"experts=1 experts_per_token=1", "more than one expert"},
                                     {"experts=4 " GRU, "--experts are feed-forward layers"},
                                     {"experts=4 encoder=transformer decoder=gru", NULL},
                                     {"experts=4 encoder=gru decoder=transformer", NULL},
                                     {"segments=2", NULL},
                                     {"segments=2 encoder=gru decoder=transformer", "--segments"},
                                     {LABELS "segments=2 features=4", "--segments"},
                                     {"embedding_norm=true", NULL},
                                     {"embedding_norm=true encoder=gru decoder=transformer", NULL},
                                     {"embedding_norm=true " GRU, "--embedding-norm"}};
    check_rows(row, sizeof row / sizeof *row);
}

Test(model_config_layers, recurrent_ones)
{
    static const config_row row[] = {
        {GRU, NULL},
        {GRU "enc_layers=0", "--enc-layers 0"},
        {GRU "dec_layers=0", "--dec-layers 0"},
        {"encoder=transformer decoder=gru enc_layers=0", NULL},
        {"encoder=qrnn decoder=gru", NULL},
        {"encoder=gru decoder=qrnn", "--decoder qrnn reads two tokens"},
        {GRU "bidirectional=true", NULL},
        {"bidirectional=true", "--bidirectional is for recurrent encoders"},
        {"encoder=mamba decoder=gru bidirectional=true", NULL},
        {GRU "hidden_size=32", NULL},
        {"hidden_size=32", "--hidden-size is the width"},
        {"encoder=transformer decoder=gru hidden_size=32", NULL},
        {LABELS "encoder=text-cnn hidden_size=32", NULL},
        {LABELS "encoder=bag hidden_size=32", NULL},
        {"task=tag decoder=none word_layers=1 hidden_size=32", NULL},
        {GRU "highway=true", NULL},
        {"highway=true", "--highway is for encoders"},
        {LABELS "encoder=conv highway=true", NULL},
        {LABELS "encoder=text-cnn highway=true", NULL},
        {GRU "highway=true rnn_residual=true", "leave one of them out"},
        {GRU "highway=true enc_layers=1", NULL},
        {GRU "highway=true enc_layers=1 hidden_size=32", "--emb-size 32"},
        {GRU "highway=true enc_layers=1 bidirectional=true", "--emb-size 512"},
        {GRU "highway=true enc_layers=1 bidirectional=true direction_merge=sum", NULL},
        {GRU "highway=true enc_layers=2 hidden_size=32", NULL},
        {LABELS "encoder=conv highway=true rnn_residual=true", NULL},
        {GRU "input_feeding=true", NULL},
        {GRU "input_feeding=true attention=none", "--input-feeding"},
        {LM "decoder=gru input_feeding=true", "--input-feeding"},
        {"input_feeding=true", "--input-feeding"},
        {GRU "context_feeding=true attention=none", NULL},
        {GRU "context_feeding=true", "--context-feeding"},
        {"context_feeding=true attention=none", "--context-feeding"},
        {GRU "attention=luong-dot", NULL},
        {GRU "attention=luong-dot bidirectional=true", "not 256 and 512; use --attention luong-general, or "
                                                       "--direction-merge sum"},
        {GRU "attention=luong-dot bidirectional=true direction_merge=sum", NULL},
        {"encoder=transformer decoder=gru attention=luong-dot hidden_size=32", "not 32 and 256"},
        {GRU "attention=luong-general bidirectional=true", NULL}};
    check_rows(row, sizeof row / sizeof *row);
}
