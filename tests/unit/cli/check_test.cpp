#include "cli/permission_advisor.h"
#include "command_case.h"

using namespace llmtrail;

namespace {

void write_config(CommandCase& command, const std::string& more = "") {
    command.files.files["/e/agent.yaml"].text =
        "state_dir: /state\nsources:\n  - id: app\n    paths: [/logs/*.log, /gone/x.log]\n"
        "    exclude: [/logs/skip.log]\n    map: {user.id: metadata.employee_id}\n" +
        more;
    command.files.files["/logs/a.log"].text = "{\"metadata\":{\"employee_id\":\"E17\"}}\n";
    command.files.files["/logs/b.log"].text = "{}\n";
    command.files.files["/logs/skip.log"].text = "{}\n";
    command.files.files["/logs/other.txt"].text = "{}\n";
    command.files.files["/state/keys/local.key"] = {"", 0600, 0, ErrorCode::kInternal};
}

}  // namespace

TEST_CASE("check says what it understood") {
    CommandCase command;
    write_config(command,
                 "outputs:\n  - {id: soc, type: syslog, address: 'siem:514', transport: tcp, "
                 "preview: {prompt: 9}}\n"
                 "  - {id: local, type: file, path: /logs/out.cef}\n");
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kOk);
    CHECK(contains(command.data.text, "source app: 2 files, format auto"));
    CHECK(contains(command.data.text, "not there now: /gone/x.log"));
    CHECK(contains(command.data.text, "output soc: syslog to siem port 514, plain TCP"));
    CHECK(contains(command.data.text, "text leaves: 9 characters of each prompt"));
    CHECK(contains(command.data.text, "output local: file /logs/out.cef"));
    CHECK(contains(command.data.text, "spool /state/spool: at most 8GiB"));
    CHECK(contains(command.talk_text.text, "sends events over the network unencrypted"));
}

TEST_CASE("check lists the anchors, and says which of their files cannot be read") {
    CommandCase command;
    write_config(command,
                 "anchors:\n  - {id: tsa, type: timestamp, url: 'https://tsa.example.com/', "
                 "ca_file: /e/tsa.pem}\n");
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kIo);
    CHECK(contains(command.data.text,
                   "anchor tsa: timestamp authority at https://tsa.example.com/, asked every 1h"));
    CHECK(contains(command.talk_text.text, "anchor `tsa`: opening /e/tsa.pem"));
    command.files.files["/e/tsa.pem"].text = "x";
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kOk);
}

TEST_CASE("check warns of a full disk and of a configuration without outputs") {
    CommandCase command;
    write_config(command);
    command.files.free = 1000;
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kOk);
    CHECK(contains(command.talk_text.text, "less than min_free"));
    CHECK(contains(command.talk_text.text, "no output is configured"));
}

TEST_CASE("without a source check says what to do next, and what is there to read refuses") {
    CommandCase command;
    command.files.files["/e/agent.yaml"].text = "state_dir: /state\n";
    command.files.files["/logs/a.log"].text = "{}\n";
    command.files.files["/state/keys/local.key"] = {"", 0600, 0, ErrorCode::kInternal};
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kOk);
    CHECK(contains(command.talk_text.text, "warning: no source is configured"));
    CHECK(contains(command.talk_text.text, "/etc/llmtrail/conf.d"));
    CHECK(command.run({"check", "--config", "/e/agent.yaml", "--sample", "/logs/a.log"}) ==
          ExitCode::kConfig);
    CHECK(command.run({"run", "--once", "--config", "/e/agent.yaml"}) == ExitCode::kConfig);
    CHECK(contains(command.talk_text.text, "error: no source is configured"));
}

