#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base/commands.h"
#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "cli/base/unread.h"
#include "cli/base/warnings.h"
#include "cli/decode/attend_image.h"
#include "data/batches/masking.h"
#include "lib/base/file.h"
#include "lib/package/attention_text.h"
#include "lib/package/decoding.h"
#include "lib/text/utf8_reader.h"

/* attend — draw a model's attention over one sentence in the terminal or into a file. */
enum { KIND_AUTO, KIND_CROSS, KIND_ENCODER, KIND_DECODER };
enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

#define ATTEND_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, "FILE", "model file (.safetensors)")                                                      \
    X(TEXT, output, "-", 0, 0, "FILE",                                                                                 \
      "output file; the suffix is the format: .html .json .npz (all maps), .svg .txt (those "                          \
      "chosen below); -: the terminal")                                                                                \
    X(TEXT, image, "", 0, 0, "FILE", "classifier of images: the file with the image (IDX, PNG, CSV)")                  \
    X(INT, number, "1", 1, 2147483647, NULL, "--image: which image of the file")                                       \
    X(CHOICE, kind, "auto", 0, 0, "auto, cross, encoder, decoder", "which attention; auto: cross, or what there is")   \
    X(TEXT, layer, "last", 0, 0, "NAME", "number from 1, mean, max, all or last")                                      \
    X(TEXT, head, "mean", 0, 0, "NAME", "number from 1, mean, max or all")                                             \
    X(CHOICE, colour, "auto", 0, 0, "auto, always, never", "colours in the terminal")                                  \
    X(INT, width, "0", 0, 10000, NULL, "columns of the drawing in the terminal; 0: its width")                         \
    QP_VERIFY_FIELD(X)

typedef struct {
    ATTEND_FIELDS(QP_FIELD_DECLARE)
} attend_options;

static QP_FIELD_TABLE(attend_table, "attend", attend_options, ATTEND_FIELDS);

static const char notes[] =
    "Rows are queries, columns are keys. Without --tgt the model translates --src itself; with it, the maps are "
    "those of this translation. A language model has no --src: give the text as --text. Of classifiers, taggers and "
    "masked language models: the encoder's self-attention over --text.";

static qp_map_kind choose_kind(const qp_picture *picture, int wanted)
{
    static const qp_map_kind kind[] = {QP_MAP_CROSS, QP_MAP_ENCODER, QP_MAP_DECODER};
    return wanted == KIND_AUTO ? qp_picture_kind(picture) : kind[wanted - KIND_CROSS];
}

static qp_status draw(const attend_options *o, const qp_picture *picture, qp_picture_form_kind form)
{
    qp_panels panels;
    QP_TRY(qp_panels_choose(picture, choose_kind(picture, (int)o->kind), o->layer, o->head, &panels));
    qp_terminal_style style = {
        .width = o->width ? (int)o->width : qp_text_columns(stdout),
        .colour = o->colour == COLOUR_ALWAYS ||
                  (o->colour == COLOUR_AUTO && form == QP_FORM_TERMINAL && qp_text_in_color(stdout))};
    return qp_picture_save(picture, &panels, form, &style, o->output);
}

/* "source → translation" */
static qp_status give_title(qp_picture *picture, const char *source, const char *found)
{
    size_t bytes = strlen(source) + strlen(found) + sizeof " → ";
    char *title = malloc(bytes);
    if (!title) return qp_fail(QP_EMEMORY, "attend: out of memory");
    snprintf(title, bytes, "%s%s%s", source, *source ? " → " : "", found);
    qp_status status = qp_picture_title(picture, title);
    free(title);
    return status;
}

static void warn_cut(const char *option, int tokens, int longest)
{
    if (tokens > longest) qp_warn("%s: " QP_CUT_WARNING, option, (long long)tokens, (long long)longest);
}

static qp_search_config search; /* search for the model's own translation */
static qp_language_config languages;

/* The sentences given. `text` is the source's, or a language model's; `source` and `target` name the side. */
typedef struct {
    const char *source, *target, *text;
} sentences;

/* Gives `text` its side, and checks that what the model reads is there. */
static qp_status settle(const attend_options *o, bool has_source, sentences *given)
{
    if (given->text && has_source && given->source)
        return qp_fail(QP_EUSAGE, "attend: --text and --src are the same; give one of them");
    if (given->text && !has_source && given->target)
        return qp_fail(QP_EUSAGE, "attend: --text and --tgt are the same for a language model; give one of them");
    if (given->text) *(has_source ? &given->source : &given->target) = given->text;
    if (has_source && !given->source) return qp_fail(QP_EUSAGE, "attend: no sentence given; add --text TEXT");
    if (!has_source && !given->target)
        return qp_fail(QP_EUSAGE, "%s: is a language model; give the text to read as --text TEXT", o->model);
    if (!has_source && given->source)
        return qp_fail(QP_EUSAGE, "%s: is a language model, it has no source; drop --src", o->model);
    return QP_OK;
}

