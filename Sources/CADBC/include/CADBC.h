#pragma once
// The ADBC C interface (Apache Arrow), from the header that `./dev setup` unpacks beside chDB, and the few GNU
// functions that the engine needs and that Swift's Glibc module does not show.
#include "../../../.cache/include/arrow-adbc/adbc.h"

/// dlopen(3) with RTLD_NOW and RTLD_GLOBAL or RTLD_LOCAL, and with RTLD_DEEPBIND where `deep`.
void *cinelog_open_library(const char *path, int global, int deep);

/// An anonymous file in memory (memfd_create(2)), closed on exec; -1 with errno.
int cinelog_memory_file(const char *name);

/// pipe2(2), closed on exec; `ends[0]` reads, `ends[1]` writes; -1 with errno. Asks for a buffer of `capacity` bytes.
int cinelog_pipe(int ends[2], int capacity);