TEST_CASE("check names the file that may not be read, and the folder that blocks") {
    CommandCase command;
    write_config(command);
    command.files.files["/logs/b.log"].refusal = ErrorCode::kPermission;
    command.files.files["/logs/b.log"].mode = 0640;
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kPermission);
    CHECK(contains(command.talk_text.text,
                   "`/logs/b.log` (mode 0640, owner 0) may not be read by this user"));
    CHECK(contains(command.talk_text.text, "setfacl -m u:llmtrail:r /logs/b.log"));
    command.files.closed_folders = {"/logs"};
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kPermission);
    CHECK(contains(command.talk_text.text,
                   "`/logs` (mode 0755, owner 0) may not be looked into by this user"));
    CHECK(contains(command.talk_text.text, "setfacl -m u:llmtrail:rx /logs\n"));
}

TEST_CASE("check names the closed folder above a source once, for a glob and for a plain path") {
    CommandCase command;
    command.files.files["/state/keys/local.key"] = {"", 0600, 0, ErrorCode::kInternal};
    command.files.files["/srv/private/logs/a.jsonl"].text = "{}\n";
    command.files.folder_mode = 0700;
    command.files.closed_folders = {"/srv/private"};
    for (const char* path : {"/srv/private/logs/*.jsonl", "/srv/private/logs/a.jsonl",
                             "/srv/private/a.jsonl", "/srv/private/*/*.jsonl"}) {
        CAPTURE(path);
        bool lists = std::string_view(path).starts_with("/srv/private/*");
        command.talk_text.text.clear();
        command.files.files["/e/agent.yaml"].text =
            "state_dir: /state\nsources:\n  - {id: app, paths: ['" + std::string(path) + "']}\n";
        CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kPermission);
        const std::string& said = command.talk_text.text;
        CHECK(contains(said, "`/srv/private` (mode 0700, owner 0) may not be " +
                                 std::string(lists ? "looked into" : "entered")));
        CHECK(contains(said, lists ? "setfacl -m u:llmtrail:rx /srv/private\n"
                                   : "setfacl -m u:llmtrail:x /srv/private\n"));
        CHECK(said.find("source `app`") == said.rfind("source `app`"));
        CHECK(said.find("setfacl") == said.rfind("setfacl"));
    }
}

TEST_CASE("check says when state cannot be written or a certificate is not there") {
    CommandCase command;
    write_config(
        command,
        "outputs:\n  - {id: soc, type: syslog, address: 'siem:6514', tls: {ca_file: /e/ca.pem}}\n");
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kIo);
    CHECK(contains(command.talk_text.text, "output `soc`: opening /e/ca.pem"));
    command.files.files["/e/ca.pem"].text = "x";
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kOk);
    command.own_user = 999;
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kPermission);
    CHECK(contains(command.talk_text.text,
                   "`/state` (mode 0755, owner 0) may not be written by this user"));
}

TEST_CASE("the advisor finds the folder that may not be entered") {
    MemoryFiles files;
    files.files["/var/log/app/deep/a.log"].text = "x";
    CHECK(advise_on_reading("/var/log/app/deep/a.log", files).usable);
    files.closed_folders = {"/var/log/app"};
    Advice advice = advise_on_reading("/var/log/app/deep/a.log", files);
    CHECK_FALSE(advice.usable);
    CHECK(advice.permission);
    CHECK(advice.problem == "`/var/log/app` (mode 0755, owner 0) may not be entered by this user");
    CHECK(advice.remedy == "setfacl -m u:llmtrail:x /var/log/app");
    CHECK_FALSE(advise_on_reading("/nowhere", files).permission);
}

TEST_CASE("the advisor tells a folder that may not be listed from one below a closed folder") {
    MemoryFiles files;
    files.files["/srv/private/logs/a.log"].text = "x";
    CHECK(advise_on_listing("/srv/private/logs", files).usable);
    files.closed_folders = {"/srv/private"};
    CHECK(advise_on_listing("/srv/private/logs", files).remedy ==
          "setfacl -m u:llmtrail:x /srv/private");
    CHECK(advise_on_listing("/srv/private/logs/a.log", files).remedy ==
          "setfacl -m u:llmtrail:x /srv/private");
    Advice itself = advise_on_listing("/srv/private", files);
    CHECK(itself.permission);
    CHECK(itself.problem ==
          "`/srv/private` (mode 0755, owner 0) may not be looked into by this user");
    CHECK(itself.remedy == "setfacl -m u:llmtrail:rx /srv/private");
    CHECK_FALSE(advise_on_listing("/nowhere", files).permission);
}

