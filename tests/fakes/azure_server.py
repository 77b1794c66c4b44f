"""azure_server.py CERTIFICATE KEY OPTIONS LOG: Azure on loopback until its input ends, as far as the Logs Ingestion API
needs it. Prints two ports: https (the API and the token endpoint of Entra ID), then http (the metadata service of a
virtual machine, or the one of the Arc agent).

OPTIONS is a JSON file: rule (a data collection rule's template: the API takes its streams), rule_id, tenant, client_id,
client_secret, token_seconds, key_directory (then http is Arc), bytes_max, poison (an event's id: any batch with it is
refused), events and tokens: what goes wrong with each request for either, in their order; then nothing does. It
enforces the rules of docs/outputs.md ("sentinel") and appends to LOG, one line each, tab between: `stored ID RESENT`,
`unanswered ID` (stored, and the answer said nothing of it), `refused ID` (alone in its batch), `request PATH TOKEN
EVENTS BYTES`, `token HOW`, `violation WHAT`.

The request has the shape that Microsoft's client libraries give it: POST, `content-type: application/json`,
`content-encoding: gzip`, a JSON array of flat objects, `api-version=2023-01-01`, 204 without a body.
"""
import datetime
import http.server
import json
import os
import secrets
import ssl
import sys
import threading
import urllib.parse
import zlib

SCOPE = "https://monitor.azure.com/.default"
RESOURCE = "https://monitor.azure.com"
PAGE = b"<!DOCTYPE html><html><body>no</body></html>"
INT_MAX = 2**31 - 1

options = json.load(open(sys.argv[3], encoding="utf-8"))
template = json.load(open(options["rule"], encoding="utf-8"))
streams = {name: {column["name"]: column["type"] for column in stream["columns"]}
           for name, stream in template["resources"][0]["properties"]["streamDeclarations"].items()}
log_file = open(sys.argv[4], "a", encoding="utf-8", buffering=1)
lock = threading.Lock()
gone = threading.Event()
event_faults = list(options.get("events", []))
token_faults = list(options.get("tokens", []))
valid_tokens = set()
arc_keys = set()


def log(*words):
    log_file.write("\t".join(str(word) for word in words) + "\n")


def violation(what):
    log("violation", what)


def identity(row):
    resent = row.get("EventResent") is True or "llmtrailResent=1" in row.get("AdditionalExtensions", "")
    return row.get("EventUid") or row.get("ExtID") or "?", int(resent)


def has_type(value, kind):
    if kind == "datetime":
        try:
            return value.endswith("Z") and bool(datetime.datetime.fromisoformat(value[:-1]))
        except (AttributeError, ValueError):
            return False
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"string": isinstance(value, str), "boolean": isinstance(value, bool), "real": number,
            "long": number and isinstance(value, int),
            "int": number and isinstance(value, int) and abs(value) <= INT_MAX}[kind]


