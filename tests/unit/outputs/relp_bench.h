// A relp output against a receiver that is played here: each connection's bytes are taken apart,
// events stored and answered, or whatever the script says instead. Plays the lane, too: offers in
// order, goes back when told and marks what is offered again; the clock passes as fast as the
// output lets it.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fakes/fake_clock.h"
#include "fakes/fake_network.h"
#include "fakes/fake_random.h"
#include "output_driver.h"
#include "outputs/relp.h"

namespace llmtrail {

// What the receiver does with the next event; then "ok".
//   ok            stores and answers
//   cut-before    breaks without storing; cut-after: stores and breaks
//   silent        stores and never answers it
//   late          stores, answers behind the next eight answers
//   refuse        code 500, this once; poison: this event for ever
//   trouble       code 500 to everything until the connection ends
//   serverclose   ends the session in order
//   say:TEXT      stores, and says TEXT instead of an answer
//   open:N        stores and breaks; of the next session's open it says code N, or nothing for N=0
//   refuse-next   stores and breaks; the next connection does not come about
class RelpReceiver {
 public:
    std::deque<std::string> script;
    std::vector<std::string> stored;  // messages
    std::set<uint64_t> refused_once;
    std::set<uint64_t> poisoned;
    std::vector<std::string> opened;  // offers of each session
    size_t closed = 0;                // sessions the output ended in order
    size_t most_waiting = 0;          // transactions without an answer

    void attach(FakeNetwork& network) {
        network_ = &network;
        network.otherwise.listens = [this](FakeConnection& connection) { listen(connection); };
    }

 private:
    struct Session {
        size_t parsed = 0;
        uint64_t transaction = 0;  // the last
        bool trouble = false;
        std::vector<std::pair<std::string, int>> late;  // answers, and how many come before them
        size_t waiting = 0;
    };

    void listen(FakeConnection& connection) {
        Session& session = sessions_[&connection];
        for (;;) {
            std::string_view rest = std::string_view(connection.taken).substr(session.parsed);
            size_t first = rest.find(' ');
            size_t second = rest.find(' ', first == std::string::npos ? first : first + 1);
            size_t end =
                rest.find_first_of(" \n", second == std::string::npos ? second : second + 1);
            if (first == std::string::npos || second == std::string::npos ||
                end == std::string::npos) {
                return;
            }
            size_t size = std::stoul(std::string(rest.substr(second + 1, end - second - 1)));
            size_t whole = end + (size > 0 ? 1 + size : 0) + 1;
            if (rest.size() < whole) {
                return;
            }
            REQUIRE(rest[whole - 1] == '\n');
            uint64_t transaction = std::stoull(std::string(rest.substr(0, first)));
            REQUIRE(transaction == session.transaction + 1);
            session.transaction = transaction;
            std::string command(rest.substr(first + 1, second - first - 1));
            std::string data(size > 0 ? rest.substr(end + 1, size) : "");
            session.parsed += whole;
            take(connection, session, std::to_string(transaction), command, data);
            if (connection.broken) {
                return;
            }
        }
    }

    void take(FakeConnection& connection, Session& session, const std::string& transaction,
              const std::string& command, const std::string& data) {
        if (command == "open") {
            opened.push_back(data);
            if (open_code_ > 0) {
                connection.says +=
                    frame(transaction, std::to_string(open_code_) +
                                           (open_code_ == 200 ? " OK\n" + data : " no"));
            }
            open_code_ = 200;
        } else if (command == "close") {
            ++closed;
            connection.says += transaction + " rsp 0\n0 serverclose 0\n";
        } else {
            REQUIRE(command == "syslog");
            most_waiting = std::max(most_waiting, ++session.waiting);
            take_event(connection, session, transaction, data);
        }
    }

