#include "tokenizer/special_names.h"

#include <string.h>

enum { MOST_NAMES = 8 };

/* Sources: the tokenizer files of BERT, RoBERTa, T5, GPT-2, Llama, Llama 3, Qwen, Gemma, Falcon and OPUS-MT. */
static const struct {
    const char *role, *usual, *name[MOST_NAMES];
} roles[QP_ROLES] = {
    [QP_ROLE_PAD] = {"pad", "<pad>", {"<pad>", "[PAD]", "<|pad|>", "<|padding|>", "<|finetune_right_pad_id|>"}},
    [QP_ROLE_BEGIN] = {"begin", "<s>", {"<s>", "[CLS]", "<bos>", "[BOS]", "<|begin_of_text|>", "<|startoftext|>"}},
    [QP_ROLE_END] = {"end",
                     "</s>",
                     {"</s>", "[SEP]", "<eos>", "[EOS]", "<|end_of_text|>", "<|endoftext|>", "<|im_end|>"}},
    [QP_ROLE_UNKNOWN] = {"unknown", "<unk>", {"<unk>", "[UNK]", "<|unk|>"}},
    [QP_ROLE_MASK] = {"mask", "<mask>", {"[MASK]", "<mask>", "<|mask|>"}}};

const char *qp_special_role_name(int role) { return roles[role].role; }

const char *qp_special_usual_name(int role) { return roles[role].usual; }

int32_t *qp_special_role(qp_special_ids *s, int role)
{
    int32_t *const id[QP_ROLES] = {&s->pad, &s->begin, &s->end, &s->unknown, &s->mask};
    return id[role];
}

/* The rank of a name among those of a role; MOST_NAMES: it is none of them. */
static int rank_of(int role, const char *piece)
{
    for (int k = 0; k < MOST_NAMES && roles[role].name[k]; k++)
        if (strcmp(roles[role].name[k], piece) == 0) return k;
    return MOST_NAMES;
}

qp_special_ids qp_special_find(const qp_tokenizer *t)
{
    qp_special_ids special = {-1, -1, -1, -1, -1};
    int best[QP_ROLES];
    if (t->kind->special) t->kind->special(t->self, &special);
    for (int role = 0; role < QP_ROLES; role++) best[role] = *qp_special_role(&special, role) < 0 ? MOST_NAMES : 0;
    for (int32_t id = 0, size = t->kind->size(t->self); id < size; id++) {
        const char *piece = t->kind->piece(t->self, id);
        if (*piece != '<' && *piece != '[') continue;
        for (int role = 0; role < QP_ROLES; role++) {
            int rank = rank_of(role, piece);
            if (rank >= best[role]) continue;
            best[role] = rank;
            *qp_special_role(&special, role) = id;
        }
    }
    if (special.begin < 0) special.begin = special.end;
    return special;
}
