"""hec_server.py CERTIFICATE KEY OPTIONS LOG: a Splunk HTTP Event Collector on loopback until its input ends.

OPTIONS is a JSON file: tokens, disabled (tokens), ack (of the tokens), indexes (allowed; empty: any), bytes_max,
gzip (accepted), poison (an event's id: any batch with it is refused, without saying why), close (the connection, after
each answer), slow_above (bytes of a body that is never answered), events and polls: what goes
wrong with each request for events and for acknowledgements, in their order; then nothing does. It enforces the rules
of docs/outputs.md ("splunk_hec") and appends to LOG, one line each, tab between: `stored ID RESENT`, `lost ID` (in
memory when it restarted), `poisoned ID`, `slow`, `request PATH TOKEN CHANNEL ENCODING COOKIE EVENTS`, `violation WHAT`. With
acknowledgement an event is stored when its batch is acknowledged.
"""
import http.server
import json
import re
import ssl
import sys
import threading
import uuid
import zlib

CODES = {0: (200, "Success"), 1: (403, "Token disabled"), 2: (401, "Token is required"),
         3: (401, "Invalid authorization"), 4: (403, "Invalid token"), 5: (400, "No data"),
         6: (400, "Invalid data format"), 7: (400, "Incorrect index"), 8: (500, "Internal server error"),
         9: (503, "Server is busy"), 10: (400, "Data channel is missing"), 11: (400, "Invalid data channel"),
         12: (400, "Event field is required"), 13: (400, "Event field cannot be blank"), 14: (400, "ACK is disabled"),
         15: (400, "Error in handling indexed fields"), 16: (400, "Query string authorization is not enabled"),
         17: (200, "HEC is healthy"), 18: (503, "HEC is unhealthy, queues are full"),
         19: (503, "HEC is unhealthy, ack service unavailable"), 20: (503, "HEC is unhealthy"),
         21: (400, "Invalid token"), 22: (400, "Token disabled"), 23: (503, "Server is shutting down"),
         24: (200, "Success, queue nearly full"), 25: (200, "Success, acks nearly used up"),
         26: (429, "Queue at capacity"), 27: (429, "ACK channel at capacity")}
ENVELOPE = {"time", "host", "source", "sourcetype", "index", "event", "fields"}
HTML = b"<!DOCTYPE html><html><body>no</body></html>"

options = json.load(open(sys.argv[3], encoding="utf-8"))
log_file = open(sys.argv[4], "a", encoding="utf-8", buffering=1)
lock = threading.Lock()
gone = threading.Event()
event_faults = list(options.get("events", []))
poll_faults = list(options.get("polls", []))
channels = {}  # id: [next number, {number: events waiting for acknowledgement}]


def log(*words):
    log_file.write("\t".join(str(word) for word in words) + "\n")


def identity(envelope):
    event = envelope["event"]
    if isinstance(event, dict):
        return event.get("event.id", "?"), int(bool(event.get("event.resent")))
    found = re.search(r"externalId=(\S+)", event)
    return (found.group(1) if found else "?"), int(" llmtrailResent=1" in event)


def store(events):
    for event in events:
        log("stored", *identity(event))


class Refused(Exception):
    def __init__(self, code, number=None):
        super().__init__(code)
        self.code, self.number = code, number


