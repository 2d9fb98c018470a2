#include "daemon/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <stdexcept>

namespace elit::daemon {
namespace ssl = boost::asio::ssl;

std::shared_ptr<ssl::context> make_tls_context(const std::string& ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(ssl::verify_peer);
  boost::system::error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
    if (error) {
      throw std::runtime_error("cannot load the system's certificate store: " + error.message());
    }
    return context;
  }
  context->load_verify_file(ca_file, error);
  if (error) {
    throw std::runtime_error("cannot read certificates from " + ca_file + ": " + error.message() +
                             "; ca_file must name a readable PEM file");
  }
  return context;
}

bool expect_peer(TlsStream& stream, const PeerAddress& peer) {
  static constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL* handle = stream.native_handle();
  if (::SSL_set_alpn_protos(handle, http_1_1.data(), http_1_1.size()) != 0) {
    return false;
  }
  if (peer.host_is_ip) {
    return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(handle), peer.host.c_str()) == 1;
  }
  ::SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return ::SSL_set1_host(handle, peer.host.c_str()) == 1 &&
         ::SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                    const_cast<char*>(peer.host.c_str())) == 1;
}

std::string explain_handshake(TlsStream& stream, const boost::system::error_code& error) {
  const long verified = ::SSL_get_verify_result(stream.native_handle());
  const std::string cause = ::X509_verify_cert_error_string(verified);
  switch (verified) {
    case X509_V_OK:
      break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the certificate is for another host (" + cause + "); check the URL";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the certificate is not valid now (" + cause + "); check this machine's clock, or ask the peer's operator";
    default:
      return "certificate is not trusted (" + cause + "); set ca_file if this authority is yours";
  }
  if (error == ssl::error::stream_truncated || error == boost::asio::error::eof) {
    return "the peer closed the connection during the handshake";
  }
  if (error.category() == boost::asio::error::get_ssl_category() &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER) {
    return "the peer does not speak TLS on this port; check scheme and port of the URL";
  }
  return error.message();
}

}  // namespace elit::daemon
