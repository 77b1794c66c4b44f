#include "outputs/kafka_producer.h"

#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/utf8.h"
#include "platform/shared_library.h"

namespace llmtrail {

// librdkafka's functions, found at run time, and how many producers are ending.
class KafkaLibrary {
 public:
    bool find_in(const SharedLibrary& library);

    decltype(&rd_kafka_conf_new) conf_new = nullptr;
    decltype(&rd_kafka_conf_destroy) conf_destroy = nullptr;
    decltype(&rd_kafka_conf_set) conf_set = nullptr;
    decltype(&rd_kafka_conf_set_events) conf_set_events = nullptr;
    decltype(&rd_kafka_conf_set_log_cb) conf_set_log_cb = nullptr;
    decltype(&rd_kafka_conf_set_connect_cb) conf_set_connect_cb = nullptr;
    decltype(&rd_kafka_new) make = nullptr;
    decltype(&rd_kafka_destroy) destroy = nullptr;
    decltype(&rd_kafka_topic_new) topic_new = nullptr;
    decltype(&rd_kafka_topic_destroy) topic_destroy = nullptr;
    decltype(&rd_kafka_queue_get_main) queue_get_main = nullptr;
    decltype(&rd_kafka_queue_destroy) queue_destroy = nullptr;
    decltype(&rd_kafka_queue_io_event_enable) queue_io_event_enable = nullptr;
    decltype(&rd_kafka_queue_poll) queue_poll = nullptr;
    decltype(&rd_kafka_event_type) event_type = nullptr;
    decltype(&rd_kafka_event_error) event_error = nullptr;
    decltype(&rd_kafka_event_message_next) event_message_next = nullptr;
    decltype(&rd_kafka_event_destroy) event_destroy = nullptr;
    decltype(&rd_kafka_event_error_is_fatal) event_error_is_fatal = nullptr;
    decltype(&rd_kafka_headers_new) headers_new = nullptr;
    decltype(&rd_kafka_header_add) header_add = nullptr;
    decltype(&rd_kafka_headers_destroy) headers_destroy = nullptr;
    decltype(&rd_kafka_produceva) produceva = nullptr;
    decltype(&rd_kafka_error_code) error_code = nullptr;
    decltype(&rd_kafka_error_destroy) error_destroy = nullptr;
    decltype(&rd_kafka_err2name) err2name = nullptr;

