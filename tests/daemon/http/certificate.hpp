#pragma once

#include <boost/asio/ssl/context.hpp>

#include <string>

namespace elit::daemon {

// A fresh self-signed certificate with its key. `names` are the alternative names, for instance "DNS:localhost".
struct Certificate {
  std::string certificate_pem;
  std::string key_pem;
};
[[nodiscard]] Certificate make_certificate(const std::string& names);

// A server's side that shows `certificate`.
[[nodiscard]] boost::asio::ssl::context server_context(const Certificate& certificate);

// Writes the certificate where ca_file can name it.
[[nodiscard]] std::string save_certificate(const Certificate& certificate, const std::string& file_name);

}  // namespace elit::daemon
