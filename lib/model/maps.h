#ifndef QP_MAPS_H
#define QP_MAPS_H

#include <stddef.h>

#include "lib/grad/attention/op_attention.h"

/* maps — attention maps of one forward pass, for pictures, alignments and tests; and, if wanted, the vectors between
 * the layers of transformers. */
typedef enum { QP_MAP_ENCODER, QP_MAP_DECODER, QP_MAP_CROSS } qp_map_kind;
enum { QP_MAPS_MAX = 3 * 128 };
typedef struct {
    int count;
    struct {
        qp_map_kind kind;
        int layer;
        qp_attention_map map; /* [heads, Tq, Tk] blocks, sequence after sequence; memory of the tape */
    } entry[QP_MAPS_MAX];
    bool wants_states;
    int states;
    struct {
        qp_map_kind kind;
        int layer; /* what this layer reads; the number of layers: what the stack returns, or, mapped to
                            --word-size, the output layer reads; one more: what its final norm reads; of
                            * QP_MAP_CROSS, layer 0: what the output layer of a head reads, one row a source */
        qp_tensor x;
    } state[QP_MAPS_MAX];
} qp_model_maps;

/* qp_model_maps_add — the place for the next map; NULL if maps is NULL or full. */
static inline qp_attention_map *qp_model_maps_add(qp_model_maps *maps, qp_map_kind kind, int layer)
{
    if (!maps || maps->count == QP_MAPS_MAX) return NULL;
    maps->entry[maps->count].kind = kind;
    maps->entry[maps->count].layer = layer;
    return &maps->entry[maps->count++].map;
}

/* qp_model_maps_state — keeps x, if maps is there and wants it. */
static inline void qp_model_maps_state(qp_model_maps *maps, qp_map_kind kind, int layer, qp_tensor x)
{
    if (!maps || !maps->wants_states || maps->states == QP_MAPS_MAX) return;
    maps->state[maps->states].kind = kind;
    maps->state[maps->states].layer = layer;
    maps->state[maps->states++].x = x;
}

#endif
