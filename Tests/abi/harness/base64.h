#pragma once

#include <string>
#include <string_view>

namespace harness {

std::string to_base64(std::string_view bytes);
std::string from_base64(std::string_view text);

}  // namespace harness
