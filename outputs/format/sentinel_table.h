// What the two tables of Log Analytics that the agent writes to have in common: typed columns, and
// which column holds which pair of an event. The tables are llm_trail_columns.h and
// common_security_log_columns.h; conf/sentinel declares the same columns to Azure. Pure, any
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "record/field_catalog.h"

namespace llmtrail {

enum class ColumnType : uint8_t { kString, kDateTime, kInt, kLong, kReal, kBoolean };

// As a data collection rule writes it.
constexpr std::string_view column_type_name(ColumnType type) {
    switch (type) {
        case ColumnType::kString:
            return "string";
        case ColumnType::kDateTime:
            return "datetime";
        case ColumnType::kInt:
            return "int";
        case ColumnType::kLong:
            return "long";
        case ColumnType::kReal:
            return "real";
        case ColumnType::kBoolean:
            return "boolean";
    }
    return {};
}

struct SentinelColumn {
    std::string_view name;
    ColumnType type;
};

// A pair of an event, by its CEF key and, where one key holds different things, its label.
struct SentinelPair {
    std::string_view cef_key;
    std::string_view label;  // empty: any
    std::string_view column;
    std::string_view label_column = {};
};

// A field of the record that stands in no pair of its own.
struct SentinelField {
    Field field;
    std::string_view column;
};

struct SentinelTable {
    std::span<const SentinelColumn> columns;
    std::span<const SentinelPair> pairs;
    std::span<const SentinelField> fields;
};

}  // namespace llmtrail
