"""TLS: no request goes to a peer whose certificate is not trusted for its name.

A private authority is handed over by the environment as OpenSSL's tools do it (`SSL_CERT_FILE`), since the contract
names no key for it.
"""

import shutil
import subprocess
import unittest

from harness import AcceptanceTest, Bare

USERS = ("919800000001", "919800000002")


@unittest.skipUnless(shutil.which("openssl"), "needs the openssl command to make certificates")
class TransportTest(AcceptanceTest):
    def certificate(self, world, name, alternative, days="2"):
        paths = [world.directory / f"{name}.{kind}" for kind in ("crt", "pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", days, "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}",
                        "-out", str(paths[0]), "-keyout", str(paths[1])], check=True, capture_output=True)
        return paths

    def secured(self, alternative):
        """A world whose source and CRM speak TLS with one certificate."""
        world = self.world(users=USERS)
        world.config["sync"]["wait"] = Bare("1s")
        world.fill(3)
        certificate, key = self.certificate(world, "peer", alternative)
        for peer in (world.vendor, world.crm):
            peer.speak_tls(certificate, key)
        world.source()["base_url"] = world.vendor.url
        world.sink()["url"] = world.crm.url + "/conversations"
        return world, certificate

    def test_an_untrusted_certificate_gets_no_request(self):
        world, _ = self.secured("IP:127.0.0.1")
        done = self.assertSyncs(world, 1)
        self.assertEqual(len(world.vendor.requests), 0, "the source got a request")
        self.assertRegex(done.err + world.log.read_text(), "(?i)certificate", "the reason is not named")

    def test_an_untrusted_crm_gets_no_message(self):
        world, _ = self.secured("IP:127.0.0.1")
        plain = world.add_source("plain", users=USERS[:1])
        world.fill(2, vendor=plain)
        world.config["sources"] = [s for s in world.config["sources"] if s["name"] == "plain"]
        self.assertSyncs(world, 1)
        self.assertEqual(world.stored(), 2)
        self.assertEqual(len(world.crm.requests), 0, "the CRM got a request")
        self.assertLessEqual(set(world.states()), {"pending", "in_flight", "unknown"})

    def test_a_certificate_of_another_name_gets_no_request(self):
        world, certificate = self.secured("DNS:other.example.invalid")
        self.assertSyncs(world, 1, environment={"SSL_CERT_FILE": str(certificate)})
        self.assertEqual((len(world.vendor.requests), len(world.crm.requests)), (0, 0), "a request was sent")

    def test_a_trusted_certificate_of_the_right_name_is_used(self):
        world, certificate = self.secured("IP:127.0.0.1")
        self.assertSyncs(world, environment={"SSL_CERT_FILE": str(certificate)})
        self.assertAgrees(world, order="strict")


if __name__ == "__main__":
    unittest.main()
