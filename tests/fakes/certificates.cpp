#include "fakes/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>

#include "base/check.h"

namespace llmtrail {

struct CertificateDirectory::Ca {
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    long serial = 1;
};

namespace {

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    LLMTRAIL_CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* new_certificate(EVP_PKEY* key, const std::string& name, long serial, long from_s, long to_s) {
    X509* certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), to_s);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
        static_cast<const unsigned char*>(static_cast<const void*>(name.c_str())), -1, -1, 0);
    return certificate;
}

FILE* open_private(const std::string& path) {
    FILE* file = std::fopen(path.c_str(), "w");
    LLMTRAIL_CHECK(file != nullptr);
    LLMTRAIL_CHECK(::fchmod(::fileno(file), 0600) == 0);
    return file;
}

void write_certificate(const std::string& path, X509* certificate) {
    FILE* file = open_private(path);
    PEM_write_X509(file, certificate);
    std::fclose(file);
}

X509* read_certificate(const std::string& path) {
    FILE* file = std::fopen(path.c_str(), "r");
    LLMTRAIL_CHECK(file != nullptr);
    X509* certificate = PEM_read_X509(file, nullptr, nullptr, nullptr);
    std::fclose(file);
    LLMTRAIL_CHECK(certificate != nullptr);
    return certificate;
}

void write_key(const std::string& path, EVP_PKEY* key) {
    FILE* file = open_private(path);
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
}

}  // namespace

CertificateDirectory::CertificateDirectory() : ca_(std::make_unique<Ca>()) {
    std::string pattern = std::filesystem::temp_directory_path() / "llmtrail-tls-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    ca_->key = EVP_EC_gen("P-256");
    ca_->certificate = new_certificate(ca_->key, "Test CA", ca_->serial++, -86400, 86400);
    X509_set_issuer_name(ca_->certificate, X509_get_subject_name(ca_->certificate));
    add_extension(ca_->certificate, ca_->certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca_->certificate, ca_->certificate, NID_key_usage,
                  "critical,keyCertSign,cRLSign");
    add_extension(ca_->certificate, ca_->certificate, NID_subject_key_identifier, "hash");
    add_extension(ca_->certificate, ca_->certificate, NID_authority_key_identifier, "keyid:always");
    X509_sign(ca_->certificate, ca_->key, EVP_sha256());
    write_certificate(path("ca.pem"), ca_->certificate);
}

CertificateDirectory::~CertificateDirectory() {
    X509_free(ca_->certificate);
    EVP_PKEY_free(ca_->key);
    std::filesystem::remove_all(directory_);
}

void CertificateDirectory::issue(const std::string& name, const CertificatePlan& plan) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate =
        new_certificate(key, plan.common_name, ca_->serial++, plan.valid_from_s, plan.valid_to_s);
    X509_set_issuer_name(certificate, X509_get_subject_name(ca_->certificate));
    add_extension(certificate, ca_->certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, ca_->certificate, NID_subject_key_identifier, "hash");
    add_extension(certificate, ca_->certificate, NID_authority_key_identifier, "keyid:always");
    if (!plan.alternative_name.empty()) {
        add_extension(certificate, ca_->certificate, NID_subject_alt_name,
                      plan.alternative_name.c_str());
    }
    X509_sign(certificate, ca_->key, EVP_sha256());
    write_certificate(path(name + ".pem"), certificate);
    write_key(path(name + ".key"), key);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void CertificateDirectory::revoke(const std::string& name, long list_valid_to_s) {
    X509_CRL* list = X509_CRL_new();
    X509_CRL_set_version(list, 1);  // the second
    X509_CRL_set_issuer_name(list, X509_get_subject_name(ca_->certificate));
    ASN1_TIME* time = ASN1_TIME_new();
    X509_gmtime_adj(time, -7200);
    X509_CRL_set1_lastUpdate(list, time);
    X509_gmtime_adj(time, list_valid_to_s);
    X509_CRL_set1_nextUpdate(list, time);
    if (!name.empty()) {
        X509* certificate = read_certificate(path(name + ".pem"));
        X509_REVOKED* revoked = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(certificate));
        X509_gmtime_adj(time, -60);
        X509_REVOKED_set_revocationDate(revoked, time);
        X509_CRL_add0_revoked(list, revoked);
        X509_free(certificate);
    }
    ASN1_TIME_free(time);
    X509V3_CTX context;
    X509V3_set_ctx(&context, ca_->certificate, nullptr, nullptr, list, 0);
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always");
    LLMTRAIL_CHECK(extension != nullptr);
    X509_CRL_add_ext(list, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_INTEGER* number = ASN1_INTEGER_new();
    ASN1_INTEGER_set(number, ca_->serial++);
    X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0);
    ASN1_INTEGER_free(number);
    X509_CRL_sort(list);
    X509_CRL_sign(list, ca_->key, EVP_sha256());
    FILE* file = open_private(path("crl.pem"));
    PEM_write_X509_CRL(file, list);
    std::fclose(file);
    X509_CRL_free(list);
}

std::string CertificateDirectory::pin(const std::string& name) const {
    X509* certificate = read_certificate(path(name + ".pem"));
    unsigned char* key = nullptr;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
    LLMTRAIL_CHECK(EVP_Digest(key, static_cast<size_t>(size), hash.data(), nullptr, EVP_sha256(),
                              nullptr) == 1);
    OPENSSL_free(key);
    X509_free(certificate);
    std::array<unsigned char, 64> text;
    int length = EVP_EncodeBlock(text.data(), hash.data(), 32);
    return "sha256//" + std::string(text.begin(), text.begin() + length);
}

}  // namespace llmtrail
