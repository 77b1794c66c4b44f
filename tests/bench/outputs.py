"""What each output costs: a spool filled beforehand is delivered to a counting sink on loopback, and a live log of 1,000
records a second arrives there. Used by bench.py (--only outputs)."""
import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

MARK_CEF, MARK_JSON = ";request:", '"http.request.id":"'
CASES = {  # bar: events a second and core
    "syslog over TLS, CEF": (120_000, "cef", None),
    "splunk_hec, CEF": (100_000, "cef", "false"),
    "splunk_hec, CEF, gzip": (50_000, "cef", "true"),
    "splunk_hec, JSON": (None, "json", "false"),
}


def lean_log(bench):
    """Interactions of the generated log with as few members as make events of 1 KB without previews."""
    path = bench.work / f"lean-{bench.args.lines}.jsonl"
    if path.exists():
        return path
    with open(bench.log, encoding="utf-8") as lines:
        whole = [full for full in map(json.loads, itertools.islice(lines, 5_000)) if {"prompt", "completion", "model"} <= set(full)]
    with open(path, "w", encoding="utf-8") as out:
        for seq, full in zip(range(bench.args.lines), itertools.cycle(whole)):
            lean = {"ts": full["ts"], "seq": seq, "trace_id": full["trace_id"], "user": full["user"]["id"],
                    "model": full["model"]["name"], "prompt": full["prompt"]["text"], "response": full["completion"]["text"]}
            out.write(json.dumps(lean, ensure_ascii=False, separators=(",", ":")) + "\n")
    return path


def output_text(bench, case, port):
    _, event_format, gzip = CASES[case]
    if gzip is None:
        to = f"type: syslog\n    address: localhost:{port}"
    else:
        to = (f"type: splunk_hec\n    url: https://localhost:{port}\n    token: ${{file:{bench.work}/token}}\n    ack: false\n"
              f"    gzip: {gzip}\n    format: {event_format}")
    return f"  - id: sink\n    {to}\n    tls: {{ca_file: {bench.tls}/ca.pem}}\n"


def configure(bench, home, infile, case, port):
    token = bench.work / "token"
    token.write_text("bench-token\n")
    token.chmod(0o600)
    (home / "agent.yaml").write_text(f"""state_dir: {home}/state
sources:
  - {{id: app, paths: ["{infile}"], map: {{http.request.id: seq}}}}
outputs:
{output_text(bench, case, port)}spool: {{min_free: 1MiB}}
status_socket: {home}/status.sock
""")


def start(bench, home):
    return subprocess.Popen([bench.args.llmtrail, "run", "--config", home / "agent.yaml"], stdout=subprocess.DEVNULL,
                            stderr=open(home / "log", "ab"))


def filled(bench, case):
    """A state whose spool holds every line of the log, none of which the output has taken."""
    home = bench.work / "outputs"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    configure(bench, home, lean_log(bench), case, 1)  # nobody listens there
    agent = start(bench, home)
    while agent.poll() is None:
        asked = subprocess.run([bench.args.llmtrail, "status", "--json", "--socket", home / "status.sock"], capture_output=True,
                               text=True)
        if asked.returncode == 0 and json.loads(asked.stdout)["sources"][0]["records"] >= bench.args.lines:
            break
        time.sleep(0.1)
    agent.send_signal(signal.SIGTERM)
    agent.wait(30)
    return home


def is_http(case):
    return CASES[case][2] is not None


def marker(case):
    return MARK_JSON if CASES[case][1] == "json" else MARK_CEF


def deliver(bench, case):
    home = filled(bench, case)
    sink, port = bench.sink(bench.args.lines, marker(case), http=is_http(case))
    configure(bench, home, lean_log(bench), case, port)
    begun = time.monotonic()
    agent = start(bench, home)
    while sink.poll() is None and agent.poll() is None:
        time.sleep(0.005)
    agent.kill()
    _, _, usage = os.wait4(agent.pid, 0)
    if sink.poll() is None:
        sink.send_signal(signal.SIGTERM)
    seen = json.loads(sink.communicate()[0])
    cpu, wall = usage.ru_utime + usage.ru_stime, seen["t_last"] - begun
    shutil.rmtree(home)
    return {"case": case, "per_core": seen["events"] / cpu, "us": cpu / bench.args.lines * 1e6, "per_second": seen["events"] / wall,
            "arrived": seen["events"], "twice": seen["dups"], "bytes": seen["bytes"] / max(1, seen["events"] + seen["dups"])}


def run_throughput(bench):
    runs = {case: [] for case in CASES}
    for _ in range(bench.args.runs):
        for case in CASES:
            runs[case].append(deliver(bench, case))
            print(json.dumps(runs[case][-1]), file=sys.stderr, flush=True)
    print(f"\n## From a filled spool to a counting sink: {bench.args.lines} events, {bench.args.runs} interleaved runs, TLS 1.3\n")
    print("| case | bytes an event | events per CPU second, best and median | us/event, least | events/s, best | arrived | twice | bar |")
    print("|---|---|---|---|---|---|---|---|")
    for case, found in runs.items():
        bar = CASES[case][0]
        rates = [run["per_core"] for run in found]
        print(f"| {case} | {statistics.median(run['bytes'] for run in found):.0f} | {max(rates):,.0f}, {statistics.median(rates):,.0f} | "
              f"{min(run['us'] for run in found):.2f} | {max(run['per_second'] for run in found):,.0f} | "
              f"{min(run['arrived'] for run in found):,} | {max(run['twice'] for run in found)} | {f'{bar:,}' if bar else ''} |")


def run_delay(bench, rate=1_000, seconds=15):
    print(f"\n## Append to arrival at {rate} records/s\n")
    print("| case | arrived | p50 ms | p99 ms | p99.9 ms | max ms | CPU % of a core |\n|---|---|---|---|---|---|---|", flush=True)
    for case in CASES:
        home = bench.work / "outputs"
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        infile = home / "live.jsonl"
        infile.write_bytes(b"")

        def started(port, home=home, infile=infile, case=case):
            configure(bench, home, infile, case, port)
            return start(bench, home)
        stamp = '"trace.id":"lat' if CASES[case][1] == "json" else "trace:lat"
        seen, used = bench.live(infile, rate, seconds, started, marker(case), stamp, is_http(case))
        print(f"| {case} | {seen.get('lat_n')} of {rate * seconds} | {seen['lat_p50_us'] / 1e3:.1f} | {seen['lat_p99_us'] / 1e3:.1f} | "
              f"{seen['lat_p999_us'] / 1e3:.1f} | {seen['lat_max_us'] / 1e3:.1f} | {used * 100:.1f} |", flush=True)
