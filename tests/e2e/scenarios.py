#!/usr/bin/env python3
"""scenarios.py LLMTRAIL SCENARIO: what a SOC would see, with the real binary and a real rsyslogd over TLS 1.3.
`scenarios.py list` names them. Exit 0: it held; 77: a tool it needs is not installed."""
import datetime
import gzip
import json
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import zipfile

from agent import Site, free_port, sent_by_ledger, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests/golden"
QUESTION = {"prompt": "what is our refund policy", "response": "30 days", "user": "u-1", "model": "m"}


def golden_logs(site):
    """Every golden input, as the four kinds of logs that they are."""
    for parser in ("exchange", "otlp", "bedrock", "json"):
        with open(site.logs / f"{parser}.jsonl", "wb") as out:
            for file in sorted((GOLDEN / parser).glob("*/input.*")):
                out.write(file.read_bytes().rstrip(b"\n") + b"\n")


def delivers_all_golden_inputs(site):
    golden_logs(site)
    site.configure(site.start_rsyslog())
    ledger = site.run_once().stdout
    assert "DOES NOT BALANCE" not in ledger, ledger
    sent = sent_by_ledger(ledger)
    wait_until("all events", lambda: len(site.events()) >= sent)
    assert sorted(set(site.event_ids())) == sorted(site.event_ids()), "an event came twice"
    assert len(site.events()) == sent > 40, (len(site.events()), sent)
    assert site.verify().returncode == 0
    accepted_by_lognormalizer(site)


def accepted_by_lognormalizer(site):
    """liblognorm 2.0.6 eats the first character of the first key unless a space stands before it."""
    lines = [line[line.index("CEF:0"):] for line in site.events()]
    spaced = ["|".join(line.split("|", 7)[:7]) + "| " + line.split("|", 7)[7] for line in lines]
    rules = site.path / "cef.rb"
    rules.write_text("version=2\nrule=:%f:cef%\n")
    done = subprocess.run(["lognormalizer", "-r", rules, "-e", "json"], input="\n".join(spaced) + "\n", capture_output=True, text=True)
    parsed = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [line for line, got in zip(spaced, parsed) if "unparsed-data" in got or "f" not in got]
    assert len(parsed) == len(spaced) and not bad, bad[:3]


def one_altered_byte_is_found(site):
    golden_logs(site)
    site.configure(site.start_rsyslog())
    site.run_once()
    segment = sorted((site.path / "state/spool").glob("seg-*.lsp"))[0]
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    shutil.copytree(site.path / "state/spool", site.path / "altered")
    (site.path / "altered" / segment.name).write_bytes(content)
    done = site.verify("altered")
    assert done.returncode == 5 and "TAMPERED" in done.stdout and segment.name in done.stdout, done.stdout
    assert site.verify().returncode == 0


def checkpoints_at_the_receiver_anchor_the_spool(site):
    """What rsyslog wrote is given back as it is: the spool put back to yesterday is found by it alone."""
    golden_logs(site)
    site.configure(site.start_rsyslog())
    site.run_once()
    wait_until("a checkpoint", lambda: any("|730|" in line for line in site.events()))
    shutil.copytree(site.path / "state/spool", site.path / "yesterday")
    (site.logs / "late.jsonl").write_text(json.dumps(QUESTION) + "\n")
    before = len(site.events())
    site.run_once()
    wait_until("events of today", lambda: sum("|730|" in line for line in site.events()[before:]) > 0)
    export = site.path / "export.log"
    export.write_text("\n".join(site.events()) + "\n", encoding="utf-8")
    done = site.verify("state/spool", "--anchor", export, "--require-anchor")
    assert done.returncode == 0 and "anchors: " in done.stdout and "UNANCHORED" not in done.stdout, done.stdout
    assert site.verify("yesterday").returncode == 0, "yesterday's spool is whole by itself"
    done = site.verify("yesterday", "--anchor", export)
    assert done.returncode == 5 and "taken away" in done.stdout, done.stdout


def waits_for_a_receiver_that_comes_later(site):
    (site.logs / "a.jsonl").write_text(json.dumps(QUESTION) + "\n")
    port = free_port()
    site.configure(port)
    agent = site.start_agent()
    wait_until("the error about the receiver", lambda: "soc" in site.log_text() and "stay in the spool" in site.log_text())
    site.start_rsyslog(port)
    wait_until("the event", lambda: any("refund policy" in line for line in site.events()), 60)
    assert site.stop_agent(agent)[0] == 0
    assert any("|711|" in line for line in site.events()) or "recovered" in site.log_text()


