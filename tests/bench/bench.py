#!/usr/bin/env python3
"""bench.py MATERIAL LLMTRAIL STAGES WORK [--lines N] [--runs N] [--only bulk,live,memory,stages,outputs,check]

Whole-process figures of llmtrail beside its peers and the machine's own limits, in interleaved runs: quote ratios and
medians, single figures swing by 10 to 20 % in CPU. MATERIAL holds genlogs.py, sink.c, limits.cpp and conf/. Peers that
are not installed are skipped and named. Everything listens on loopback.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import check
import outputs

TICK = os.sysconf("SC_CLK_TCK")
MARK_OURS, MARK_PEERS = ";request:", " cn3="


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def process_tree(pid):
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        for task in pathlib.Path(f"/proc/{one}/task").glob("*"):
            try:
                todo += [int(x) for x in (task / "children").read_text().split()]
            except OSError:
                pass
    return found


def cpu_seconds(pid):
    total = 0.0
    for one in process_tree(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            total += sum(map(int, fields[11:15])) / TICK
        except OSError:
            pass
    return total


def status_kib(pid, key):
    total = 0
    for one in process_tree(pid):
        try:
            for line in pathlib.Path(f"/proc/{one}/status").read_text().splitlines():
                total += int(line.split()[1]) if line.startswith(key) else 0
        except OSError:
            pass
    return total


def pss_kib(pid):
    return sum(int(line.split()[1]) for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
               if line.startswith("Pss:"))


class Bench:
    def __init__(self, args):
        self.args = args
        self.material = pathlib.Path(args.material).resolve()
        self.work = pathlib.Path(args.work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.tools()
        self.log = self.generate(args.lines)
        self.size = self.log.stat().st_size

    def tools(self):
        self.sink_binary, self.limits_binary = self.work / "sink", self.work / "limits"
        if not self.sink_binary.exists():
            subprocess.run(["cc", "-O2", "-o", self.sink_binary, self.material / "sink.c", "-lssl", "-lcrypto", "-lz",
                            "-lpthread"], check=True)
        if not self.limits_binary.exists():
            subprocess.run(["g++", "-O2", "-std=c++20", "-o", self.limits_binary, self.material / "limits.cpp", "-lsimdjson",
                            "-lcrypto", "-lssl", "-lzstd"], check=True, stderr=subprocess.DEVNULL)
        self.tls = self.work / "tls"
        if not (self.tls / "server.pem").exists():
            subprocess.run([pathlib.Path(__file__).parent.parent / "e2e/make_certificates", self.tls], check=True)

    def generate(self, lines, form="generic"):
        path = self.work / f"{form}-{lines}.jsonl"
        if not path.exists():
            subprocess.run([sys.executable, self.material / "genlogs.py", "--count", str(lines), "--seed", "7",
                            "--format", form, "--out", path], check=True)
        return path

    def sink(self, expect, marker, latency=None, http=False):
        port = free_port()
        command = [self.sink_binary, "--port", str(port), "--expect", str(expect), "--seq", marker, "--timeout", "300",
                   "--tls", self.tls / "server.pem", self.tls / "server.key"]
        command += (["--lat", latency] if latency else []) + (["--http"] if http else [])
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return process, port
            time.sleep(0.02)

    def ours(self, infile, port, name="ours", preview=256):
        home = self.work / name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (home / "agent.yaml").write_text(f"""state_dir: {home}/state
sources:
  - {{id: app, paths: ["{infile}"], map: {{http.request.id: seq}}}}
outputs:
  - id: sink
    type: syslog
    address: localhost:{port}
    tls: {{ca_file: {self.tls}/ca.pem}}
    preview: {{prompt: {preview}, response: {preview}}}
