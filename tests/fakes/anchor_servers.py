#!/usr/bin/env python3
"""A timestamp authority and a witness on loopback, for tests.

Usage: anchor_servers.py DIRECTORY ORIGIN KEY   (the log the witness knows: origin, public key in hex)
Prints the ports for http and https and the witness's key, then serves until stdin is closed.
Answers come from `openssl ts` and `openssl pkeyutl`: not from the code under test.
"""
import base64, hashlib, os, ssl, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

directory, log_origin, log_key = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3])
lock = threading.Lock()
WITNESS = "witness.example/w1"
ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo before the 32 bytes


def path(name):
    return os.path.join(directory, name)


def write(name, content):
    with open(path(name), "wb") as out:
        out.write(content if isinstance(content, bytes) else content.encode())


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=directory).stdout


def issue(name, extensions):
    write(name + ".ext", extensions)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name + ".key")
    openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr")
    openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2",
            "-set_serial", str(int.from_bytes(os.urandom(8), "big") >> 1), "-extfile", name + ".ext",
            "-out", name + ".pem")


def make_authority(name):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name + ".key")
    openssl("req", "-x509", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-days", "2",
            "-addext", "keyUsage=critical,keyCertSign", "-out", name + ".pem")


def prepare():
    make_authority("other")
    make_authority("ca")
    issue("tsa", "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    issue("tls", "subjectAltName=IP:127.0.0.1\n")
    write("serial", "01\n")
    write("ts.conf", "[tsa]\ndefault_tsa = one\n[one]\nserial = serial\ncrypto_device = builtin\n"
          "signer_cert = tsa.pem\ncerts = ca.pem\nsigner_key = tsa.key\nsigner_digest = sha256\n"
          "default_policy = 1.2.3.4.1\nother_policies = 1.2.3.4.2\ndigests = sha256\n"
          "accuracy = secs:1\nordering = no\ntsa_name = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n")
    openssl("genpkey", "-algorithm", "ED25519", "-out", "witness.key")
    return openssl("pkey", "-in", "witness.key", "-pubout", "-outform", "DER")[-32:]


def stamp(query):
    with lock:
        write("query", query)
        openssl("ts", "-reply", "-config", "ts.conf", "-section", "one", "-queryfile", "query", "-out", "reply")
        return read("reply")


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def consistent(old, new, old_root, new_root, proof):  # RFC 9162, 2.1.4.2
    if old == 0 or old == new:
        return not proof and (old == 0 or old_root == new_root)
    proof = list(proof)
    if old & (old - 1) == 0:
        proof.insert(0, old_root)
    if not proof:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    left = right = proof.pop(0)
    for hash in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            left, right = node(hash, left), node(hash, right)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            right = node(right, hash)
        first, last = first >> 1, last >> 1
    return last == 0 and left == old_root and right == new_root


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def signed_by_log(text, lines):
    for line in lines:
        dash, name, raw = line.split(" ")
        raw = base64.b64decode(raw, validate=True)
        if dash == "\u2014" and name == log_origin and raw[:4] == key_id(name, 1, log_key):
            write("log.der", ED25519_DER + log_key)
            write("signed", text)
            write("signature", raw[4:])
            checked = subprocess.run(
                ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey",
                 "log.der", "-in", "signed", "-sigfile", "signature"], cwd=directory,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return checked.returncode == 0
    return False


known = {"size": 0, "root": b""}


def cosign(text):
    now = int(time.time())
    write("signed", f"cosignature/v1\ntime {now}\n{text}")
    signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", "witness.key", "-in", "signed")
    raw = key_id(WITNESS, 4, witness_key) + now.to_bytes(8, "big") + signature
    stranger = key_id("stranger", 4, witness_key) + now.to_bytes(8, "big") + bytes(64)
    return (f"\u2014 stranger {base64.b64encode(stranger).decode()}\n"
            f"\u2014 {WITNESS} {base64.b64encode(raw).decode()}\n").encode()


def add_checkpoint(body):
    with lock:
        head, _, rest = body.decode().partition("\n\n")
        old, *proof = head.split("\n")
        text, _, lines = rest.partition("\n\n")
        text += "\n"
        origin, size, root = text.split("\n")[:3]
        old, size, root = int(old.removeprefix("old ")), int(size), base64.b64decode(root)
        if origin != log_origin:
            return 404, "text/plain", b""
        if not signed_by_log(text, lines.splitlines()):
            return 403, "text/plain", b""
        if old > size or len(proof) > 63:
            return 400, "text/plain", b""
        if old != known["size"] or (old == size and root != known["root"]):
            return 409, "text/x.tlog.size", f"{known['size']}\n".encode()
        if not consistent(old, size, known["root"], root, [base64.b64decode(p) for p in proof]):
            return 422, "text/plain", b""
        known.update(size=size, root=root)
        return 200, "text/plain", cosign(text)


REPLY = "application/timestamp-reply"
last_reply = b""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global last_reply
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/tsa":
            last_reply = stamp(body)
            self.answer(200, REPLY, last_reply)
        elif self.path == "/tsa/replay":
            self.answer(200, REPLY, last_reply)
        elif self.path == "/tsa/broken":
            reply = bytearray(stamp(body))
            reply[-1] ^= 1
            self.answer(200, REPLY, bytes(reply))
        elif self.path == "/tsa/redirect":
            self.answer(302, REPLY, b"", {"Location": f"http://127.0.0.1:{self.server.server_port}/tsa"})
        elif self.path == "/tsa/huge":
            self.answer(200, REPLY, bytes(1 << 20))
        elif self.path == "/tsa/slow":
            time.sleep(30)
        elif self.path == "/tsa/page":
            self.answer(200, "text/html; charset=utf-8", b"<html>")
        elif self.path == "/witness/add-checkpoint":
            self.answer(*add_checkpoint(body))
        elif self.path == "/witness/forget":
            known.update(size=0, root=b"")
            self.answer(200, "text/plain", b"")
        else:
            self.answer(500, "text/plain", b"")

    def answer(self, status, kind, body, more={}):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(tls):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path("tls.pem"), path("tls.key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


witness_key = prepare()
vkey = f"{WITNESS}+{key_id(WITNESS, 4, witness_key).hex()}+{base64.b64encode(bytes([4]) + witness_key).decode()}"
print(f"{serve(False)} {serve(True)} {vkey}", flush=True)
sys.stdin.read()
