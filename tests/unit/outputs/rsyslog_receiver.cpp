#include "rsyslog_receiver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace llmtrail {

namespace {

constexpr const char* kProgram = "/usr/sbin/rsyslogd";
constexpr const char* kTlsDrivers[] = {"/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so",
                                       "/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_ossl.so"};

std::string read_whole(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string configuration(const std::string& directory, const CertificateDirectory& certificates,
                          const std::string& client_ca_file) {
    std::string ca = client_ca_file.empty() ? certificates.path("ca.pem") : client_ca_file;
    std::string mode = client_ca_file.empty() ? "anon" : "x509/certvalid";
    return "global(workDirectory=\"" + directory +
           "\" maxMessageSize=\"64k\" net.enableDNS=\"off\" defaultNetstreamDriver=\"ossl\"\n"
           "  defaultNetstreamDriverCAFile=\"" +
           ca + "\" defaultNetstreamDriverCertFile=\"" + certificates.path("server.pem") +
           "\" defaultNetstreamDriverKeyFile=\"" + certificates.path("server.key") +
           "\")\n"
           "module(load=\"imtcp\" streamDriver.name=\"ossl\" streamDriver.mode=\"1\" "
           "streamDriver.authMode=\"" +
           mode +
           "\" gnutlsPriorityString=\"MinProtocol=TLSv1.3\")\n"
           "input(type=\"imtcp\" port=\"0\" address=\"127.0.0.1\" listenPortFileName=\"" +
           directory +
           "/port\")\n"
           "template(name=\"message\" type=\"string\" string=\"%msg%\\n\")\n"
           "action(type=\"omfile\" file=\"" +
           directory + "/messages\" template=\"message\" asyncWriting=\"off\")\n";
}

}  // namespace

bool RsyslogReceiver::installed() {
    bool driver = false;
    for (const char* path : kTlsDrivers) {
        driver |= ::access(path, R_OK) == 0;
    }
    return driver && ::access(kProgram, X_OK) == 0;
}

RsyslogReceiver::RsyslogReceiver(const CertificateDirectory& certificates,
                                 const std::string& client_ca_file) {
    std::string pattern = std::filesystem::temp_directory_path() / "llmtrail-rsyslog-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::string config = directory_ + "/rsyslog.conf";
    std::ofstream(config) << configuration(directory_, certificates, client_ca_file);
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
    wait_for_port();
}

void RsyslogReceiver::wait_for_port() {
    for (int i = 0; i < 1000 && port_ == 0; ++i) {
        std::string text = read_whole(directory_ + "/port");
        if (!text.empty()) {
            port_ = static_cast<uint16_t>(std::stoul(text));
            return;
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