def goes_on_where_it_was(site):
    site.configure(site.start_rsyslog())
    log = site.logs / "a.jsonl"
    for number in range(3):
        with open(log, "a") as out:
            out.write(json.dumps(dict(QUESTION, prompt=f"question {number}")) + "\n")
        site.run_once()
    wait_until("three questions", lambda: sum("msg=question" in line for line in site.events()) >= 3)
    questions = [line for line in site.events() if "question " in line]
    assert len(questions) == 3, questions
    assert site.verify().returncode == 0


def refuses(site, server_arguments, client_ca, expected):
    """An openssl s_server that must not get a byte of an event; the reason is in the log; the data stays."""
    port = free_port()
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", site.tls / "server.pem", "-key",
                               site.tls / "server.key", "-quiet", "-naccept", "50", *server_arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    site.started.append(server.pid)
    wait_until("s_server", lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
    (site.logs / "a.jsonl").write_text(json.dumps(QUESTION) + "\n")
    site.configure(port, ca=client_ca)
    agent = site.start_agent()
    wait_until("the reason: " + expected, lambda: expected in site.log_text())
    code, seconds = site.stop_agent(agent)
    assert code == 0 and seconds < 10, (code, seconds)
    server.kill()
    got = server.communicate()[0]
    assert b"refund" not in got and b"CEF" not in got, got[:200]
    site.started.remove(server.pid)
    site.configure(site.start_rsyslog())
    site.run_once()
    wait_until("the event at the right receiver", lambda: any("refund policy" in line for line in site.events()))


def every_event_is_acknowledged_over_relp(site):
    """Over TLS 1.3 by rsyslog's imrelp, which goes away and comes back. What is confirmed anchors the spool."""
    golden_logs(site)
    port = site.start_rsyslog(free_port(), "relp")
    site.configure(port, transport="relp")
    ledger = site.run_once().stdout
    assert "DOES NOT BALANCE" not in ledger, ledger
    confirmed = sent_by_ledger(ledger)
    assert len(site.events()) == confirmed > 40, (len(site.events()), confirmed)
    assert sorted(set(site.event_ids())) == sorted(site.event_ids()), "an event came twice"
    assert "\nanchors: anchored " in ledger, ledger

    agent = site.start_agent()
    wait_until("the start's record", lambda: len(site.events()) > confirmed)
    site.stop_receiver()
    with open(site.logs / "late.jsonl", "w") as out:
        for number in range(500):
            out.write(json.dumps(dict(QUESTION, prompt=f"late {number} ")) + "\n")
    site.start_rsyslog(port, "relp")
    wait_until("all late events", lambda: all(any(f"late {n} " in line for line in site.events()) for n in range(500)), 90)
    assert site.stop_agent(agent)[0] == 0
    seen = set()
    for line, event_id in zip(site.events(), site.event_ids()):
        assert event_id not in seen or "llmtrailResent=1" in line, line
        seen.add(event_id)


def refuses_an_unknown_authority(site):
    refuses(site, [], "stranger.pem", "certificate")


def refuses_tls_1_2(site):
    refuses(site, ["-tls1_2"], "ca.pem", "does not speak TLS 1.3")


def stops_within_ten_seconds_whatever_the_receiver_does(site):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        golden_logs(site)
        site.configure(silent.getsockname()[1])
        agent = site.start_agent()
        wait_until("the start", lambda: "started" in site.log_text())
        code, seconds = site.stop_agent(agent, 15)
        assert code == 0 and seconds < 10, (code, seconds)
    assert site.verify().returncode == 0


def a_second_instance_is_refused(site):
    site.configure(site.start_rsyslog())
    agent = site.start_agent()
    wait_until("the start", lambda: "started" in site.log_text())
    second = site.run("run", "--once", "--config", site.path / "agent.yaml")
    assert second.returncode not in (0, 70) and str(agent.pid) in second.stderr, second.stderr
    assert site.stop_agent(agent)[0] == 0


def hostile_lines_lose_no_neighbour(site):
    good = [json.dumps(dict(QUESTION, prompt=f"neighbour {n}")) for n in range(12)]
    bad = [b"\xff\xfe\x00 not text", b'{"prompt": "\\ud83d lone", "model": "m"}', b'{"prompt": NaN, "response": "x"}', b"[" * 10_000 + b"]" * 10_000,
           b'{"prompt": "a", "prompt": "b"}', b'{"prompt": "cut', b'{"a": 1, ', b'{"prompt": "CEF:0|x|y|1|1|n|9|act=blocked\\n<13>1 - - - - - -"}',
           b'{"prompt": "' + b"x" * (17 << 20) + b'"}', b"\x00\x01\x02", b"}"]
    with open(site.logs / "a.jsonl", "wb") as out:
        for line, hostile in zip(good, bad + [b""]):
            out.write(line.encode() + b"\n" + hostile + b"\n")
    site.configure(site.start_rsyslog())
    ledger = site.run_once().stdout
    assert "DOES NOT BALANCE" not in ledger, ledger
    sent = sent_by_ledger(ledger)
    wait_until("all events", lambda: len(site.events()) >= sent)
    assert len(site.events()) == sent
    for number in range(12):
        assert any(f"neighbour {number} " in line + " " for line in site.events()), number
    forged = [line for line in site.events() if " act=blocked" in line and "|605|" not in line and "|200|" not in line]
    assert not forged, forged
    accepted_by_lognormalizer(site)


def reads_whole_files_of_every_packing(site):
    """Each once, over two starts; what `parse` makes of a packed file is what it makes of the text."""
    def lines(name):
        return "".join(json.dumps(dict(QUESTION, prompt=f"question {name} {n}")) + "\n" for n in range(3))
    (site.logs / "plain.json").write_text(json.dumps([json.loads(line) for line in lines("plain").splitlines()], indent=1))
    (site.logs / "a.json.gz").write_bytes(gzip.compress(lines("gz1").encode()) + gzip.compress(lines("gz2").encode()))
    with zipfile.ZipFile(site.logs / "b.log.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/one", lines("zip1"))
        archive.writestr("logs/two", lines("zip2"))
    expected = 15
    if shutil.which("zstd"):
        (site.logs / "c.zst").write_bytes(subprocess.run(["zstd", "-c"], input=lines("zst").encode(), capture_output=True, check=True).stdout)
        expected += 3
    (site.logs / "d.part").write_text(lines("unfinished"))
    site.configure(site.start_rsyslog())
    config = site.path / "agent.yaml"
    config.write_text(config.read_text().replace("/*.jsonl]", "/*]\n    whole_files: true"))
    site.run_once()
    wait_until("all questions", lambda: sum("msg=question" in line for line in site.events()) >= expected)
    site.run_once()
    questions = [line for line in site.events() if "question " in line]
    assert len(questions) == expected and not any("unfinished" in line for line in questions), questions
    assert site.verify().returncode == 0
    parsed = site.run("parse", site.logs / "a.json.gz", site.logs / "b.log.zip", expect=0)
    assert "documents 12, records 12, rejected 0" in parsed.stderr, parsed.stderr


def status_says_what_the_agent_does(site):
    port = site.start_rsyslog()
    socket_file = site.path / "status.sock"
    site.configure(port, extra=f"status_socket: {socket_file}")
    (site.logs / "a.jsonl").write_text(json.dumps(QUESTION) + "\n")
    agent = site.start_agent()

    def status():
        asked = site.run("status", "--json", "--socket", socket_file)
        return json.loads(asked.stdout) if asked.returncode == 0 else {"outputs": [{}]}

    def one_is_confirmed():
        now = status()
        return now["outputs"][0].get("confirmed", 0) > 0 and now["sources"][0]["records"] == 1
    wait_until("a confirmed record", one_is_confirmed)
    assert oct(socket_file.stat().st_mode & 0o777) == "0o660"
    now = status()
    assert now["sources"][0]["lag_bytes"] == 0 and now["outputs"][0]["state"] == "up" and all(o["balances"] for o in now["outputs"] + now["sources"]), now
    shown, own = (now["outputs"][0][f"tls_{side}_not_after"] for side in ("server", "client"))
    assert min(shown, own) > now["now"], now
    assert len(now["anchors"]["root"]) == 64 and 0 < now["spool"]["bytes"] < now["spool"]["max_bytes"], now
    assert now["spool"]["free_bytes"] > 0 and now["spool"]["path"] == now["spool_directory"], now
    words = site.run("status", "--socket", socket_file, expect=0).stdout
    assert "source app        up to date; 1 documents" in words and f"output soc        up; its certificate ends {shown[:10]}; ours ends {own[:10]}; " in words, words
    site.stop_receiver()
    with open(site.logs / "a.jsonl", "a") as out:
        out.write(json.dumps(QUESTION) + "\n")
    wait_until("the output down, and why", lambda: "refused" in status()["outputs"][0].get("last_error", "").lower())
    assert site.stop_agent(agent)[0] == 0
    assert not socket_file.exists()
    site.run("status", "--socket", socket_file, expect=74)


STAMPS = {  # as a source may write it: the millisecond it means
    "2026-03-01T12:00:00.123Z": 1772366400123, "2026-03-01T13:30:00.457+01:30": 1772366400457,
    "2026-03-01 12:00:00.789012": 1772366400789, "2026-03-01T12:00:00.001999999Z": 1772366400001,
    1772366400234: 1772366400234, 1772366400.345: 1772366400345, 1772366400456789: 1772366400456, "1772366400567890123": 1772366400567,
}


def times_are_true_to_the_millisecond(site):
    """A source's own stamp to the millisecond, in event and syslog header; without one, our clock's time between writing and arrival."""
    port = site.start_rsyslog()
    site.configure(port)
    log = site.logs / "a.jsonl"
    log.write_text("".join(json.dumps(dict(QUESTION, prompt=f"stamped {n} end", ts=stamp)) + "\n" for n, stamp in enumerate(STAMPS)))
    agent = site.start_agent()

    def arrived(prompt):
        lines = (site.syslog / "stamps").read_text(encoding="utf-8").splitlines() if (site.syslog / "stamps").exists() else []
        return next((line for line in lines if f"msg={prompt} end" in line), None)

    def time_of(line):
        told = int(re.search(r" rt=(\d+)", line).group(1))
        header = datetime.datetime.fromisoformat(line.split(" ", 1)[0])
        assert header.microsecond // 1000 == told % 1000 and int(header.timestamp()) == told // 1000, line
        return told

    for number, meant in enumerate(STAMPS.values()):
        wait_until("a stamped event", lambda: arrived(f"stamped {number}"))
        assert time_of(arrived(f"stamped {number}")) == meant, arrived(f"stamped {number}")
    for number in range(20):
        before = time.time_ns() // 1_000_000
        with open(log, "a") as out:
            out.write(json.dumps(dict(QUESTION, prompt=f"unstamped {number} end")) + "\n")
        wait_until("an event", lambda: arrived(f"unstamped {number}"))
        after = time.time_ns() // 1_000_000
        assert before <= time_of(arrived(f"unstamped {number}")) <= after
    assert site.stop_agent(agent)[0] == 0


def reaches_the_receiver_and_sends_a_test_event(site):
    """Beside a running agent: each step is told, an unknown authority too, and the event arrives once, by its id."""
    port = site.start_rsyslog()
    site.configure(port)
    config = ["--config", site.path / "agent.yaml"]
    agent = site.start_agent()
    wait_until("the start's record", lambda: any("|700|" in line for line in site.events()))
    done = site.run("check", "--connect", *config, expect=0)
    steps = done.stdout[done.stdout.index("connecting output soc"):].splitlines()
    assert [step.split(": ok")[0].strip() for step in steps[1:]] == ["name", "connection", "TLS 1.3"], steps
    assert "certificate of `CN=" in steps[3] and " days left" in steps[3], steps
    done = site.run("test-event", *config, expect=0)
    event_id = re.search(r"^test event (\w{32})$", done.stdout, re.M).group(1)
    assert "output soc: sent" in done.stdout and f"find it: externalId={event_id}" in done.stdout, done.stdout
    wait_until("the test event", lambda: event_id in site.event_ids())
    found = [line for line in site.events() if event_id in line]
    assert len(found) == 1 and "|712|Test event|" in found[0], found
    assert site.stop_agent(agent)[0] == 0
    assert site.verify().returncode == 0
    before = len(site.events())
    for changed, step, word in (({"client": False}, "client certificate", "client certificate"), ({"ca": "stranger.pem"}, "TLS 1.3", "not signed by a trusted CA")):
        site.configure(port, **changed)
        done = site.run("check", "--connect", *config, expect=74)
        assert f"  {step}: error: " in done.stdout and word in done.stdout and "hint: " in done.stderr, done
        done = site.run("test-event", *config, expect=74)
        assert "output soc: not delivered" in done.stdout and word in done.stderr, done
    site.stop_receiver()
    done = site.run("check", "--connect", *config, expect=74)
    assert "  connection: error: " in done.stdout, done.stdout
    assert not any("|712|" in line for line in site.events()[before:])
    site.configure(site.start_rsyslog(free_port(), "relp"), transport="relp")
    assert "output soc: acknowledged" in site.run("test-event", *config, expect=0).stdout
    assert sum("|712|" in line for line in site.events()[before:]) == 1


def first_hour_as_the_readme_has_it(site):
    """Idle and healthy with what the package installs; then README's commands, but for apt and systemd, to the first event."""
    readme = (ROOT / "README.md").read_text()
    commands = re.search(r"^## From a clean machine.*?^```sh\n(.*?)^```", readme, re.M | re.S).group(1).splitlines()
    assert len(commands) <= 5 and commands[0].startswith("apt-get install"), commands
    etc = site.path / "etc"
    (etc / "conf.d").mkdir(parents=True)
    (etc / "conf.d/site.yaml").write_text(f"state_dir: {site.path}/state\nstatus_socket: {site.path}/status.sock\nspool: {{min_free: 1MiB}}\n")
    shutil.copy(ROOT / "conf/agent.yaml", etc / "agent.yaml")
    config = etc / "agent.yaml"
    agent = site.start_agent(config)
    asked = ["status", "--socket", site.path / "status.sock"]
    wait_until("an idle agent that answers", lambda: site.run(*asked).returncode == 0)
    steps = re.findall(r"^  (llmtrail \S+|systemctl reload llmtrail)", site.run(*asked, expect=0).stdout, re.M)
    assert steps == ["llmtrail init", "llmtrail check", "systemctl reload llmtrail"], steps

    port = site.start_rsyslog(auth="anon")
    shutil.copy(site.tls / "ca.pem", site.path / "siem-ca.pem")
    places = {"siem.example.com:6514": f"localhost:{port}", "/etc/llmtrail": str(etc), "/var/log/chatapp": str(site.logs)}
    for command in commands[1:]:
        for there, here in places.items():
            command = command.replace(there, here)
        words = shlex.split(command)
        if words[0] == "systemctl":
            assert words[1:] == ["reload", "llmtrail"]
            site.run("reload", *asked[1:], expect=0)
        elif words[0] == "llmtrail":
            done = site.run(*words[1:], "--config", config, expect=0)
            assert words[1] != "init" or "llmtrail test-event" in done.stdout, done.stdout
        else:
            subprocess.run(words, check=True, cwd=site.path)
    wait_until("the test event", lambda: any("|712|Test event|" in line for line in site.events()))
    site.run("check", "--connect", "--config", config, expect=0)
    (site.logs / "app.jsonl").write_text(json.dumps(QUESTION) + "\n")
    wait_until("the first event of a log", lambda: any("refund policy" in line or "|100|" in line for line in site.events()))
    assert site.stop_agent(agent)[0] == 0


SCENARIOS = [delivers_all_golden_inputs, one_altered_byte_is_found, checkpoints_at_the_receiver_anchor_the_spool, waits_for_a_receiver_that_comes_later, goes_on_where_it_was,
             every_event_is_acknowledged_over_relp, refuses_an_unknown_authority, refuses_tls_1_2, stops_within_ten_seconds_whatever_the_receiver_does,
             a_second_instance_is_refused, hostile_lines_lose_no_neighbour, reads_whole_files_of_every_packing, times_are_true_to_the_millisecond,
             status_says_what_the_agent_does, reaches_the_receiver_and_sends_a_test_event, first_hour_as_the_readme_has_it]


def main():
    if sys.argv[1] == "list":
        print("\n".join(scenario.__name__ for scenario in SCENARIOS))
        return 0
    for tool in ("rsyslogd", "lognormalizer", "openssl"):
        if not shutil.which(tool) and not pathlib.Path("/usr/sbin", tool).exists() and not pathlib.Path("/usr/lib/lognorm", tool).exists():
            print(f"skipped: {tool} is not installed")
            return 77
    scenario = next(s for s in SCENARIOS if s.__name__ == sys.argv[2])
    site = Site(sys.argv[1])
    start = time.monotonic()
    try:
        scenario(site)
        print(f"{scenario.__name__}: held, {time.monotonic() - start:.1f} s")
        return 0
    except AssertionError:
        if hasattr(site, "agent_log"):
            print(site.log_text()[-3000:], file=sys.stderr)
        raise
    finally:
        site.close()


if __name__ == "__main__":
    sys.exit(main())
