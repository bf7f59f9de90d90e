#ifndef QP_HF_DECODING_H
#define QP_HF_DECODING_H

#include "lib/model/config/model_config.h"
#include "lib/text/text_buffer.h"

/* hf_decoding — how the texts of a folder are to be found, as rules of decoding (lib/package/decoding_rules.h):
 * generation_config.json, before config.json, before the only entry of its task_specific_params.
 *   translators  num_beams, length_penalty, early_stopping, no_repeat_ngram_size, repetition_penalty, min_length,
 *                max_length, forced_bos_token_id, forced_eos_token_id, bad_words_ids, suppress_tokens
 *   others       do_sample with temperature, top_k, top_p, min_p, typical_p, epsilon_cutoff, eta_cutoff (without
 *                do_sample: the most probable token), repetition_penalty, no_repeat_ngram_size, max_new_tokens,
 *                max_length, min_new_tokens, bad_words_ids, suppress_tokens, eos_token_id (the ids after the first)
 * What the folder does not say keeps our default, but num_beams brings the defaults there: log P / length^1, and the
 * search that continues while a live hypothesis can win. A max_length that is the model's own is no rule.
 *
 * qp_hf_generation — members of the object "rules", none if there are none; *left_out are keys that change the text and
 *   have no option here, separated by commas.
 * qp_hf_put_generation — the same back, members of generation_config.json.   decoding: JSON of the package, or NULL.
 * qp_hf_put_end — eos_token_id: one id, or a list where rules have more; end -1: none.
 * Errors  QP_EDATA: a value out of range; QP_EMEMORY. */
qp_status qp_hf_generation(const char *folder, const qp_model_config *model, qp_text_buffer *rules,
                           qp_text_buffer *left_out);
qp_status qp_hf_put_generation(qp_text_buffer *json, const qp_model_config *model, const char *decoding);
qp_status qp_hf_put_end(qp_text_buffer *json, int32_t end, const char *decoding);

#endif
