#!/usr/bin/env python3
"""dead_letters.py LLMTRAIL: a collector refuses events for good; they are sealed as dead letters, listed, and sent again
when it has changed its mind. The ledger balances all the way."""
import json
import re
import sys

from agent import Site
from scenarios import golden_logs
from scripted_server import ScriptedServer, write_secret
from splunk_hec import TOKEN, configure

REFUSALS = ["invalid:2:6", "ok", "invalid:1:15"]


def ledger(text):
    line = re.search(r"^output splunk:.*$", text, re.M).group(0)
    assert line.endswith("; balances"), line
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}


def run(llmtrail, ack):
    site = Site(llmtrail)
    server = ScriptedServer(site, "hec_server.py", tokens=[TOKEN], ack=ack, events=REFUSALS)
    try:
        golden_logs(site)
        configure(site, server.ports[0], write_secret(site, TOKEN), "cef")
        config = site.path / "agent.yaml"
        config.write_text(config.read_text().replace("    type: splunk_hec\n", f"    type: splunk_hec\n    ack: {str(ack).lower()}\n"))
        totals = ledger(site.run_once(deadline=120, expect=74).stdout)
        assert totals["dead_lettered"] == 2, totals
        refused = [event for event, in server.lines("poisoned")]
        assert len(set(refused)) == 2, refused
        stored = {event for event, _ in server.lines("stored")}
        assert not stored & set(refused)

        listed = [json.loads(line) for line in site.run("deadletter", "list", "--json", "--config", config, expect=0).stdout.splitlines()]
        assert sorted(letter["event.id"] for letter in listed) == sorted(refused), listed
        assert all(letter["output"] == "splunk" and "HTTP 400, code" in letter["reason"] for letter in listed), listed

        said = site.run("deadletter", "resend", "--config", config, expect=0).stdout
        assert all(event in said for event in refused), said
        resent = [words for words in server.lines("stored") if words[0] in refused]
        assert sorted(resent) == sorted([event, "1"] for event in refused), resent

        totals = ledger(site.run_once(deadline=120).stdout)  # the letters themselves arrive now
        assert totals["dead_lettered"] == 0 and totals["pending"] == 0, totals
        assert not server.lines("violation"), server.lines("violation")
        assert site.verify().returncode == 0
    finally:
        server.close()
        site.close()


if __name__ == "__main__":
    for ack in (True, False):
        run(sys.argv[1], ack)
        print(f"ack {ack}: held")