/* A model that writes: its attention is that of a pair of texts, or of a text that it continues. */
static bool is_pair(const qp_package *m)
{
    int task = qp_model_config_of(m->model)->task;
    return task == QP_TASK_TRANSLATE || task == QP_TASK_LM || task == QP_TASK_AUTOENCODE;
}

/* The options of one format, and those of a model that makes the translation itself. m: NULL with --image */
static qp_status check_uses(const qp_options *options, const qp_package *m, const sentences *given,
                            qp_picture_form_kind form)
{
    static const char chosen[] = "the terminal, .svg and .txt (the other formats hold all maps)";
    static const char drawn[] = "the terminal and .txt";
    bool text = form == QP_FORM_TERMINAL || form == QP_FORM_TEXT, some = text || form == QP_FORM_SVG;
    const qp_unread row[] = {{"number", !m, "--image"}, {"kind", some, chosen},  {"layer", some, chosen},
                             {"head", some, chosen},    {"colour", text, drawn}, {"width", text, drawn}};
    QP_TRY(qp_unread_check(options, row, sizeof row / sizeof *row));
    bool pair = m && is_pair(m);
    if (!pair || !m->source || given->target)
        QP_TRY(qp_unread_table(options, &qp_search_fields, "translators without --tgt, which translate themselves"));
    return pair && m->source ? QP_OK : qp_unread_table(options, &qp_language_fields, "translators");
}

/* A classifier, a tagger, a masked language model, or one text of a pair. */
static qp_status attend_text(const attend_options *o, const qp_package *opened, sentences given,
                             qp_picture_form_kind form)
{
    qp_picture picture;
    qp_attended found;
    if (!opened->source) return qp_fail(QP_EUSAGE, "%s: reads images, not texts; give --image FILE", o->model);
    QP_TRY(settle(o, true, &given));
    if (given.target) return qp_fail(QP_EUSAGE, "%s: writes no text; drop --tgt", o->model);
    QP_TRY(qp_attend_text(opened, given.source, &picture, &found));
    warn_cut("--text", found.source_tokens, found.source_longest);
    const bool masked = qp_model_config_of(opened->model)->task == QP_TASK_MLM;
    const char *other = masked ? qp_mask_misspelled(given.source, strlen(given.source)) : NULL;
    if (other) qp_warn("--text: %s is read as text; write [MASK] or <mask>", other);
    qp_status status = draw(o, &picture, form);
    qp_picture_free(&picture);
    return status;
}

static qp_status attend_pair(const attend_options *o, qp_package *opened, sentences given, qp_picture_form_kind form)
{
    qp_picture picture;
    qp_attended found = {.text = NULL};
    qp_status status = qp_decoding_set_languages(opened, &languages, &search);
    if (status == QP_OK) status = settle(o, opened->source != NULL, &given);
    const char *source = given.source ? given.source : "";
    if (status == QP_OK) status = qp_attend_pair(opened, source, given.target, &search, &picture, &found);
    if (status == QP_OK) {
        /* `text` became one of the sides: the warning names the option that was given */
        warn_cut(given.source == given.text ? "--text" : "--src", found.source_tokens, found.source_longest);
        warn_cut(given.target == given.text ? "--text" : "--tgt", found.target_tokens, found.target_longest);
        status = give_title(&picture, source, found.text);
        if (status == QP_OK) status = draw(o, &picture, form);
        qp_picture_free(&picture);
        free(found.text);
    }
    return status;
}

static qp_status attend(const attend_options *o, const qp_options *options, sentences given, qp_picture_form_kind form)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_LM,  QP_TASK_AUTOENCODE, QP_TASK_CLASSIFY,
                                QP_TASK_TAG,       QP_TASK_MLM, QP_TASK_MATCH,      -1};
    qp_package *opened;
    QP_TRY(qp_open_model(o->model, o->verify, tasks, &opened));
    qp_status status = check_uses(options, opened, &given, form);
    if (status == QP_OK)
        status = is_pair(opened) ? attend_pair(o, opened, given, form) : attend_text(o, opened, given, form);
    qp_package_free(opened);
    return status;
}

