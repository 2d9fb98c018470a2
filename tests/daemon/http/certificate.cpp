#include "tests/daemon/http/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>

#include <cstdio>
#include <fstream>
#include <memory>

namespace elit::daemon {
namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

Certificate make_certificate(const std::string& names) {
  const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &::EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&::X509_free)> x509{::X509_new(), &::X509_free};
  ::X509_set_version(x509.get(), 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(x509.get()), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(x509.get()), -3600);
  ::X509_gmtime_adj(::X509_getm_notAfter(x509.get()), 3600);
  ::X509_set_pubkey(x509.get(), key.get());
  X509_NAME* name = ::X509_get_subject_name(x509.get());
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  ::X509_set_issuer_name(x509.get(), name);
  X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  ::X509_add_ext(x509.get(), extension, -1);
  ::X509_EXTENSION_free(extension);
  ::X509_sign(x509.get(), key.get(), ::EVP_sha256());

  const std::unique_ptr<BIO, decltype(&::BIO_free)> certificate{::BIO_new(::BIO_s_mem()), &::BIO_free};
  const std::unique_ptr<BIO, decltype(&::BIO_free)> secret{::BIO_new(::BIO_s_mem()), &::BIO_free};
  ::PEM_write_bio_X509(certificate.get(), x509.get());
  ::PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return Certificate{text_of(certificate.get()), text_of(secret.get())};
}

boost::asio::ssl::context server_context(const Certificate& certificate) {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
  context.use_certificate_chain(boost::asio::buffer(certificate.certificate_pem));
  context.use_private_key(boost::asio::buffer(certificate.key_pem), boost::asio::ssl::context::pem);
  return context;
}

std::string save_certificate(const Certificate& certificate, const std::string& file_name) {
  const std::string path = testing::TempDir() + file_name;
  std::ofstream{path} << certificate.certificate_pem;
  return path;
}

}  // namespace elit::daemon
