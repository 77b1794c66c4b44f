#!/usr/bin/env python3
"""splunk_hec.py LLMTRAIL: the real binary delivers to a scripted HTTP Event Collector that fails in many ways; every
record arrives, what comes twice is marked, and the token is nowhere but in its file."""
import json
import subprocess
import sys

from agent import HERE, Site
from scenarios import golden_logs

TOKEN = "canary-81f2c4d7-hec-token"
FAULTS = ["code:9", "cut-after", "page:503", "code:24", "ok", "restart", "code:8"]


class Collector:
    def __init__(self, site, **script):
        options = site.path / "hec.json"
        options.write_text(json.dumps({"tokens": [TOKEN], "ack": True, **script}))
        self.log = site.path / "hec.log"
        self.log.write_text("")
        self.process = subprocess.Popen(
            [sys.executable, HERE.parent / "fakes/hec_server.py", site.tls / "server.pem", site.tls / "server.key",
             options, self.log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def lines(self, kind):
        return [line.split("\t")[1:] for line in self.log.read_text().splitlines() if line.split("\t")[0] == kind]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def configure(site, port, event_format):
    token = site.path / "token"
    token.write_text(TOKEN + "\n")
    token.chmod(0o600)
    (site.path / "agent.yaml").write_text(f"""state_dir: {site.path}/state
sources:
  - id: app
    paths: [{site.logs}/*.jsonl]
outputs:
  - id: splunk
    type: splunk_hec
    format: {event_format}
    url: https://localhost:{port}
    token: ${{file:{token}}}
    max_batch: 16KiB
    tls: {{ca_file: {site.tls}/ca.pem}}
spool: {{min_free: 1MiB}}
""")
    return token


def delivers(llmtrail, event_format):
    site = Site(llmtrail)
    collector = Collector(site, events=FAULTS)
    try:
        golden_logs(site)
        token = configure(site, collector.port, event_format)
        said = site.run("check", "--config", site.path / "agent.yaml", expect=0)
        assert f"token ${{file:{token}}}" in said.stdout, said.stdout
        done = site.run_once(deadline=120)
        assert "DOES NOT BALANCE" not in done.stdout, done.stdout
        assert "acknowledged=" in done.stdout, done.stdout
        acknowledged = int(done.stdout.split("acknowledged=")[1].split()[0].rstrip(";"))
        stored = collector.lines("stored")
        first = {event for event, _ in stored}
        assert len(first) == acknowledged > 40, (len(first), acknowledged)
        seen = set()
        for event, resent in stored:
            assert event not in seen or resent == "1", "an unmarked duplicate"
            seen.add(event)
        assert not collector.lines("violation"), collector.lines("violation")
        assert site.verify().returncode == 0
        token.chmod(0o644)
        refused = site.run("check", "--config", site.path / "agent.yaml", expect=77)
        said_all = said.stdout + said.stderr + done.stdout + done.stderr + refused.stdout + refused.stderr
        assert TOKEN not in said_all
        for file in (site.path / "state").rglob("*"):
            assert not file.is_file() or TOKEN.encode() not in file.read_bytes(), file
    finally:
        collector.close()
        site.close()


if __name__ == "__main__":
    for event_format in ("cef", "json"):
        delivers(sys.argv[1], event_format)
        print(f"{event_format}: held")
