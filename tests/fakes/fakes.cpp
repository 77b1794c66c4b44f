#include "fakes/fake_clock.h"
#include "fakes/fake_random.h"
