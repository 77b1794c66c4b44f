// While it lives, the memory of this process goes into no core dump and cannot be read by other
// processes of the same user (PR_SET_DUMPABLE). Made by main() around everything that may hold
// keys; it ends after they are wiped, so that a checker that attaches at exit can. Main thread.
#pragma once

namespace llmtrail {

class UndumpableScope {
 public:
    UndumpableScope();
    ~UndumpableScope();
    UndumpableScope(const UndumpableScope&) = delete;
    UndumpableScope& operator=(const UndumpableScope&) = delete;

 private:
    int before_;
};

}  // namespace llmtrail
