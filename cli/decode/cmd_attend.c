#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/base/commands.h"
#include "cli/base/open_model.h"
#include "cli/base/options.h"
#include "cli/base/text.h"
#include "lib/attend_pair.h"
#include "lib/base/writer.h"
#include "lib/picture/html.h"
#include "lib/picture/map_arrays.h"
#include "lib/picture/png.h"
#include "lib/picture/svg.h"
#include "lib/picture/terminal.h"

/* attend — what a model looks at while it reads and writes one sentence: drawn in the terminal or into a file. */
enum { KIND_AUTO, KIND_CROSS, KIND_ENCODER, KIND_DECODER };
enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

#define ATTEND_FIELDS(X)                                                                                               \
    X(TEXT, model, "", 0, 0, NULL, "model file (.safetensors)")                                                        \
    X(TEXT, output, "-", 0, 0, NULL,                                                                                   \
      "file, its kind by its end: .html .json .npz (all maps), .svg .png .txt (those "                                 \
      "chosen below); -: the terminal")                                                                                \
    X(CHOICE, kind, "auto", 0, 0, "auto, cross, encoder, decoder", "which attention; auto: cross, or what there is")   \
    X(TEXT, layer, "last", 0, 0, NULL, "number from 1, mean, max, all or last")                                        \
    X(TEXT, head, "mean", 0, 0, NULL, "number from 1, mean, max or all")                                               \
    X(CHOICE, colour, "auto", 0, 0, "auto, always, never", "colours in the terminal")                                  \
    X(INT, width, "0", 0, 10000, NULL, "columns of the drawing in the terminal; 0: as wide as it is")

typedef struct {
    ATTEND_FIELDS(QP_FIELD_DECLARE)
} attend_options;

static QP_FIELD_TABLE(attend_table, "attend", attend_options, ATTEND_FIELDS);

static const char notes[] =
    "Rows are the tokens that read, columns the tokens that are read. Without --tgt the model translates --src "
    "itself;\n"
    "with it, the maps are those of this translation. A language model has no --src: give the text as --tgt.";

typedef enum { FORM_TERMINAL, FORM_HTML, FORM_JSON, FORM_NPZ, FORM_SVG, FORM_PNG, FORM_TEXT } form;

static qp_status find_form(const char *path, form *result)
{
    static const char *const end[] = {"", ".html", ".json", ".npz", ".svg", ".png", ".txt"};
    size_t length = strlen(path);
    *result = FORM_TERMINAL;
    if (strcmp(path, "-") == 0) return QP_OK;
    for (int i = FORM_HTML; i <= FORM_TEXT; i++) {
        size_t own = strlen(end[i]);
        if (length > own && strcasecmp(path + length - own, end[i]) == 0) {
            *result = (form)i;
            return QP_OK;
        }
    }
    return qp_fail(QP_EUSAGE,
                   "--output %s: its end tells no format; use .html .svg .png .json .npz .txt, or - for the terminal",
                   path);
}

/* The kind asked for, or the first there is in the order people ask for. */
static qp_map_kind choose_kind(const qp_picture *picture, int wanted)
{
    static const qp_map_kind order[] = {QP_MAP_CROSS, QP_MAP_ENCODER, QP_MAP_DECODER};
    if (wanted != KIND_AUTO) return order[wanted - KIND_CROSS];
    for (int i = 0; i < QP_MAP_KINDS; i++)
        if (picture->side[order[i]].layers > 0) return order[i];
    return QP_MAP_CROSS;
}

/* Every chosen map, one below the other. */
static qp_status draw_text(const qp_picture *picture, const qp_panels *p, const qp_terminal_style *style,
                           qp_writer *writer)
{
    for (int i = 0; i < p->layers * p->heads; i++) {
        char *text;
        QP_TRY(qp_terminal_draw(picture, p->kind, p->layer[i / p->heads], p->head[i % p->heads], style, &text));
        if (i > 0) qp_writer_write(writer, "\n", 1);
        qp_writer_write(writer, text, strlen(text));
        free(text);
    }
    return QP_OK;
}

static qp_status draw_content(const qp_picture *picture, const qp_panels *panels, form as, qp_writer *writer)
{
    char *content = NULL;
    size_t bytes = 0;
    if (as == FORM_HTML)
        QP_TRY(qp_html_draw(picture, &content, &bytes));
    else if (as == FORM_JSON)
        QP_TRY(qp_json_draw(picture, &content, &bytes));
    else if (as == FORM_SVG)
        QP_TRY(qp_svg_draw(picture, panels, &content, &bytes));
    else
        QP_TRY(qp_png_draw(picture, panels, &content, &bytes));
    qp_writer_write(writer, content, bytes);
    free(content);
    return QP_OK;
}

