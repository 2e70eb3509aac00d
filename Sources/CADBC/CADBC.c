#include "CADBC.h"  // a header-only module: SwiftPM wants one source file
