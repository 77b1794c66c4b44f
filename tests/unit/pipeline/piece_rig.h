// A source that writes records in pieces, and what the spool holds of them in the end. Each record
// carries its token in llm.audit.tags, a list, so that a joined record names all its pieces.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent_rig.h"
#include "json_tree/json_tree.h"
#include "record/object_list.h"
#include "record/record_codec.h"

namespace llmtrail {

inline void read_piece(JsonValue value, UnixNanos observed, RecordSink& sink) {
    AuditRecord& record = sink.begin();
    record.set_text(Field::kEventKind, "inference");
    record.set_time(Field::kEventTime, observed);
    record.append_to_list(Field::kTags, value["token"].text());
    record.set_text(Field::kPurpose, value["padding"].text());
    if (!value["key"].exists()) {
        sink.commit();
        return;
    }
    bool last = value["last"].boolean().value_or(false);
    record.set_text(Field::kRecordState, last ? "complete" : "partial");
    RecordPiece piece;
    piece.key = value["key"].text();
    piece.last = last;
    sink.commit_piece(piece);
}

// {"token": …, "key": …, "last": …}, or an array of such; without a key it is no piece.
inline Result<DocumentRead> piece_read(const SourceSettings& /*settings*/) {
    auto tree = std::make_shared<JsonTree>();
    return [tree](const DocumentReader::Document& document, RecordSink& sink) {
        auto root = tree->read(document.bytes, document.padded);
        REQUIRE(root);
        if (root->is_object()) {
            read_piece(*root, document.observed, sink);
        }
        for (JsonValue item : root->items()) {
            read_piece(item, document.observed, sink);
        }
    };
}

struct PieceHost : Host {
    explicit PieceHost(uint64_t seed = 1) : Host(seed) {
        make_document_read = piece_read;
        settings.sources[0].join_age_max_ms = 1000;
    }

    std::string item(std::string_view key, bool last, size_t padding_bytes = 0) {
        std::string text = "{\"token\":\"t" + std::to_string(tokens++) + "\"";
        if (!key.empty()) {
            text.append(",\"key\":\"").append(key).append("\",\"last\":");
            text += last ? "true" : "false";
        }
        if (padding_bytes > 0) {
            text += ",\"padding\":\"" + std::string(padding_bytes, 'p') + "\"";
        }
        return text + "}";
    }

    void write(std::string_view key, bool last = false, size_t padding_bytes = 0) {
        append(item(key, last, padding_bytes) + "\n");
    }

    uint64_t tokens = 0;
};

struct SealedRecord {
    std::set<std::string> tokens;
    std::string state;
    std::string document_id;
    int64_t parts = 0;
    bool reread = false;
};

// All records of pieces and plain ones, in the order of the spool. `whole`: its end is not torn.
inline std::vector<SealedRecord> sealed_records(Host& host, bool whole = true) {
    auto reader = SpoolReader::open(
        {.directory = "/state/spool", .key_directory = "/state/keys", .min_free_bytes = 0},
        {host.disk, host.clock, host.random});
    REQUIRE(reader);
    std::vector<SealedRecord> records;
    for (uint64_t index = 0;;) {
        auto batch = (*reader)->read(index);
        if (!batch) {
            CHECK((!whole || batch.error().code == ErrorCode::kNotFound));
            return records;
        }
        for (size_t i = 0; i < (*batch)->records.size(); ++i) {
            AuditRecord record;
            for (Section section : kSections) {
                REQUIRE(decode_section((*batch)->section(i, section), section, record));
            }
            if (record.text(Field::kEventKind) != "inference") {
                continue;
            }
            SealedRecord sealed;
            ObjectListReader tags(record.text(Field::kTags));
            while (tags.next_item()) {
                sealed.tokens.emplace(tags.string());
            }
            sealed.state = record.text(Field::kRecordState);
            sealed.document_id = record.text(Field::kDocumentId);
            sealed.parts = record.integer(Field::kRecordParts).value_or(0);
            sealed.reread =
                record.text(Field::kRecordFlags).find("reread") != std::string_view::npos;
            records.push_back(std::move(sealed));
        }
        index = (*batch)->end_index();
    }
}

// How often each token was sealed; those of records flagged `reread` apart.
struct SealedTokens {
    std::map<std::string, int> counted;
    std::map<std::string, int> repeated;

    explicit SealedTokens(const std::vector<SealedRecord>& records) {
        for (const SealedRecord& record : records) {
            for (const std::string& token : record.tokens) {
                ++(record.reread ? repeated : counted)[token];
            }
        }
    }

    uint64_t missing(uint64_t tokens) const {
        uint64_t none = 0;
        for (uint64_t n = 0; n < tokens; ++n) {
            std::string token = "t" + std::to_string(n);
            none += counted.count(token) + repeated.count(token) == 0 ? 1U : 0U;
        }
        return none;
    }

    uint64_t doubled() const {
        uint64_t more = 0;
        for (const auto& [token, times] : counted) {
            more += times > 1 ? 1 : 0;
        }
        return more;
    }
};

}  // namespace llmtrail
