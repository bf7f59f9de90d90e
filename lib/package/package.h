#ifndef QP_PACKAGE_H
#define QP_PACKAGE_H

#include "data/images/image_format.h"
#include "data/series/series_scaling.h"
#include "data/text/labels.h"
#include "lib/base/batch.h"
#include "lib/model/model.h"
#include "lib/package/quantization.h"
#include "tokenizer/tokenizer.h"

/* package — a model with everything that turns text or numbers into its input and its output back: what a model file
 * holds. One owner from loading or training to saving. */
/* A codec that puts a token before every text, of translators with --begin-token, or after its end, where that is how
 * the language of a source is written. -1: none. */
typedef struct {
    qp_text_codec inner;
    int32_t begin, last;
    qp_special_ids special; /* of a text that ends with `last` */
} qp_begun_codec;

typedef struct qp_package {
    qp_model *model;
    qp_tokenizer *source, *target;            /* equal where one serves both sides; source NULL: no encoder of text */
    qp_text_codec source_codec, target_codec; /* of source and target; borrow them */
    qp_begun_codec begun;                     /* what source_codec may wrap */
    qp_labels labels;                         /* classify, tag */
    qp_scaling scaling;                       /* regress */
    qp_image_format images;                   /* classify, match: of images; all zero: of texts */
    char *base, *base_checksum; /* while an adapter is trained (--lora): the model that it adapts; else NULL */
    double lora_alpha;
    char *decoding;            /* rules of decoding, languages (decoding_rules.h); NULL: none */
    qp_quantization quantized; /* of matrices in fewer bits; {0}: of none */
} qp_package;

/* qp_package_new — an empty package, to be filled.    Errors  QP_EMEMORY.
 * qp_package_set_tokenizers — the package owns them from now on; either may be NULL, both may be the same.
 * qp_package_set_model — the package owns it; it learns the special ids of the tokenizers.
 * qp_package_set_language — the token that goes with every source, in the place that package->decoding says.
 *   Errors  QP_EMEMORY.
 * qp_package_free — NULL is fine. */
qp_status qp_package_new(qp_package **package);
void qp_package_set_tokenizers(qp_package *package, qp_tokenizer *source, qp_tokenizer *target);
void qp_package_set_model(qp_package *package, qp_model *model);
qp_status qp_package_set_language(qp_package *package, int32_t id);
void qp_package_free(qp_package *package);

/* qp_package_load — read a model file and check that it is complete and consistent: the tokenizers the architecture
 *   needs are present, as large as the embeddings, and have the model's special ids; labels and scaling have the
 *   model's sizes.
 * qp_package_open — the same for inference: weights are used in the mapped file, and results do not
 *   depend on batches. verify false: do not look at the checksum.
 * qp_package_save — write a model file; complete or absent.
 * Errors  those of qp_model_file_load and qp_model_file_save; QP_EDATA, naming what is missing or does not fit. */
qp_status qp_package_load(const char *path, qp_package **package);
qp_status qp_package_open(const char *path, bool verify, qp_package **package);
qp_status qp_package_save(const qp_package *package, const char *path);

#endif
