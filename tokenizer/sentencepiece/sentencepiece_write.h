#ifndef QP_SENTENCEPIECE_WRITE_H
#define QP_SENTENCEPIECE_WRITE_H

#include "lib/text/json_writer.h"
#include "tokenizer/sentencepiece/sentencepiece.h"

/* sentencepiece_write — .model files that sentencepiece 0.2 opens.
 *
 * qp_sentencepiece_write — a model that was read, without the fields that only training uses. *content is malloc'ed.
 * Errors: QP_EMEMORY.
 * qp_sentencepiece_put_settings — what follows the pieces, `pieces` of them, with these ids of unk, bos, eos, pad. */
qp_status qp_sentencepiece_put_settings(const qp_sentencepiece *model, int pieces, const int id[4],
                                        qp_text_buffer *out);
qp_status qp_sentencepiece_write(const qp_sentencepiece *model, char **content, size_t *bytes);

/* Parts of a .model, in protocol buffers. */
typedef struct {
    int model_type, id[4]; /* of unk, bos, eos, pad; -1: none */
    bool space_as_suffix, byte_fallback, add_dummy_prefix, remove_extra_spaces, escape_spaces;
    const char *unknown_surface, *name[4]; /* NULL: the usual one */
    const char *rules, *back_rules;        /* charsmaps */
    size_t rules_bytes, back_rules_bytes;
    int pieces;
} qp_spm_settings;

void qp_spm_put_piece(qp_text_buffer *out, const char *text, size_t bytes, float score, int type);
void qp_spm_put_settings(qp_text_buffer *out, const qp_spm_settings *settings);

#endif
