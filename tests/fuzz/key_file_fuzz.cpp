// Key files: whatever decodes, encodes to the same bytes, opens nothing that the header does not
// commit to, and every rewriting of it is a key file again. The checksum is made right first.
#include <cstdint>
#include <cstdlib>

#include "base/check.h"
#include "spool/crc32c.h"
#include "spool/key_file.h"

using namespace llmtrail;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Bytes bytes(reinterpret_cast<const char*>(data), size);
    if (bytes.size() >= 4) {
        Bytes crc;
        put_u32(crc, crc32c(ByteView(bytes).substr(0, bytes.size() - 4)));
        bytes.replace(bytes.size() - 4, 4, crc);
    }
    Result<KeyStanzas> stanzas = decode_key_stanzas(bytes);
    if (!stanzas) {
        return 0;
    }
    SegmentHeader header;
    header.log_id = stanzas->log_id;
    header.segment_no = stanzas->segment_no;
    std::vector<LocalKey> local;
    local.push_back(make_local_key(Secret(kDataKeyBytes)));
    LLMTRAIL_CHECK(!open_key_file(bytes, header, local));
    (void)open_position_key(bytes, header, local);
    for (const KeyStanza& stanza : stanzas->list) {
        (void)read_recipient_stanza(stanza);
        (void)local_id_of(stanza);
    }
    for (uint8_t section = 0; section < kSectionCount; ++section) {
        (void)has_auditor(*stanzas, section);
    }
    Result<KeyStanzas> again = decode_key_stanzas(encode_key_stanzas(*stanzas));
    LLMTRAIL_CHECK(again && again->list.size() == stanzas->list.size());
    return 0;
}
