#include "pipeline/spool_usage.h"

#include <doctest/doctest.h>

#include "fakes/fake_disk.h"

using namespace llmtrail;

TEST_CASE("the spool's use counts segments and their keys, and leaf files apart") {
    FakeDisk disk;
    REQUIRE(disk.make_directories("/spool", 0700));
    disk.put_file("/spool/seg-00000000000000000000.leaf", Bytes(7, 'l'));
    disk.put_file("/spool/seg-00000000000000000001.lsp", Bytes(100, 's'));
    disk.put_file("/spool/seg-00000000000000000001.keys", Bytes(20, 'k'));
    disk.put_file("/spool/seg-00000000000000000002.lsp.new", Bytes(1000, 'n'));
    disk.put_file("/spool/cursors", Bytes(1000, 'c'));
    Result<SpoolUsage> usage = spool_usage("/spool", disk);
    REQUIRE(usage);
    CHECK(usage->payload_bytes == 120);
    CHECK(usage->leaf_bytes == 7);
    CHECK(usage->segments == 1);
}
