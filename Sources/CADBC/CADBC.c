#define _GNU_SOURCE
#include "CADBC.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

void *cinelog_open_library(const char *path, int global, int deep) {
    return dlopen(path, RTLD_NOW | (global ? RTLD_GLOBAL : RTLD_LOCAL) | (deep ? RTLD_DEEPBIND : 0));
}

int cinelog_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int cinelog_pipe(int ends[2], int capacity) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    (void)fcntl(ends[1], F_SETPIPE_SZ, capacity);  // a wish: past the user's share the kernel keeps its default
    return 0;
}
