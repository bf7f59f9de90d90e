#include <criterion/criterion.h>

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
