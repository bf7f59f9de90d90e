#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "tokenizer/own/own.h"
#include "tokenizer/own/own_file.h"
#include "tokenizer/own/own_kind.h"

const char *const qp_own_type_name[] = {"char", "byte", "word", "bpe", "byte-bpe", "unigram", "wordpiece", "space"};
const char *const qp_own_form_name[] = {"none", "nfc", "nfkc", "nfd", "nfkd"};
const char *const qp_own_pattern_name[] = {"words", "spaces", "gpt2", "gpt4", "none"};

qp_tokenizer_facts qp_own_info(const void *self)
{
    const qp_own *t = self;
    return (qp_tokenizer_facts){.type = qp_own_type_name[t->settings.type],
                                .normalization = qp_own_form_name[t->settings.form],
                                .unicode = utf8proc_unicode_version(),
                                .pattern = qp_own_pattern_name[t->rules.pattern],
                                .lower_case = t->settings.lower_case,
                                .case_fold = t->settings.case_fold,
                                .strip_accents = t->settings.strip_accents,
                                .jamo = t->settings.jamo,
                                .space_first = t->settings.space_first,
                                .byte_fallback = t->settings.byte_fallback,
                                .single_digits = t->settings.single_digits,
                                .size = t->vocabulary.count,
                                .merges = t->bpe.count};
}

static void flag(qp_text_buffer *out, const char *key, bool value)
{
    qp_text_format(out, ",\n \"%s\": %s", key, value ? "true" : "false");
}

static qp_status shown(const qp_own *t, int32_t id, qp_text_buffer *out)
{
    const char *text = qp_vocabulary_shown(&t->vocabulary, id);
    if (qp_json_string(out, text, strlen(text))) return QP_OK;
    return qp_fail(QP_EBUG, "tokenizer file: piece %d is not UTF-8", id);
}

static void initial_pieces(const qp_own *t, qp_text_buffer *out)
{
    bool first = true;
    qp_text_format(out, ",\n \"initial\": [");
    for (int32_t id = 0; t->settings.type == QP_TOKENIZER_WORDPIECE && id < t->vocabulary.count; id++) {
        const char *text = qp_vocabulary_shown(&t->vocabulary, id);
        if (t->vocabulary.kind[id] != QP_PIECE_NORMAL || strncmp(text, "##", 2) != 0) continue;
        qp_text_format(out, "%s%d", first ? "" : ", ", id);
        first = false;
    }
    qp_text_put(out, "]", 1);
}

qp_status qp_own_save(const void *self, qp_text_buffer *out)
{
    const qp_own *t = self;
    qp_text_format(out, ",\n \"normalization\": \"%s\"", qp_own_form_name[t->settings.form]);
    flag(out, "lower_case", t->settings.lower_case);
    flag(out, "case_fold", t->settings.case_fold);
    flag(out, "strip_accents", t->settings.strip_accents);
    flag(out, "jamo", t->settings.jamo);
    flag(out, "byte_fallback", t->settings.byte_fallback);
    qp_text_format(out, ",\n \"digits\": \"%s\"", t->settings.single_digits ? "single" : "together");
    qp_text_format(out, ",\n \"pattern\": \"%s\"", qp_own_pattern_name[t->rules.pattern]);
    flag(out, "space_first", t->settings.space_first);
    qp_text_format(out, ",\n \"pieces\": [");
    for (int32_t id = 0; id < t->vocabulary.count; id++) {
        qp_text_format(out, "%s\n  ", id ? "," : "");
        QP_TRY(shown(t, id, out));
    }
    qp_text_put(out, "]", 1);
    initial_pieces(t, out);
    qp_text_format(out, ",\n \"merges\": [");
    for (size_t i = 0; i < t->bpe.count; i++) {
        const char *left = qp_vocabulary_shown(&t->vocabulary, t->bpe.merge[i].left);
        const char *right = qp_vocabulary_shown(&t->vocabulary, t->bpe.merge[i].right);
        char stack[512], *line = stack;
        size_t bytes = strlen(left) + strlen(right) + 1;
        if (bytes >= sizeof stack && !(line = malloc(bytes + 1)))
            return qp_fail(QP_EMEMORY, "tokenizer file: out of memory");
        snprintf(line, bytes + 1, "%s %s", left, right);
        qp_text_format(out, "%s\n  ", i ? "," : "");
        if (!qp_json_string(out, line, bytes)) out->failed = true;
        if (line != stack) free(line);
    }
    qp_text_format(out, "],\n \"scores\": [");
    for (int32_t id = 0; t->settings.type == QP_TOKENIZER_UNIGRAM && id < t->vocabulary.count; id++) {
        qp_text_format(out, "%s\n  %.9g", id ? "," : "", (double)t->score[id]);
    }
    qp_text_put(out, "]", 1);
    return QP_OK;
}
