"""Checks the files in systemd/ with the programs that read them, where those are installed."""

import os
import pathlib
import pwd
import re
import grp
import shutil
import subprocess
import tempfile
import unittest

SYSTEMD = pathlib.Path(__file__).resolve().parents[2] / "systemd"
UNIT = SYSTEMD / "elitbuzz-sync.service"
EXPOSURE_MAX = 1.5


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def settings(text):
    """The unit's settings as a map from name to the list of its values."""
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@unittest.skipUnless(program("systemd-analyze"), "systemd-analyze is not installed")
class UnitAsSystemdReadsIt(unittest.TestCase):
    def verify(self, text):
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder, UNIT.name)
            # The program and the user exist only where it is installed.
            text = text.replace("/usr/bin/elitbuzz-sync ", shutil.which("true") + " ")
            unit.write_text(re.sub(r"^(User|Group)=.*$", "", text, flags=re.MULTILINE))
            return run("systemd-analyze", "verify", "--man=no", str(unit))

    def test_every_setting_is_known(self):
        result = self.verify(UNIT.read_text())
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_an_unknown_setting_would_be_seen(self):
        result = self.verify(UNIT.read_text().replace("WatchdogSec=", "WatchdogSecond="))
        self.assertIn("WatchdogSecond", result.stderr)

    def test_the_sandbox_is_tight(self):
        result = run("systemd-analyze", "security", "--offline=true", str(UNIT))
        exposure = re.search(r"Overall exposure level.*?: ([\d.]+)", result.stdout)
        self.assertIsNotNone(exposure, result.stdout + result.stderr)
        self.assertLessEqual(float(exposure.group(1)), EXPOSURE_MAX)


class UnitAsTheProgramExpectsIt(unittest.TestCase):
    def setUp(self):
        self.settings = settings(UNIT.read_text())

    def test_the_manager_and_the_daemon_speak_the_same_protocol(self):
        self.assertEqual(self.settings["Type"], ["notify"])
        self.assertEqual(self.settings["NotifyAccess"], ["main"])
        self.assertIn("AF_UNIX", self.settings["RestrictAddressFamilies"][0].split())

    def test_what_needs_a_person_is_not_restarted(self):
        self.assertEqual(self.settings["RestartPreventExitStatus"], ["64 74 77 78"])

    def test_state_and_log_are_private(self):
        self.assertEqual(self.settings["StateDirectoryMode"], ["0700"])
        self.assertEqual(self.settings["StateDirectory"], ["elitbuzz-sync elitbuzz-sync-tokens"])
        self.assertEqual(self.settings["LogsDirectoryMode"], ["0700"])
        self.assertEqual(self.settings["UMask"], ["0077"])

    def test_every_file_names_the_same_user(self):
        user = self.settings["User"][0]
        self.assertRegex((SYSTEMD / "elitbuzz-sync.sysusers").read_text(), rf"(?m)^u {user} ")
        directories = (SYSTEMD / "elitbuzz-sync.tmpfiles").read_text()
        self.assertRegex(directories, rf"(?m)^d /var/lib/elitbuzz-sync +0700 {user} {user} ")
        self.assertRegex(directories, rf"(?m)^d /var/lib/elitbuzz-sync-tokens +0700 {user} {user} ")
        self.assertIn(f"su {user} {user}", (SYSTEMD / "elitbuzz-sync.logrotate").read_text())


@unittest.skipUnless(program("logrotate"), "logrotate is not installed")
class Rotation(unittest.TestCase):
    def test_the_log_is_renamed_and_left_to_the_daemon_to_make_again(self):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder, "elitbuzz-sync.log")
            log.write_text("a line\n")
            text = (SYSTEMD / "elitbuzz-sync.logrotate").read_text()
            text = text.replace("/var/log/elitbuzz-sync/", f"{folder}/")
            text = text.replace("su elitbuzz-sync elitbuzz-sync",
                                f"su {pwd.getpwuid(os.geteuid()).pw_name} {grp.getgrgid(os.getegid()).gr_name}")
            # The daemon of this machine, if there is one, is not ours to signal.
            text, changed = re.subn(r"systemctl reload", "true", text)
            self.assertEqual(changed, 1)
            configuration = pathlib.Path(folder, "configuration")
            configuration.write_text(text)
            configuration.chmod(0o600)
            result = run(program("logrotate"), "--force", "--state", f"{folder}/state", str(configuration))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertFalse(log.exists())
            rotated = list(pathlib.Path(folder).glob("elitbuzz-sync.log-*"))
            self.assertEqual([file.read_text() for file in rotated], ["a line\n"])


if __name__ == "__main__":
    unittest.main()
