#include "tokenizer/own_sentencepiece.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/batch.h"
#include "tokenizer/models/bpe_texts.h"
#include "tokenizer/sentencepiece/sentencepiece_write.h"

static qp_status refuse(const char *what)
{
    return qp_fail(QP_EDATA, "%s cannot be expressed in a sentencepiece model", what);
}

static qp_status check(const qp_own *t)
{
    if (t->settings.form != QP_FORM_NONE)
        return refuse("a normal form (it has tables of replacements; train with --normalization none)");
    if (t->settings.lower_case || t->settings.case_fold) return refuse("lower case");
    if (t->settings.strip_accents) return refuse("stripping accents");
    if (t->settings.jamo) return refuse("jamo that are joined to syllables again");
    if (t->settings.type != QP_TOKENIZER_BPE && t->settings.type != QP_TOKENIZER_UNIGRAM &&
        t->settings.type != QP_TOKENIZER_CHAR)
        return refuse("this type (characters, BPE and unigram can)");
    if (t->rules.pattern != QP_CUT_SPACES)
        return refuse("this pattern (it splits before spaces; train with --pattern spaces)");
    if (!t->settings.byte_fallback) return refuse("an unknown id for each unknown character (it merges neighbors)");
    if (qp_vocabulary_find(&t->vocabulary, " ", 1) < 0) return refuse("a vocabulary without the space");
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        const char *shown = qp_vocabulary_shown(&t->vocabulary, id);
        if (t->vocabulary.kind[id] != QP_PIECE_NORMAL && qp_vocabulary_find(&t->vocabulary, shown, strlen(shown)) >= 0)
            return refuse("a normal piece spelled like a special one");
    }
    return QP_OK;
}

/* The score of a BPE piece is minus its rank. Scores of characters are never used. */
static qp_status scores_of_merges(const qp_own *t, float *score)
{
    struct qp_merge *pair;
    size_t count;
    int32_t unreached, broken;
    QP_TRY(qp_bpe_pairs(&t->vocabulary, &t->bpe, false, &pair, &count, &unreached, &broken));
    int32_t wrong = broken >= 0 ? broken : unreached;
    for (int32_t id = 0; id < t->vocabulary.count; id++) score[id] = -(float)count;
    for (size_t i = 0; i < count; i++) score[pair[i].merged] = -(float)i;
    free(pair);
    if (count >= 1 << 24) return refuse("more than 16,777,216 merges");
    if (wrong < 0) return QP_OK;
    return qp_fail(QP_EDATA,
                   "piece %d \"%.40s\" cannot be expressed in a sentencepiece model: it merges any two pieces that "
                   "spell a third, and would merge this one in another way",
                   wrong, qp_vocabulary_shown(&t->vocabulary, wrong));
}

static int type_of(const qp_own *t, int32_t id)
{
    if (id == QP_UNK) return QP_SPM_UNKNOWN;
    if (t->vocabulary.kind[id] == QP_PIECE_SPECIAL) return QP_SPM_CONTROL;
    return t->vocabulary.kind[id] == QP_PIECE_BYTE ? QP_SPM_BYTE : QP_SPM_NORMAL;
}

static qp_status write_own(const qp_own *t, const float *score, char **content, size_t *bytes)
{
    qp_text_buffer out = {0};
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        const char *shown = qp_vocabulary_shown(&t->vocabulary, id);
        qp_spm_put_piece(&out, shown, strlen(shown), score[id], type_of(t, id));
    }
    qp_spm_settings s = {.model_type = t->settings.type == QP_TOKENIZER_BPE       ? QP_SPM_BPE
                                       : t->settings.type == QP_TOKENIZER_UNIGRAM ? QP_SPM_UNIGRAM
                                                                                  : QP_SPM_CHAR,
                         .id = {QP_UNK, QP_BOS, QP_EOS, QP_PAD},
                         .byte_fallback = true,
                         .add_dummy_prefix = t->settings.space_first,
                         .escape_spaces = true,
                         .unknown_surface = "<unk>",
                         .pieces = t->vocabulary.count};
    qp_spm_put_settings(&out, &s);
    return qp_text_finish(&out, content, bytes);
}

qp_status qp_own_write_sentencepiece(const qp_own *t, char **content, size_t *bytes)
{
    *content = NULL;
    *bytes = 0;
    QP_TRY(check(t));
    float *score = calloc((size_t)t->vocabulary.count + 1, sizeof *score);
    if (!score) return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
    qp_status status = QP_OK;
    if (t->settings.type == QP_TOKENIZER_BPE) status = scores_of_merges(t, score);
    if (t->settings.type == QP_TOKENIZER_UNIGRAM) memcpy(score, t->score, (size_t)t->vocabulary.count * sizeof *score);
    if (status == QP_OK) status = write_own(t, score, content, bytes);
    free(score);
    return status;
}
