#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>

#include "daemon/http/peer_address.hpp"

namespace elit::daemon {

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

// TLS 1.2 and newer; certificates are always verified, against `ca_file` (PEM) alone or, if it is empty, against the
// system's store. Throws std::runtime_error when the file cannot be read.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> make_tls_context(const std::string& ca_file);

// Prepares the handshake: sends the host name (SNI, not for IP addresses), requires a certificate for exactly this host
// and offers HTTP/1.1. Call it before the handshake. False when OpenSSL is out of memory or the name is not usable.
[[nodiscard]] bool expect_peer(TlsStream& stream, const PeerAddress& peer);

// The reason why the handshake failed, and what to do.
[[nodiscard]] std::string explain_handshake(TlsStream& stream, const boost::system::error_code& error);

}  // namespace elit::daemon