TEST_CASE("a bad configuration is 78 with its places, and 77 when only its permissions are wrong") {
    CommandCase command;
    command.files.files["/e/agent.yaml"].text = "sorces: []\n";
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kConfig);
    CHECK(contains(command.talk_text.text, "/e/agent.yaml:1:1: error: unknown key `sorces`"));
    CHECK(contains(command.talk_text.text,
                   "llmtrail: error: the configuration cannot be used: 1 error\n"));
    CHECK(command.data.text.empty());
    command.files.files["/e/agent.yaml"].mode = 0666;
    CHECK(command.run({"check", "--config", "/e/agent.yaml"}) == ExitCode::kPermission);
    CHECK(command.run({"run", "--config", "/e/agent.yaml"}) == ExitCode::kPermission);
    CHECK(command.run({"check", "--config", "/none.yaml"}) == ExitCode::kConfig);
}

TEST_CASE("--sample says which map lines found nothing") {
    CommandCase command;
    write_config(command);
    CHECK(command.run({"check", "--config", "/e/agent.yaml", "--sample", "/logs/a.log"}) ==
          ExitCode::kOk);
    CHECK(contains(command.data.text, "source app: documents 1, records 1, rejected 0"));
    CHECK(contains(command.data.text, "user.id: metadata.employee_id: found in 1 documents"));
    CHECK(command.run({"check", "--config", "/e/agent.yaml", "--sample", "/logs/b.log"}) ==
          ExitCode::kConfig);
    CHECK(
        contains(command.talk_text.text, "map line `user.id: metadata.employee_id` found nothing"));
    CHECK(command.run({"check", "--config", "/e/agent.yaml", "--sample", "/logs/none"}) ==
          ExitCode::kIo);
}

TEST_CASE(
    "the project's example configuration is valid with the real names of fields and formats") {
    CommandCase command;
    command.files.files["/e/agent.yaml"].text = project_file("conf/agent.yaml");
    command.files.files["/var/x"].text = "";
    command.run({"check", "--config", "/e/agent.yaml"});
    CHECK(contains(command.data.text, "configuration /e/agent.yaml: no errors"));
    ConfigVocabulary vocabulary = config_vocabulary();
    std::string example = project_file("conf/agent.yaml");
    for (const char* field : {"user.id", "user.roles", "device.id", "llm.audit.purpose"}) {
        CHECK(contains(example, std::string(field) + ": "));
        CHECK(std::count(vocabulary.map_fields.begin(), vocabulary.map_fields.end(), field) == 1);
    }
    CHECK(std::count(vocabulary.classes.begin(), vocabulary.classes.end(), uint16_t{605}) == 1);
}

TEST_CASE("check warns of packed files that a source would read as a growing log") {
    CommandCase command;
    auto check = [&](const std::string& more) {
        command.talk_text.text.clear();
        command.files.files["/e/agent.yaml"].text =
            "state_dir: /state\nsources:\n  - id: app\n    paths: ['/logs/*.log*']\n" + more;
        return command.run({"check", "--config", "/e/agent.yaml"});
    };
    command.files.files["/logs/a.log"].text = "{}\n";
    command.files.files["/state/keys/local.key"] = {"", 0600, 0, ErrorCode::kInternal};
    CHECK(check("") == ExitCode::kOk);
    CHECK_FALSE(contains(command.talk_text.text, "is packed"));
    command.files.files["/logs/a.log.gz"].text = "x";
    CHECK(check("") == ExitCode::kOk);
    CHECK(contains(command.talk_text.text, "source `app`: /logs/a.log.gz is packed"));
    CHECK(contains(command.talk_text.text, "whole_files: true"));
    CHECK(check("    whole_files: true\n") == ExitCode::kOk);
    CHECK_FALSE(contains(command.talk_text.text, "is packed"));
}
