// A producer of librdkafka, as the kafka output sees it. The library is loaded when the first
// output of this kind is made and not before. It has threads of its own, which only put news into a
// queue and wake whoever waits; none of our code runs there but a check of addresses. Nothing here
// waits, nothing of a broker's text comes through, and the library writes no log. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"
#include "outputs/kafka_plan.h"
#include "outputs/kafka_properties.h"
#include "platform/wait.h"

namespace llmtrail {

inline constexpr const char* kKafkaSoname = "librdkafka.so.1";

class KafkaLibrary;

// kUnsupported: it is not installed, or not the one that is needed.
Result<std::shared_ptr<KafkaLibrary>> load_kafka_library(const char* soname = kKafkaSoname);

struct KafkaMessage {
    uint64_t index = 0;  // comes back with the news of its delivery
    std::string_view value;
    std::string_view event_id;
    uint16_t event_class = 0;
    bool resent = false;
};

struct KafkaNews {
    enum class Kind : uint8_t {
        kDelivery,  // of the message `index`; 0 in `code`: every replica in sync has it
        kTrouble,   // with a broker; the producer goes on by itself
        kOutage,    // no broker is left; the producer goes on trying
        kFatal,     // it is of no further use
    };
    Kind kind = Kind::kDelivery;
    uint64_t index = 0;
    int code = 0;
};

class KafkaProducer {
 public:
    virtual ~KafkaProducer() = default;  // ends elsewhere: what is under way is given up

    // The library's code: 0 when it was taken.
    virtual int produce(const KafkaMessage& message) = 0;

    // False: there is nothing new.
    virtual bool take_news(KafkaNews& news) = 0;

    virtual std::string name_of(int code) const = 0;  // as the library calls it
};

// `waker` is woken when there are news. kConfig: the library refuses a property, or a file that one
// names.
Result<std::unique_ptr<KafkaProducer>> make_kafka_producer(std::shared_ptr<KafkaLibrary> library,
                                                           const KafkaPlan& plan,
                                                           const KafkaProperties& properties,
                                                           const Secret& password, Waker& waker);

// Producers that have not ended yet: a broker's name that is being looked up takes its time.
size_t ending_kafka_producers(KafkaLibrary& library);
void await_ending_kafka_producers(KafkaLibrary& library, int64_t ms_max);

}  // namespace llmtrail