    std::mutex mutex;
    std::condition_variable ended;
    size_t ending = 0;
};

bool KafkaLibrary::find_in(const SharedLibrary& library) {
    return library.find("rd_kafka_conf_new", conf_new) &&
           library.find("rd_kafka_conf_destroy", conf_destroy) &&
           library.find("rd_kafka_conf_set", conf_set) &&
           library.find("rd_kafka_conf_set_events", conf_set_events) &&
           library.find("rd_kafka_conf_set_log_cb", conf_set_log_cb) &&
           library.find("rd_kafka_conf_set_connect_cb", conf_set_connect_cb) &&
           library.find("rd_kafka_new", make) && library.find("rd_kafka_destroy", destroy) &&
           library.find("rd_kafka_topic_new", topic_new) &&
           library.find("rd_kafka_topic_destroy", topic_destroy) &&
           library.find("rd_kafka_queue_get_main", queue_get_main) &&
           library.find("rd_kafka_queue_destroy", queue_destroy) &&
           library.find("rd_kafka_queue_io_event_enable", queue_io_event_enable) &&
           library.find("rd_kafka_queue_poll", queue_poll) &&
           library.find("rd_kafka_event_type", event_type) &&
           library.find("rd_kafka_event_error", event_error) &&
           library.find("rd_kafka_event_message_next", event_message_next) &&
           library.find("rd_kafka_event_destroy", event_destroy) &&
           library.find("rd_kafka_event_error_is_fatal", event_error_is_fatal) &&
           library.find("rd_kafka_headers_new", headers_new) &&
           library.find("rd_kafka_header_add", header_add) &&
           library.find("rd_kafka_headers_destroy", headers_destroy) &&
           library.find("rd_kafka_produceva", produceva) &&
           library.find("rd_kafka_error_code", error_code) &&
           library.find("rd_kafka_error_destroy", error_destroy) &&
           library.find("rd_kafka_err2name", err2name);
}

namespace {

constexpr size_t kProblemBytesMax = 200;

bool is_of_this_host(const sockaddr* address) {
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        return (ntohl(v4.sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
    }
    sockaddr_in6 v6{};
    if (address->sa_family != AF_INET6) {
        return false;
    }
    std::memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

// On a thread of the library. A broker says which brokers there are: without TLS it must not lead
// events off this host.
int connect_on_this_host(int socket, const sockaddr* address, int size, const char*, void*) {
    if (!is_of_this_host(address)) {
        return EACCES;
    }
    bool begun = ::connect(socket, address, static_cast<socklen_t>(size)) == 0;
    return begun || errno == EINPROGRESS ? 0 : errno;
}

// Destroyed with what stands in it, unless a producer has taken it.
class Configuration {
 public:
    explicit Configuration(KafkaLibrary& library) : library_(library), conf_(library.conf_new()) {}

    ~Configuration() {
        if (conf_ != nullptr) {
            library_.conf_destroy(conf_);
        }
    }

    Configuration(const Configuration&) = delete;
    Configuration& operator=(const Configuration&) = delete;

    rd_kafka_conf_t* get() const { return conf_; }

    void release() { conf_ = nullptr; }

    Result<void> set(const std::string& name, const char* value) {
        std::array<char, kProblemBytesMax> problem{};
        if (library_.conf_set(conf_, name.c_str(), value, problem.data(), problem.size()) !=
            RD_KAFKA_CONF_OK) {
            return fail(ErrorCode::kConfig, "the Kafka library does not take `" + name + "`");
        }
        return {};
    }

 private:
    KafkaLibrary& library_;
    rd_kafka_conf_t* conf_;
};

class RdKafkaProducer final : public KafkaProducer {
 public:
    RdKafkaProducer(std::shared_ptr<KafkaLibrary> library, rd_kafka_t* handle, std::string key,
                    rd_kafka_topic_t* topic, Waker& waker);
    ~RdKafkaProducer() override;
    RdKafkaProducer(const RdKafkaProducer&) = delete;
    RdKafkaProducer& operator=(const RdKafkaProducer&) = delete;

    int produce(const KafkaMessage& message) override;
    bool take_news(KafkaNews& news) override;

    std::string name_of(int code) const override {
        return library_->err2name(static_cast<rd_kafka_resp_err_t>(code));
    }

 private:
    rd_kafka_headers_t* headers_of(const KafkaMessage& message) const;
    bool has_event();

    std::shared_ptr<KafkaLibrary> library_;
    rd_kafka_t* handle_;
    std::string key_;
    rd_kafka_topic_t* topic_;
    rd_kafka_queue_t* queue_;
    rd_kafka_event_t* event_ = nullptr;  // of deliveries, not all of which are told
};

RdKafkaProducer::RdKafkaProducer(std::shared_ptr<KafkaLibrary> library, rd_kafka_t* handle,
                                 std::string key, rd_kafka_topic_t* topic, Waker& waker)
    : library_(std::move(library)),
      handle_(handle),
      key_(std::move(key)),
      topic_(topic),
      queue_(library_->queue_get_main(handle)) {
    constexpr uint64_t kOne = 1;  // what an eventfd takes
    library_->queue_io_event_enable(queue_, waker.descriptor(), &kOne, sizeof kOne);
}

// A thread of the library may be looking a name up, and ending waits for it.
void end_elsewhere(const std::shared_ptr<KafkaLibrary>& library, rd_kafka_t* handle) {
    {
        std::lock_guard lock(library->mutex);
        ++library->ending;
    }
    auto end = [library, handle] {
        library->destroy(handle);
        std::lock_guard lock(library->mutex);
        --library->ending;
        library->ended.notify_all();
    };
    try {
        std::thread(end).detach();
    } catch (const std::system_error&) {
        end();
    }
}

RdKafkaProducer::~RdKafkaProducer() {
    if (event_ != nullptr) {
        library_->event_destroy(event_);
    }
    library_->queue_io_event_enable(queue_, -1, nullptr, 0);
    library_->queue_destroy(queue_);
    library_->topic_destroy(topic_);
    end_elsewhere(library_, handle_);
}

rd_kafka_vu_t part(rd_kafka_vtype_t type, std::string_view bytes) {
    rd_kafka_vu_t part{};
    part.vtype = type;
    // The library copies it (RD_KAFKA_MSG_F_COPY) and writes nothing there.
    part.u.mem.ptr =
        const_cast<char*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    part.u.mem.size = bytes.size();
    return part;
}

rd_kafka_headers_t* RdKafkaProducer::headers_of(const KafkaMessage& message) const {
    rd_kafka_headers_t* headers = library_->headers_new(3);
    auto add = [&](std::string_view name, std::string_view value) {
        library_->header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                             static_cast<ssize_t>(value.size()));
    };
    add("event_id", message.event_id);
    add("event_class", std::to_string(message.event_class));
    if (message.resent) {
        add("llmtrail_resent", "1");
    }
    return headers;
}

int RdKafkaProducer::produce(const KafkaMessage& message) {
    std::array<rd_kafka_vu_t, 6> parts{};
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topic_;
    parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[1].u.i = RD_KAFKA_MSG_F_COPY;
    parts[2].vtype = RD_KAFKA_VTYPE_OPAQUE;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a number that comes back as it is
    parts[2].u.ptr = reinterpret_cast<void*>(static_cast<uintptr_t>(message.index));
    parts[3] = part(RD_KAFKA_VTYPE_KEY, key_);
    parts[4] = part(RD_KAFKA_VTYPE_VALUE, message.value);
    // As a list of ours: single ones librdkafka 2.0.2 frees twice when it does not take a message.
    rd_kafka_headers_t* headers = headers_of(message);
    parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[5].u.headers = headers;
    rd_kafka_error_t* error = library_->produceva(handle_, parts.data(), parts.size());
    if (error == nullptr) {
        return 0;
    }
    library_->headers_destroy(headers);
    int code = library_->error_code(error);
    library_->error_destroy(error);
    return code;
}

bool RdKafkaProducer::has_event() {
    if (event_ == nullptr) {
        event_ = library_->queue_poll(queue_, 0);
    }
    return event_ != nullptr;
}

bool RdKafkaProducer::take_news(KafkaNews& news) {
    while (has_event()) {
        rd_kafka_event_type_t type = library_->event_type(event_);
        if (type == RD_KAFKA_EVENT_DR) {
            if (const rd_kafka_message_t* message = library_->event_message_next(event_)) {
                news.kind = KafkaNews::Kind::kDelivery;
                news.index = reinterpret_cast<uintptr_t>(message->_private);
                news.code = message->err;
                return true;
            }
        }
        if (type == RD_KAFKA_EVENT_ERROR) {
            news.code = library_->event_error(event_);
            bool fatal = library_->event_error_is_fatal(event_) != 0;
            bool outage = news.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
            news.kind = fatal    ? KafkaNews::Kind::kFatal
                        : outage ? KafkaNews::Kind::kOutage
                                 : KafkaNews::Kind::kTrouble;
        }
        library_->event_destroy(std::exchange(event_, nullptr));
        if (type == RD_KAFKA_EVENT_ERROR) {
            return true;
        }
    }
    return false;
}

// What is secret stands in `conf` alone.
Result<void> fill(Configuration& conf, const KafkaProperties& properties, const Secret& password) {
    for (const auto& [property, value] : properties) {
        if (Result<void> set = conf.set(property, value.c_str()); !set) {
            return set;
        }
    }
    if (password.empty()) {
        return {};
    }
    Bytes text(password.reveal());
    Result<void> set = conf.set("sasl.password", text.c_str());
    wipe(text);
    return set;
}

}  // namespace

Result<std::shared_ptr<KafkaLibrary>> load_kafka_library(const char* soname) {
    Result<SharedLibrary> library = open_shared_library(soname);
    if (!library) {
        library.error().message += ": apt install librdkafka1";
        return fail(std::move(library.error()));
    }
    auto kafka = std::make_shared<KafkaLibrary>();
    if (!kafka->find_in(*library)) {
        return fail(ErrorCode::kUnsupported,
                    std::string(soname) + " is not the library that Kafka needs (2.0 or later)");
    }
    return kafka;
}

Result<std::unique_ptr<KafkaProducer>> make_kafka_producer(std::shared_ptr<KafkaLibrary> library,
                                                           const KafkaPlan& plan,
                                                           const KafkaProperties& properties,
                                                           const Secret& password, Waker& waker) {
    Configuration conf(*library);
    if (Result<void> filled = fill(conf, properties, password); !filled) {
        return fail(std::move(filled.error()));
    }
    library->conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    library->conf_set_log_cb(conf.get(), nullptr);
    if (plan.plain) {
        library->conf_set_connect_cb(conf.get(), connect_on_this_host);
    }
    std::array<char, kProblemBytesMax> problem{};
    rd_kafka_t* handle =
        library->make(RD_KAFKA_PRODUCER, conf.get(), problem.data(), problem.size());
    if (handle == nullptr) {
        return fail(ErrorCode::kConfig,
                    "the Kafka library does not start: " +
                        terminal_safe(utf8_prefix_bytes(problem.data(), kProblemBytesMax)));
    }
    conf.release();
    rd_kafka_topic_t* topic = library->topic_new(handle, plan.topic.c_str(), nullptr);
    if (topic == nullptr) {
        end_elsewhere(library, handle);
        return fail(ErrorCode::kConfig, "the Kafka library takes no topic of this name");
    }
    return std::unique_ptr<KafkaProducer>(
        std::make_unique<RdKafkaProducer>(std::move(library), handle, plan.key, topic, waker));
}

size_t ending_kafka_producers(KafkaLibrary& library) {
    std::lock_guard lock(library.mutex);
    return library.ending;
}

void await_ending_kafka_producers(KafkaLibrary& library, int64_t ms_max) {
    std::unique_lock lock(library.mutex);
    library.ended.wait_for(lock, std::chrono::milliseconds(ms_max),
                           [&library] { return library.ending == 0; });
}

}  // namespace llmtrail
