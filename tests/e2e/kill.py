#!/usr/bin/env python3
"""kill.py LLMTRAIL KILLS [SEED]: the real binary killed with SIGKILL at random moments under load, with a real rsyslog
as receiver over TLS 1.3. Afterwards every document's event has arrived at least once, an event that came twice came
with the same id, and the spool was never reported TAMPERED. Prints one line of counts; exit 0 when all holds.
"""
import collections
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
VERDICTS = {0: "CLEAN", 3: "OPEN_TAIL", 4: "TORN_TAIL", 5: "TAMPERED", 6: "CANNOT_VERIFY"}


class Writer(threading.Thread):
    """Appends numbered documents to a log, renames it now and then, until told to stop."""

    def __init__(self, directory, seed):
        super().__init__()
        self.directory, self.random = directory, random.Random(seed)
        self.written, self.stopping, self.rotations = 0, threading.Event(), 0

    def run(self):
        path = self.directory / "app.jsonl"
        out = open(path, "ab", buffering=0)
        while not self.stopping.wait(self.random.uniform(0.001, 0.02)):
            for _ in range(self.random.randint(1, 12)):
                out.write(self.document())
            if self.random.random() < 0.01:
                out.close()
                self.rotations += 1
                path.rename(self.directory / f"app.{self.rotations}.jsonl")
                out = open(path, "ab", buffering=0)
        out.close()

    def document(self):
        number = self.written
        self.written += 1
        text = "x" * self.random.randint(1, 3000) + " \u2028=|\\\n CEF:0|forged|"
        return (json.dumps({
            "request_id": f"doc-{number}-end",
            "request": {"model": "m", "messages": [{"role": "user", "content": text}]},
            "response": {"id": "r", "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"},
                                                 "finish_reason": "stop"}]},
        }) + "\n").encode()


def main():
    llmtrail, kills, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "logs").mkdir()
        subprocess.run([HERE / "make_certificates", work / "tls"], check=True)
        rsyslog = int(subprocess.run([HERE / "start_rsyslog", work / "syslog", work / "tls"], check=True,
                                     capture_output=True, text=True).stdout)
        try:
            return trial(llmtrail, kills, seed, chance, work)
        finally:
            os.kill(rsyslog, signal.SIGTERM)


def trial(llmtrail, kills, seed, chance, work):
    config = work / "agent.yaml"
    port = (work / "syslog/port").read_text().strip()
    config.write_text(f"""state_dir: {work}/state
sources:
  - id: app
    paths: [{work}/logs/*.jsonl]
outputs:
  - id: soc
    type: syslog
    address: localhost:{port}
    tls: {{ca_file: {work}/tls/ca.pem, cert_file: {work}/tls/client.pem, key_file: {work}/tls/client.key}}
spool: {{segment: {{max_size: 1MiB}}, min_free: 1MiB, max_size: 512MiB}}
""")
    writer = Writer(work / "logs", seed)
    writer.start()
    verdicts = collections.Counter()
    try:
        for _ in range(kills):
            with open(work / "agent.log", "ab") as log:
                agent = subprocess.Popen([llmtrail, "run", "--config", config], stdout=log, stderr=log)
            try:
                agent.wait(chance.uniform(0.01, 1.8))
                print((work / "agent.log").read_text()[-2000:], file=sys.stderr)
                print(f"the agent ended by itself with {agent.returncode}", file=sys.stderr)
                return 1
            except subprocess.TimeoutExpired:
                agent.kill()
                agent.wait()
            verdicts[verify(llmtrail, work)] += 1
    finally:
        writer.stopping.set()
        writer.join()
    last = subprocess.run([llmtrail, "run", "--once", "--deadline", "120", "--config", config], capture_output=True, text=True)
    verdicts[verify(llmtrail, work)] += 1
    return judge(writer, verdicts, last, work, seed)


def verify(llmtrail, work):
    done = subprocess.run([llmtrail, "verify", "--spool", work / "state/spool", "--keys", work / "state/keys"],
                          capture_output=True, text=True)
    verdict = VERDICTS.get(done.returncode, f"exit {done.returncode}")
    # Killed before the first segment existed there is nothing to verify.
    if verdict not in ("CLEAN", "OPEN_TAIL", "TORN_TAIL") and list(work.glob("state/spool/seg-*.lsp")):
        print(done.stdout + done.stderr, file=sys.stderr)
    return verdict


def judge(writer, verdicts, last, work, seed):
    ids = collections.defaultdict(set)
    arrivals = 0
    deadline = time.monotonic() + 30
    while True:
        ids.clear()
        arrivals = 0
        for line in (work / "syslog/events").read_text(encoding="utf-8", errors="replace").splitlines():
            document = re.search(r"request:doc-(\d+)-end", line)
            if document:
                arrivals += 1
                ids[int(document.group(1))].add(re.search(r"externalId=(\w+)", line).group(1))
        if len(ids) >= writer.written or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    missing = [n for n in range(writer.written) if n not in ids]
    changed = [n for n, found in ids.items() if len(found) > 1]
    print(f"kills {sum(verdicts.values()) - 1}, seed {seed}, documents {writer.written}, rotations {writer.rotations}, "
          f"missing {len(missing)}, arrived more than once {arrivals - len(ids)}, with another id {len(changed)}, "
          f"last run exit {last.returncode}, verdicts {dict(verdicts)}")
    good = not missing and not changed and last.returncode == 0 and verdicts["TAMPERED"] == 0
    if not good:
        print("missing:", missing[:20], "changed:", changed[:20], last.stdout, last.stderr, file=sys.stderr)
        print((work / "agent.log").read_text()[-3000:], file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