spool: {{min_free: 1MiB}}
""")
        return subprocess.Popen([self.args.llmtrail, "run", "--config", home / "agent.yaml"],
                                stdout=subprocess.DEVNULL, stderr=open(home / "log", "wb"))

    def peer(self, kind, infile, port):
        home = self.work / kind
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        conf = {"rsyslog-disk": "rsyslog-cef-tls-disk.conf", "syslogng-reliable": "syslogng-cef-tls-reliable.conf"}[kind]
        text = (self.material / "conf" / conf).read_text()
        for key, value in (("IN", infile), ("PORT", port), ("WORK", home), ("CERT", self.tls / "ca.pem"), ("CONF", "")):
            text = text.replace(f"@{key}@", str(value))
        (home / conf).write_text(text)
        env = dict(os.environ)
        if kind == "rsyslog-disk":
            binary = os.environ.get("RSYSLOGD_BIN") or shutil.which("rsyslogd")
            command = [binary, "-n", "-f", home / conf, "-i", home / "pid"]
        else:
            binary = os.environ.get("SYSLOGNG_BIN") or shutil.which("syslog-ng")
            command = [binary, "-F", "--no-caps", "-f", home / conf, "-p", home / "pid", "-R", home / "persist",
                       "-c", home / "ctl", *os.environ.get("SYSLOGNG_ARGS", "").split()]
            if "SYSLOGNG_LD" in os.environ:
                env["LD_LIBRARY_PATH"] = os.environ["SYSLOGNG_LD"]
        if not binary:
            return None
        return subprocess.Popen(command, env=env, stdout=open(home / "log", "wb"), stderr=subprocess.STDOUT)

    def bulk(self, kind):
        count = self.args.lines
        sink, port = self.sink(count, MARK_OURS if kind.startswith("llmtrail") else MARK_PEERS)
        start = time.monotonic()
        if kind == "limits pipe":
            process = subprocess.Popen([self.limits_binary, self.log, "pipe", str(port), "1024", "1", self.work],
                                       stdout=subprocess.DEVNULL)
        elif kind == "llmtrail":
            process = self.ours(self.log, port)
        elif kind == "llmtrail, openai chat":
            process = self.ours(self.generate(count, "openai"), port)
        else:
            process = self.peer(kind, self.log, port)
        if process is None:
            sink.kill()
            sink.wait()
            return None
        used = peak = 0
        while sink.poll() is None and process.poll() is None:
            used, peak = max(used, cpu_seconds(process.pid)), max(peak, status_kib(process.pid, "VmHWM"))
            time.sleep(0.02)
        if process.poll() is None:
            used = max(used, cpu_seconds(process.pid))
            process.kill()
        _, _, usage = os.wait4(process.pid, 0) if process.returncode is None else (0, 0, None)
        if usage:
            used = max(used, usage.ru_utime + usage.ru_stime)
        if sink.poll() is None:
            sink.send_signal(signal.SIGTERM)
        seen = json.loads(sink.communicate()[0] or b"{}")
        wall = seen.get("t_last", start) - start
        size = self.size if kind != "llmtrail, openai chat" else self.generate(count, "openai").stat().st_size
        return {"case": kind, "cpu_s_per_gb": used / size * 1e9, "us_per_event": used / count * 1e6,
                "events_s": seen.get("events", 0) / wall if wall > 0 else 0, "mb_s": size / wall / 1e6 if wall > 0 else 0,
                "peak_rss_mb": peak / 1024, "arrived": seen.get("events", 0), "twice": seen.get("dups", 0)}

    def run_bulk(self):
        cases = ["llmtrail", "limits pipe", "rsyslog-disk", "syslogng-reliable", "llmtrail, openai chat"]
        runs = {case: [] for case in cases}
        for _ in range(self.args.runs):
            for case in cases:
                result = self.bulk(case)
                if result:
                    runs[case].append(result)
                    print(json.dumps(result), file=sys.stderr, flush=True)
        print(f"\n## Whole path: {self.args.lines} events, {self.size / 1e6:.0f} MB, median of {self.args.runs} interleaved runs\n")
        print("| case | CPU s/GB | us/event | events/s | MB/s | peak RSS MB | arrived | twice | llmtrail's CPU / this |")
        print("|---|---|---|---|---|---|---|---|---|")
        for case in cases:
            if not runs[case]:
                print(f"| {case} | not installed | | | | | | | |")
                continue
            mid = {k: statistics.median(r[k] for r in runs[case]) for k in runs[case][0] if k != "case"}
            ratio = statistics.median(a["cpu_s_per_gb"] / b["cpu_s_per_gb"] for a, b in zip(runs["llmtrail"], runs[case]))
            print(f"| {case} | {mid['cpu_s_per_gb']:.1f} | {mid['us_per_event']:.1f} | {mid['events_s']:.0f} | {mid['mb_s']:.1f} | "
                  f"{mid['peak_rss_mb']:.1f} | {mid['arrived']:.0f} | {mid['twice']:.0f} | {ratio:.2f} |")

    def live(self, infile, rate, seconds, started, marker, stamp, http=False):
        """Append to arrival: one write() a line, the stamp travels in trace_id. What the sink saw, and the CPU used a second."""
        count = rate * seconds
        sink, port = self.sink(count, marker, latency=stamp, http=http)
        process = started(port)
        lines = [line for _, line in zip(range(2000), open(self.log, encoding="utf-8"))]
        time.sleep(1.5)
        used = cpu_seconds(process.pid)
        start = time.monotonic()
        with open(infile, "ab", buffering=0) as out:
            for i in range(count):
                pause = start + i / rate - time.monotonic()
                if pause > 0:
                    time.sleep(pause)
                line = lines[i % len(lines)]
                at = line.index('"trace_id":"') + 12
                out.write((line[:at] + f"lat{time.time_ns() // 1000}" + line[at + 32:]).encode())
        wall = time.monotonic() - start
        used = cpu_seconds(process.pid) - used
        try:
            sink.wait(10)
        except subprocess.TimeoutExpired:
            sink.send_signal(signal.SIGTERM)
        seen = json.loads(sink.communicate()[0])
        process.kill()
        process.wait()
        return seen, used / wall

    def run_live(self, rate=200, seconds=15):
        infile = self.work / "live.jsonl"
        infile.write_bytes(b"")
        seen, used = self.live(infile, rate, seconds, lambda port: self.ours(infile, port, name="live"), MARK_OURS, "trace:lat")
        print(f"\n## Append to arrival at {rate} records/s, spool synced before sending\n")
        print("| arrived | p50 ms | p99 ms | p99.9 ms | max ms | CPU % of a core |\n|---|---|---|---|---|---|")
        print(f"| {seen.get('lat_n')} of {rate * seconds} | {seen['lat_p50_us'] / 1e3:.2f} | {seen['lat_p99_us'] / 1e3:.2f} | "
              f"{seen['lat_p999_us'] / 1e3:.2f} | {seen['lat_max_us'] / 1e3:.2f} | {used * 100:.2f} |")

    def run_outputs(self):
        outputs.run_throughput(self)
        outputs.run_delay(self)

    def run_check(self):
        check.run(self)

    def run_memory(self):
        empty = self.work / "empty.jsonl"
        empty.write_bytes(b"")
        sink, port = self.sink(10 ** 7, MARK_OURS)
        process = self.ours(empty, port, name="idle")
        time.sleep(3)
        idle_pss, before = pss_kib(process.pid), cpu_seconds(process.pid)
        time.sleep(5)
        idle_cpu = (cpu_seconds(process.pid) - before) / 5 * 100
        process.kill()
        process.wait()
        sink.kill()
        sink.wait()
        big = self.work / "big.jsonl"
        if not big.exists():
            long_line = json.dumps({"prompt": "long " * 800_000, "response": "ok", "user": "u", "seq": 1}) + "\n"
            with open(big, "wb") as out:
                while out.tell() < 10 ** 9:
                    with open(self.log, "rb") as part:
                        shutil.copyfileobj(part, out)
                    out.write(long_line.encode())
        sink, port = self.sink(10 ** 7, MARK_OURS)
        process = self.ours(big, port, name="big")
        peak, still, last = 0, 0, -1
        while still < 100:
            peak = max(peak, status_kib(process.pid, "VmHWM"))
            now = sum(f.stat().st_size for f in (self.work / "big/state/spool").glob("seg-*.lsp")) if (
                self.work / "big/state/spool").exists() else 0
            still, last = (still + 1, now) if now == last else (0, now)
            time.sleep(0.02)
        process.kill()
        process.wait()
        sink.kill()
        sink.wait()
        print("\n## Memory\n")
        print("| measure | value |\n|---|---|")
        print(f"| idle PSS, connected over TLS | {idle_pss / 1024:.1f} MB |")
        print(f"| idle CPU | {idle_cpu:.2f} % of a core |")
        print(f"| peak RSS while {big.stat().st_size / 1e9:.2f} GB are drained, documents up to 4 MB | {peak / 1024:.1f} MB |")
        shutil.rmtree(self.work / "big", ignore_errors=True)

    def run_stages(self):
        print("\n## Stages alone, one thread (MB/s and CPU s/GB of input)\n", flush=True)
        subprocess.run([self.args.stages, self.log, self.work], check=True)
        print("\nThe machine's limits (limits.cpp):\n\n```", flush=True)
        for stage in ("read", "json", "hash", "aead"):
            subprocess.run([self.limits_binary, self.log, stage], check=True)
        print("```", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("material", "llmtrail", "stages", "work"):
        parser.add_argument(name)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="bulk,live,memory,stages,outputs,check")
    bench = Bench(parser.parse_args())
    for part in bench.args.only.split(","):
        getattr(bench, f"run_{part}")()


if __name__ == "__main__":
    main()
