#include "lib/train/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *qp_duration_text(double seconds, char *text, size_t bytes)
{
    long long s = seconds < 0 || seconds > 1e12 ? -1 : (long long)(seconds + 0.5);
    if (s < 0)
        snprintf(text, bytes, "?");
    else if (s < 60)
        snprintf(text, bytes, "%llds", s);
    else if (s < 3600)
        snprintf(text, bytes, "%lldm %02llds", s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, bytes, "%lldh %02lldm", s / 3600, s / 60 % 60);
    else
        snprintf(text, bytes, "%lldd %02lldh", s / 86400, s / 3600 % 24);
    return text;
}

double qp_duration_parse(const char *text)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    double sum = 0;
    if (!*text) return -1;
    while (*text) {
        char *end;
        double value = strtod(text, &end), factor = *end ? 0 : 1;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (*end == units[i].unit) factor = units[i].seconds;
        if (end == text || !(value >= 0) || value > 1e12 || factor <= 0) return -1;
        sum += value * factor;
        text = end + (*end != '\0');
    }
    return sum;
}

const char *qp_progress_line(const qp_progress *p, int columns, char *text, size_t bytes)
{
    enum { FIELDS = 8, FIELD_BYTES = 48 };
    char field[FIELDS][FIELD_BYTES] = {{0}}, left[32];
    if (p->done >= 0) snprintf(field[0], FIELD_BYTES, "%3.0f %%", 100 * (p->done < 1 ? p->done : 1));
    snprintf(field[1], FIELD_BYTES, "%s %.3f", p->smoothed ? "smoothed loss" : "loss", p->loss);
    snprintf(field[2], FIELD_BYTES, "left %s", qp_duration_text(p->left_seconds, left, sizeof left));
    snprintf(field[3], FIELD_BYTES, "%.0f tokens/s", p->tokens_per_second);
    snprintf(field[4], FIELD_BYTES, "epoch %lld", (long long)p->epoch);
    snprintf(field[5], FIELD_BYTES, "update %lld", (long long)p->update);
    snprintf(field[6], FIELD_BYTES, "lr %.2e", p->rate);
    snprintf(field[7], FIELD_BYTES, "grad norm %.2f", p->gradient_norm);
    size_t at = 0, room = columns > 0 && (size_t)columns < bytes ? (size_t)columns + 1 : bytes;
    text[0] = '\0';
    for (int i = 0; i < FIELDS; i++) {
        size_t length = strlen(field[i]), gap = at ? 2 : 0;
        if (at + gap + length >= room) break;
        at += (size_t)snprintf(text + at, bytes - at, "%*s%s", (int)gap, "", field[i]);
    }
    return text;
}
