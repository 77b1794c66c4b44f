#include "parsers/server_log_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "parsers/server_log_cutter.h"

namespace llmtrail {

namespace {

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(number) : std::nullopt;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_level(std::string_view word) {
    return is_one_of(word, {"TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "CRITICAL"});
}

bool is_method(std::string_view word) {
    return is_one_of(word, {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"});
}

// "01-02" and "03:04:05" with the year in which they were just now.
std::string with_year(std::string_view month_day, std::string_view clock, UnixNanos observed) {
    constexpr int64_t kDay = 86'400 * kNanosPerSecond;
    std::string now = format_iso_millis(UnixNanos{observed.value + kDay});
    std::string stamp = now.substr(0, 4);
    stamp.append("-").append(month_day).append("T").append(clock);
    if (std::string_view(stamp) > std::string_view(now)) {
        auto year = number_in<int>(now.substr(0, 4)).value_or(1970);
        stamp.replace(0, 4, std::to_string(year - 1));
    }
    return stamp;
}

// "127.0.0.1:51408" and "::1:51408": the address.
std::string_view without_port(std::string_view client) {
    size_t colon = client.rfind(':');
    std::string_view port = client.substr(std::min(colon, client.size() - 1) + 1);
    bool number =
        !port.empty() && port.find_first_not_of(LineCutter::kDigits) == std::string_view::npos;
    return colon == std::string_view::npos || !number ? client : client.substr(0, colon);
}

// A line's own stamp counts before the prefix's, unless only the prefix's has a zone.
void set_time(ServerLogLine& out, std::string stamp) {
    auto read = parse_iso_time(stamp);
    bool zone = read && read->zone_in_source;
    if (zone || !out.time_has_zone) {
        out.time = std::move(stamp);
        out.time_has_zone = zone;
    }
}

bool is_address(std::string_view text) {
    constexpr size_t kAddressBytesMax = 64;
    return !text.empty() && text.size() <= kAddressBytesMax &&
           text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

// Jan 08 11:28:46 host ollama[270115]: , or with an ISO stamp
bool take_prefix(LineCutter& line, UnixNanos observed, ServerLogLine& out) {
    static constexpr auto kMonths = std::to_array<std::string_view>(
        {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
    LineCutter cut = line;
    std::string time;
    auto month = std::find(kMonths.begin(), kMonths.end(), cut.rest().substr(0, 3));
    if (month != kMonths.end()) {
        cut.take(*month);
        cut.blanks();
        std::string day(cut.digits(2));
        std::string_view clock = cut.take(" ") ? cut.like("00:00:00") : std::string_view();
        if (day.empty() || clock.empty()) {
            return false;
        }
        auto number = static_cast<size_t>(month - kMonths.begin()) + 1;
        std::string month_day = (number < 10 ? "0" : "") + std::to_string(number) + "-";
        month_day.append(day.size() < 2 ? "0" : "").append(day);
        time = with_year(month_day, clock, observed);
    } else {
        std::string_view word = cut.word();
        if (!parse_iso_time(word)) {
            return false;
        }
        time = word;
    }
    std::string_view host = cut.take(" ") ? cut.name() : std::string_view();
    std::string_view program = cut.take(" ") ? cut.name() : std::string_view();
    std::string_view pid = cut.take("[") ? cut.digits(10) : std::string_view();
    bool ends = (pid.empty() || cut.take("]")) && cut.take(": ");
    if (host.empty() || program.empty() || !ends) {
        return false;
    }
    set_time(out, std::move(time));
    out.host = host;
    out.service = program;
    out.pid = pid;
    line = cut;
    return true;
}

// INFO 02-13 11:33:33 [logger.py:49] Received request chatcmpl-1: params: SamplingParams(…)
bool read_vllm(LineCutter line, UnixNanos observed, ServerLogLine& out) {
    std::string_view level = line.word();
    line.blanks();
    std::string_view month_day = line.like("00-00");
    std::string_view clock = line.take(" ") ? line.like("00:00:00") : std::string_view();
    bool bracket = line.take(" ") && line.take("[");
    std::string_view place = line.until("]");
    bool file = place.find(".py:") != std::string_view::npos &&
                (bracket || place.find(' ') == std::string_view::npos);
    if (!is_level(level) || month_day.empty() || clock.empty() || !file) {
        return false;
    }
    line.blanks();
    out.shape = "vllm";
    out.service = "vllm";
    out.level = level;
    out.place = place;
    set_time(out, with_year(month_day, clock, observed));
    out.message = line.rest();
    for (std::string_view verb : {"Received request ", "Added request ", "Aborted request ",
                                  "Finished request ", "Generated response "}) {
        if (line.take(verb)) {
            std::string_view id = line.name();
            id.remove_suffix(id.ends_with('.') ? 1 : 0);
            out.request_id = id;
            out.asked = verb.starts_with("Received");
            out.prompt = line.take(": prompt: ") ? line.rest() : std::string_view();
            break;
        }
    }
    return true;
}

// INFO:     127.0.0.1:51408 - "POST /v1/chat/completions HTTP/1.1" 200 OK
bool read_uvicorn(LineCutter line, ServerLogLine& out) {
    std::string_view level = line.until(":");
    size_t blanks = line.blanks();
    std::string_view client = line.word();
    bool quoted = line.take(" - \"");
    std::string_view method = line.word();
    std::string_view target = line.take(" ") ? line.until(" HTTP/") : std::string_view();
    line.until("\" ");
    auto status = number_in<int64_t>(line.digits(3));
    bool sound = is_level(level) && blanks > 0 && quoted && is_method(method) &&
                 target.starts_with('/') && status;
    if (!sound || !is_address(client)) {
        return false;
    }
    out.shape = "uvicorn";
    out.level = level;
    out.client = without_port(client);
    out.message = {};
    out.method = method;
    out.target = target;
    out.status = status;
    return true;
}

// [GIN] 2026/01/20 - 23:15:37 | 200 | 32.779561288s |       127.0.0.1 | POST     "/api/chat"
bool read_gin(LineCutter line, ServerLogLine& out) {
    line.take("[GIN] ");
    std::string_view day = line.like("0000/00/00");
    std::string_view clock = line.take(" - ") ? line.like("00:00:00") : std::string_view();
    if (day.empty() || clock.empty() || !line.take(" | ")) {
        return false;
    }
    auto status = number_in<int64_t>(line.digits(3));
    line.take(" | ");
    line.blanks();
    auto duration = read_duration(line.word());
    line.blanks();
    line.take("|");
    line.blanks();
    std::string_view client = line.word();
    line.blanks();
    line.take("|");
    line.blanks();
    std::string_view method = line.word();
    line.blanks();
    std::string_view target = line.take("\"") ? line.until("\"") : std::string_view();
    if (!status || !duration || !is_address(client) || !is_method(method) || target.empty()) {
        return false;
    }
    out.shape = "gin";
    std::string stamp(day);
    std::replace(stamp.begin(), stamp.end(), '/', '-');
    set_time(out, stamp.append("T").append(clock));
    out.status = status;
    out.duration_ns = duration;
    out.client = client;
    out.method = method;
    out.target = target;
    out.message = line.rest();
    return true;
}

// time=2026-01-20T23:15:37.520+01:00 level=INFO source=images.go:782 msg="total blobs: 0"
bool read_slog(LineCutter line, ServerLogLine& out) {
    if (!line.take("time=")) {
        return false;
    }
    std::string_view time = line.word();
    std::string_view level = line.take(" level=") ? line.word() : std::string_view();
    std::string_view place = line.take(" source=") ? line.word() : std::string_view();
    if (!parse_iso_time(time) || level.empty() || !line.take(" msg=")) {
        return false;
    }
    out.shape = "slog";
    set_time(out, std::string(time));
    out.level = level;
    out.place = place;
    out.message = line.rest();
    return true;
}

// srv  log_server_r: request: POST /v1/chat/completions 127.0.0.1 200
bool read_llama_cpp(LineCutter line, ServerLogLine& out) {
    if (!line.take("srv ") && !line.take("slot ")) {
        return false;
    }
    line.blanks();
    std::string_view place = line.name();
    if (place.empty() || !line.take(": ")) {
        return false;
    }
    line.blanks();
    out.shape = "llama_cpp";
    out.service = "llama.cpp";
    out.place = place;
    out.message = line.rest();
    line.take("done ");
    if (!place.starts_with("log_server_r") || !line.take("request: ")) {
        return true;
    }
    std::string_view method = line.word();
    std::string_view target = line.take(" ") ? line.word() : std::string_view();
    std::string_view client = line.take(" ") ? line.word() : std::string_view();
    auto status = line.take(" ") ? number_in<int64_t>(line.digits(3)) : std::nullopt;
    if (is_method(method) && target.starts_with('/') && is_address(client) && status) {
        out.method = method;
        out.target = target;
        out.client = client;
        out.status = status;
        out.message = {};
    }
    return true;
}

// 2026-01-02T03:04:05.123456Z  INFO generate{… total_time="1.2s" …}:
//   text_generation_router::server: router/src/server.rs:402: Success
bool read_tgi(LineCutter line, ServerLogLine& out) {
    std::string_view time = line.word();
    line.blanks();
    std::string_view level = line.word();
    size_t target = line.rest().find(" text_generation_");
    if (!parse_iso_time(time) || !is_level(level) || target == std::string_view::npos) {
        return false;
    }
    out.shape = "tgi";
    out.service = "text-generation-inference";
    set_time(out, std::string(time));
    out.level = level;
    LineCutter place(line.rest().substr(target + 1));
    out.place = place.until(": ");
    line.blanks();
    out.message = line.rest();
    constexpr std::string_view kTotal = "total_time=\"";
    if (size_t at = out.message.find(kTotal); at != std::string_view::npos) {
        LineCutter total(out.message.substr(at + kTotal.size()));
        out.duration_ns = read_duration(total.until("\""));
        LineCutter span(out.message);
        out.operation = span.name();
    }
    return true;
}

}  // namespace

bool read_server_line(std::string_view text, UnixNanos observed, ServerLogLine& out) {
    LineCutter line(text);
    take_prefix(line, observed, out);
    if (line.take("(")) {  // (APIServer pid=90458), of vLLM's processes
        LineCutter process = line;
        std::string_view name = process.until(") ");
        if (name.find(" pid=") == std::string_view::npos) {
            line = LineCutter(text);
        } else {
            out.service = out.service.empty() ? std::string_view("vllm") : out.service;
            line = process;
        }
    }
    out.message = line.rest();
    return read_vllm(line, observed, out) || read_uvicorn(line, out) || read_gin(line, out) ||
           read_slog(line, out) || read_llama_cpp(line, out) || read_tgi(line, out);
}

std::optional<int64_t> read_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        double nanos;
    };

    static constexpr Unit kUnits[] = {
        {"ns", 1},   {"\xC2\xB5s", 1e3}, {"\xCE\xBCs", 1e3}, {"us", 1e3},
        {"ms", 1e6}, {"s", 1e9},         {"m", 60e9},        {"h", 3600e9},
    };
    constexpr double kNanosMax = 9e18;
    constexpr size_t kPartsMax = 4;
    double sum = 0;
    size_t parts = 0;
    while (!text.empty() && parts++ < kPartsMax) {
        size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
        auto number = number_in<double>(text.substr(0, digits));
        text.remove_prefix(digits);
        const Unit* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                        [&](const Unit& u) { return text.starts_with(u.name); });
        if (!number || unit == std::end(kUnits)) {
            return std::nullopt;
        }
        text.remove_prefix(unit->name.size());
        sum += *number * unit->nanos;
    }
    if (parts == 0 || !text.empty() || !(sum <= kNanosMax)) {
        return std::nullopt;
    }
    return std::llround(sum);
}

bool strip_colors(std::string_view line, std::string& plain) {
    constexpr std::string_view kEscape = "\x1B[";
    if (line.find(kEscape) == std::string_view::npos) {
        return false;
    }
    plain.clear();
    while (!line.empty()) {
        size_t at = std::min(line.find(kEscape), line.size());
        plain += line.substr(0, at);
        line.remove_prefix(at);
        if (!line.empty()) {
            size_t end = line.find_first_not_of("0123456789;", kEscape.size());
            line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
        }
    }
    return true;
}

}  // namespace llmtrail
