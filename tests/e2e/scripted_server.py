"""A server of tests/fakes that the real binary delivers to, and what must hold after a run against it."""
import json
import subprocess
import sys

from agent import HERE


class ScriptedServer:
    """`script` below tests/fakes, with `options` as its script; `ports` as it prints them."""

    def __init__(self, site, script, **options):
        file = site.path / "script.json"
        file.write_text(json.dumps(options))
        self.log = site.path / "server.log"
        self.log.write_text("")
        self.process = subprocess.Popen(
            [sys.executable, HERE.parent / "fakes" / script, site.tls / "server.pem", site.tls / "server.key", file,
             self.log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = [int(word) for word in self.process.stdout.readline().split()]

    def lines(self, kind):
        return [line.split("\t")[1:] for line in self.log.read_text().splitlines() if line.split("\t")[0] == kind]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def write_secret(site, secret):
    file = site.path / "secret"
    file.write_text(secret + "\n")
    file.chmod(0o600)
    return file


def delivers(site, server, file, secret):
    """A whole run: every record arrives, what comes twice is marked, the secret is nowhere but in its file."""
    said = site.run("check", "--config", site.path / "agent.yaml", expect=0)
    assert f"${{file:{file}}}" in said.stdout, said.stdout
    done = site.run_once(deadline=120)
    assert "DOES NOT BALANCE" not in done.stdout, done.stdout
    acknowledged = int(done.stdout.split("acknowledged=")[1].split()[0].rstrip(";"))
    stored = server.lines("stored")
    first = {event for event, _ in stored}
    assert len(first) == acknowledged > 40, (len(first), acknowledged)
    seen = set()
    for event, resent in stored:
        assert event not in seen or resent == "1", "an unmarked duplicate"
        seen.add(event)
    assert not server.lines("violation"), server.lines("violation")
    assert site.verify().returncode == 0
    file.chmod(0o644)
    refused = site.run("check", "--config", site.path / "agent.yaml", expect=77)
    said_all = said.stdout + said.stderr + done.stdout + done.stderr + refused.stdout + refused.stderr
    assert secret not in said_all
    for kept in (site.path / "state").rglob("*"):
        assert not kept.is_file() or secret.encode() not in kept.read_bytes(), kept
    return said_all
