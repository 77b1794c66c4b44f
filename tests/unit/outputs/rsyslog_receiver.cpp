#include "rsyslog_receiver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace llmtrail {

namespace {

constexpr const char* kProgram = "/usr/sbin/rsyslogd";
constexpr const char* kModuleFolders[] = {"/usr/lib/x86_64-linux-gnu/rsyslog/",
                                          "/usr/lib/aarch64-linux-gnu/rsyslog/"};
constexpr const char* kModules[] = {"lmnsd_ossl.so", "imrelp.so"};

std::string read_whole(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string in_quotes(const std::string& text) {
    return "\"" + text + "\"";
}

std::string tcp_listener(const std::string& directory) {
    return "input(type=\"imtcp\" port=\"0\" address=\"127.0.0.1\" listenPortFileName=" +
           in_quotes(directory + "/port") + ")\n";
}

std::string tcp_input(const RsyslogPlan& plan, const std::string& directory) {
    if (plan.certificates == nullptr) {
        return "module(load=\"imtcp\")\n" + tcp_listener(directory);
    }
    const CertificateDirectory& certificates = *plan.certificates;
    std::string ca =
        plan.client_ca_file.empty() ? certificates.path("ca.pem") : plan.client_ca_file;
    return "global(defaultNetstreamDriver=\"ossl\" defaultNetstreamDriverCAFile=" + in_quotes(ca) +
           " defaultNetstreamDriverCertFile=" + in_quotes(certificates.path("server.pem")) +
           " defaultNetstreamDriverKeyFile=" + in_quotes(certificates.path("server.key")) +
           ")\n"
           "module(load=\"imtcp\" streamDriver.name=\"ossl\" streamDriver.mode=\"1\" "
           "streamDriver.authMode=" +
           in_quotes(plan.client_ca_file.empty() ? "anon" : "x509/certvalid") +
           " gnutlsPriorityString=\"MinProtocol=TLSv1.3\")\n" + tcp_listener(directory);
}

// imrelp takes no port 0.
std::string relp_input(const RsyslogPlan& plan, uint16_t port) {
    std::string tls;
    if (plan.certificates != nullptr) {
        const CertificateDirectory& certificates = *plan.certificates;
        tls = " tls=\"on\" tls.authMode=\"certvalid\" tls.caCert=" +
              in_quotes(certificates.path("ca.pem")) +
              " tls.myCert=" + in_quotes(certificates.path("server.pem")) +
              " tls.myPrivKey=" + in_quotes(certificates.path("server.key"));
    }
    return "module(load=\"imrelp\" tls.tlslib=\"openssl\")\n"
           "input(type=\"imrelp\" address=\"127.0.0.1\" maxDataSize=\"64k\" port=" +
           in_quotes(std::to_string(port)) + tls + ")\n";
}

std::string unix_input(const std::string& directory) {
    return "module(load=\"imuxsock\" sysSock.use=\"off\")\n"
           "input(type=\"imuxsock\" useSpecialParser=\"off\" socket=" +
           in_quotes(directory + "/log") + ")\n";
}

std::string udp_input(uint16_t port) {
    return "module(load=\"imudp\")\n"
           "input(type=\"imudp\" address=\"127.0.0.1\" port=" +
           in_quotes(std::to_string(port)) + ")\n";
}

std::string input_of(const RsyslogPlan& plan, const std::string& directory, uint16_t port) {
    switch (plan.input) {
        case RsyslogInput::kTcp:
            return tcp_input(plan, directory);
        case RsyslogInput::kRelp:
            return relp_input(plan, port);
        case RsyslogInput::kUnix:
            return unix_input(directory);
        case RsyslogInput::kUdp:
            return udp_input(port);
    }
    return {};
}

std::string forwarding(const RsyslogPlan& plan) {
    if (!plan.forward_to) {
        return {};
    }
    return "action(type=\"omfwd\" protocol=\"tcp\" template=\"RSYSLOG_TraditionalForwardFormat\" "
           "target=" +
           in_quotes(plan.forward_to->host) +
           " port=" + in_quotes(std::to_string(plan.forward_to->port)) + ")\n";
}

std::string configuration(const RsyslogPlan& plan, const std::string& directory, uint16_t port) {
    return "global(workDirectory=" + in_quotes(directory) +
           " maxMessageSize=\"64k\" net.enableDNS=\"off\")\n" + input_of(plan, directory, port) +
           "template(name=\"message\" type=\"string\" string=" + in_quotes(plan.line + "\\n") +
           ")\n"
           "action(type=\"omfile\" file=" +
           in_quotes(directory + "/messages") + " template=\"message\" asyncWriting=\"off\")\n" +
           forwarding(plan);
}

sockaddr_in loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

sockaddr* raw(sockaddr_in& address) {
    return static_cast<sockaddr*>(static_cast<void*>(&address));
}

bool bind_to(uint16_t port, int type, uint16_t& bound) {
    int probe = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(port);
    socklen_t size = sizeof address;
    bool free =
        ::bind(probe, raw(address), size) == 0 && ::getsockname(probe, raw(address), &size) == 0;
    ::close(probe);
    bound = ntohs(address.sin_port);
    return free;
}

// Somebody else has it: rsyslogd.
bool taken(uint16_t port, int type) {
    uint16_t same = 0;
    return !bind_to(port, type, same);
}

}  // namespace

bool RsyslogReceiver::installed() {
    return std::all_of(std::begin(kModules), std::end(kModules), [](const char* name) {
        return std::any_of(std::begin(kModuleFolders), std::end(kModuleFolders),
                           [&](const char* folder) {
                               return ::access((std::string(folder) + name).c_str(), R_OK) == 0;
                           });
    });
}

RsyslogReceiver::RsyslogReceiver(const RsyslogPlan& plan) {
    std::string pattern = std::filesystem::temp_directory_path() / "llmtrail-rsyslog-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::string config = directory_ + "/rsyslog.conf";
    int type = plan.input == RsyslogInput::kUdp ? SOCK_DGRAM : SOCK_STREAM;
    uint16_t port = 0;
    bind_to(0, type, port);
    std::ofstream(config) << configuration(plan, directory_, port);
    std::string pid_file = directory_ + "/pid";
    std::string log = directory_ + "/stderr";
    pid_ = ::fork();
    if (pid_ == 0) {
        int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(out, 1);
        ::dup2(out, 2);
        ::execl(kProgram, kProgram, "-n", "-f", config.c_str(), "-i", pid_file.c_str(), nullptr);
        ::_exit(127);
    }
    auto listens = [&] {
        bool there = plan.input == RsyslogInput::kUnix ? std::filesystem::exists(socket_path())
                                                       : taken(port, type);
        return plan.input != RsyslogInput::kTcp && there ? port : uint16_t{0};
    };
    wait_until(listens);
}

// rsyslogd names the port only when it chose it.
void RsyslogReceiver::wait_until(const std::function<uint16_t()>& listens) {
    for (int i = 0; i < 1000 && port_ == 0; ++i) {
        port_ = listens();
        std::string text = read_whole(directory_ + "/port");
        if (!text.empty()) {
            port_ = static_cast<uint16_t>(std::stoul(text));
        }
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return;
        }
        ::poll(nullptr, 0, 10);
    }
}

RsyslogReceiver::~RsyslogReceiver() {
    stop();
    std::filesystem::remove_all(directory_);
}

std::vector<std::string> RsyslogReceiver::messages() const {
    std::ifstream in(directory_ + "/messages");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (line.find("CEF:") != std::string::npos) {  // rsyslogd writes about itself too
            lines.push_back(line);
        }
    }
    return lines;
}

std::string RsyslogReceiver::complaints() const {
    return read_whole(directory_ + "/stderr");
}

std::vector<std::string> RsyslogReceiver::stop() {
    if (pid_ > 0) {
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    return messages();
}

}  // namespace llmtrail
