"""The real binary and a real rsyslogd in a temporary folder, for the scenarios beside this file."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)


class Site:
    """A folder with logs, certificates, a configuration, and whatever was started in it."""

    def __init__(self, llmtrail):
        self.llmtrail = llmtrail
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.logs, self.tls, self.syslog = self.path / "logs", self.path / "tls", self.path / "syslog"
        self.logs.mkdir()
        subprocess.run([HERE / "make_certificates", self.tls], check=True)
        self.started = []

    def close(self):
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.folder.cleanup()

    def start_rsyslog(self, port=0, transport="tcp", auth="x509/certvalid"):
        done = subprocess.run([HERE / "start_rsyslog", self.syslog, self.tls, str(port), transport, auth], check=True, capture_output=True, text=True)
        self.receiver = int(done.stdout)
        self.started.append(self.receiver)
        return int((self.syslog / "port").read_text())

    def stop_receiver(self):
        os.kill(self.receiver, signal.SIGTERM)
        self.started.remove(self.receiver)
        port = int((self.syslog / "port").read_text())
        wait_until("the receiver's end", lambda: socket.socket().connect_ex(("127.0.0.1", port)) != 0)

    def configure(self, port, ca="ca.pem", client=True, transport="tls", extra=""):
        identity = f", cert_file: {self.tls}/client.pem, key_file: {self.tls}/client.key" if client else ""
        (self.path / "agent.yaml").write_text(f"""state_dir: {self.path}/state
sources:
  - id: app
    paths: [{self.logs}/*.jsonl]
outputs:
  - id: soc
    type: syslog
    address: localhost:{port}
    transport: {transport}
    tls: {{ca_file: {self.tls}/{ca}{identity}}}
    preview: {{prompt: 200, response: 200}}
spool: {{min_free: 1MiB}}
{extra}""")

    def run(self, *arguments, expect=None):
        done = subprocess.run([self.llmtrail, *arguments], capture_output=True, text=True)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{arguments} gave {done.returncode}, not {expect}\n{done.stdout}{done.stderr}")
        return done

    def run_once(self, deadline=60, expect=0):
        return self.run("run", "--once", "--deadline", str(deadline), "--config", self.path / "agent.yaml", expect=expect)

    def start_agent(self, config=None):
        self.agent_log = self.path / "agent.log"
        with open(self.agent_log, "ab") as log:
            agent = subprocess.Popen([self.llmtrail, "run", "--config", config or self.path / "agent.yaml"], stdout=log, stderr=log)
        self.started.append(agent.pid)
        return agent

    def stop_agent(self, agent, seconds=10):
        start = time.monotonic()
        agent.send_signal(signal.SIGTERM)
        code = agent.wait(seconds)
        self.started.remove(agent.pid)
        return code, time.monotonic() - start

    def verify(self, spool="state/spool", *arguments):
        return self.run("verify", "--spool", self.path / spool, "--keys", self.path / "state/keys", *arguments)

    def events(self):
        file = self.syslog / "events"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def event_ids(self):
        return [re.search(r"externalId=(\w+)", line).group(1) for line in self.events()]

    def log_text(self):
        return self.agent_log.read_text(errors="replace")


def sent_by_ledger(text):
    return int(re.search(r"^output soc:.* (?:sent|acknowledged)=(\d+)", text, re.M).group(1))
