#include "lib/picture/colormap.h"

#include <math.h>

static const qp_colour stop[] = {{0xFA, 0xF6, 0xF0}, {0xF6, 0xD7, 0xB0}, {0xE8, 0x91, 0x6A},
                                 {0xB9, 0x35, 0x56}, {0x6D, 0x10, 0x48}, {0x2C, 0x05, 0x28}};
enum { STOPS = sizeof stop / sizeof *stop };

static unsigned char between(unsigned char a, unsigned char b, double part)
{
    return (unsigned char)(a + (b - a) * part + 0.5);
}

qp_colour qp_colormap(double strength)
{
    if (!(strength > 0)) return stop[0];
    double at = fmin(strength, 1) * (STOPS - 1), first = fmin(floor(at), STOPS - 2), part = at - first;
    const qp_colour *a = &stop[(int)first], *b = a + 1;
    return (qp_colour){between(a->red, b->red, part), between(a->green, b->green, part),
                       between(a->blue, b->blue, part)};
}
