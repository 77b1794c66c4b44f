// The production side of the seams. Made once in cli, passed down; nobody else names these.
#pragma once

#include <memory>

#include "platform/clock.h"
#include "platform/file_system.h"
#include "platform/file_watch.h"
#include "platform/network.h"
#include "platform/random.h"

namespace llmtrail {

std::unique_ptr<Clock> make_posix_clock();
std::unique_ptr<Random> make_posix_random();
std::unique_ptr<FileSystem> make_posix_file_system();
std::unique_ptr<FileWatch>
make_posix_file_watch();  // falls back to descriptor() == -1 when inotify is used up
std::unique_ptr<Network> make_posix_network();

}  // namespace llmtrail