/* A file, as everywhere after --src and --tgt: its first line, malloc'ed. */
static qp_status first_line(const char *path, char **text)
{
    qp_reader *reader;
    char *line;
    size_t bytes;
    QP_TRY(qp_reader_open(path, &reader));
    qp_status status = qp_reader_next(reader, &line, &bytes);
    if (status == QP_OK && !line) status = qp_fail(QP_EDATA, "%s: is empty; give a file with a sentence", path);
    if (status == QP_OK) status = qp_check_utf8(path, line, bytes);
    if (status == QP_OK && !(*text = strdup(line))) status = qp_fail(QP_EMEMORY, "attend: out of memory");
    if (status == QP_OK) status = qp_reader_next(reader, &line, &bytes);
    if (status == QP_OK && line) qp_warn("%s: only its first line is drawn", path);
    qp_reader_close(reader);
    return status;
}

/* Is it written like the name of a file: without blanks, with a slash or an ending such as .txt? */
static bool is_name(const char *text)
{
    const char *dot = strrchr(text, '.');
    bool ending = dot && dot > text && isalpha((unsigned char)dot[1]) && strlen(dot) <= 6;
    for (const char *c = dot ? dot + 1 : ""; *c; c++) ending = ending && isalnum((unsigned char)*c);
    return !strpbrk(text, " \t\n") && (strchr(text, '/') || ending);
}

/* The sentence of --src or --tgt: the first line of a file, malloc'ed in *line, or what is no name of a file itself. */
static qp_status settle_side(const char **side, const char *remedy, char **line)
{
    if (!*side) return QP_OK;
    if (qp_folder_exists(*side)) return qp_fail(QP_ENOINPUT, "%s: is a folder; name a file in it", *side);
    if (!qp_file_exists(*side)) {
        if (!is_name(*side)) return QP_OK;
        return qp_fail(QP_ENOINPUT, "%s: there is no such file; if it is a sentence, %s", *side, remedy);
    }
    QP_TRY(first_line(*side, line));
    *side = *line;
    return QP_OK;
}

/* At most one of each; NULL if absent. Lists, because a sentence may be longer than a field. */
static qp_status one_text(const qp_option_list *list, const char **text)
{
    *text = list->count ? list->value[0] : NULL;
    if (list->count > 1) return qp_fail(QP_EUSAGE, "attend: --%s is given twice; give one sentence", list->name);
    char place[40];
    snprintf(place, sizeof place, "attend: --%s", list->name);
    return *text ? qp_check_utf8(place, *text, strlen(*text)) : QP_OK;
}

static qp_status attend_image(const attend_options *o, qp_picture_form_kind form)
{
    qp_picture picture;
    QP_TRY(qp_attend_image_file(o->model, o->verify, o->image, o->number, &picture));
    qp_status status = draw(o, &picture, form);
    qp_picture_free(&picture);
    return status;
}

static qp_status run(void *self, const qp_options *options)
{
    const attend_options *o = self;
    sentences given;
    qp_picture_form_kind form;
    char *line[2] = {NULL, NULL};
    QP_TRY(one_text(&options->command->list[0], &given.source));
    QP_TRY(one_text(&options->command->list[1], &given.target));
    QP_TRY(one_text(&options->command->list[2], &given.text));
    QP_TRY(qp_picture_form(o->output, &form));
    QP_TRY(qp_model_file_rules(o->model, options));
    if (*o->image && (given.source || given.target || given.text))
        return qp_fail(QP_EUSAGE, "attend: --image and a sentence; give one of them");
    if (*o->image) QP_TRY(check_uses(options, NULL, &given, form));
    if (*o->image) return attend_image(o, form);
    qp_status status = settle_side(&given.source, "give it as --text", &line[0]);
    if (status == QP_OK) status = settle_side(&given.target, "write it into a file", &line[1]);
    if (status == QP_OK) status = attend(o, options, given, form);
    free(line[0]);
    free(line[1]);
    return status;
}

int qp_cmd_attend(int argc, char **argv)
{
    static attend_options o;
    static qp_option_list list[] = {
        {.name = "src", .kind = "FILE", .help = "file whose first line is the source; a sentence is taken, too"},
        {.name = "tgt", .kind = "FILE", .help = "the same for its translation; default: the model's own"},
        {.name = "text", .help = "source sentence, or the text of a model that reads only one"}};
    static const qp_option_group group[] = {
        {&attend_table, &o}, {&qp_search_fields, &search}, {&qp_language_fields, &languages}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}, {'b', "beam-size"}};
    static const qp_command command = {.name = "attend",
                                       .summary = "attention maps of one sentence: terminal, html, svg, json, npz",
                                       .usage = "-m MODEL --text TEXT [--tgt TEXT] [-o FILE]",
                                       .notes = notes,
                                       .group = group,
                                       .group_count = 3,
                                       .alias = alias,
                                       .alias_count = 3,
                                       .list = list,
                                       .list_count = 3};
    return qp_options_run(&command, argc, argv, run, &o);
}
