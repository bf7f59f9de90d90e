#include "tokenizer/sentencepiece/sentencepiece_config.h"

static const qp_field fields[] = {
#define ROW(...) QP_FIELD_ROW(qp_sentencepiece_config, __VA_ARGS__)
    QP_SENTENCEPIECE_FIELDS(ROW)
#undef ROW
};

const qp_field_table qp_sentencepiece_fields = {"sentencepiece", fields, (int)(sizeof fields / sizeof *fields)};
