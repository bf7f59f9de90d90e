#include <criterion/criterion.h>
#include <math.h>

#include "lib/picture/colormap.h"

Test(colormap, colors_grow_darker)
{
    double last = 256;
    for (int i = 0; i <= 100; i++) {
        qp_colour c = qp_colormap(i / 100.0);
        double light = 0.3 * c.red + 0.59 * c.green + 0.11 * c.blue;
        cr_assert_leq(light, last, "%d", i);
        last = light;
    }
    cr_assert_eq(qp_colormap(-1).red, qp_colormap(0).red);
    cr_assert_eq(qp_colormap(2).red, qp_colormap(1).red);
}

/* Six colours at equal distances, and straight lines between them: 0.25 is a quarter of the way from the second. */
Test(colormap, colours_of_some_strengths)
{
    static const struct {
        double strength;
        unsigned colour;
    } known[] = {{NAN, 0xFAF6F0},  {-INFINITY, 0xFAF6F0}, {0, 0xFAF6F0},    {0.1, 0xF8E7D0}, {0.2, 0xF6D7B0},
                 {0.25, 0xF3C69F}, {0.5, 0xD16360},       {0.6, 0xB93556}, {0.8, 0x6D1048}, {0.9, 0x4D0B38},
                 {1, 0x2C0528},    {INFINITY, 0x2C0528}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        qp_colour c = qp_colormap(known[i].strength);
        unsigned colour = (unsigned)c.red << 16 | (unsigned)c.green << 8 | c.blue;
        cr_expect_eq(colour, known[i].colour, "%g: %06X", known[i].strength, colour);
    }
}
