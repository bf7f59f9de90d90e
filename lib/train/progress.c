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

const char *qp_progress_line(const qp_progress *p, char *text, size_t bytes)
{
    char left[32];
    snprintf(text, bytes, "epoch %lld  update %lld  loss %.3f  %.0f tokens/s  norm %.2f  rate %.2e  left %s",
             (long long)p->epoch, (long long)p->update, p->loss, p->tokens_per_second, p->gradient_norm, p->rate,
             qp_duration_text(p->left_seconds, left, sizeof left));
    return text;
}
