#include "lib/picture/html.h"

#include <stdlib.h>

#include "lib/picture/page/page.h"
#include "lib/text/base64.h"
#include "lib/text/json_writer.h"

static const qp_map_kind kind_order[QP_MAP_KINDS] = {QP_MAP_CROSS, QP_MAP_ENCODER, QP_MAP_DECODER};

static void add_labels(qp_text_buffer *out, const char *name, const qp_token_labels *labels)
{
    qp_text_format(out, "\"%s\":[", name);
    for (int i = 0; i < labels->count; i++) qp_json_in_html(out, labels->text[i]);
    qp_text_add(out, "],");
}

/* One map's weights, in one of the two forms. */
typedef void (*weights_writer)(qp_text_buffer *out, const qp_picture_map *map, int rows, int columns);

static void add_packed(qp_text_buffer *out, const qp_picture_map *map, int rows, int columns)
{
    size_t size = (size_t)rows * (size_t)columns;
    unsigned char *byte = malloc(2 * size + 1);
    if (!byte) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned step = (unsigned)(map->weight[i] * 65535.0f + 0.5f);
        byte[2 * i] = (unsigned char)step;
        byte[2 * i + 1] = (unsigned char)(step >> 8);
    }
    qp_text_format(out, "[%d,%d,\"", map->layer, map->head);
    qp_base64_write(out, byte, 2 * size);
    qp_text_add(out, "\"]");
    free(byte);
}

static void add_plain(qp_text_buffer *out, const qp_picture_map *map, int rows, int columns)
{
    qp_text_format(out, "{\"layer\":%d,\"head\":%d,\"weights\":[", map->layer, map->head);
    for (int r = 0; r < rows; r++) {
        qp_text_add(out, r ? ",[" : "[");
        for (int c = 0; c < columns; c++)
            qp_text_format(out, "%s%.7g", c ? "," : "", (double)map->weight[(size_t)r * (size_t)columns + (size_t)c]);
        qp_text_add(out, "]");
    }
    qp_text_add(out, "]}");
}

static void add_data(qp_text_buffer *out, const qp_picture *picture, weights_writer write_weights)
{
    qp_text_add(out, "{\"title\":");
    qp_json_in_html(out, picture->title);
    qp_text_add(out, ",\"kinds\":[");
    bool first_kind = true;
    for (int k = 0; k < QP_MAP_KINDS; k++) {
        qp_map_kind kind = kind_order[k];
        if (picture->side[kind].layers == 0) continue;
        qp_text_format(out, "%s{\"name\":\"%s\",", first_kind ? "" : ",", qp_map_kind_name(kind));
        add_labels(out, "rows", &picture->side[kind].rows);
        add_labels(out, "columns", &picture->side[kind].columns);
        qp_text_add(out, "\"maps\":[");
        bool first_map = true;
        for (int i = 0; i < picture->maps; i++) {
            if (picture->map[i].kind != kind) continue;
            qp_text_add(out, first_map ? "\n" : ",\n");
            write_weights(out, &picture->map[i], picture->side[kind].rows.count, picture->side[kind].columns.count);
            first_map = false;
        }
        qp_text_add(out, "]}");
        first_kind = false;
    }
    qp_text_add(out, "]}\n");
}

static qp_status check(const qp_picture *picture)
{
    if (picture->maps == 0)
        return qp_fail(QP_EUSAGE, "picture: there is no attention to draw; the model has none of this kind");
    return QP_OK;
}

qp_status qp_html_draw(const qp_picture *picture, char **text, size_t *bytes)
{
    QP_TRY(check(picture));
    qp_text_buffer out = {0};
    qp_text_add(&out, "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
                      "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
                      "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; "
                      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>");
    qp_text_add_html(&out, picture->title);
    qp_text_add(&out, "</title>\n<style>\n");
    qp_text_add(&out, qp_page_css);
    qp_text_add(&out, "</style>\n</head>\n<body>\n");
    qp_text_add(&out, qp_page_html);
    qp_text_add(&out, "<script type='application/json' id='data'>\n");
    add_data(&out, picture, add_packed);
    qp_text_add(&out, "</script>\n<script>\n");
    qp_text_add(&out, qp_page_js);
    qp_text_add(&out, "</script>\n</body>\n</html>\n");
    return qp_text_finish(&out, text, bytes);
}

qp_status qp_json_draw(const qp_picture *picture, char **text, size_t *bytes)
{
    QP_TRY(check(picture));
    qp_text_buffer out = {0};
    add_data(&out, picture, add_plain);
    return qp_text_finish(&out, text, bytes);
}