    void take_event(FakeConnection& connection, Session& session, const std::string& transaction,
                    const std::string& message) {
        uint64_t index = index_in(message);
        std::string fault = "ok";
        if (session.trouble || poisoned.count(index) == 1) {
            fault = "refuse";
        } else if (!script.empty()) {
            fault = script.front();
            script.pop_front();
        }
        if (fault == "poison") {
            poisoned.insert(index);
            fault = "refuse";
        }
        session.trouble = session.trouble || fault == "trouble";
        if (fault == "refuse" || fault == "trouble") {
            refused_once.insert(index);
            answer(connection, session, frame(transaction, "500 no"));
            return;
        }
        if (fault == "serverclose") {
            connection.says += "0 serverclose 0\n";
            return;
        }
        if (fault == "cut-before") {
            connection.broken = true;
            return;
        }
        stored.push_back(message);
        if (fault == "ok") {
            answer(connection, session, frame(transaction, "200 OK"));
        } else if (fault == "late") {
            session.late.emplace_back(frame(transaction, "200 OK"), 8);
        } else if (fault.starts_with("say:")) {
            connection.says += fault.substr(4);
        } else if (fault != "silent") {
            connection.broken = true;
            open_code_ = fault.starts_with("open:") ? std::stoi(fault.substr(5)) : 200;
            if (fault == "refuse-next") {
                FakePeer refusing = network_->otherwise;
                refusing.establish_error = Error{ErrorCode::kNetwork, "refused", 0};
                network_->scripts.push_back(refusing);
            }
        }
    }

    static void answer(FakeConnection& connection, Session& session, const std::string& text) {
        connection.says += text;
        --session.waiting;
        for (auto& [late, before] : session.late) {
            if (--before == 0) {
                connection.says += late;
                --session.waiting;
            }
        }
        std::erase_if(session.late, [](const auto& one) { return one.second == 0; });
    }

    static std::string frame(const std::string& transaction, const std::string& data) {
        return transaction + " rsp " + std::to_string(data.size()) + " " + data + "\n";
    }

    FakeNetwork* network_ = nullptr;
    std::map<FakeConnection*, Session> sessions_;
    int open_code_ = 200;
};

class RelpBench {
 public:
    explicit RelpBench(uint64_t count, std::deque<std::string> script = {}, size_t text_bytes = 40)
        : count_(count), text_bytes_(text_bytes) {
        receiver.script = std::move(script);
        receiver.attach(network);
        OutputPlan plan;
        plan.id = "soc";
        plan.type = "syslog";
        plan.relp = true;
        plan.address = {"siem.example.com", 2514};
        plan.host_name = "app01";
        plan.process_id = 42;
        output = make_relp_output(plan, network, random);
    }

    void turn() {
        output->work(clock.monotonic);
        uint64_t from = 0;
        if (output->take_rewind(from) && from < next) {
            resent_below = std::max(resent_below, next);
            next = from;
        }
        for (RefusedEvent event; output->take_refused(event);) {
            CHECK(refused.emplace(event.index, event.reason).second);
        }
        uint64_t before = next;
        while (next < count_ && offer(next)) {
            ++next;
        }
        output->work(clock.monotonic);
        if (output->health() == OutputHealth::kBackingOff) {
            problems.insert(output->last_error().message);
        }
        int64_t wait_ms = output->wait().timer_ms;
        bool quiet = next == before && wait_ms > 0;
        clock.advance_millis(quiet ? std::min<int64_t>(wait_ms, 60'000) : 1);
    }

    bool run_until_confirmed(int turns_max = 200'000) {
        while (output->confirmed_end() < count_ && turns_max-- > 0) {
            turn();
        }
        return output->confirmed_end() >= count_;
    }

    void run(int turns) {
        while (turns-- > 0) {
            turn();
        }
    }

    bool offer(uint64_t index) {
        std::string text = "CEF:0|llmtrail|agent|0|100|n|1|externalId=" + std::to_string(index);
        text += index < resent_below ? " llmtrailResent=1 msg=" : " msg=";
        text.append(text_bytes_, 'x');
        OutputEvent event;
        event.index = index;
        event.text = text;
        event.event_time_ns = 1'767'225'600'123'456'789;
        event.event_class = 100;
        return output->offer(event);
    }

    // How often each event is stored; every time but the first must be marked.
    std::map<uint64_t, int> stored() const {
        std::map<uint64_t, int> times;
        for (const std::string& message : receiver.stored) {
            CHECK(message.starts_with(
                "<166>1 2026-01-01T00:00:00.123Z app01 llmtrail 42 100 - CEF:0|"));
            uint64_t index = index_in(message);
            bool marked = message.find(" llmtrailResent=1 ") != std::string::npos;
            CHECK_MESSAGE((times[index]++ == 0 || marked), "an unmarked duplicate of ", index);
        }
        return times;
    }

    FakeNetwork network;
    RelpReceiver receiver;
    FakeRandom random{7};
    FakeClock clock;
    std::unique_ptr<Output> output;
    uint64_t next = 0;
    uint64_t resent_below = 0;
    std::map<uint64_t, std::string> refused;
    std::set<std::string> problems;

 private:
    uint64_t count_;
    size_t text_bytes_;
};

}  // namespace llmtrail
