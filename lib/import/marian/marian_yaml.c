#include "lib/import/marian/marian_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/text/json_writer.h"

enum { DEEP = 16, DIGITS = 15 };

/* What is open around the next node: a sequence, or a mapping that waits for a key or a value. */
typedef struct {
    qp_text_buffer json;
    int depth;
    bool mapping[DEEP], key[DEEP];
} writer;

static bool is_one_of(const char *text, const char *a, const char *b) { return !strcmp(text, a) || !strcmp(text, b); }

static bool is_whole(const char *text)
{
    size_t sign = *text == '-', digits = strspn(text + sign, "0123456789");
    return digits > 0 && digits <= DIGITS && text[sign + digits] == '\0' && (text[sign] != '0' || digits == 1);
}

static void put_scalar(writer *w, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && is_one_of(text, "true", "false"))
        qp_json_bool(&w->json, *text == 't');
    else if (plain && is_one_of(text, "null", "~"))
        qp_json_null(&w->json);
    else if (plain && is_whole(text))
        qp_json_integer(&w->json, strtoll(text, NULL, 10));
    else
        qp_json_repaired(&w->json, text, event->data.scalar.length);
}

static bool open_node(writer *w, char bracket)
{
    if (w->depth == DEEP) return false;
    qp_json_open(&w->json, bracket);
    w->mapping[w->depth] = w->key[w->depth] = bracket == '{';
    w->depth++;
    return true;
}

static bool close_node(writer *w, char bracket)
{
    qp_json_close(&w->json, bracket);
    w->depth--;
    return true;
}

/* One node, or its beginning or end. A key is a scalar without NUL. */
static bool put(writer *w, const yaml_event_t *event)
{
    bool ends = event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;
    bool starts = event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT;
    bool scalar = event->type == YAML_SCALAR_EVENT, inside = w->depth > 0 && w->mapping[w->depth - 1];
    bool key = inside && w->key[w->depth - 1];
    if (ends) return close_node(w, event->type == YAML_MAPPING_END_EVENT ? '}' : ']');
    if (!starts && !scalar) return event->type != YAML_ALIAS_EVENT;
    if (inside) w->key[w->depth - 1] = !key;
    if (key) {
        const char *name = scalar ? (const char *)event->data.scalar.value : "";
        if (!scalar || strlen(name) != event->data.scalar.length) return false;
        qp_json_key(&w->json, name);
        return true;
    }
    if (starts) return open_node(w, event->type == YAML_MAPPING_START_EVENT ? '{' : '[');
    put_scalar(w, event);
    return true;
}

static bool translate(writer *w, yaml_parser_t *parser)
{
    for (bool ends = false; !ends;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) return false;
        ends = event.type == YAML_STREAM_END_EVENT;
        bool right = put(w, &event);
        yaml_event_delete(&event);
        if (!right) return false;
    }
    return true;
}

qp_status qp_marian_yaml(const char *place, const char *text, size_t bytes, qp_json_config *config)
{
    yaml_parser_t parser;
    writer w = {0};
    *config = (qp_json_config){.place = place};
    if (!yaml_parser_initialize(&parser)) return qp_fail(QP_EMEMORY, "%s: out of memory", place);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    bool right = translate(&w, &parser);
    size_t line = parser.mark.line + 1, count;
    char *json;
    yaml_parser_delete(&parser);
    QP_TRY(qp_text_finish(&w.json, &json, &count));
    qp_status status = right ? qp_json_config_parse(place, json, count, config)
                             : qp_fail(QP_EDATA, "%s:%zu: not the YAML of a Marian model; fetch the file again", place,
                                       line);
    free(json);
    return status;
}
