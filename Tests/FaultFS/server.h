// The two doors: requests of the kernel, commands of the test.
#pragma once

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 14)
#include <fuse3/fuse_lowlevel.h>

// What the kernel may ask (requests.c).
extern const struct fuse_lowlevel_ops requests;

// Takes commands on a Unix socket from a thread of its own (control.c). False: cannot listen.
bool control_begin(const char *path, struct fuse_session *session);
