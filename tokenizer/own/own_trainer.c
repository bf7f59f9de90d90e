#include "tokenizer/own/own_trainer.h"

#include "lib/base/batch.h"
#include "tokenizer/own/own_learn.h"

typedef struct {
    qp_line_source source;
    void *self;
} lines;

/* Settings that contradict each other. */
static qp_status check_settings(const qp_tokenizer_config *c)
{
    bool composed = c->normalization == QP_FORM_NFC || c->normalization == QP_FORM_NFKC;
    if (c->jamo && !composed)
        return qp_fail(QP_EUSAGE, "tokenizer training: --jamo needs --normalization nfc or nfkc, which restores "
                                  "every syllable");
    if (c->strip_accents && c->normalization == QP_FORM_NONE)
        return qp_fail(QP_EUSAGE, "tokenizer training: --strip-accents needs a normal form; give --normalization nfc");
    if (c->case_fold && c->lower_case)
        return qp_fail(QP_EUSAGE, "tokenizer training: --case-fold and --lower-case exclude each other; give one");
    if (c->digits == QP_DIGITS_SINGLE && c->pattern != QP_CUT_WORDS)
        return qp_fail(QP_EUSAGE, "tokenizer training: --digits single needs --pattern words");
    return QP_OK;
}

static qp_own_settings settings_of(const qp_tokenizer_config *c)
{
    bool words = c->type == QP_TOKENIZER_WORD || c->type == QP_TOKENIZER_SPACE;
    bool bytes = c->byte_fallback == QP_FALLBACK_AUTO ? !words : c->byte_fallback == QP_FALLBACK_TRUE;
    bool space = c->space_first == QP_SPACE_AUTO ? qp_own_space_default(c->type, c->pattern)
                                                 : c->space_first == QP_SPACE_TRUE;
    return (qp_own_settings){.type = c->type,
                             .form = (qp_form)c->normalization,
                             .pattern = c->pattern,
                             .lower_case = c->lower_case,
                             .case_fold = c->case_fold,
                             .strip_accents = c->strip_accents,
                             .jamo = c->jamo,
                             .byte_fallback = bytes,
                             .single_digits = c->digits == QP_DIGITS_SINGLE,
                             .space_first = space};
}

/* The segments of one line. */
static qp_status count_line(const void *self, qp_text line, qp_mapped_text *work, qp_word_counts *words)
{
    const qp_own *t = self;
    QP_TRY(qp_own_prepare(t, line.text, line.bytes, work));
    for (size_t at = 0, end; at < work->bytes; at = end) {
        end = qp_split_next(&t->rules, work->text, work->bytes, at);
        QP_TRY(qp_word_counts_add(words, work->text + at, end - at, 1));
    }
    return QP_OK;
}

static qp_status count_words(const qp_own *own, int64_t most_words, lines from, qp_tokenizer_report *report,
                             qp_word_counts *words)
{
    qp_line_counter counter = {.count = count_line,
                               .self = own,
                               .most_words = most_words,
                               .progress = report->progress,
                               .progress_self = report->progress_self,
                               .join = report->join};
    qp_status status = qp_line_counts(&counter, from.source, from.self, words);
    report->lines = counter.lines;
    report->bytes = counter.bytes;
    report->words = counter.words;
    report->distinct_words = (int64_t)words->count;
    return status;
}

/* The tokens of the counted words, each encoded once. */
static qp_status measure(const qp_own *t, const qp_word_counts *words, qp_tokenizer_report *report)
{
    qp_encoding e = {0};
    qp_own_scratch *scratch = qp_own_scratch_of(&e);
    qp_status status = scratch ? QP_OK : qp_fail(QP_EMEMORY, "tokenizer training: out of memory; use less text");
    bool bytes_are_usual = t->settings.type == QP_TOKENIZER_BYTE || t->settings.type == QP_TOKENIZER_BYTE_BPE;
    for (size_t w = 0; w < words->count && status == QP_OK; w++) {
        int64_t times = words->word[w].count;
        qp_text word = qp_word_counts_text(words, w);
        e.count = 0;
        status = qp_own_add_segment(t, word.text, word.bytes, scratch, &e);
        for (int i = 0; status == QP_OK && i < e.count; i++) {
            bool byte = t->vocabulary.kind[e.id[i]] == QP_PIECE_BYTE && !bytes_are_usual;
            report->unknown_tokens += e.id[i] == QP_UNK ? times : 0;
            report->byte_tokens += byte ? times : 0;
        }
        report->tokens += times * e.count;
    }
    qp_encoding_free(&e);
    return status;
}

qp_status qp_own_train(const qp_tokenizer_config *config, qp_line_source source, void *self,
                       qp_tokenizer_report *report, qp_own **tokenizer)
{
    qp_word_counts words = {0};
    qp_tokenizer_report made = {0};
    *tokenizer = NULL;
    QP_TRY(check_settings(config));
    if (report)
        made = (qp_tokenizer_report){.text_only = report->text_only,
                                     .progress = report->progress,
                                     .progress_self = report->progress_self,
                                     .join = report->join};
    const qp_own_settings settings = settings_of(config);
    qp_own *own;
    QP_TRY(qp_own_new(&settings, &own));
    qp_status status = count_words(own, config->max_words, (lines){source, self}, &made, &words);
    if (status == QP_OK && made.progress) made.progress(made.progress_self, "learning pieces", made.bytes);
    if (status == QP_OK) status = qp_own_learn(config, &words, own, &made);
    if (status == QP_OK && report && !made.text_only) status = measure(own, &words, &made);
    if (report) *report = made;
    qp_word_counts_free(&words);
    if (status == QP_OK) {
        *tokenizer = own;
    } else {
        qp_own_free(own);
    }
    return status;
}
