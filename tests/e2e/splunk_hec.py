#!/usr/bin/env python3
"""splunk_hec.py LLMTRAIL: the real binary delivers to a scripted HTTP Event Collector that fails in many ways; every
record arrives, what comes twice is marked, and the token is nowhere but in its file."""
import sys

from agent import Site
from scenarios import golden_logs
from scripted_server import ScriptedServer, delivers, write_secret

TOKEN = "canary-81f2c4d7-hec-token"
FAULTS = ["code:9", "cut-after", "page:503", "code:24", "ok", "restart", "code:8"]


def configure(site, port, token, event_format):
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


def run(llmtrail, event_format):
    site = Site(llmtrail)
    server = ScriptedServer(site, "hec_server.py", tokens=[TOKEN], ack=True, events=FAULTS)
    try:
        golden_logs(site)
        token = write_secret(site, TOKEN)
        configure(site, server.ports[0], token, event_format)
        delivers(site, server, token, TOKEN)
    finally:
        server.close()
        site.close()


if __name__ == "__main__":
    for event_format in ("cef", "json"):
        run(sys.argv[1], event_format)
        print(f"{event_format}: held")
