#include "cli/train_text.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"
#include "lib/base/file.h"
#include "tokenizer/tokenizer_config.h"
#include "tokenizer/tokenizer_file.h"
#include "tokenizer/tokenizer_trainer.h"

/* ---- files ---- */

/* Either both sides apart, or one file; `required` for training. */
static qp_status files_of(const char *which, bool lm, const char *source, const char *target, const char *one,
                          bool required, qp_text_files *files, bool *found)
{
    bool sides = *source || *target;
    *found = sides || *one;
    if (!*found && required)
        return qp_fail(QP_EUSAGE, lm ? "no training text; name it with --%s FILE"
                                     : "no training text; name it with --%s-src FILE --%s-tgt FILE, or --%s FILE (source TAB target)",
                       which, which, which);
    if (sides && *one)
        return qp_fail(QP_EUSAGE, "--%s and --%s-src/--%s-tgt contradict each other; give one of them", which, which, which);
    if (lm && sides) return qp_fail(QP_EUSAGE, "--task lm reads one text; name it with --%s FILE", which);
    if (sides && (!*source || !*target))
        return qp_fail(QP_EUSAGE, "--%s-%s is missing; both sides are needed", which, *source ? "tgt" : "src");
    if (lm) *files = (qp_text_files){.kind = QP_TEXT_ONE_FILE, .target = one};
    else if (*one) *files = (qp_text_files){.kind = QP_TEXT_TABBED, .source = one};
    else *files = (qp_text_files){.kind = QP_TEXT_TWO_FILES, .source = source, .target = target};
    return QP_OK;
}

qp_status qp_train_text_files(const qp_train_settings *settings, qp_train_text *text)
{
    const qp_job_config *job = &settings->job;
    bool lm = settings->model.task == QP_TASK_LM, found;
    QP_TRY(files_of("train", lm, job->train_src, job->train_tgt, job->train, true, &text->train, &found));
    return files_of("valid", lm, job->valid_src, job->valid_tgt, job->valid, false, &text->valid, &text->has_valid);
}

/* ---- tokenizers ---- */

/* The lines one tokenizer is learned from: the source side, the target side, or both in turn. */
typedef struct {
    qp_parallel *parallel;
    bool source, target;
    bool pending;             /* the pair's target is still to come */
    qp_text_pair pair;
} side_lines;

static qp_status next_line(void *self, const char **line, size_t *bytes)
{
    side_lines *lines = self;
    if (lines->pending) {
        lines->pending = false;
        *line = lines->pair.target;
        *bytes = lines->pair.target_bytes;
        return QP_OK;
    }
    bool more;
    QP_TRY(qp_parallel_next(lines->parallel, &lines->pair, &more));
    *line = NULL;
    if (!more) return QP_OK;
    bool source = lines->source && lines->pair.source;
    lines->pending = source && lines->target;
    *line = source ? lines->pair.source : lines->pair.target;
    *bytes = source ? lines->pair.source_bytes : lines->pair.target_bytes;
    return QP_OK;
}

/* The kinds of tokenizers, as their own field names them; -1: none of them. */
static int kind_of(const char *name)
{
    qp_tokenizer_config config;
    const qp_field *type = qp_config_find(&qp_tokenizer_fields, "type");
    return qp_config_set(type, &config, "--tokenizer", name) == QP_OK ? config.type : -1;
}

/* A kind is learned, anything else is the file of one. */
static qp_status make_tokenizer(const qp_job_config *job, const qp_text_files *files, const char *name, bool source,
                                bool target, qp_tokenizer **tokenizer)
{
    if (kind_of(name) < 0) {
        if (qp_file_exists(name)) return qp_tokenizer_load(name, tokenizer);
        if (strpbrk(name, "./")) return qp_fail(QP_ENOINPUT, "--tokenizer: %s: no such file", name);
        qp_tokenizer_config unused;
        return qp_config_set(qp_config_find(&qp_tokenizer_fields, "type"), &unused, "--tokenizer", name);
    }
    qp_tokenizer_config config;
    qp_config_defaults(&qp_tokenizer_fields, &config);
    config.type = kind_of(name);
    config.vocab_size = job->vocab_size;
    config.lower_case = job->lower_case;
    side_lines lines = {.source = source, .target = target};
    qp_tokenizer_report report;
    QP_TRY(qp_parallel_open(files, &lines.parallel));
    qp_status status = qp_tokenizer_train(&config, next_line, &lines, &report, tokenizer);
    qp_parallel_close(lines.parallel);
    return status;
}

