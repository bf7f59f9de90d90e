#include "tokenizer/sentencepiece/sentencepiece_trainer_config.h"

QP_FIELD_TABLE(qp_sentencepiece_fields, "sentencepiece", qp_sentencepiece_config, QP_SENTENCEPIECE_FIELDS);
