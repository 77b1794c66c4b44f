// Certificates made for one test: a CA, and what it signed, in a directory of their own that is
// removed at the end. A failure ends the test program.
#pragma once

#include <memory>
#include <string>

namespace llmtrail {

struct CertificatePlan {
    std::string common_name = "receiver";
    std::string alternative_name = "IP:127.0.0.1";  // subjectAltName; empty: none
    long valid_from_s = -3600;                      // from now
    long valid_to_s = 3600;
};

// A directory with a CA (ca.pem) and what it signed; removed at the end.
class CertificateDirectory {
 public:
    CertificateDirectory();
    ~CertificateDirectory();

    // Writes NAME.pem and NAME.key (mode 0600), signed by this directory's CA.
    void issue(const std::string& name, const CertificatePlan& plan);

    // Writes crl.pem: a revocation list of this directory's CA with the last certificate of NAME on
    // it, or without any when `name` is empty.
    void revoke(const std::string& name, long list_valid_to_s = 3600);

    // The pin of the key of NAME, "sha256//...".
    std::string pin(const std::string& name) const;

    std::string path(const std::string& file) const { return directory_ + "/" + file; }

 private:
    std::string directory_;
    struct Ca;
    std::unique_ptr<Ca> ca_;
};

}  // namespace llmtrail
