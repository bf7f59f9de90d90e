#include "tests/model/config/config_rows.h"

#define LM "task=lm encoder=none "
#define LABELS "task=classify decoder=none "
#define TAGS "task=tag decoder=none "
#define SERIES "task=regress decoder=none features=2 "
#define VECTOR "task=autoencode encoder=gru decoder=gru attention=none context_feeding=true "
#define MATCH "task=match decoder=none "

Test(model_config_task, sides_and_pooling)
{
    static const config_row row[] = {{"decoder=none", "--decoder none cannot make text"},
                                     {"task=classify", "--task classify makes no text"},
                                     {LM, NULL},
                                     {LM "decoder=ngram", NULL},
                                     {"decoder=ngram", "add --task lm"},
                                     {"task=lm decoder=ngram", "add --task lm"},
                                     {LM "decoder=ngram lm_window=8", "leave --lm-window out"},
                                     {"task=lm", "use --encoder none"},
                                     {"encoder=none", "use --encoder transformer, or --task lm"},
                                     {LABELS "encoder=none", "--task classify needs an encoder"},
                                     {LABELS "pooling=max", NULL},
                                     {SERIES "pooling=max", NULL},
                                     {MATCH "pooling=max", NULL},
                                     {VECTOR "pooling=max", NULL},
                                     {"pooling=max", "--pooling makes one vector"},
                                     {TAGS "pooling=max", "--pooling makes one vector"},
                                     {LABELS "pooling=class-token", NULL},
                                     {LABELS "encoder=gru pooling=class-token", "use --pooling last"},
                                     {LABELS "encoder=conv pooling=class-token", "use --pooling mean"},
                                     {SERIES "pooling=class-token", "class-token"},
                                     {LABELS "encoder=bag", NULL},
                                     {TAGS "encoder=bag", "--encoder bag has no order"},
                                     {LABELS "encoder=bag features=2", "--encoder bag counts words"},
                                     {LABELS "features=2", NULL},
                                     {SERIES, NULL},
                                     {TAGS "features=2", "rows of numbers"},
                                     {TAGS "word_layers=1", NULL},
                                     {LABELS "word_layers=1", "--word-layers"},
                                     {TAGS "crf=true", NULL},
                                     {LABELS "crf=true", "--crf"}};
    check_rows(row, sizeof row / sizeof *row);
}

Test(model_config_task, regularisers_have_something_to_work_on)
{
    static const config_row row[] = {{"layer_drop=0.1", NULL},
                                     {"layer_drop=0.1 encoder=gru", NULL},
                                     {"layer_drop=0.1 encoder=gru decoder=gru", "--layer-drop"},
                                     {"stochastic_depth=0.1", NULL},
                                     {"stochastic_depth=0.1 encoder=gru decoder=gru", "--stochastic-depth"},
                                     {"recurrent_dropout=0.1", "--recurrent-dropout"},
                                     {"recurrent_dropout=0.1 encoder=gru", NULL},
                                     {"recurrent_dropout=0.1 decoder=lstm", NULL},
                                     {"recurrent_dropout=0.1 encoder=sru decoder=sru", "--recurrent-dropout"},
                                     {TAGS "recurrent_dropout=0.1 word_layers=1", NULL},
                                     {"zoneout=0.1", "--zoneout keeps"},
                                     {"zoneout=0.1 encoder=gru", NULL},
                                     {"zoneout=0.1 decoder=gru", NULL},
                                     {TAGS "zoneout=0.1 word_layers=1", NULL},
                                     {"zoneout_cell=0.1 encoder=lstm", NULL},
                                     {"zoneout_cell=0.1 encoder=gru decoder=gru", "--zoneout-cell"},
                                     {"word_drop=0.1", NULL},
                                     {"word_swap=2", NULL},
                                     {TAGS "word_drop=0.1", "--word-drop and --word-swap"},
                                     {"task=mlm decoder=none word_swap=2", "--word-drop and --word-swap"},
                                     {LM "word_drop=0.1", "--word-drop and --word-swap"},
                                     {LABELS "features=2 word_drop=0.1", "--word-drop and --word-swap"},
                                     {"embedding_dropout=0.1", NULL},
                                     {SERIES "embedding_dropout=0.1", "--embedding-dropout"},
                                     {LM "decoder=ngram embedding_dropout=0.1", "--embedding-dropout"},
                                     {"word_dropout_src=0.1", NULL},
                                     {LM "word_dropout_src=0.1", "use --word-dropout-tgt"},
                                     {SERIES "word_dropout_src=0.1", "a source of words; leave it out"},
                                     {"word_dropout_tgt=0.1", NULL},
                                     {LABELS "word_dropout_tgt=0.1", "--word-dropout-tgt"},
                                     {LM "decoder=ngram word_dropout_tgt=0.1", "--word-dropout-tgt"},
                                     {LABELS "mixup=0.5", NULL},
                                     {TAGS "mixup=0.5", "--mixup mixes labelled texts"}};
    check_rows(row, sizeof row / sizeof *row);
}