def check_row(row, columns):
    if not isinstance(row, dict):
        return violation("a row that is no object")
    if "TimeGenerated" not in row:
        violation("a row without TimeGenerated")
    for name, value in row.items():
        if name not in columns:
            violation("column " + name + " is not in the stream")
        elif not has_type(value, columns[name]):
            violation("column " + name + " is no " + columns[name])
        elif isinstance(value, str) and len(value.encode()) > 65_536:
            violation("column " + name + " is too long")
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def answer(self, status, body=b"", headers=(), kind="application/json"):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def fault(self, faults):
        """The next fault; False when it has ended the request before anything was looked at."""
        fault, _, detail = (faults.pop(0) if faults else "ok").partition(":")
        if fault == "page":
            status, _, wait = detail.partition(":")
            headers = [("Retry-After", wait), ("Location", "/x")] if wait else []
            self.answer(int(status), PAGE, headers, "text/html")
            return False, ""
        if fault == "silent":
            lock.release()
            gone.wait(2)
            lock.acquire()
        if fault in ("silent", "cut-before"):
            self.cut()
            return False, ""
        return True, fault

    def do_GET(self):
        with lock:
            self.metadata(urllib.parse.urlsplit(self.path))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            if self.path.endswith("/oauth2/v2.0/token"):
                self.entra(body)
            else:
                self.ingest(urllib.parse.urlsplit(self.path), body)

    def give_token(self, how):
        token = "eyJ0." + secrets.token_urlsafe(600)
        valid_tokens.add(token)
        log("token", how)
        life = options.get("token_seconds", 3600)
        self.answer(200, json.dumps({"token_type": "Bearer", "expires_in": life if how == "secret" else str(life),
                                     "access_token": token}).encode())

    def entra(self, body):
        go_on, _ = self.fault(token_faults)
        if not go_on:
            return None
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        if self.path != f"/{options['tenant']}/oauth2/v2.0/token" or form.get("scope") != SCOPE or \
                form.get("grant_type") != "client_credentials" or not self.server.tls:
            violation("token request " + self.path)
        if form.get("client_id") != options["client_id"]:
            return self.answer(400, b'{"error":"unauthorized_client","error_description":"AADSTS700016"}')
        if form.get("client_secret") != options["client_secret"]:
            return self.answer(401, b'{"error":"invalid_client","error_description":"AADSTS7000215"}')
        return self.give_token("secret")

    def metadata(self, url):
        go_on, _ = self.fault(token_faults)
        if not go_on:
            return None
        asked = dict(urllib.parse.parse_qsl(url.query))
        arc = options.get("key_directory")
        version = "2019-11-01" if arc else "2018-02-01"
        if url.path != "/metadata/identity/oauth2/token" or asked.get("resource") != RESOURCE or \
                asked.get("api-version") != version or self.server.tls:
            violation("metadata request " + self.path)
        if self.headers.get("Metadata") != "true":
            return self.answer(400, b'{"error":"invalid_request"}')
        if asked.get("client_id", options["client_id"]) != options["client_id"]:
            return self.answer(400, b'{"error":"invalid_request","error_description":"Identity not found"}')
        key = self.headers.get("Authorization", "")
        if not arc:
            return self.give_token("imds")
        if key.startswith("Basic ") and key[6:] in arc_keys:
            arc_keys.discard(key[6:])
            return self.give_token("arc")
        name = os.path.join(arc, secrets.token_hex(8) + ".key")
        content = secrets.token_urlsafe(40)
        with open(name, "w", encoding="ascii") as file:
            file.write(content)
        arc_keys.add(content)
        realm = options.get("realm", name)
        return self.answer(401, b"", [("WWW-Authenticate", "Basic realm=" + realm)])

    def ingest(self, url, body):
        fault = (event_faults or ["ok"])[0]
        if fault == "revoke":
            event_faults.pop(0)
            valid_tokens.clear()
        token = self.headers.get("Authorization", "")
        rows, size = [], 0
        if self.headers.get("Content-Encoding") == "gzip":
            packed, body = body, zlib.decompress(body, 31)
            size = max(len(packed), len(body))
            rows = json.loads(body)
        else:
            violation("a body that is not gzip")
        log("request", self.path, token, len(rows), size)
        if not self.server.tls or self.headers.get("Content-Type") != "application/json" or \
                self.headers.get("Expect") or not isinstance(rows, list) or not rows:
            violation("not a request as the API wants it")
        if not token.startswith("Bearer ") or token[7:] not in valid_tokens:
            return self.answer(401, b'{"error":{"code":"InvalidToken"}}')
        parts = url.path.split("/")
        if parts[:2] != ["", "dataCollectionRules"] or parts[3] != "streams" or url.query != "api-version=2023-01-01":
            violation("path " + self.path)
        if parts[2] != options["rule_id"] or parts[4] not in streams:
            return self.answer(404, b'{"error":{"code":"NotFound"}}')
        return self.take(rows, size, streams[parts[4]])

    def take(self, rows, size, columns):
        alone = identity(rows[0])[0] if len(rows) == 1 else None
        fault = (event_faults or ["ok"])[0]
        if alone and fault in ("page:400", "page:413"):
            log("refused", alone)
        go_on, fault = self.fault(event_faults)
        if not go_on:
            return None
        for row in rows:
            check_row(row, columns)
        if size > options.get("bytes_max", 1_000_000) or any(identity(r)[0] == options.get("poison") for r in rows):
            if alone:
                log("refused", alone)
            return self.answer(413 if size > options.get("bytes_max", 1_000_000) else 400, b"{}")
        for row in rows:
            log("stored", *identity(row))
            if fault in ("cut-after", "failed-after"):
                log("unanswered", identity(row)[0])
        if fault == "cut-after":
            return self.cut()
        return self.answer(500 if fault == "failed-after" else 204)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    tls = False

    def handle_error(self, *_):
        if not issubclass(sys.exc_info()[0], (OSError, ssl.SSLError)):
            violation("the server failed: " + repr(sys.exc_info()[1]))


ports = []
for tls in (True, False):
    server = Server(("127.0.0.1", 0), Handler)
    server.tls = tls
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports.append(server.server_address[1])
print(*ports, flush=True)
sys.stdin.read()
gone.set()
