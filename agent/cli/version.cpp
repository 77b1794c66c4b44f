#include "cli/commands.h"

namespace llmtrail {

namespace {

#if defined(__clang__)
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

#if defined(__x86_64__)
constexpr std::string_view kMachine = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view kMachine = "aarch64";
#else
constexpr std::string_view kMachine = "other";
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::string_view kInstrumented = "yes, not for production";
#else
constexpr std::string_view kInstrumented = "no";
#endif

#if defined(NDEBUG) || defined(__OPTIMIZE__)
constexpr std::string_view kOptimized = "yes";
#else
constexpr std::string_view kOptimized = "no";
#endif

}  // namespace

ExitCode version_command(CommandSeams seams) {
    std::string text = "llmtrail " LLMTRAIL_VERSION "\n";
    text.append("compiler: ").append(kCompiler).append("\n");
    text.append("machine: ").append(kMachine).append("\n");
    text.append("optimized: ").append(kOptimized).append("\n");
    text.append("sanitizers: ").append(kInstrumented).append("\n");
    auto written = seams.data.write(text);
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
