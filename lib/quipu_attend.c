#include <stdlib.h>

#include "lib/package/attention_picture.h"
#include "lib/quipu_internal.h"

struct quipu_maps {
    qp_picture picture;
    char *text; /* of the target */
};

_Static_assert((int)QUIPU_ENCODER_MAP == (int)QP_MAP_ENCODER && (int)QUIPU_DECODER_MAP == (int)QP_MAP_DECODER &&
                   (int)QUIPU_CROSS_MAP == (int)QP_MAP_CROSS,
               "the public kinds of maps are those of lib/model/maps.h");

quipu_status quipu_attend(const quipu_package *package, const char *source, const char *target,
                          const quipu_options *options, quipu_maps **maps)
{
    static const int tasks[] = {QP_TASK_TRANSLATE, QP_TASK_LM, QP_TASK_AUTOENCODE, -1};
    static const qp_field_table *const table[] = {&qp_search_fields};
    qp_search_config search;
    void *object[] = {&search};
    *maps = NULL;
    qp_status status = qp_quipu_task(package, "attend", tasks);
    if (status == QP_OK) status = qp_quipu_options(package, options, table, object, 1);
    if (status == QP_OK && (package->source != NULL) != (source != NULL))
        status = qp_fail(QP_EUSAGE, "attend: %s", source ? "a language model has no source" : "no source given");
    if (status == QP_OK && !source && !target) status = qp_fail(QP_EUSAGE, "attend: no text given");
    if (status != QP_OK) return (quipu_status)status;
    quipu_maps *made = calloc(1, sizeof *made);
    if (!made) return (quipu_status)qp_fail(QP_EMEMORY, "attend: out of memory");
    qp_attended found = {.text = NULL};
    status = qp_attend_pair(package, source ? source : "", target, &search, &made->picture, &found);
    made->text = found.text;
    if (status == QP_OK)
        *maps = made;
    else
        free(made);
    return (quipu_status)status;
}

static bool is_kind(quipu_map_kind kind) { return (unsigned)kind < QP_MAP_KINDS; }

quipu_map_size quipu_maps_size(const quipu_maps *maps, quipu_map_kind kind)
{
    const qp_picture *p = &maps->picture;
    if (!is_kind(kind) || p->side[kind].layers == 0) return (quipu_map_size){0, 0, 0, 0};
    return (quipu_map_size){p->side[kind].layers, p->side[kind].heads, p->side[kind].rows.count,
                            p->side[kind].columns.count};
}

const float *quipu_maps_weights(const quipu_maps *maps, quipu_map_kind kind, int layer, int head)
{
    const qp_picture_map *map = is_kind(kind) ? qp_picture_find(&maps->picture, (qp_map_kind)kind, layer, head) : NULL;
    return map ? map->weight : NULL;
}

static const char *label(const qp_token_labels *labels, int i)
{
    return i >= 0 && i < labels->count ? labels->text[i] : "";
}

const char *quipu_maps_row(const quipu_maps *maps, quipu_map_kind kind, int row)
{
    return is_kind(kind) ? label(&maps->picture.side[kind].rows, row) : "";
}

const char *quipu_maps_column(const quipu_maps *maps, quipu_map_kind kind, int column)
{
    return is_kind(kind) ? label(&maps->picture.side[kind].columns, column) : "";
}

const char *quipu_maps_text(const quipu_maps *maps) { return maps->text; }

quipu_status quipu_maps_save(const quipu_maps *maps, const char *path)
{
    enum { TEXT_COLUMNS = 100 };
    const qp_picture *picture = &maps->picture;
    qp_terminal_style style = {.width = TEXT_COLUMNS};
    qp_picture_form_kind form;
    qp_panels panels;
    qp_status status = qp_picture_form(path, &form);
    if (status == QP_OK && form == QP_FORM_TERMINAL) status = qp_fail(QP_EUSAGE, "maps: name a file");
    if (status == QP_OK) status = qp_panels_choose(picture, qp_picture_kind(picture), "last", "mean", &panels);
    if (status == QP_OK) status = qp_picture_save(picture, &panels, form, &style, path);
    return (quipu_status)status;
}

void quipu_maps_free(quipu_maps *maps)
{
    if (!maps) return;
    qp_picture_free(&maps->picture);
    free(maps->text);
    free(maps);
}
