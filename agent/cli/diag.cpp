#include "base/hex.h"
#include "cli/commands.h"
#include "cli/diag_bundle.h"
#include "cli/tar_archive.h"
#include "crypto/digest.h"
#include "outputs/gzip.h"

namespace llmtrail {

namespace {

constexpr uint32_t kBundleMode = 0600;
constexpr uint32_t kWritableByOthers = 0022;
constexpr uint32_t kSticky = 01000;
constexpr std::string_view kFolder = "llmtrail-diag/";

// A folder where somebody else could put another file under this name, or take this one's place.
Result<void> expect_private_place(const std::string& path, CommandSeams seams) {
    for (size_t end = path.rfind('/'); end != std::string::npos;
         end = end == 0 ? std::string::npos : path.rfind('/', end - 1)) {
        std::string folder = end == 0 ? "/" : path.substr(0, end);
        Result<FileInfo> info = seams.files.info(folder, true);
        if (!info) {
            return fail(std::move(info.error()));
        }
        bool parent = end == path.rfind('/');
        bool foreign = info->owner != seams.own_user && info->owner != 0;
        bool open =
            (info->mode & kWritableByOthers) != 0 && (parent || (info->mode & kSticky) == 0);
        if (foreign || open) {
            return fail(ErrorCode::kPermission,
                        "others can change what stands in `" + folder + "`");
        }
    }
    return {};
}

std::string manifest(const DiagBundle& bundle) {
    std::string text = "SHA-256 of each file:\n";
    for (const auto& [name, content] : bundle.members) {
        text += to_hex(view(sha256(content))) + "  " + name + "\n";
    }
    text += "\nLeft out:\n";
    for (const std::string& line : bundle.left_out) {
        text += line + "\n";
    }
    return text;
}

Result<void> write_bundle(const std::string& path, const std::string& packed, FileSystem& files) {
    Result<std::unique_ptr<AppendFile>> file = files.create_exclusive(path, kBundleMode);
    if (!file) {
        return fail(std::move(file.error()));
    }
    Result<void> done = (*file)->append(packed);
    if (done) {
        done = (*file)->sync();
    }
    if (!done) {
        (void)files.remove(path);
    }
    return done;
}

}  // namespace

ExitCode diag_command(const DiagArguments& arguments, CommandSeams seams) {
    if (arguments.out.empty()) {
        seams.talk.error("no file to write to");
        seams.talk.hint("llmtrail diag --out FILE");
        return ExitCode::kUsage;
    }
    std::string path = absolute_path(arguments.out);
    if (Result<void> place = expect_private_place(path, seams); !place) {
        ExitCode code = seams.talk.refuse(place.error());
        if (place.error().code == ErrorCode::kPermission) {
            seams.talk.hint("name a file in a folder that only you may write to");
        }
        return code;
    }
    DiagBundle bundle = gather_diagnostics(arguments, seams);
    TarArchive archive(seams.clock.wall_now());
    archive.add(std::string(kFolder) + "MANIFEST.txt", manifest(bundle));
    for (const auto& [name, content] : bundle.members) {
        archive.add(std::string(kFolder) + name, content);
    }
    Gzip gzip;
    Result<std::string> packed = gzip.pack(archive.take());
    Result<void> done = packed ? write_bundle(path, *packed, seams.files)
                               : Result<void>(fail(std::move(packed.error())));
    if (!done) {
        return seams.talk.refuse(done.error());
    }
    std::string report = path + ": written, mode 0600\n";
    for (const auto& [name, content] : bundle.members) {
        report += "  " + name + ", " + std::to_string(content.size()) + " bytes\n";
    }
    for (const std::string& line : bundle.left_out) {
        report += "  left out: " + line + "\n";
    }
    report +=
        "It names paths, receivers and ids of agent.yaml. Look through it before you give it "
        "away:\n"
        "  tar -xzOf " +
        path + " | less\n";
    Result<void> written = seams.data.write(report);
    return written ? ExitCode::kOk : seams.talk.refuse(written.error());
}

}  // namespace llmtrail
