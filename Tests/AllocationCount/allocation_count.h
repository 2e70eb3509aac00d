// Preloaded (LD_PRELOAD), it counts a process's allocations in the file CINELOG_ALLOCATION_COUNT: eight bytes, native order, there
// before the process starts. Counted are malloc, calloc, realloc, aligned_alloc and posix_memalign.
#pragma once

#include <stddef.h>

void *malloc(size_t bytes);
