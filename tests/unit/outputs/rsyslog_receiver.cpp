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

std::string tcp_input(const RsyslogPlan& plan, const std::string& directory) {
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
           " gnutlsPriorityString=\"MinProtocol=TLSv1.3\")\n"
           "input(type=\"imtcp\" port=\"0\" address=\"127.0.0.1\" listenPortFileName=" +
           in_quotes(directory + "/port") + ")\n";
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

std::string configuration(const RsyslogPlan& plan, const std::string& directory, uint16_t port) {
    return "global(workDirectory=" + in_quotes(directory) +
           " maxMessageSize=\"64k\" net.enableDNS=\"off\")\n" +
           (plan.relp ? relp_input(plan, port) : tcp_input(plan, directory)) +
           "template(name=\"message\" type=\"string\" string=\"%msg%\\n\")\n"
           "action(type=\"omfile\" file=" +
           in_quotes(directory + "/messages") + " template=\"message\" asyncWriting=\"off\")\n";
}

int loopback_socket() {
    return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
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

uint16_t free_port() {
    int probe = loopback_socket();
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    bool bound =
        ::bind(probe, raw(address), size) == 0 && ::getsockname(probe, raw(address), &size) == 0;
    ::close(probe);
    return bound ? ntohs(address.sin_port) : 0;
}

bool listens(uint16_t port) {
    int probe = loopback_socket();
    sockaddr_in address = loopback(port);
    bool connected = ::connect(probe, raw(address), sizeof address) == 0;
    ::close(probe);
    return connected;
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
    uint16_t relp_port = plan.relp ? free_port() : 0;
    std::ofstream(config) << configuration(plan, directory_, relp_port);
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
    wait_for_port(relp_port);
}

// rsyslogd names the port only when it chose it.
void RsyslogReceiver::wait_for_port(uint16_t relp_port) {
    for (int i = 0; i < 1000 && port_ == 0; ++i) {
        std::string text = read_whole(directory_ + "/port");
        if (relp_port != 0 && listens(relp_port)) {
            port_ = relp_port;
        } else if (!text.empty()) {
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

size_t RsyslogReceiver::messages() const {
    std::string text = read_whole(directory_ + "/messages");
    return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
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
    std::ifstream in(directory_ + "/messages");
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("CEF:")) {  // rsyslogd writes about itself too
            lines.push_back(line);
        }
    }
    return lines;
}

}  // namespace llmtrail
