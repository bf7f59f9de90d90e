#include "tokenizer/own/tokenizer_config.h"

QP_FIELD_TABLE(qp_tokenizer_fields, "tokenizer", qp_tokenizer_config, QP_TOKENIZER_FIELDS);
