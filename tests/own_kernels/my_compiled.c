#include <math.h>

void softmax(const float *x, float *y, long rows, long n) {
    for (; rows-- > 0; x += n, y += n) {
        float top = -INFINITY, sum = 0;
        for (long k = 0; k < n; k++) top = fmaxf(top, x[k]);
        for (long k = 0; k < n; k++) sum += y[k] = expf(x[k] - top);
        for (long k = 0; k < n; k++) y[k] /= sum;
    }
}

void softmax_vjp(const float *y, const float *v, float *g, long rows, long n) {
    for (; rows-- > 0; y += n, v += n, g += n) {
        float dot = 0;
        for (long k = 0; k < n; k++) dot += y[k] * v[k];
        for (long k = 0; k < n; k++) g[k] = y[k] * (v[k] - dot);
    }
}
