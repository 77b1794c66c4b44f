#include "config/map_reader.h"
#include "config/section_readers.h"

namespace llmtrail {

static constexpr std::string_view kTextfileSuffix = ".prom";  // what node_exporter looks for

void read_metrics(const ConfigNode& map, Settings& settings, Problems& problems) {
    MapReader reader(map, "`metrics`", problems);
    reader.absolute_path("textfile", settings.metrics_textfile);
    const ConfigNode* node = reader.find("textfile");
    if (node != nullptr && !settings.metrics_textfile.ends_with(kTextfileSuffix)) {
        reader.problem(*node, "the name of a textfile ends in .prom",
                       "textfile: /var/lib/prometheus/node-exporter/llmtrail.prom");
    }
    reader.finish();
}

}  // namespace llmtrail
