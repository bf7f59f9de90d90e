#include "lib/model/model_config.h"

#define ROW(...) QP_FIELD_ROW(qp_model_config, __VA_ARGS__)
static const qp_field fields[] = {QP_MODEL_FIELDS(ROW)};

const qp_field_table qp_model_fields = {"model", fields, sizeof fields / sizeof fields[0]};

qp_status qp_model_config_check(const qp_model_config *config)
{
    if (config->emb_size % config->heads != 0)
        return qp_fail(QP_EUSAGE, "--heads %lld does not divide --emb-size %lld; choose a divisor, such as --heads %d",
                       (long long)config->heads, (long long)config->emb_size, config->emb_size % 4 == 0 ? 4 : 1);
    if (config->kv_heads && config->heads % config->kv_heads != 0)
        return qp_fail(QP_EUSAGE, "--kv-heads %lld does not divide --heads %lld; choose a divisor",
                       (long long)config->kv_heads, (long long)config->heads);
    if (config->pos == QP_POS_SINUSOIDAL && config->emb_size % 2 != 0)
        return qp_fail(QP_EUSAGE, "--pos sinusoidal needs an even --emb-size, not %lld; use an even one or --pos learned",
                       (long long)config->emb_size);
    if (config->pos == QP_POS_ROPE && config->emb_size / config->heads % 2 != 0)
        return qp_fail(QP_EUSAGE, "--pos rope needs heads of an even width, not %lld / %lld; change --heads or --emb-size",
                       (long long)config->emb_size, (long long)config->heads);
    if (config->decoder == QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--decoder none cannot make text; use --decoder transformer");
    if (config->task == QP_TASK_TRANSLATE && config->encoder == QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--task translate needs an encoder; use --encoder transformer, or --task lm");
    if (config->task == QP_TASK_LM && config->encoder != QP_KIND_NONE)
        return qp_fail(QP_EUSAGE, "--task lm has no source to encode; use --encoder none");
    if (config->tied_embeddings_all && config->src_vocab_size != config->tgt_vocab_size)
        return qp_fail(QP_EUSAGE,
                       "--tied-embeddings-all needs one vocabulary for both sides, not %lld and %lld pieces; add --share-vocab",
                       (long long)config->src_vocab_size, (long long)config->tgt_vocab_size);
    return QP_OK;
}
