/* Controls for the emulated camera, kept by the process and lost with it, as a device loses them when it is unplugged.
   Preloaded before the emulated camera itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

static struct { unsigned id, type; int min, max, normal, value; const char *name; } C[] = {
    {V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, 0, 3, 3, 3, "Auto Exposure"},
    {V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, 1, 5000, 157, 157, "Exposure Time, Absolute"},
    {V4L2_CID_FOCUS_AUTO, V4L2_CTRL_TYPE_BOOLEAN, 0, 1, 1, 1, "Focus, Automatic Continuous"},
    {V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, 0, 255, 128, 128, "Brightness"},
    {V4L2_CID_CONTRAST, V4L2_CTRL_TYPE_INTEGER, 0, 255, 128, 128, "Contrast"}, /* that it cannot be asked for */
    {V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, 0, 2, 2, 2, "Power Line Frequency"},
};
enum { COUNT = sizeof C / sizeof *C };

static int of(unsigned id) {
    for (int i = 0; i < COUNT; i++)
        if (C[i].id == id) return i;
    return -1;
}

static int refuse(int error) {
    errno = error;
    return -1;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *given = va_arg(rest, void *);
    va_end(rest);
    switch ((unsigned)request) {
    case VIDIOC_QUERYCTRL: {
        struct v4l2_queryctrl *q = given;
        int i = of(q->id);
        if (i < 0) return refuse(EINVAL);
        memset(q, 0, sizeof *q);
        q->id = C[i].id, q->type = C[i].type, q->minimum = C[i].min, q->maximum = C[i].max, q->step = 1;
        q->default_value = C[i].normal;
        if (q->id == V4L2_CID_EXPOSURE_ABSOLUTE && C[0].value == 3) q->flags = V4L2_CTRL_FLAG_INACTIVE;
        strcpy((char *)q->name, C[i].name);
        return 0;
    }
    case VIDIOC_QUERYMENU: {
        struct v4l2_querymenu *m = given;
        static const char *exposure[] = {0, "Manual Mode", 0, "Aperture Priority Mode"}, *power[] = {"Disabled", "50 Hz", "60 Hz"};
        const char *name = m->index > 3 ? 0 : m->id == V4L2_CID_EXPOSURE_AUTO ? exposure[m->index] : power[m->index];
        if (!name) return refuse(EINVAL);
        strcpy((char *)m->name, name);
        return 0;
    }
    case VIDIOC_G_CTRL:
    case VIDIOC_S_CTRL: {
        struct v4l2_control *c = given;
        int i = of(c->id);
        if (i < 0) return refuse(EINVAL);
        if (c->id == V4L2_CID_CONTRAST) return refuse(EIO);
        if ((unsigned)request == VIDIOC_G_CTRL) c->value = C[i].value;
        else if (c->id == V4L2_CID_EXPOSURE_ABSOLUTE && C[0].value == 3) return refuse(EIO);
        else C[i].value = c->value;
        return 0;
    }
    }
    int (*next)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, given);
}
