#include "tokenizer/own/tokenizer_config.h"

#define ROW(kind, name, fallback, low, high, choices, help)                                                            \
    QP_FIELD_ROW(qp_tokenizer_config, kind, name, fallback, low, high, choices, help)

static const qp_field field[] = {QP_TOKENIZER_FIELDS(ROW)};

const qp_field_table qp_tokenizer_fields = {"tokenizer", field, sizeof field / sizeof *field};
