#include "lib/grad/attention/relative_bucket.h"

#include <math.h>
#include <stdlib.h>

int qp_relative_bucket(int distance, int buckets, const qp_relative_config *config)
{
    int first = 0, far = config->far > 0 ? config->far : 128;
    if (config->both_ways) {
        buckets /= 2;
        first = distance > 0 ? buckets : 0;
        distance = abs(distance);
    } else {
        distance = distance < 0 ? -distance : 0;
    }
    int near = buckets / 2;
    if (distance < near || buckets < 2) return first + (distance < buckets ? distance : buckets - 1);
    if (distance >= far || far <= near || near < 1) return first + buckets - 1;
    double part = log((double)distance / near) / log((double)far / near);
    int bucket = near + (int)(part * (buckets - near));
    return first + (bucket < buckets ? bucket : buckets - 1);
}
