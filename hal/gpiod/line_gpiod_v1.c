#include "hal/line.h"
