#include "tests/oracles/oracle.h"

oracle_ragged oracle_ragged_of(oracle *o, int batch, int time, const int32_t *mask)
{
    oracle_ragged ragged = {.batch = batch, .time = time};
    ragged.start = oracle_memory(o, ((size_t)batch + 1) * sizeof(int32_t));
    ragged.row = oracle_memory(o, (size_t)batch * (size_t)time * sizeof(int32_t));
    for (int i = 0; i < batch * time; i++) {
        if (i % time == 0) ragged.start[i / time] = ragged.rows;
        if (!mask || !mask[i]) ragged.row[ragged.rows++] = i;
    }
    ragged.start[batch] = ragged.rows;
    ragged.sequences = (qp_sequences){.count = batch, .start = ragged.start};
    return ragged;
}

oracle_ragged oracle_ragged_mask(oracle *o, int batch, int time, const char *mask_name)
{
    const qp_stored *stored = oracle_find(o, mask_name);
    if (stored && stored->count != (size_t)batch * (size_t)time)
        oracle_stop(o, "%s has %zu elements, not %d * %d", mask_name, stored->count, batch, time);
    return oracle_ragged_of(o, batch, time, stored ? oracle_ints(o, mask_name) : NULL);
}

oracle_ragged oracle_ragged_lengths(oracle *o, int time, const char *lengths_name)
{
    int batch = (int)oracle_array(o, lengths_name)->count;
    const int32_t *length = oracle_ints(o, lengths_name);
    int32_t *mask = oracle_memory(o, (size_t)batch * (size_t)time * sizeof *mask);
    for (int b = 0; b < batch; b++) {
        if (length[b] < 0 || length[b] > time) oracle_stop(o, "%s[%d] = %d of %d", lengths_name, b, length[b], time);
        for (int t = length[b]; t < time; t++) mask[b * time + t] = 1;
    }
    return oracle_ragged_of(o, batch, time, mask);
}

int32_t *oracle_rows_map(oracle *o, const oracle_ragged *ragged, int columns)
{
    int32_t *map = oracle_memory(o, (size_t)ragged->rows * (size_t)columns * sizeof *map);
    for (int r = 0; r < ragged->rows; r++)
        for (int c = 0; c < columns; c++) map[r * columns + c] = ragged->row[r] * columns + c;
    return map;
}

int32_t *oracle_heads_map(oracle *o, int batch, int heads, int time, int width)
{
    int32_t *map = oracle_memory(o, (size_t)batch * (size_t)heads * (size_t)time * (size_t)width * sizeof *map);
    int32_t *next = map;
    for (int b = 0; b < batch; b++)
        for (int t = 0; t < time; t++)
            for (int h = 0; h < heads; h++)
                for (int d = 0; d < width; d++) *next++ = ((b * heads + h) * time + t) * width + d;
    return map;
}
