// Preloaded (LD_PRELOAD), it moves the wall clock of a process by what stands in the file CINELOG_CLOCK_STEP: eight bytes,
// seconds, native order; changed at any time. The monotonic clock runs on, as it does when an administrator sets the date.
// The embedded ClickHouse is bound to the C library past it and keeps the true time.
#pragma once

#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *out);