static qp_status draw(const attend_options *o, const qp_picture *picture, form as)
{
    qp_panels panels;
    QP_TRY(qp_panels_choose(picture, choose_kind(picture, (int)o->kind), o->layer, o->head, &panels));
    if (as == FORM_NPZ) return qp_map_arrays_save(picture, o->output);
    bool terminal = as == FORM_TERMINAL && isatty(STDOUT_FILENO);
    const char *no_colour = getenv("NO_COLOR");
    qp_terminal_style style = {.width = o->width ? (int)o->width : qp_text_columns(stdout),
                               .colour = o->colour == COLOUR_ALWAYS ||
                                         (o->colour == COLOUR_AUTO && terminal && !(no_colour && *no_colour))};
    qp_writer *writer;
    QP_TRY(qp_writer_open(o->output, &writer));
    qp_status status;
    if (as == FORM_TERMINAL || as == FORM_TEXT) {
        if (as == FORM_TERMINAL) qp_writer_printf(writer, "%s\n\n", picture->title);
        status = draw_text(picture, &panels, &style, writer);
    } else {
        status = draw_content(picture, &panels, as, writer);
    }
    if (status == QP_OK) return qp_writer_commit(writer);
    qp_writer_abort(writer);
    return status;
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

static qp_search_config search; /* how the model's own translation is found */

static qp_status attend(const attend_options *o, const char *source, const char *target, form as)
{
    qp_package *opened;
    qp_picture picture;
    char *found = NULL;
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_LM, QP_TASK_AUTOENCODE, -1};
    QP_TRY(qp_open_model(o->model, tasks, &opened));
    qp_status status = QP_OK;
    if (opened->source && !source)
        status = qp_fail(QP_EUSAGE, "attend: no sentence given; add --src TEXT");
    else if (!opened->source && !target)
        status = qp_fail(QP_EUSAGE, "%s: is a language model; give the text to read as --tgt TEXT", o->model);
    else if (!opened->source && source)
        status = qp_fail(QP_EUSAGE, "%s: is a language model, it has no source; drop --src", o->model);
    if (status == QP_OK) status = qp_attend_pair(opened, source ? source : "", target, &search, &picture, &found);
    if (status == QP_OK) {
        status = give_title(&picture, source ? source : "", found);
        if (status == QP_OK) status = draw(o, &picture, as);
        qp_picture_free(&picture);
        free(found);
    }
    qp_package_free(opened);
    return status;
}

/* At most one of each; NULL if absent. Lists, because a sentence may be longer than a field. */
static qp_status one_text(const qp_option_list *list, const char **text)
{
    *text = list->count ? list->value[0] : NULL;
    if (list->count > 1)
        return qp_fail(QP_EUSAGE, "attend: --%s is given twice; one sentence is drawn at a time", list->name);
    return QP_OK;
}

static qp_status run(void *self, const qp_options *options)
{
    const attend_options *o = self;
    const char *source, *target;
    form as;
    QP_TRY(one_text(&options->command->list[0], &source));
    QP_TRY(one_text(&options->command->list[1], &target));
    QP_TRY(find_form(o->output, &as));
    return attend(o, source, target, as);
}

int qp_cmd_attend(int argc, char **argv)
{
    static attend_options o;
    static qp_option_list list[] = {{.name = "src", .help = "source sentence"},
                                    {.name = "tgt", .help = "its translation; absent: the model's own"}};
    static const qp_option_group group[] = {{&attend_table, &o}, {&qp_search_fields, &search}};
    static const qp_option_alias alias[] = {{'m', "model"}, {'o', "output"}, {'b', "beam-size"}};
    static const qp_command command = {.name = "attend",
                                       .summary = "attention maps of one sentence: terminal, html, svg, png, json, npz",
                                       .usage = "-m MODEL --src TEXT [--tgt TEXT] [-o FILE]",
                                       .notes = notes,
                                       .group = group,
                                       .group_count = 2,
                                       .alias = alias,
                                       .alias_count = 3,
                                       .list = list,
                                       .list_count = 2};
    return qp_options_run(&command, argc, argv, run, &o);
}
