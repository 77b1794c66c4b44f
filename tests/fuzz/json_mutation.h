// One change of a JSON text that leaves it JSON: a value is replaced by another of the text or by
// an awkward one, or a member or item is removed or doubled. For the fuzz targets of parsers.
#pragma once

#include <string>

// False: no value was found.
bool mutate_json(std::string& text, unsigned seed);
