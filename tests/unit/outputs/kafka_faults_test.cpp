#include <memory>

#include "kafka_bench.h"

using namespace llmtrail;

namespace {

// What a broker may answer to a batch, and what the producer does by itself: most it tries again.
std::vector<rd_kafka_resp_err_t> random_answers(FakeRandom& random, size_t count) {
    static const std::vector<rd_kafka_resp_err_t> kAnswers = {
        RD_KAFKA_RESP_ERR_NO_ERROR,
        RD_KAFKA_RESP_ERR_NO_ERROR,
        RD_KAFKA_RESP_ERR_NO_ERROR,
        RD_KAFKA_RESP_ERR__TRANSPORT,  // the connection breaks
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
        RD_KAFKA_RESP_ERR_INVALID_RECORD,
        RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
        RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
        RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
        RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
        RD_KAFKA_RESP_ERR_INVALID_MSG,
        RD_KAFKA_RESP_ERR_UNKNOWN,
    };
    std::vector<rd_kafka_resp_err_t> answers;
    for (size_t i = 0; i < count; ++i) {
        answers.push_back(kAnswers[random.below(kAnswers.size())]);
    }
    return answers;
}

// A cluster in bad weather, and an output that has to do with it.
struct Storm {
    Storm(uint64_t seed, size_t faults) : random(seed) {
        cluster.answer_of_one(KafkaCluster::kProduce, random_answers(random, faults));
    }

    bool over() const {
        return cluster.answers_left_of_one(KafkaCluster::kProduce) == 0 &&
               bench.output->confirmed_end() == count;
    }

    void turn() {
        if (bench.output->confirmed_end() == count) {
            bench.more(kMore);
            count += kMore;
        }
        bench.turn();
    }

    static constexpr uint64_t kMore = 40;

    FakeRandom random;
    KafkaCluster cluster;
    uint64_t count = kMore;
    KafkaBench bench{cluster, kMore};
};

}  // namespace

// Eight at the same time, since most of it is the producer's waiting before it tries again.
TEST_CASE("a thousand faults of Kafka in random order: nothing is lost, duplicates are marked") {
    constexpr size_t kStorms = 8;
    std::vector<std::unique_ptr<Storm>> storms;
    for (uint64_t seed = 0; seed < kStorms; ++seed) {
        storms.push_back(std::make_unique<Storm>(20'261'123 + seed, 1'000 / kStorms));
    }
    auto over = [](const std::unique_ptr<Storm>& storm) { return storm->over(); };
    for (int i = 0; i < 8'000 && !std::all_of(storms.begin(), storms.end(), over); ++i) {
        for (const std::unique_ptr<Storm>& storm : storms) {
            if (!storm->over()) {
                storm->turn();
            }
        }
    }
    for (const std::unique_ptr<Storm>& storm : storms) {
        KafkaBench& bench = storm->bench;
        REQUIRE(storm->over());
        std::map<uint64_t, int> times = KafkaBench::times(storm->cluster.read_all());
        size_t lost = 0;
        for (uint64_t i = 0; i < storm->count; ++i) {
            lost += times.count(i) + bench.refused.count(i) == 0 ? 1U : 0U;
        }
        CHECK(lost == 0);
        for (const auto& [index, reason] : bench.refused) {
            CHECK_MESSAGE(times.count(index) == 0, "stored and left out: ", index);
        }
        CHECK(bench.output->resent_events() > 0);
        CHECK(bench.problems.size() > 5);
    }
}
