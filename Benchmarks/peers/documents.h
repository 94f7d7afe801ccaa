#pragma once

#include <rapidjson/document.h>
#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "../base64.h"

/// What a watch's document tells.
struct Told {
  bool created = false;
  std::uint64_t events = 0;
  std::uint64_t value_bytes = 0;
  /// Something that is of all numbers, so that nobody passes over them.
  std::uint64_t sum = 0;
};

/// Reads documents of a watch as a program does that wants all that is in their events: keys and values decoded,
/// numbers as numbers.
class Documents {
 public:
  static constexpr std::size_t padding = simdjson::SIMDJSON_PADDING;

  /// By simdjson on demand. `capacity` bytes can be read, `padding` more than `size`.
  Told simdjson(const char *json, std::size_t size, std::size_t capacity) {
    Told told;
    auto document = parser_.iterate(json, size, capacity);
    auto result = document["result"].get_object();
    if (result.error() != simdjson::SUCCESS) throw std::runtime_error("no result: " + std::string(json, size));
    for (auto field : result) {
      const std::string_view name = field.unescaped_key();
      if (name == "created") told.created = field.value().get_bool();
      if (name != "events") continue;
      for (auto event : field.value().get_array()) {
        ++told.events;
        for (auto part : event.get_object()) {
          if (std::string_view(part.unescaped_key()) != "kv") continue;
          for (auto fact : part.value().get_object()) {
            const std::string_view what = fact.unescaped_key();
            const std::string_view text = fact.value().get_string();
            take(told, what, text);
          }
        }
      }
    }
    return told;
  }

  /// By a DOM of RapidJSON's.
  Told rapidjson(const char *json, std::size_t size) {
    Told told;
    rapidjson::Document document;
    document.Parse(json, size);
    if (document.HasParseError() || !document.IsObject()) throw std::runtime_error("no document");
    const auto &result = document["result"];
    if (result.HasMember("created")) told.created = result["created"].GetBool();
    const auto events = result.FindMember("events");
    if (events == result.MemberEnd()) return told;
    for (const auto &event : events->value.GetArray()) {
      ++told.events;
      const auto kv = event.FindMember("kv");
      if (kv == event.MemberEnd()) continue;
      for (const auto &fact : kv->value.GetObject()) {
        take(told, {fact.name.GetString(), fact.name.GetStringLength()},
             {fact.value.GetString(), fact.value.GetStringLength()});
      }
    }
    return told;
  }

 private:
  void take(Told &told, std::string_view name, std::string_view text) {
    if (name == "key" || name == "value") {
      if (bytes_.size() < base64::room(text.size())) bytes_.resize(base64::room(text.size()));
      const std::ptrdiff_t size = base64::decode(text, bytes_.data());
      if (size < 0) throw std::runtime_error("no base64");
      if (name == "value") told.value_bytes += static_cast<std::uint64_t>(size);
    } else {
      std::uint64_t number = 0;
      std::from_chars(text.data(), text.data() + text.size(), number);
      told.sum += number;
    }
  }

  ::simdjson::ondemand::parser parser_;
  std::string bytes_;
};