def objects_of(body):
    """The events of a body, and the refusal that ends them, if any."""
    events = []
    text = body.decode("utf-8", "strict")
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        number = len(events)
        try:
            item, at = decoder.raw_decode(text, at)
        except ValueError:
            return events, Refused(6, number)
        if not isinstance(item, dict):
            return events, Refused(6, number)
        if set(item) - ENVELOPE:
            log("violation", "unknown envelope key")
            return events, (Refused(5) if not events else None)
        for key in ("host", "source", "sourcetype", "time"):
            if key not in item:
                log("violation", "an object without " + key)
        if "event" not in item:
            return events, Refused(12, number)
        if item["event"] is None or item["event"] is False:
            return events, Refused(6, number)
        if isinstance(item["event"], str) and not item["event"].strip():
            return events, Refused(13, number)
        for value in item.get("fields", {}).values():
            if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, (dict, list)) for v in value)):
                return events, Refused(15, number)
        if options.get("indexes") and item.get("index") not in options["indexes"]:
            return events, Refused(7, number + 1)
        events.append(item)
    return events, (None if events else Refused(5))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def answer(self, status, body, headers=(), kind="application/json"):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if options.get("close"):
            self.cut()

    def answer_code(self, code, headers=(), **more):
        status, text = CODES[code]
        self.answer(status, json.dumps({"text": text, "code": code, **more}).encode(), headers)

    def answer_page(self, status, headers=()):
        self.answer(status, HTML, headers, "text/html")

    def cut(self):
        self.close_connection = True
        self.connection.close()

    def never_answer(self):
        gone.wait(2)
        self.cut()

    def do_GET(self):
        if self.path == "/services/collector/health":
            return self.answer_code(17)
        return self.answer_page(404)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if event_faults[:1] == ["cut-mid"] and self.path == "/services/collector/event":
            event_faults.pop(0)
            self.rfile.read(length // 2)
            return self.cut()
        body = self.rfile.read(length)
        if 0 < options.get("slow_above", 0) < length:
            log("slow")
            return self.never_answer()
        token = self.headers.get("Authorization", "")
        channel = self.headers.get("X-Splunk-Request-Channel", "")
        encoding = self.headers.get("Content-Encoding", "")
        with lock:
            try:
                self.take(body, token, channel, encoding)
            except Refused as refused:
                number = {} if refused.number is None else {"invalid-event-number": refused.number}
                self.answer_code(refused.code, **number)

    def take(self, body, token, channel, encoding):
        words = ["request", self.path, token, channel, encoding, self.headers.get("Cookie", "")]
        if self.headers.get("Expect"):
            log("violation", "Expect")
        if not token:
            raise Refused(2)
        if not token.startswith("Splunk "):
            raise Refused(3)
        if token[7:] in options.get("disabled", []):
            log(*words, 0)
            raise Refused(1)
        if token[7:] not in options["tokens"]:
            log(*words, 0)
            raise Refused(4)
        if self.path == "/services/collector/ack":
            log(*words, 0)
            return self.acks(json.loads(body), channel)
        if self.path != "/services/collector/event":
            log("violation", "path " + self.path)
            return self.answer_page(404)
        if encoding == "gzip" and options.get("gzip", True):
            body = zlib.decompress(body, 31)
        elif encoding:
            log(*words, 0)
            return self.answer_page(415)
        if len(body) > options.get("bytes_max", 900_000):
            log(*words, 0)
            return self.answer_page(413)
        if options["ack"]:
            self.check_channel(channel)
        events, refused = objects_of(body)
        log(*words, len(events))
        return self.events(events, refused, channel)

    def check_channel(self, channel):
        if not channel:
            raise Refused(10)
        try:
            uuid.UUID(channel)
        except ValueError:
            raise Refused(11) from None

    def events(self, events, refused, channel):
        fault, _, detail = (event_faults.pop(0) if event_faults else "ok").partition(":")
        seat = [("Set-Cookie", "seat=7; Path=/")]
        if fault == "restart":
            for _, waiting in channels.values():
                for held in waiting.values():
                    for event in held:
                        log("lost", identity(event)[0])
            channels.clear()
        if fault == "page":
            status, _, wait = detail.partition(":")
            return self.answer_page(int(status), [("Retry-After", wait), ("Location", "/x")] if wait else [])
        if fault == "silent":
            lock.release()
            self.never_answer()
            lock.acquire()
            return None
        if fault == "cut-before":
            return self.cut()
        if fault == "redirect":
            return self.answer_page(307, [("Location", detail)])
        if fault == "blind":
            return self.answer_code(6)
        if fault == "invalid":
            number, code = (int(part) for part in (detail.split(":") + ["6"])[:2])
            number = min(number, len(events) - 1)
            store(events[:number])
            log("poisoned", identity(events[number])[0])
            raise Refused(code, number + 1 if code == 7 else number)  # that one counts from 1
        if fault == "code" and CODES[int(detail)][0] != 200:
            return self.answer_code(int(detail), [("Retry-After", "1")])
        if options.get("poison") == "all" or any(identity(event)[0] == options.get("poison") for event in events):
            return self.answer_code(6)
        ack = {}
        if refused and refused.number is not None:
            store(events)
            raise refused
        if refused:
            raise refused
        if not options["ack"]:
            store(events)
        else:
            state = channels.setdefault(channel, [0, {}])
            if fault != "never-acked":
                state[1][state[0]] = events
            if fault != "no-id":
                ack = {"ackId": state[0]}
            state[0] += 1
        if fault in ("cut-after", "half-status", "half-answer"):
            self.wfile.write({"cut-after": b"", "half-status": b"HTTP/1.1 20",
                              "half-answer": b"HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{\"text\":\"Suc"}[fault])
            return self.cut()
        return self.answer_code(int(detail) if fault == "code" else 0, seat, **ack)

    def acks(self, asked, channel):
        if not options["ack"]:
            raise Refused(14)
        self.check_channel(channel)
        fault = poll_faults.pop(0) if poll_faults else "ok"
        if fault == "busy":
            return self.answer_code(9)
        if fault == "page":
            return self.answer_page(200)
        waiting = channels.get(channel, [0, {}])[1]
        answer = {}
        for number in asked["acks"]:
            known = fault != "none" and number in waiting
            if known:
                store(waiting.pop(number))
            answer[str(number)] = known
        if fault == "cut-after":
            return self.cut()
        return self.answer(200, json.dumps({"acks": answer}).encode())

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        if not issubclass(sys.exc_info()[0], (OSError, ssl.SSLError)):
            log("violation", "the server failed: " + repr(sys.exc_info()[1]))


server = Server(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
gone.set()
