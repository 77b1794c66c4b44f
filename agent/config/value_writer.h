// Writes settings as flat values below one place of the configuration. Inside config only. One
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/effective_values.h"

namespace llmtrail {

class ValueWriter {
 public:
    explicit ValueWriter(std::vector<EffectiveValue>& values) : values_(values) {}

    ValueWriter below(std::string_view name) const;

    void raw(std::string_view key, std::string yaml);  // as it is
    void text(std::string_view key, std::string_view value);
    void texts(std::string_view key, const std::vector<std::string>& values);
    void boolean(std::string_view key, bool value);
    void number(std::string_view key, uint64_t value);
    void size(std::string_view key, uint64_t bytes);
    void duration(std::string_view key, int64_t millis);
    void secret(std::string_view key, const SecretReference& reference);
    void secrets(std::string_view key, const std::vector<SecretReference>& references);

 private:
    std::vector<EffectiveValue>& values_;
    std::vector<std::string> path_;
};

void put_output(ValueWriter out, const OutputSettings& output);  // effective_output.cpp

}  // namespace llmtrail
