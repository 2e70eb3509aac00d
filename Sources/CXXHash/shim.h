#pragma once
// The implementations that choose AVX2 where the processor has it: twice as fast.
#include <xxh_x86dispatch.h>