Test(model_config_task, losses_of_tasks)
{
    static const config_row row[] = {{"loss=cross-entropy", NULL},
                                     {"loss=focal", NULL},
                                     {"loss=unlikelihood", NULL},
                                     {LABELS "loss=unlikelihood", "against repeated words of a decoder"},
                                     {LABELS "loss=focal", NULL},
                                     {LABELS "loss=focal mixup=0.5", "--mixup needs --loss cross-entropy, not focal"},
                                     {LABELS "loss=cross-entropy mixup=0.5", NULL},
                                     {TAGS "loss=focal crf=true", "--crf needs --loss cross-entropy"},
                                     {TAGS "loss=cross-entropy crf=true", NULL},
                                     {"loss=mse", "--loss mse is for series"},
                                     {SERIES "loss=mse", NULL},
                                     {SERIES "loss=focal", "compares classes"},
                                     {SERIES "loss=cosine", "for pairs of texts; add --task match"},
                                     {SERIES "loss=quantile", NULL},
                                     {SERIES "loss=quantile quantiles=0.5", NULL},
                                     {SERIES "loss=quantile quantiles=0.1,0.1", "--quantiles 0.1,0.1"},
                                     {SERIES "loss=quantile quantiles=0.9,0.1", "--quantiles 0.9,0.1"},
                                     {SERIES "loss=quantile quantiles=0", "--quantiles 0:"},
                                     {SERIES "loss=quantile quantiles=1", "--quantiles 1:"},
                                     {SERIES "loss=quantile quantiles=0.1,,0.2", "--quantiles"},
                                     {SERIES "loss=quantile quantiles=0.1;0.2", "--quantiles"},
                                     {MATCH "loss=mse", NULL},
                                     {MATCH "loss=cosine", NULL},
                                     {MATCH "loss=info-nce", NULL},
                                     {MATCH "loss=mae", "not for pairs of texts; with --task match"},
                                     {MATCH "loss=focal", "not for pairs of texts"},
                                     {"loss=triplet", "for pairs of texts; add --task match"},
                                     {LM "decoder=ngram loss=focal", "leave --loss out"}};
    check_rows(row, sizeof row / sizeof *row);
}

Test(model_config_task, options_of_one_task)
{
    static const config_row row[] = {
        {VECTOR "bottleneck=32", NULL},
        {"bottleneck=32", "--bottleneck"},
        {VECTOR "bottleneck=32 codebook=8 codes=4", NULL},
        {"codebook=8", "--codebook is for autoencoders"},
        {VECTOR "bottleneck=32 codebook=8 codes=5", "--codes 5 does not divide --bottleneck 32"},
        {VECTOR "bottleneck=32 codes=5", NULL},
        {VECTOR "codebook=8 codes=4 variational=true", "choose one"},
        {VECTOR "variational=true", NULL},
        {"variational=true", "--variational is for autoencoders"},
        {VECTOR "tgt_vocab_size=11", "makes what it reads"},
        {LM "lm_window=8", NULL},
        {"lm_window=8", "--lm-window cuts"},
        {LM "lm_window=512", NULL},
        {LM "lm_window=513", "--lm-window 513 is longer than --max-length 512"},
        {LM "decoder=lstm lm_window=8 carry=true", NULL},
        {LM "decoder=lstm carry=true", "--carry"},
        {LM "lm_window=8 carry=true", "--carry"},
        {"tied_embeddings_all=true", NULL},
        {"tied_embeddings_all=true tgt_vocab_size=11", "--tied-embeddings-all needs one vocabulary"},
        {"tied_embeddings_all=false tgt_vocab_size=11", NULL},
        {LABELS "tied_embeddings_all=true tgt_vocab_size=11", NULL}};
    check_rows(row, sizeof row / sizeof *row);
}
