#include "outputs/outputs.h"

#include "outputs/file.h"
#include "outputs/kafka.h"
#include "outputs/relp.h"
#include "outputs/sentinel.h"
#include "outputs/splunk_hec.h"
#include "outputs/syslog.h"

namespace llmtrail {

Result<std::unique_ptr<Output>> make_output(const OutputPlan& plan, Network& network,
                                            FileSystem& files, Random& random) {
    if (plan.type == "syslog") {
        return plan.relp ? make_relp_output(plan, network, random)
                         : make_syslog_output(plan, network, random);
    }
    if (plan.type == "file") {
        return make_file_output(plan, files, random);
    }
    if (plan.type == "splunk_hec") {
        return make_splunk_hec_output(plan, random);
    }
    if (plan.type == "sentinel") {
        return make_sentinel_output(plan, files, random);
    }
    if (plan.type == "kafka") {
        return make_kafka_output(plan, random);
    }
    return fail(ErrorCode::kInvalidArgument,
                "output " + plan.id + ": no output of type '" + plan.type + "'");
}

}  // namespace llmtrail