/* Has the run of this folder been saved? */
static bool is_begun(const char *folder)
{
    DIR *listing = opendir(folder);
    bool begun = false;
    for (struct dirent *entry; listing && !begun && (entry = readdir(listing));)
        begun = strncmp(entry->d_name, "state-", 6) == 0;
    if (listing) closedir(listing);
    return begun;
}

/* From the folder if the run was begun with it; else made, and left there. A session that ended before its first save
 * may have had other text or options. */
static qp_status keep_tokenizer(const qp_job_config *job, const qp_text_files *files, const char *folder, const char *side,
                                const char *name, bool source, bool target, qp_tokenizer **tokenizer)
{
    char path[1100];
    if (!folder) return make_tokenizer(job, files, name, source, target, tokenizer);
    snprintf(path, sizeof path, "%s/tokenizer-%s.json", folder, side);
    if (is_begun(folder) && qp_file_exists(path) && qp_tokenizer_load(path, tokenizer) == QP_OK) return QP_OK;
    QP_TRY(make_tokenizer(job, files, name, source, target, tokenizer));
    qp_status status = qp_tokenizer_save(*tokenizer, path);
    if (status == QP_OK) return QP_OK;
    qp_tokenizer_free(*tokenizer);
    *tokenizer = NULL;
    return status;
}

qp_status qp_train_text_tokenizers(const qp_train_settings *settings, const char *folder, qp_train_text *text)
{
    const qp_job_config *job = &settings->job;
    const qp_text_files *files = &text->train;
    bool lm = settings->model.task == QP_TASK_LM;
    if (lm || job->share_vocab) {
        QP_TRY(keep_tokenizer(job, files, folder, lm ? "target" : "shared", job->tokenizer, !lm, true, &text->target));
        text->source = lm ? NULL : text->target;
    } else {
        const char *source = *job->src_tokenizer ? job->src_tokenizer : job->tokenizer;
        const char *target = *job->tgt_tokenizer ? job->tgt_tokenizer : job->tokenizer;
        QP_TRY(keep_tokenizer(job, files, folder, "source", source, true, false, &text->source));
        QP_TRY(keep_tokenizer(job, files, folder, "target", target, false, true, &text->target));
    }
    if (text->source) text->source_codec = qp_tokenizer_codec(text->source);
    text->target_codec = qp_tokenizer_codec(text->target);
    return QP_OK;
}

/* ---- corpora ---- */

qp_status qp_train_text_corpora(const qp_train_settings *settings, qp_train_text *text)
{
    qp_corpus_options options = {.files = text->train,
                                 .source_codec = &text->source_codec,
                                 .target_codec = &text->target_codec,
                                 .max_length = (int)settings->model.max_length,
                                 .when_longer = QP_LONG_SKIP};
    if (settings->model.lm_window) {
        options.max_length = 0;
        options.running_text = true;
    }
    QP_TRY(qp_corpus_load(&options, &text->train_corpus));
    if (!text->has_valid) return QP_OK;
    options.files = text->valid;
    options.when_longer = QP_LONG_CUT;
    return qp_corpus_load(&options, &text->valid_corpus);
}

static void print_corpus(const char *name, const qp_corpus *corpus)
{
    const qp_corpus_figures *f = &corpus->figures;
    fprintf(stderr, "%-10s %lld lines", name, (long long)f->lines);
    if (f->source.tokens) fprintf(stderr, ", %lld source tokens", (long long)f->source.tokens);
    fprintf(stderr, ", %lld target tokens", (long long)f->target.tokens);
    if (f->empty) fprintf(stderr, "; %lld empty left out", (long long)f->empty);
    if (f->skipped) fprintf(stderr, "; %lld longer than --max-length left out", (long long)f->skipped);
    if (f->cut) fprintf(stderr, "; %lld cut to --max-length", (long long)f->cut);
    fputc('\n', stderr);
}

void qp_train_text_print(const qp_train_text *text)
{
    if (text->source == text->target || !text->source)
        fprintf(stderr, "tokenizer  %d pieces\n", qp_tokenizer_size(text->target));
    else
        fprintf(stderr, "tokenizers %d and %d pieces\n", qp_tokenizer_size(text->source), qp_tokenizer_size(text->target));
    print_corpus("training", &text->train_corpus);
    if (text->has_valid) print_corpus("validation", &text->valid_corpus);
}

void qp_train_text_free(qp_train_text *text)
{
    qp_corpus_free(&text->train_corpus);
    qp_corpus_free(&text->valid_corpus);
}
