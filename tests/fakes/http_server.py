"""http_server.py CERTIFICATE KEY [TLS_VERSION]: answers on loopback until its standard input ends.

Prints two ports: http, then https. /echo says back what came; /status/N answers N; /redirect leads to /echo;
/big is larger than any answer may be; /cookie sets one; /silent never answers.
"""
import http.server
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        path = self.path
        if path == "/echo":
            lines = [f"{self.command} {path}"] + [f"{k}: {v}" for k, v in self.headers.items()]
            self.answer(200, "\n".join(lines).encode() + b"\n\n" + body, [("X-Odd", "  a: b  ")])
        elif path.startswith("/status/"):
            self.answer(int(path[8:]), b"" if path == "/status/204" else b"no", [("Retry-After", "7")])
        elif path == "/redirect":
            self.answer(302, b"", [("Location", "/echo")])
        elif path == "/big":
            self.answer(200, b"x" * (2 << 20))
        elif path == "/cookie":
            self.answer(200, b"", [("Set-Cookie", "seat=12; Path=/")])
        elif path == "/silent":
            gone.wait()

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that hangs up is what some tests are about


gone = threading.Event()
servers = []
for tls in (False, True):
    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        if len(sys.argv) > 3:
            context.maximum_version = ssl.TLSVersion[sys.argv[3]]
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    servers.append(server.server_address[1])
print(*servers, flush=True)
sys.stdin.read()
gone.set()
