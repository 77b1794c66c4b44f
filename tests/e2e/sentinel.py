#!/usr/bin/env python3
"""sentinel.py LLMTRAIL: the real binary delivers to a scripted Logs Ingestion API that fails in many ways and knows the
columns of conf/sentinel; every record arrives, what comes twice is marked, and neither the client secret nor a token
is anywhere but where it belongs. Then the same with the identity of the host, to CommonSecurityLog."""
import sys

from agent import HERE, Site
from scenarios import golden_logs
from scripted_server import ScriptedServer, delivers, write_secret

SECRET = "canary-5d0e91b3-client-secret"
TENANT = "contoso.example"
CLIENT = "11111111-2222-3333-4444-555555555555"
RULE = "dcr-0123456789abcdef"
FAULTS = ["page:503", "cut-after", "page:429:1", "ok", "page:401", "failed-after", "revoke", "cut-before"]


def configure(site, server, secret, stream, auth):
    site.path.joinpath("agent.yaml").write_text(f"""state_dir: {site.path}/state
sources:
  - id: app
    paths: [{site.logs}/*.jsonl]
outputs:
  - id: azure
    type: sentinel
    endpoint: https://localhost:{server.ports[0]}
    rule_id: {RULE}
    stream: {stream}
    auth: {auth.format(https=server.ports[0], http=server.ports[1], secret=secret)}
    max_batch: 16KiB
    preview: {{prompt: 200, response: 200}}
    tls: {{ca_file: {site.tls}/ca.pem}}
spool: {{min_free: 1MiB}}
""")


def run(llmtrail, stream, auth):
    site = Site(llmtrail)
    server = ScriptedServer(site, "azure_server.py", rule=str(HERE.parents[1] / "conf/sentinel/data-collection-rule.json"),
                            rule_id=RULE, tenant=TENANT, client_id=CLIENT, client_secret=SECRET, events=FAULTS,
                            tokens=["page:503"])
    try:
        golden_logs(site)
        secret = write_secret(site, SECRET)
        configure(site, server, secret, stream, auth)
        if "secret" in auth:
            said = delivers(site, server, secret, SECRET)
        else:
            site.run("check", "--config", site.path / "agent.yaml", expect=0)
            done = site.run_once(deadline=120)
            said = done.stdout + done.stderr
            assert len({event for event, _ in server.lines("stored")}) > 40
            assert not server.lines("violation"), server.lines("violation")
        tokens = {words[1] for words in server.lines("request")}
        assert len(tokens) >= 2, "a revoked token was not renewed"
        assert not any(token in said for token in tokens)
    finally:
        server.close()
        site.close()


if __name__ == "__main__":
    run(sys.argv[1], "Custom-LlmTrail_CL",
        "{{kind: client_secret, tenant_id: " + TENANT + ", client_id: " + CLIENT +
        ", client_secret: '${{file:{secret}}}', authority: 'https://localhost:{https}'}}")
    print("client secret, LlmTrail_CL: held")
    run(sys.argv[1], "Custom-CommonSecurityLog", "{{kind: managed_identity, imds_url: 'http://127.0.0.1:{http}'}}")
    print("managed identity, CommonSecurityLog: held")
