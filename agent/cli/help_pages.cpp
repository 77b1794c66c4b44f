#include "cli/help_pages.h"

#include <utility>

namespace llmtrail {

namespace {

constexpr std::string_view kWhereToRun =
    "\nRun it on a copy of the spool folder, away from the agent's host: whoever is root on that\n"
    "host sees a key that is used there. The spool is only read. Copying while the agent runs is\n"
    "fine: what was not written to its end is told and left out.\n";

constexpr std::string_view kSearch =
    "\nFilters are joined by and; a filter that is repeated matches any of its values. A value is\n"
    "exact, or ends in * and is what the value begins with. Times are those of the events; "
    "without\n"
    "a zone they are UTC. Records come in the order of the log, a line each; with --json the\n"
    "envelope as JSON, with --content all sections that the key opens. What is behind a record is\n"
    "said with it: sealed, unsealed (after the last seal) or unproven (behind damage).\n"
    "\nExamples:\n"
    "  llmtrail search --spool copy --key auditor.key --trust identity.pub --user "
    "alice@example.com\n"
    "  llmtrail search --spool copy --key analyst.key --kind guardrail --since 2026-01-01 --json\n"
    "  llmtrail search --spool copy --key auditor.key --field 'gen_ai.request.model=gpt-4*'\n"
    "  llmtrail search --spool copy --key auditor.key --text 'account number' --in prompt\n"
    "\nExit codes: 0 all was read, with or without matches; 5 something met is not what was "
    "written;\n"
    "6 something did not open with this key; 77 the role has no right to what was asked.\n"
    "How many segments and records were not opened stands on stderr. See docs/search.md.\n";

constexpr std::string_view kShow =
    "\nEach section is shown when the key opens it, and else named: empty, sealed for another "
    "role,\n"
    "or erased. The spool is read from its beginning to the seal over the record, so that the\n"
    "evidence is known.\n"
    "\nExamples:\n"
    "  llmtrail show 4711 --spool copy --key auditor.key --trust identity.pub\n"
    "  llmtrail show rtjedomul6dzwh2bzkoqngwfb4arawhb --spool copy --key analyst.key --json\n"
    "\nExit codes: 0 shown; 5 shown or not, something met is not what was written; 6 it is there "
    "and\n"
    "did not open; 74 no such record.\n";

constexpr std::string_view kProve =
    "\nThe proof goes to stdout, readable text (docs/proofs.md): it holds section commitments, a\n"
    "path and a signed checkpoint, with --open the bytes of that section, never a key. Whoever "
    "has\n"
    "it and the log's identity.pub can check it, with --check here or with a C2SP tool.\n"
    "\nExamples:\n"
    "  llmtrail prove 4711 --open prompt --spool copy --key auditor.key > 4711.proof\n"
    "  llmtrail prove 4711 --spool copy --key auditor.key --anchor siem-export.cef > 4711.proof\n"
    "  llmtrail prove consistency 1200 98304 --spool copy --anchor checkpoints.txt > grown.proof\n"
    "  llmtrail prove --check 4711.proof --trust identity.pub\n"
    "\nExit codes: 0 proved, with --check HOLDS; 5 the spool or the proof is not what it should "
    "be\n"
    "(DOES_NOT_HOLD); 6 no checkpoint covers it, or CANNOT_CHECK; 77 the key does not open that\n"
    "section.\n";

constexpr std::string_view kDeadletter =
    "\nlist prints time, output, index, event id, class and reason, a line each, from the agent's "
    "own\n"
    "sealed records. resend sends the events again, one after the other, through their own "
    "outputs,\n"
    "marked and under the same event ids, and tells what each output confirms. It may run beside "
    "the\n"
    "agent, as the agent's user; it leaves no record, and list shows them as before.\n"
    "\nExamples:\n"
    "  llmtrail deadletter list --json\n"
    "  llmtrail deadletter resend --output soc\n"
    "  llmtrail deadletter resend 4711 4712\n"
    "\nExit codes: 0 all was read, and with resend all was confirmed; 74 one was not confirmed, is "
    "no\n"
    "dead letter, or its record is gone; 5, 6, 77 as of search. See docs/outputs.md.\n";

}  // namespace

std::string help_page(std::string_view command) {
    for (auto [name, page] :
         {std::pair("search", kSearch), std::pair("show", kShow), std::pair("prove", kProve)}) {
        if (command == name) {
            return std::string(page) + std::string(kWhereToRun);
        }
    }
    return command == "deadletter" ? std::string(kDeadletter) : "";
}

}  // namespace llmtrail
