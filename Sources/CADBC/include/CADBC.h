#pragma once
// The ADBC C interface (Apache Arrow), from the header that `./dev setup` unpacks beside chDB.
#include "../../../.cache/include/arrow-adbc/adbc.h"
