#ifndef QP_MODEL_FILE_H
#define QP_MODEL_FILE_H

#include "lib/model/model.h"

/* model_file — a model is one file: a valid safetensors file whose metadata carries all that is needed to use it.
 *   quipu.format            "1"
 *   quipu.model             the configuration, a JSON object of strings, one per field of model_config
 *   quipu.tokenizer.source  the source tokenizer, as its own JSON     (models with an encoder)
 *   quipu.tokenizer.target  the target tokenizer; absent where one serves both sides
 *   quipu.labels            the label dictionary, a JSON array of texts         (classify, tag)
 *   quipu.scaling           what forecasting needs: columns, window, scaling    (regress)
 *   quipu.quantized         a JSON object, where matrices were rounded to fewer bits: the type, and how well the model
 *                           did before and after
 *   quipu.decoding          a JSON object: defaults of options for translate and generate, tokens of languages
 *   quipu.checksum          see store/safetensors.h
 * A matrix is F32, or as `quipu quantize` stores it: BF16, F16, or I8 with the factor of each row in an F32 array that
 * has its name and ".scale".
 * Equal models make equal files, byte for byte: no date, host or path goes in. */
typedef struct {
    char *source_tokenizer, *target_tokenizer; /* the tokenizers' JSON */
    char *labels, *scaling, *quantized, *decoding;
    char *checksum;             /* of the file they were read from; not written */
    char *base, *base_checksum; /* of an adapter (model_transfer.h), of which only what is trained is written */
    double alpha;               /* of an adapter to be written */
} qp_model_texts;               /* what the metadata carries beside the configuration; each may be NULL */

void qp_model_texts_free(qp_model_texts *texts);

/* qp_model_file_save — complete or absent. texts may be NULL.   Errors  QP_ECREATE, QP_EIO, QP_EMEMORY. */
qp_status qp_model_file_save(const char *path, const qp_model *model, const qp_model_texts *texts);

/* qp_model_file_load — verify the checksum, build the model and fill it; the caller frees the model and the texts.
 *   Whether the texts suffice for the model is not checked here, but by qp_package_load.
 * qp_model_file_open — the same for inference, with the weights in the mapped file (qp_params_map);
 *   those of adapters and n-grams are read. verify false: do not look at the checksum. `reader` reads the texts on
 *   another thread meanwhile; its error is returned if the file has none.
 * qp_model_file_texts — the texts of any safetensors file, without its weights.
 * qp_model_file_config — the configuration alone; *found false: a safetensors file without one, or an adapter.
 * Errors  QP_ENOINPUT, QP_EDATA (naming what is wrong with the file), QP_EMEMORY. */
qp_status qp_model_file_load(const char *path, qp_model **model, qp_model_texts *texts);
typedef struct {
    void *self;
    qp_status (*read)(void *self, const qp_model_texts *texts);
} qp_texts_reader;
qp_status qp_model_file_open(const char *path, bool verify, const qp_texts_reader *reader, qp_model **model,
                             qp_model_texts *texts);
qp_status qp_model_file_texts(const char *path, qp_model_texts *texts);
qp_status qp_model_file_config(const char *path, qp_model_config *config, bool *found);

#endif
